/* child.h - a process of ours: started, watched, stopped, and never left behind.
 *
 * Why: a service that outlives the run that started it holds its port and spoils the next run. So
 * each child leads a process group of its own below a guard (guard.h), a small process of ours that
 * takes the group along when prony is killed (kill -9 too), and also what has left the group: a
 * program that makes itself a daemon, or is started by setsid(1).
 * Source: guard.h; prctl(2), setpgid(2).
 * Thread: one at a time.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/guard.h"
#include "base/text.h"

struct child_options {
    const struct bytes *argv; /* NUL-terminated each; argv[0] is looked up in PATH */
    uint32_t argc;
    const struct bytes *env; /* NAME=value, NUL-terminated; above our own environment */
    uint32_t env_count;
    const char *cwd; /* NULL: ours */
    const char *log; /* stdout and stderr are appended to it (mode 0600); stdin is /dev/null */
};

struct child {
    pid_t pid;    /* 0: none */
    pid_t guard;  /* its parent */
    int order_fd; /* to the guard; its closing tells the guard that we are gone */
    int word_fd;  /* from the guard; readable when the child has ended; for poll(2) */
    bool ended;
    int signal; /* that ended it, or 0 */
    int status; /* exit status, when no signal did */
    /* What child_stop() found running out of its group, and ended. */
    uint32_t left_count;
    pid_t left_pid;                   /* the first, ... */
    char left_name[GUARD_NAME_BYTES]; /* ... as proc(5) names it */
};

/* Starts it. A program that cannot be executed is an error here (ERR_PREFLIGHT), not a child. */
MUST_USE bool child_start(struct child *out, const struct child_options *options, struct err *err);
/* Whether the child itself has ended; does not wait. Then `signal` and `status` are known. */
bool child_ended(struct child *c);
/* `signal` to the whole group, SIGKILL to what is left of it after `within_ns`; then the same for
 * what has left the group, which is told in `left_count`. Waits until all is gone. Harmless on a
 * child that was never started or was stopped before. */
void child_stop(struct child *c, int signal, uint64_t within_ns);
/* "exited with status 3", "killed by SIGSEGV" */
void child_describe(struct text *out, const struct child *c);
