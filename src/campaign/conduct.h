/* conduct.h - the life of one run, from the host's facts to result.json.
 *
 * Why: rooms below know one thing each and never meet; here stands the order in which they work:
 * host -> folder -> services -> targets -> engine -> ticks -> judge and recorder -> end. Commands
 * (signals, abort_when, another process) come together here too, and each becomes an event.
 * Source: docs/architecture.md, "Life of a run".
 * Thread: main.  Memory: one arena of the run; `struct conduct` is the caller's. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "campaign/answers.h"
#include "campaign/host.h"
#include "campaign/interrupt.h"
#include "campaign/machine.h"
#include "campaign/targets.h"
#include "rig/services.h"
#include "tick/bus.h"
#include "tick/cause.h"

struct explain;
struct judge;
struct recorder;
struct engine;
struct observer;
struct vigil;
struct otlp_hub;

struct conduct_options {
    const struct plan *plan; /* keeps */
    struct stage
        *stages; /* the plan's, so that those by hand can be filled in; NULL: no steering */
    struct bytes command; /* how it was started, masked; keeps */
    struct bytes version; /* keeps */
    struct bytes runs_folder;
    const struct vigil_options *vigil; /* keeps; NULL: a run, no watch */
    bool calibrate;                    /* find out first what this host can measure */
    bool blind;                        /* look at requests alone, not at services and the host */
    const char *series; /* id of the first run of it; NULL: this is the first, or it stands alone */
    uint32_t series_index, series_count; /* of run_header */
    const struct sink *sinks;            /* that show the run; called behind the judge */
    uint32_t sink_count;
    void (*look)(void *ctx); /* between ticks, some twenty times a second; may be NULL */
    void *look_ctx;
    /* Appends what is new about trouble with what shows the run (a clause), between ticks; false:
     * nothing. May be NULL. */
    bool (*trouble)(void *ctx, struct text *out);
    void *trouble_ctx;
    void (*say)(void *ctx, const char *line); /* progress in words */
    void *say_ctx;
    void (*status)(void *ctx, uint64_t now_ns); /* SIGUSR1 asks for it; run time, 0 before it */
    void *status_ctx;
};

struct conduct {
    const struct conduct_options *options;
    struct arena arena;
    struct bus bus;
    struct interrupt interrupt;
    struct machine machine;
    struct host host;
    uint32_t thread_ids[HOST_THREADS_MAX]; /* of the workers */
    uint32_t thread_count;
    struct engine_needs needs;
    struct run_header header;
    struct run_end end;
    struct services services;
    struct judge *judge;
    struct explain *explain;
    struct recorder *recorder;
    struct engine *engine;
    struct observer *observer;
    struct vigil *vigil;   /* NULL: a run */
    struct otlp_hub *otlp; /* NULL: the plan has none, or its port was taken */
    struct targets targets;
    struct bytes folder;      /* of this run; empty before it was made */
    uint32_t interrupts_done; /* signals already obeyed */
    uint32_t asked_done;      /* requests for the status already answered */
    enum command obeyed;      /* the strongest command already obeyed */
    uint64_t holds_done;      /* keys already obeyed */
    uint32_t rates_done;
    uint32_t ends_done;
    struct answers answers;
    bool began;
    struct event *events; /* of the tick in hand */
    uint32_t event_count;
    uint64_t stalled_ns; /* run time until which stalls were told */
    char trouble[320];   /* with the run file; empty: none */
};

/* Runs the plan to its end. True: there is a result. False: `err` says what kept prony from going
 * on; conduct_result() is there also then, once the run had a folder. */
MUST_USE bool conduct_run(struct conduct *c, const struct conduct_options *options,
                          struct err *err);
/* NULL: there was no run. Valid until conduct_close(). */
const struct result *conduct_result(const struct conduct *c);
/* Why it bent; NULL likewise. */
const struct cause *conduct_cause(const struct conduct *c);
void conduct_close(struct conduct *c);
