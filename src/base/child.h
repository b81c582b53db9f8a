/* child.h - a process of ours: started, watched, stopped, and never left behind.
 *
 * Why: a service that outlives the run that started it holds its port and spoils the next run. So
 * each child leads a process group of its own; PR_SET_PDEATHSIG takes it along when prony is killed
 * (kill -9 too), and a guard, a second small process in the same group that waits on a pipe, takes
 * along what the child has started itself. The guard also keeps the group's number from being given
 * to someone else until we are done with it.
 * Source: prctl(2), pidfd_open(2), setpgid(2), close_range(2).
 * Thread: start and stop from the main thread (the parent-death signal follows the thread that
 * forked); child_ended() from one thread at a time.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"
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
    pid_t pid;      /* 0: none */
    int pidfd;      /* readable when it has ended; for poll(2) */
    pid_t guard;    /* 0: none */
    int guard_pipe; /* its closing tells the guard that we are gone */
    bool ended;
    int signal; /* that ended it, or 0 */
    int status; /* exit status, when no signal did */
};

/* Starts it. A program that cannot be executed is an error here (ERR_PREFLIGHT), not a child. */
MUST_USE bool child_start(struct child *out, const struct child_options *options, struct err *err);
/* Whether the child itself has ended; does not wait. Then `signal` and `status` are known. */
bool child_ended(struct child *c);
/* `signal` to the whole group, SIGKILL to what is left of it after `within_ns`; waits until it is
 * gone. Harmless on a child that was never started or was stopped before. */
void child_stop(struct child *c, int signal, uint64_t within_ns);
/* "exited with status 3", "killed by SIGSEGV" */
void child_describe(struct text *out, const struct child *c);
