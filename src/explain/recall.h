/* recall.h - what the causes are found in: sums by stage of load and samples, and their history.
 *
 * Why: which two stages are held against each other is known only at the end, so all are kept: a
 * sum and a length for each series and stage, for places the value of each second, and for memory
 * its floors.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: an arena, some 100 bytes a series and stage, 4 a second and
 * place. */
#pragma once

#include "base/arena.h"
#include "stats/floors.h"
#include "stats/pile.h"
#include "tick/run.h"
#include "tick/tick.h"

#define RECALL_CHUNK 256 /* ticks of history taken at once */
#define RECALL_CHUNKS 64
#define RECALL_PARTS 2
#define RECALL_ALL_CHUNKS 4 /* of these ticks the values of all series are kept, else of places */

/* A series, kept. */
struct recall_series {
    struct bytes of, name, label;
    enum series_unit unit;
    bool known;
    double *sums;                  /* by stage: value x covered ns */
    double *lengths;               /* likewise: covered ns */
    struct floors *floors;         /* of memory.anon: over the ticks of stages after settle */
    float *history[RECALL_CHUNKS]; /* [RECALL_CHUNK], NAN: nothing known */
};

/* The load of a stage, from its ticks after settle. */
struct recall_stage {
    double seconds;
    double in_flight_ns;            /* integral */
    double lag_ns, wait_ns, rtt_ns; /* sums over requests; rtt: of those asked */
    double response_ns;             /* of ok */
    uint64_t done, rtt_count, lag_count;
    uint64_t passed;  /* requests that ended in its time, of whatever stage: what flows through */
    struct pile pile; /* of what is in flight */
};

/* Its iterations of one scenario. */
struct recall_visits {
    double in_flight_ns;   /* integral */
    double time_ns;        /* arrival to last reply, sum over those that ended well */
    uint64_t done, passed; /* as of a stage */
};

/* What a tick behind settle added to its stage. */
struct recall_second {
    struct recall_stage load;
    uint64_t start_ns, end_ns;
    uint32_t stage;
    bool known;
};

struct recall {
    const struct run_header *header;
    struct arena *arena;
    struct recall_series *series; /* [SERIES_MAX] */
    struct recall_stage *stages;  /* [stage_count + RECALL_PARTS], as all by stage */
    struct recall_visits *visits; /* [stage_count + RECALL_PARTS][scenario_count] */
    uint64_t *starts, *ends;      /* run time of their ticks after settle; end 0: none */
    uint64_t *begun;              /* of their first tick + 1; 0: none was seen */
    struct recall_second *seconds[RECALL_CHUNKS]; /* [RECALL_CHUNK] */
    uint32_t series_count, stage_count;
    uint32_t part_count; /* parts of a stage that was cut in two: stage_count, stage_count + 1 */
    uint32_t ticks;
    /* Of a watch the time in which something was missed for the first time is a stage of its own,
     * in the place of the drain; of an hour only what comes before counts. */
    uint32_t missed;  /* objectives, now */
    uint32_t spoiled; /* the last stage in which any was; PLAN_NO_INDEX: none */
    bool missed_over;
};

#define RECALL_NOWHERE UINT32_MAX

/* Nothing yet. A full arena leaves out what has no room. */
void recall_open(struct recall *r, const struct run_header *header, struct arena *arena);
/* Of a watch: the place of the time in which something was missed; RECALL_NOWHERE: nothing was. */
uint32_t recall_missed(const struct recall *r);
/* Adds a tick. */
void recall_tick(struct recall *r, const struct tick *tick);
const struct recall_visits *recall_visits_of(const struct recall *r, uint32_t stage,
                                             uint32_t scenario);
/* NULL: of that tick nothing is kept. */
const struct recall_second *recall_second_at(const struct recall *r, uint32_t at);
/* Makes two parts of a stage, to be asked about like stages: what lies before run time `at_ns`, and
 * what lies behind it. False: there is no room. */
bool recall_cut(struct recall *r, uint32_t stage, uint64_t at_ns);
/* Is it a stage, or a part of one? */
bool recall_has_stage(const struct recall *r, uint32_t stage);
/* Mean of a series over a stage; NAN: nothing is known. */
double recall_mean(const struct recall *r, uint32_t series, uint32_t stage);
/* Of so many seconds of the stage it is known. */
double recall_seconds(const struct recall *r, uint32_t series, uint32_t stage);
/* Its value in tick `at`; NAN likewise. */
double recall_at(const struct recall *r, uint32_t series, uint32_t at);
/* The first series of that owner, name and label (NULL: any); SERIES_MAX: none. */
uint32_t recall_find(const struct recall *r, struct bytes of, enum series_row row,
                     const char *label);
