/* The simulated twin of src/base/clock.c. A look at the clock costs nothing, so that what the world
 * notes at a call is what the engine reads behind it. */
#include "base/clock.h"
#include "world.h"

#define WALL_OFFSET_NS INT64_C(1700000000000000000)

uint64_t clock_now_ns(void)
{
    uint64_t now_ns = world_now_ns();
    world_dawdle();
    return now_ns;
}

uint64_t clock_wall_ns(void)
{
    return world_now_ns() + (uint64_t)clock_wall_offset_ns();
}

int64_t clock_wall_offset_ns(void)
{
    return WALL_OFFSET_NS + world_wall_step_ns();
}

uint64_t clock_process_cpu_ns(void)
{
    return world_now_ns() / 10;
}

uint64_t clock_thread_cpu_ns(void)
{
    return world_worked_ns();
}

void clock_sleep_until(uint64_t deadline_ns)
{
    world_sleep_until(deadline_ns);
}
