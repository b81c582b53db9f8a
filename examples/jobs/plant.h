/* plant.h - faults put in on purpose, so that a load test can be seen to find them.
 *
 * All are off unless PLANT asks for them. Thread: plant_parse in main before any other
 * starts; the rest any. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PLANT_FORMS "stall:EVERY:FOR, errors:PERCENT, jobfail:PERCENT, crash:AFTER, slowstart:TIME"

struct plant {
    uint64_t stall_every_ns, stall_for_ns; /* no reply leaves for the last part of each period */
    uint64_t crash_after_ns;               /* after being ready; 0 = never */
    uint64_t slow_start_ns;                /* ready no sooner than this after the start */
    uint32_t errors_per_million;           /* of the API's requests, answered with 500 */
    uint32_t jobfail_per_million;          /* of the jobs, ending as failed */
    _Atomic uint64_t start_ns;             /* of the stalls; 0 = not yet */
    _Atomic uint64_t draws;
};

/* Reads `stall:5s:300ms,errors:1%`. */
bool plant_parse(struct plant *out, const char *text);

/* Starts the periods of stalls at `now_ns`. */
void plant_start(struct plant *plant, uint64_t now_ns);

/* Blocks the caller until the stall of this moment, if any, is over. */
void plant_stall(const struct plant *plant);

/* True for `per_million` of the calls, by a fixed pseudo-random sequence. */
bool plant_draw(struct plant *plant, uint32_t per_million);
