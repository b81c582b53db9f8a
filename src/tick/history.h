/* history.h - stored runs as a list shows them, and what changed from one to the next.
 *
 * Why: a list reads a run's own verdict, not its ticks: a thousand runs in a second. What a run is
 * said to be better or worse than stands here once, for the list and for runs beside each other.
 * Values are in the unit that result.json has (ms, %, /s), since they come from there.
 * Source: docs/method.md, "From run to run".
 * Thread: any.  Memory: views of the arena that the entries were read into. */
#pragma once

#include "stats/change.h"
#include "tick/result.h"

/* An objective in one place. */
struct run_place {
    struct bytes stage; /* empty: all judged stages pooled */
    double value;
    struct interval range; /* 95 %; an end that is NAN has no bound */
    bool at_least;         /* value is a lower bound */
};

/* An objective as it was judged. */
struct run_goal {
    struct bytes text, of; /* the sentence; the request name of `of each`, else empty */
    struct bytes subject;  /* what of the sentence says what is measured */
    bool wants_little;     /* it is good when small */
    struct bytes unit;     /* "ms", "%", "% of offered", "/s", "users", "requests", "iterations" */
    enum verdict verdict;
    double margin; /* percent of the limit left; NAN: none */
    bool warn, implicit;
    struct run_place at; /* where it was worst, or of a capacity best */
    const struct run_place *stages;
    uint32_t stage_count;
};

/* A stored run. */
struct run_entry {
    char id[RUN_ID_LEN + 1];
    uint64_t wall_start_ns; /* 0: unknown */
    uint64_t length_ns;     /* as far as it is known */
    struct bytes plan;
    uint64_t load;        /* two runs of one plan with the same were sent the same load */
    struct bytes verdict; /* "holds" ...; "no verdict" of a run that was killed; "running" */
    bool has_exit;
    int exit_code;
    bool sound; /* it went to its end as planned, and its figures may be trusted */
    const struct run_goal *goals;
    uint32_t goal_count;
    struct bytes trouble; /* why the file can't be read; empty: it can */
};

/* How far back a run is looked for that it can be compared with. */
#define HISTORY_RUNS_BACK 200

/* What became of a run's tightest objective since the run before it. */
struct run_trend {
    const struct run_goal *goal; /* NULL: none was judged */
    const struct run_entry *before;
    const struct run_place *is, *was; /* in the same place; NULL with `before` */
    enum change change;               /* of the value; CHANGE_UNKNOWN: nothing to compare */
    bool better;                      /* with CHANGE_UP or _DOWN: towards its goal */
    bool sure; /* and by more than such runs differ by themselves; else that is not known */
};

/* The objective with the least to spare; what was asked for before what is implied, and that before
 * what only warns. NULL: none was judged. */
const struct run_goal *history_tightest(const struct run_entry *entry);
/* What `entry` says of the same thing, whatever its limit; NULL: nothing. */
const struct run_goal *history_same_goal(const struct run_entry *entry,
                                         const struct run_goal *goal);
/* `goal` of one run against the same of another, in one place: where `goal` was worst, or where the
 * other was. Fills all but `sure`. Runs that are not sound are not compared. */
void history_compare(struct run_trend *out, const struct run_entry *entry,
                     const struct run_goal *goal, const struct run_entry *other);
/* entries[index] against the newest before it of the same plan and load. The newest come first;
 * of the `count` at most HISTORY_RUNS_BACK behind it are looked at. */
void history_trend(struct run_trend *out, const struct run_entry *entries, uint32_t count,
                   uint32_t index);
/* "better", "worse", "same"; NULL: nothing to compare. */
const char *history_change_name(const struct run_trend *trend);
