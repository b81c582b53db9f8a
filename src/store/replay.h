/* replay.h - a run file as a source: header, ticks and end go on the bus as they did live.
 *
 * Why: a stored run goes down the same path as a live one, so its report can't differ, and it can
 * be held against other objectives for nothing.
 * Source: docs/run-file.md, "Reading".
 * Thread: collecting thread.  Memory: one arena for the header, one for the tick in hand. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "plan/diag.h"
#include "tick/bus.h"

struct replay;

/* Opens a run file, whole or in progress or left by a kill. Never needs to write. */
MUST_USE bool replay_open(struct replay **out, struct bytes path, struct err *err);
/* Valid until replay_close(). */
const struct run_header *replay_header(const struct replay *r);
/* Puts other objectives in the place of the plan's own, and the implied one beside them where none
 * looks at failures, as a run does; the header shows them from then on. Each sentence is copied. On
 * false the reasons are in `diags`, about its words in the same order, and nothing has changed. */
MUST_USE bool replay_set_objectives(struct replay *r, const struct bytes *sentences, uint32_t count,
                                    struct diags *diags);
/* When the ticks of the file were, without what they hold: end, index, judged and so on are filled,
 * cells are not. In `arena`. */
MUST_USE bool replay_ticks(struct replay *r, struct arena *arena, const struct tick **out,
                           uint32_t *count, struct err *err);
/* The header shows the window, which is kept, from then on. */
void replay_set_window(struct replay *r, const struct run_window *window);
/* Plays it once: begin, ticks, end. A file without an end gets one that says so. False: `err`; the
 * bus has had the ticks before the damage and no end. What is missing in between stands in the end.
 */
MUST_USE bool replay_play(struct replay *r, struct bus *bus, struct err *err);
/* Appends why this replay differs from the run's own report, and returns true if it does. Until it
 * was played only what the recorder knew counts. The judge is told by run_end.missing_ticks. */
bool replay_trouble(const struct replay *r, struct text *out);
/* `r` may be NULL. */
void replay_close(struct replay *r);
