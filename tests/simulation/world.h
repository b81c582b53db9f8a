/* world.h - virtual time, and who runs when.
 *
 * Why: clock and network are a seam at link time. Here time is a number that moves when somebody
 * waits or a call costs something, so a minute takes milliseconds, a pause of the host is one line,
 * and a seed replays a run to the last nanosecond.
 *
 * The engine runs as it is: its threads are fibers (thread_sim.c), its clock is clock_sim.c, its
 * network stream_sim.c. One fiber runs at a time, as on a host with one core.
 * Source: own; the idea is that of TigerBeetle's VOPR.
 * Thread: one.  Memory: one world a process. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the host costs. All zero: everything happens at the instant that it should. */
struct world_costs {
    uint64_t call_ns;           /* each system call, at most; it is drawn */
    uint64_t wake_ns;           /* a wake-up comes late by this, at most */
    uint64_t pause_ns;          /* now and then a fiber is not run for so long */
    uint32_t pause_per_million; /* wake-ups */
    uint64_t late_ns; /* whoever looks at the clock on the first fiber goes on so late, ... */
    uint32_t late_per_million; /* ... at most, so often */
    uint64_t freeze_at_ns;     /* then the whole host stands still, ... */
    uint64_t freeze_ns;        /* ... for so long; 0: never */
    uint32_t threads_most;     /* that the host lets start; 0: any number */
    uint64_t grid_ns;    /* a thread that sleeps is woken only at its multiples; 0: any time */
    uint64_t step_at_ns; /* then somebody sets the wall clock by so much */
    int64_t step_ns;
};

/* Time 1,000 s, no fiber but the caller's. */
void world_open(uint64_t seed, const struct world_costs *costs);
uint64_t world_now_ns(void);
/* Time that the fiber which runs spent in calls: its CPU time. */
uint64_t world_worked_ns(void);
/* By how much the wall clock was set so far. */
int64_t world_wall_step_ns(void);
/* Made-up time of all runs of this program together. */
uint64_t world_passed_ns(void);
/* What the named seed draws next. */
uint64_t world_draw(void);
/* A number in [lo, hi]. */
uint64_t world_between(uint64_t lo, uint64_t hi);
/* True so many times in a million. */
bool world_chance(uint32_t per_million);
/* A system call of whoever runs: time goes on. */
void world_call(void);
/* The first fiber, which has just read the clock, may be held up with what it read. */
void world_dawdle(void);
/* The fiber that runs sleeps; others run meanwhile. */
void world_sleep_until(uint64_t deadline_ns);
/* Whether the host lets one more thread start. */
bool world_may_spawn(void);
uint32_t world_spawn(void *(*run)(void *arg), void *arg);
void world_join(uint32_t fiber);
/* Threads that have not come to their end. */
uint32_t world_running(void);
/* The run is a failure when it gets so far. */
void world_limit(uint64_t limit_ns);

/* Says `what`, how to run the seed again and from which commit, and ends the program with 1. */
void world_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4), noreturn));
/* Printed with a failure: how to replay. Kept. */
void world_name(const char *replay);

/* Unless `cond`, the seed has found something. */
#define MUST(cond, ...)                                                                            \
    do {                                                                                           \
        if (!(cond)) world_fail(__FILE__, __LINE__, __VA_ARGS__);                                  \
    } while (0)
