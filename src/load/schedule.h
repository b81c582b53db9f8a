/* schedule.h - when arrivals are due: a pure function of (plan, seed, stage, k).
 *
 * Why: capacity must never alter the load. Every worker walks the same schedule and takes the k
 * that are its own, so the union is the schedule whatever the number of workers.
 *
 * A stage is cut into blocks of one second. Poisson: the number in a block is a Poisson draw of the
 * block's expected count and the times are sorted uniforms, inverted through the cumulative rate
 * (a ramp is thus exact). Exact: the stage's total is dealt to the blocks by binomial draws, so it
 * is a Poisson process given its count. Even: the k-th is due where the cumulative rate is k + 0.5.
 *
 * Source: order statistics of a Poisson process, Ross, Introduction to Probability Models, 5.3;
 * sorted uniforms from normalised exponential spacings, Devroye, Non-Uniform Random Variate
 * Generation (1986), V.2; PTRS and BTRS draws, Hormann (1993).
 * Thread: one owner.  Memory: an array for one block, given at the start. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "plan/plan.h"

struct arrival {
    uint64_t due_ns; /* from the start of the stage */
    uint64_t index;  /* k: 0, 1, 2 ... within the stage, over all workers */
};

struct schedule {
    const struct stage *stage;
    uint64_t seed;
    uint32_t stage_index;
    uint64_t total; /* exact and even: arrivals in all */
    uint64_t given; /* exact: dealt to earlier blocks */
    uint64_t block; /* the next block to draw */
    uint64_t block_count;
    uint64_t base;      /* index of dues[0] */
    uint32_t due_count; /* of the current block */
    uint32_t due_next;
    uint32_t due_size;
    uint64_t *dues_ns;
};

/* Arrivals of any one second-long block that the array must hold for this stage. */
uint32_t schedule_block_limit(const struct stage *stage);
/* Expected number of arrivals in the first `at_ns` of the stage. */
double schedule_expected(const struct stage *stage, uint64_t at_ns);
/* `dues_ns` keeps: at least schedule_block_limit() entries. */
void schedule_open(struct schedule *s, const struct stage *stage, uint32_t stage_index,
                   uint64_t seed, uint64_t *dues_ns, uint32_t due_size);
/* The next arrival in rising order; false: the stage has no more. */
bool schedule_next(struct schedule *s, struct arrival *out);
