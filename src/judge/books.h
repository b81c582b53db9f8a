/* books.h - the running sums of a run: per stage, per request name, per scenario.
 *
 * Why: a verdict may be asked for after any tick and a run may take a day, so nothing is kept per
 * tick; every figure comes from sums that only grow. Late replies still reach the stage of their
 * intended time, which may be over.
 * Source: docs/method.md, "What is counted".
 * Thread: collecting thread.  Memory: the judge's arena. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "judge/figures.h"
#include "judge/rhythm.h"
#include "judge/strain_sum.h"
#include "judge/tally.h"
#include "tick/run.h"
#include "tick/tick.h"

/* Both sums that must come out even: what was begun has ended, each with one outcome. */
struct books_balance {
    uint64_t begun, ended;
};

enum { /* bits of stage_book.second_flags */
       BOOKS_SECOND_ASKED = 1,
       BOOKS_SECOND_ANSWERED = 2,
       BOOKS_SECOND_FAILED = 4, /* something in it failed by itself ... */
       BOOKS_SECOND_LACKED = 8  /* ... or for want of something of prony's own */
};

struct stage_book {
    const struct window_span *span; /* what of it is asked about; NULL: all, or nothing */
    bool reached;                   /* a tick of it was seen */
    bool over;                      /* a tick of a later stage was seen, or the run ended */
    bool judged;                    /* by the plan, and not cut */
    bool cut;    /* somebody changed its rate before its end: a stage by hand took the rest */
    bool unseen; /* the run ended before this stage did, or even began */
    bool closed;
    uint64_t start_ns, end_ns;
    uint64_t counted_ns; /* time of its ticks after settle */
    uint32_t counted_ticks;
    uint32_t run_ticks;             /* the same, whatever the window */
    struct tally requests;          /* after settle, like all tallies here */
    struct tally *names;            /* [name_count] */
    struct tally *scenarios;        /* [scenario_count] */
    bool *sends;                    /* [name_count]: can its mix send a request of that name? */
    double users_ns;                /* integrals over the counted ticks */
    double *names_in_flight_ns;     /* [name_count] */
    double *scenarios_in_flight_ns; /* [scenario_count] */
    struct hist *lag, *wait, *connect, *tls, *rtt;
    struct tail tail;
    uint64_t full_handshakes, resumed_handshakes;
    uint64_t planned, taken;            /* slots after settle */
    uint64_t shortages[SHORTAGE_COUNT]; /* settle included */
    struct strain_sum strain;           /* of the counted ticks, ... */
    struct rhythm rhythm;               /* ... and of their gaps; ... */
    bool rhythm_known;                  /* ... what became of it */
    uint64_t begun;                     /* iterations after settle, and ... */
    bool rests_unknown;
    double cycles_ns;    /* ... their times and the pauses behind them, added up, ... */
    double paused_ns;    /* ... the pauses alone, ... */
    uint64_t longest_ns; /* ... and the longest of their times */
    uint64_t *arrivals;  /* [scenario_count]: begun in the whole stage, settle included */
    uint64_t (*ends)[OUTCOME_COUNT]; /* [scenario_count]: likewise */
    struct books_balance requests_balance, iterations_balance;
    uint8_t *second_flags; /* [second_count] of the time after settle */
    uint32_t second_count;
};

struct books {
    const struct run_header *header;
    struct arena *arena;
    struct stage_book *stages; /* [run_stage_count], the drain last */
    uint32_t stage_count;
    struct tally *names;     /* [name_count], judged stages */
    struct tally *scenarios; /* [scenario_count], judged stages */
    struct tally totals;
    struct hist *lag, *wait, *connect, *tls, *rtt; /* judged stages */
    struct tail tail;
    uint64_t full_handshakes, resumed_handshakes;
    uint32_t stage;  /* of the newest tick */
    bool steered;    /* some stage was cut */
    uint64_t now_ns; /* end of the newest tick */
    bool last_seen;  /* the source closed its last tick: the books must balance */
    bool fresh;      /* no figures have been made yet */
    uint32_t strays; /* cells and ticks that name what the header does not know */
};

/* What the objectives need beyond the figures. */
struct books_needs {
    bool stage_less_lag;
    bool *names;     /* [name_count]: times of the name by stage */
    bool *scenarios; /* [scenario_count] */
    bool seconds;    /* availability by time */
};

/* Empty books for the run of `header`, which is kept. A full arena is told by arena_ok(). */
void books_open(struct books *b, const struct run_header *header, const struct books_needs *needs,
                struct arena *arena);
/* Is the tick's stage one that the header knows? Otherwise it is counted as a stray. */
bool books_accepts(struct books *b, const struct tick *tick);
/* True where the tick lies in its stage after settle, or in the window: its time and its
 * completions count. */
bool books_counts(const struct books *b, const struct tick *tick);
/* Does what ended count: intended after settle, or in the window? The cell is one that is known. */
bool books_has(const struct books *b, const struct tick *tick, const struct cell *cell);
/* The stage in which that instant of run time counts; PLAN_NO_INDEX: it lies in none (in settle
 * time, outside the window), or no tick has reached it yet. */
uint32_t books_stage_at(const struct books *b, uint64_t at_ns);
/* Can the stage's mix send a request of that name, or begin an iteration of that scenario? */
bool books_can_come(const struct books *b, uint32_t stage, enum cell_kind kind, uint32_t index);
/* Does the window leave out some of the stage's requests? Then what began is not what ended. */
bool books_in_part(const struct stage_book *book);
/* Stage start and times; call first, then books_take(). */
void books_enter(struct books *b, const struct tick *tick);
void books_take(struct books *b, const struct tick *tick);
/* No tick will follow: which stages are over, and which were not seen to their end. */
void books_end(struct books *b, enum run_ended ended);
/* What is known of the rhythm of stages that are over. */
void books_find_rhythms(struct books *b);
/* Iterations begun in the whole stage, settle included. */
uint64_t books_begun(const struct books *b, uint32_t stage);
/* Is `cell` of a kind, stage and index that the header knows? */
bool books_knows(const struct books *b, const struct cell *cell);
/* Figures of a stage, of a name or scenario over the judged stages, of all judged stages. */
void books_stage_figures(const struct books *b, uint32_t stage, bool with_cuts,
                         struct figures *out);
void books_name_figures(const struct books *b, uint32_t name, bool with_cuts, struct figures *out);
void books_scenario_figures(const struct books *b, uint32_t scenario, bool with_cuts,
                            struct figures *out);
void books_total_figures(const struct books *b, bool with_cuts, struct figures *out);
