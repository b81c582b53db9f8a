#include "base/clock.h"

#include <time.h>

static uint64_t read_ns(clockid_t id)
{
    struct timespec ts;
    int failed = clock_gettime(id, &ts);
    assert(failed == 0);
    return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

int64_t clock_wall_offset_ns(void)
{
    int64_t offset = 0;
    uint64_t best_ns = UINT64_MAX;
    /* The narrowest of a few sandwiches: a preemption between the reads would shift the pair. */
    for (int i = 0; i < 5; i++) {
        uint64_t before = clock_now_ns();
        uint64_t wall = clock_wall_ns();
        uint64_t after = clock_now_ns();
        if (after - before < best_ns) {
            best_ns = after - before;
            offset = (int64_t)wall - (int64_t)(before + best_ns / 2);
        }
    }
    return offset;
}

uint64_t clock_process_cpu_ns(void)
{
    return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t clock_thread_cpu_ns(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

void clock_sleep_until(uint64_t deadline_ns)
{
    struct timespec ts = {.tv_sec = (time_t)(deadline_ns / NS_PER_S),
                          .tv_nsec = (long)(deadline_ns % NS_PER_S)};
    int woken = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
    UNUSED(woken); /* a signal ends the sleep early: the caller looks at the time again anyway */
}
