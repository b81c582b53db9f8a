/* rng.h - counter-based random numbers: the n-th draw is a pure function of (key, counter).
 *
 * Why: the schedule (times, scenario, data rows, think) must be the same for any number of
 * threads, so no generator may carry state from one draw to the next across arrivals.
 * Source: J. Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11), Philox4x32-10.
 * Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

/* What a draw is for; keeps the streams of one arrival apart. Numbers stay: replays draw, too. */
enum rng_use {
    RNG_BLOCK,    /* arrivals within a block of the schedule */
    RNG_SCENARIO, /* which scenario an arrival takes */
    RNG_THINK,
    RNG_DATA,
    RNG_VARIABLE, /* $rand, $uuid */
    RNG_EXEMPLAR = 6,
    RNG_SERIES, /* the seed of each run of a series */
    RNG_TAKEUP, /* which arrivals the judge looks at */
    RNG_TRACE   /* ids of traces */
};

struct rng_key {
    uint64_t seed;
    uint32_t stage;
    uint32_t use; /* enum rng_use */
};

struct rng_pair {
    uint64_t a, b;
};

/* 128 random bits for (key, index, sub). */
struct rng_pair rng_at(struct rng_key key, uint64_t index, uint32_t sub);
/* A double in (0, 1), never 0 or 1, from 64 random bits. */
double rng_unit(uint64_t bits);
/* An integer in [lo, hi], both included, from 64 random bits (multiply-shift, bias < 2^-32). */
int64_t rng_between(uint64_t bits, int64_t lo, int64_t hi);

/* A sequential stream over one key, for draws whose number is not known beforehand. */
struct rng_stream {
    struct rng_key key;
    uint64_t index;
    uint32_t sub;
    uint32_t left; /* halves of `pair` not yet used: 0..2 */
    struct rng_pair pair;
};

/* The stream of that place: the same two give the same numbers, whatever was drawn elsewhere. */
struct rng_stream rng_stream_at(struct rng_key key, uint64_t index);
/* Its next 64 bits. */
uint64_t rng_next(struct rng_stream *s);
