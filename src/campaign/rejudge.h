/* rejudge.h - a recorded run put before the judge again, with its own objectives or others.
 *
 * Why: a replay is a source like the engine, so the report of an old run is the same code as the
 * end of a new one.
 * Source: docs/decisions/0001-one-tick-stream.md.
 * Thread: main.
 * Memory: the replay's and the judge's, until rejudge_close(). */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "plan/diag.h"
#include "tick/bus.h"
#include "tick/cause.h"

struct explain;
struct judge;
struct replay;

struct rejudge {
    struct bus bus;
    struct judge *judge;
    struct explain *explain;
    struct replay *replay;
    struct arena arena; /* of the window */
    char trouble[320];  /* why it may differ from the run's own report; empty: it does not */
};

struct rejudge_options {
    struct bytes path;             /* of the run file */
    const struct bytes *sentences; /* objectives in the place of the run's own; none: its own */
    uint32_t sentence_count;
    struct bytes window;      /* as --window has it; at == NULL: the whole run */
    const struct sink *sinks; /* that show the run; called behind the judge */
    uint32_t sink_count;
};

/* Plays the whole run. False: `err`, or with err->kind ERR_PLAN the sentences are wrong and `diags`
 * says why. */
MUST_USE bool rejudge_run(struct rejudge *r, const struct rejudge_options *options,
                          struct diags *diags, struct err *err);
/* After a success; valid until rejudge_close(). */
const struct result *rejudge_result(const struct rejudge *r);
const struct cause *rejudge_cause(const struct rejudge *r);
void rejudge_close(struct rejudge *r);
