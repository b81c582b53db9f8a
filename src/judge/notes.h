/* notes.h - the one clause that an objective's verdict may need beside its figures.
 *
 * Why: a value and an interval can mislead without it: nothing was answered, what failed at once is
 * not in the times, the limit is finer than times are kept. When each is said is decided here, so
 * the judging itself reads as formulas.
 * Source: docs/result.md, "Objectives": `note`.
 * Thread: collecting thread.  Memory: in objective_result.note; what doesn't fit is cut. */
#pragma once

#include "judge/limits.h"

/* No stage of the plan, or none in the window, can be held against the row. */
void notes_no_stage(const struct limits_desk *desk, const struct row *row,
                    struct objective_result *out);
/* A capacity that the window does not reach; another time of the run is enough. */
void notes_outside(struct objective_result *out);
/* No stage has the three ticks that the interval of a mean takes. */
void notes_too_short(struct objective_result *out);
/* There are stages, but nothing to judge came; `reached`: some of them began. */
void notes_nothing_came(const struct limits_desk *desk, const struct row *row, bool reached,
                        struct objective_result *out);
/* `>= 302 ms` misses `< 400ms`: nothing was seen above the limit, yet it is missed. */
void notes_over_limit(const struct limits_desk *desk, const struct row *row,
                      struct objective_result *out);
/* Not in the times, so the reader must know: they failed at once. */
void notes_answered_only(const struct limits_desk *desk, const struct row *row,
                         struct objective_result *out);
/* The run ended, or has not come to the end of, stages that the row is about: which they are.
 * False: there are none. */
bool notes_unseen_stages(const struct limits_desk *desk, const struct row *row,
                         struct objective_result *out);
/* A percentile's interval lacks the end that would tell; being far from the limit does. */
void notes_no_end(const struct limits_desk *desk, const struct row *row,
                  struct objective_result *out);
/* Of a service nothing was seen in some of the stages that are over. */
void notes_gaps(const struct limits_desk *desk, const struct row *row,
                struct objective_result *out);
/* Inconclusive since the interval lies in the limit's own bucket: no more time would settle it. */
void notes_too_close(const struct row *row, struct objective_result *out);
/* The target had fallen silent at the end of a stage that the row is about. False: it had not. */
bool notes_silence(const struct limits_desk *desk, const struct row *row,
                   struct objective_result *out);
