#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "commit.h"
#include "fiber.h"

#define START_NS (1000 * NS_PER_S)
#define STANDSTILL 1000000u /* switches without time going on: somebody waits for ever */

static struct {
    uint64_t seed, now_ns, limit_ns;
    struct world_costs costs;
    struct rng_stream draws;
    uint64_t wake_ns[FIBERS_MAX], worked_ns[FIBERS_MAX];
    uint32_t fiber_count;
    uint64_t called_ns;
    uint32_t standing; /* calls and switches since time went on */
    const char *replay;
    uint64_t passed_ns; /* in the runs before this one */
} world;

static void run_next(void);

void world_open(uint64_t seed, const struct world_costs *costs)
{
    if (world.now_ns > START_NS) world.passed_ns += world.now_ns - START_NS;
    world.seed = seed;
    world.now_ns = START_NS;
    world.limit_ns = UINT64_MAX;
    world.costs = *costs;
    world.draws = rng_stream_at((struct rng_key){seed, 1, RNG_DATA}, 0);
    world.fiber_count = 1;
    memset(world.worked_ns, 0, sizeof world.worked_ns);
    world.standing = 0;
    fiber_on_return(run_next);
}

uint64_t world_now_ns(void)
{
    return world.now_ns;
}

uint64_t world_worked_ns(void)
{
    return world.worked_ns[fiber_self()];
}

int64_t world_wall_step_ns(void)
{
    return world.now_ns >= world.costs.step_at_ns ? world.costs.step_ns : 0;
}

uint64_t world_passed_ns(void)
{
    return world.passed_ns + (world.now_ns > START_NS ? world.now_ns - START_NS : 0);
}

uint64_t world_draw(void)
{
    return rng_next(&world.draws);
}

uint64_t world_between(uint64_t lo, uint64_t hi)
{
    return (uint64_t)rng_between(world_draw(), (int64_t)lo, (int64_t)hi);
}

bool world_chance(uint32_t per_million)
{
    return per_million > 0 && world_between(0, 999999) < per_million;
}

void world_call(void)
{
    world.standing = world.called_ns == world.now_ns ? world.standing + 1 : 0;
    MUST(world.standing < STANDSTILL, "time stands still");
    world.called_ns = world.now_ns;
    if (world.costs.call_ns == 0) return;
    uint64_t cost_ns = world_between(0, world.costs.call_ns);
    world.now_ns += cost_ns;
    world.worked_ns[fiber_self()] += cost_ns;
}

/* The fiber that wakes first goes on; time moves to there. */
static void run_next(void)
{
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < world.fiber_count; i++) {
        if (fiber_has_returned(i)) continue;
        if (first == UINT32_MAX || world.wake_ns[i] < world.wake_ns[first]) first = i;
    }
    if (world.wake_ns[first] > world.now_ns) {
        world.now_ns = world.wake_ns[first];
        world.standing = 0;
    }
    if (world.costs.freeze_ns > 0 && world.now_ns >= world.costs.freeze_at_ns) {
        world.now_ns += world.costs.freeze_ns;
        world.costs.freeze_ns = 0;
    }
    MUST(world.now_ns <= world.limit_ns, "the run does not come to its end");
    MUST(++world.standing < STANDSTILL, "time stands still");
    fiber_switch(first);
}

void world_sleep_until(uint64_t deadline_ns)
{
    uint64_t wake_ns = deadline_ns;
    if (wake_ns < world.now_ns) wake_ns = world.now_ns;
    if (wake_ns > world.now_ns) {
        uint64_t grid_ns = fiber_self() > 0 ? world.costs.grid_ns : 0;
        if (grid_ns > 0) wake_ns = (wake_ns + grid_ns - 1) / grid_ns * grid_ns;
        if (world.costs.wake_ns > 0) wake_ns += world_between(0, world.costs.wake_ns);
        bool pauses = fiber_self() > 0 && world_chance(world.costs.pause_per_million);
        if (pauses) wake_ns += world_between(0, world.costs.pause_ns);
    }
    world.wake_ns[fiber_self()] = wake_ns;
    run_next();
}

void world_dawdle(void)
{
    if (fiber_self() != 0 || world.fiber_count == 1) return;
    if (!world_chance(world.costs.late_per_million)) return;
    world.wake_ns[0] = world.now_ns + world_between(0, world.costs.late_ns);
    run_next();
}

bool world_may_spawn(void)
{
    uint32_t running = world.fiber_count - 1; /* the first is the caller's */
    return world.costs.threads_most == 0 || running < world.costs.threads_most;
}

uint32_t world_spawn(void *(*run)(void *arg), void *arg)
{
    MUST(world.fiber_count < FIBERS_MAX, "too many threads for the simulation");
    uint32_t id = world.fiber_count++;
    world.wake_ns[id] = world.now_ns;
    fiber_start(id, run, arg);
    return id;
}

void world_join(uint32_t fiber)
{
    while (!fiber_has_returned(fiber)) world_sleep_until(world.now_ns + 100 * NS_PER_US);
}

uint32_t world_running(void)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i < world.fiber_count; i++) count += !fiber_has_returned(i);
    return count;
}

void world_limit(uint64_t limit_ns)
{
    world.limit_ns = limit_ns;
}

void world_name(const char *replay)
{
    world.replay = replay;
}

void world_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "seed %llu at %.6f s: %s:%d: ", (unsigned long long)world.seed,
            (double)(world.now_ns - START_NS) / 1e9, file, line);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n  again: %s\n  commit: %s\n", world.replay ? world.replay : "run this test",
            COMMIT);
    exit(1);
}
