/* trust_priv.h - what the rules of trust.h read, for the table in trust.c.
 *
 * Why: the table is for the reader; how each number comes about fills more than one file.
 * Source: docs/method.md, "Trust".
 * Thread: collecting thread.  Memory: none. */
#pragma once

#include "base/text.h"
#include "judge/trust.h"

struct reading {
    double value;
    struct text subject; /* what it was read from, for the sentence */
};

/* Each fills `out` with the worst judged stage. False: there is nothing to read. */

/* Share of the judged time in which a worker was busy. */
bool trust_host_busy(const struct trust_case *c, struct reading *out);
/* Share of the judged time in which a worker had no core to run on, of stages with lag. */
bool trust_host_waited(const struct trust_case *c, struct reading *out);
/* Share of the periods of the cgroup's quota in which it was used up. */
bool trust_host_throttled(const struct trust_case *c, struct reading *out);
/* Share of the cores' time that went to other machines. */
bool trust_host_stolen(const struct trust_case *c, struct reading *out);
/* Seconds by which the wall clock was set, whichever way. */
bool trust_host_step(const struct trust_case *c, struct reading *out);
/* Share of the judged time in which a worker stood still. */
bool trust_host_held(const struct trust_case *c, struct reading *out);
/* Share by which a closed stage's users differ from what Little's law makes of their rounds. */
bool trust_host_users(const struct trust_case *c, struct reading *out);
/* Chance of gaps between take-ups as unlike the plan's as those of the stage where they are most;
 * for each stage that could have been it. */
bool trust_host_rhythm(const struct trust_case *c, struct reading *out);
