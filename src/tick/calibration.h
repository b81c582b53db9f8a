/* calibration.h - what prony measures at the least and sends at the most, on this host.
 *
 * Why: a latency of 60 us means one thing where an instant answer takes 55 and another where it
 * takes 5. Kept with the run, so that whoever reads it elsewhere knows.
 * Source: campaign/calibrate.h finds it; docs/method.md, "Calibration".
 * Thread: as run.h.  Memory: in place. */
#pragma once

#include <stdint.h>

struct calibration {
    uint64_t floor_p50_ns, floor_p99_ns; /* response time of an instant answer; 0: not calibrated */
    double ceiling_per_s;                /* requests that were answered, by all threads together */
};
