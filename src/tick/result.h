/* result.h - verdict, trust and figures as plain data: what the judge says, what sinks show.
 *
 * Why: the summary, result.json and a replay print the same struct, so they cannot differ.
 * A figure that does not exist is NAN (null in JSON).
 * Source: docs/result.md (format prony.result/1).
 * Thread: collecting thread.  Memory: owned by the judge, valid until its next result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"
#include "tick/run.h"
#include "tick/signals.h"
#include "tick/tick.h"

enum verdict {
    VERDICT_HOLDS,
    VERDICT_MISSED,
    VERDICT_INCONCLUSIVE,
    VERDICT_INVALID,   /* of a run: trust is invalid, verdict withheld */
    VERDICT_NOT_JUDGED /* an objective that no judged stage could be held against; a run without any
                        */
};

enum trust_level { TRUST_VALID, TRUST_SUSPECT, TRUST_INVALID };

enum figure {
    FIGURE_AVG,
    FIGURE_P50,
    FIGURE_P90,
    FIGURE_P95,
    FIGURE_P99,
    FIGURE_P999,
    FIGURE_MAX,
    FIGURE_COUNT
};

struct latency {
    uint64_t n;              /* values behind it, censored ones included */
    double ns[FIGURE_COUNT]; /* NAN: none */
    uint32_t at_least; /* bit per figure: a lower bound, since timeouts, cuts or drops reach it */
};

struct figures {
    /* Of a window that leaves out some of a stage: what began in it is not what ended in it. So
     * arrivals are not known, and offered_per_s is what was taken up in it. */
    bool in_part;
    uint64_t offered; /* sum of outcomes */
    uint64_t done;    /* ended ok in the judged ticks */
    double offered_per_s, done_per_s, in_flight, users, seconds;
    uint64_t planned, iterations_done, iterations_failed, iterations_cut, iterations_dropped;
    struct latency response, service, ttfb;
    struct latency lag, wait, connect, tls,
        rtt; /* stages and totals only; rtt: of what was asked */
    struct tail tail;
    uint64_t full_handshakes, resumed_handshakes;
    uint64_t outcomes[OUTCOME_COUNT];
};

struct stage_result {
    uint32_t stage;
    double start_s, seconds, settle_s;
    double silent_from_s; /* nothing asked from then to its end was answered ok; 0: something was */
    bool reached;         /* the run came so far */
    bool cut;             /* somebody changed its rate before its end: not judged */
    struct figures figures;
    /* Response times of what ended ok; NULL: none. Of figures.response.n the rest lie above. */
    const struct hist *answered;
};

/* One objective in one stage. */
struct finding {
    enum verdict verdict; /* NOT_JUDGED: too small to say, shown as `–`, or not applicable */
    double value, lo, hi; /* in the objective's unit (ns, share, per second, count) */
    bool at_least;        /* value is a lower bound */
    uint64_t n;
};

struct objective_result {
    const struct objective *objective;
    uint32_t each_index; /* with SCOPE_EACH: the request name; else PLAN_NO_INDEX */
    enum verdict verdict;
    double value, lo, hi; /* where it was worst (limits) or best (capacities) */
    double margin;        /* share of the limit left, negative when missed; NAN: none */
    bool at_least;
    uint64_t n;
    uint32_t stage; /* of value; PLAN_NO_INDEX: all judged stages pooled */
    uint32_t judged_stages, missed_stages;
    double needed_s; /* inconclusive: judged seconds that would settle it; NAN: unknown */
    const struct finding *stages; /* [run_stage_count] */
    char note[160];               /* one clause where there is more to say; may be empty */
};

struct trust_reason {
    enum trust_level level; /* TRUST_VALID: a note, which puts nothing in doubt */
    const char *code;       /* "lag-decides", "schedule-behind", "lag-high" */
    double value;
    char text[240]; /* a sentence with its number and what to do */
};

#define TRUST_REASONS_MAX 24

/* Limits that a run without objectives would have held, with a third to spare. */
enum suggested { SUGGESTED_P95, SUGGESTED_P99, SUGGESTED_ERRORS, SUGGESTED_COUNT };
struct suggestion {
    double limits[SUGGESTED_COUNT]; /* ns, ns, share; 0: none would */
};

struct result {
    const struct run_header *header;
    enum verdict verdict;
    bool final;   /* false: provisional, the run goes on */
    bool steered; /* somebody changed a rate by hand: it is not what the plan asks about */
    struct run_end end;
    int exit_code;
    enum trust_level trust;
    struct trust_reason reasons[TRUST_REASONS_MAX];
    uint32_t reason_count;
    const struct objective_result *objectives;
    uint32_t objective_count;          /* one per sentence, several for `of each` */
    const struct stage_result *stages; /* [stage_count], drain included */
    uint32_t stage_count;
    const struct figures *requests;  /* [name_count], judged parts of judged stages */
    const struct figures *scenarios; /* [scenario_count], iterations */
    struct figures totals;
    struct suggestion suggestion;     /* final, and without objectives of its own */
    const struct exemplar *exemplars; /* kept over the run: by stage the slowest and one by chance,
                                         then first errors */
    uint32_t exemplar_count;
    const struct stall_found *stalls;  /* in the order of their start */
    uint32_t stall_count, stalls_more; /* the list is full: so many more */
    const struct signals *signals;     /* what moved with the worst objective; NULL: no series */
    double stall_period_s;             /* from one to the next, where all are alike; 0: not */
};

const char *result_verdict_name(
    enum verdict verdict); /* "holds", "missed", "inconclusive", "invalid", "not judged" */
/* Was it seen, and is it asked about? Not the drain. */
bool result_shows_stage(const struct result *result, const struct stage_result *stage);
/* By the plan, and to its end; or it lies in the window. */
bool result_stage_judged(const struct result *result, uint32_t stage);
const char *result_trust_name(enum trust_level level);  /* "valid", "suspect", "invalid" */
const char *result_reason_name(enum trust_level level); /* "note", "suspect", "invalid" */
const char *result_figure_name(enum figure figure);     /* "avg", "p50", ... "p99.9", "max" */
