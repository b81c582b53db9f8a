/* capacities.h - amounts that one judged stage must reach while the limits hold there.
 *
 * Why: `throughput > 1000/s` asks what the service can do, not that every stage of a climb does it;
 * and an amount reached by breaking a limit was not reached.
 * Source: docs/method.md, "Capacities".  Thread: collecting thread.  Memory: none. */
#pragma once

#include "judge/limits.h"

/* Verdict of one capacity row, from its own findings and those of all limits. */
void capacities_conclude(const struct limits_desk *desk, const struct rows *rows,
                         const struct row *row, struct objective_result *out);
