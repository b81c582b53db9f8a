/* guard.h - the process between prony and one child of it: nothing below it outlives either.
 *
 * Why: a program that makes itself a daemon leaves its group and its parent, so neither a signal to
 * the group nor prony's death reaches it. Orphans fall to the nearest subreaper above them: the
 * guard is the child's parent, takes every orphan in, and when told to, or when prony has died,
 * ends them all. One guard a child, so that it is known whose they were.
 * What it is told and what it says goes through two pipes, a struct in each message.
 * Source: prctl(2) PR_SET_CHILD_SUBREAPER and PR_SET_PDEATHSIG, signalfd(2), proc(5) "children",
 * signal-safety(7): forked from a process with threads, it calls only what is safe there.
 * Thread: the guard has one.  Memory: its stack. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/* Asks the child's group to end by `signal`, and kills what is left of it after `within_ns`; then
 * the same for what has left the group. */
struct guard_order {
    uint64_t within_ns;
    int signal;
};

#define GUARD_NAME_BYTES 16

enum guard_says {
    GUARD_STARTED, /* `pid` of the child; 0: it could not be forked, `code` is errno */
    GUARD_ENDED,   /* the child itself, by signal `code` or with status `code` */
    GUARD_LEFT     /* `count` processes out of its group were ended; `pid`, `name`: the first */
};

struct guard_word {
    enum guard_says says;
    pid_t pid;
    int code;
    uint32_t count;
    bool by_signal;
    char name[GUARD_NAME_BYTES]; /* as of proc(5) "comm" */
};

struct guard_options {
    int order_fd; /* orders come in; its end: prony has died */
    int word_fd;  /* words go out; its end: all is over */
    int child_fd; /* is the child's alone: closed here as soon as it has it */
    /* Becomes the child, in the new process below `guard`; does not return. */
    void (*become)(const void *ctx, pid_t guard);
    const void *ctx;
};

/* The life of the guard, behind the fork that made it. */
NORETURN void guard_run(const struct guard_options *options);
