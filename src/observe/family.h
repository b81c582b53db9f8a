/* family.h - the processes of a service and their threads, as they come and go.
 *
 * Why: a service is rarely one process: it forks workers, restarts them, has helpers. Who is of the
 * family is looked up each second by parentage from the roots; who is in it stays known by number
 * and start time, so that a number that is given anew is somebody else.
 * Source: proc(5): /proc/PID/stat, /proc/PID/task/TID/{children,schedstat,syscall}.
 * Thread: one owner.  Memory: the arena given, fixed; three descriptors a process, two a thread. */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "observe/proc.h"

#define FAMILY_PROCESSES 128
#define FAMILY_THREADS 512 /* looked at one by one; what is beyond counts in its process only */
#define FAMILY_NAME_BYTES 16

struct family_thread {
    pid_t pid, tid;
    uint32_t process; /* index */
    struct proc_file sched, syscall;
    bool denied; /* where it waits may not be seen */
    bool seen;   /* in the look that is on */
    bool fresh;  /* its counters have no start yet */
    char name[FAMILY_NAME_BYTES];
    uint64_t cpu_ns, delay_ns;         /* of schedstat, as they were at the last look */
    uint64_t cpu_now_ns, delay_now_ns; /* what was added since the look before */
};

struct family_process {
    pid_t pid;
    uint64_t start; /* clock ticks since the host's start: with the number it is one process */
    struct proc_file stat, io;
    bool seen, fresh;
    uint64_t user, system, minor, major; /* as they were: clock ticks, faults */
    uint64_t io_read, io_written;
};

struct family {
    const pid_t *roots; /* whose descendants it is */
    uint32_t root_count;
    struct family_process *processes; /* [FAMILY_PROCESSES] */
    struct family_thread *threads;    /* [FAMILY_THREADS] */
    uint32_t process_count, thread_count;
    uint32_t threads_beyond; /* not looked at one by one */
};

/* `roots` are kept. False: no memory, which arena_ok() tells. */
bool family_open(struct family *f, struct arena *arena, const pid_t *roots, uint32_t root_count);
/* Finds who is there now; those that are gone are forgotten. The number of processes. */
uint32_t family_look(struct family *f);
/* When a process started, in clock ticks since the host's start; 0: there is none. `root` stands
 * before the path. */
uint64_t family_start_of(const char *root, pid_t pid);
void family_close(struct family *f);
