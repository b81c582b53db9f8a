/* batches.h - how far a ratio of sums over time may be believed: batch means, as they come.
 *
 * Why: what follows in time depends on what went before (a stall makes a second's requests slow
 * together), so the scatter of single values says too little. The scatter of whole ticks says more,
 * that of pairs, fours, eights of ticks still more where the dependence is longer. This keeps the
 * sums for all those lengths at once, in fixed memory, and takes the widest answer. Neighbouring
 * batches that still go together widen it further. A mean is then sum(y) / sum(n): latency (y ns,
 * n requests), a share (y hits, n trials), a rate (y done, n seconds), a time mean (y integral, n
 * duration).
 * Source: A. M. Law, Simulation Modeling and Analysis (2015) 9.5.3, batch means; W. G. Cochran,
 * Sampling Techniques (1977) 6.3, variance of a ratio; L. Kish, Survey Sampling (1965) 8.2, design
 * effect.
 * Thread: one owner.  Memory: in place, about 2 KiB. */
#pragma once

#include <stdint.h>

#define BATCHES_LEVELS 18 /* batches of 1, 2, 4, ... ticks: up to 36 h of seconds */
#define BATCHES_MIN 10    /* batches that a length needs to speak; length 1 speaks from 3 on */

/* Sums over the full batches of one length, and the open one. */
struct batch_level {
    uint64_t count;
    double y, n, yy, yn, nn;
    double lag_yy, lag_yn, lag_nn; /* products with the batch before, for their correlation */
    double last_y, last_n;
    double open_y, open_n; /* the part so far of a batch of the next length */
};

struct batches {
    double y, n;
    struct batch_level levels[BATCHES_LEVELS];
}; /* all zero: empty */

/* One tick's part of both sums. */
void batches_add(struct batches *b, double y, double n);
/* Ticks so far. */
uint64_t batches_count(const struct batches *b);
/* sum(y) / sum(n); NAN when empty. */
double batches_ratio(const struct batches *b);
/* Half of the 95 % interval of the ratio, the widest over all lengths; NAN under 3 ticks. */
double batches_half_width(const struct batches *b);
/* Variance of a share (y of n trials), as wide as batches_half_width() says, against that of
 * independent trials; at least 1, and 1 where it cannot be told (no hit, no miss, under 3 ticks).
 */
double batches_design_effect(const struct batches *b);
