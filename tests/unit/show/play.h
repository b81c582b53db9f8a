/* play.h - a made-up run of three seconds, for the forms that are written while it goes.
 *
 * Why: rows and lines must be looked at without a load test; the ticks hold each case once: times,
 * a timeout, a drop, an event, an error, a stage's edge, a closed stage, a second in which nothing
 * ended. */
#pragma once

#include "specimen.h"
#include "tick/bus.h"

/* Puts it on the sink: begin, ticks each with a provisional result, end, final result. */
void play_run(struct specimen *sample, const struct sink *sink);
/* Puts texts in the place of the sample's that a target or a careless plan may hold: control
 * bytes, markup, formulas, commands of CI systems. */
void play_hostile(struct specimen *sample);
