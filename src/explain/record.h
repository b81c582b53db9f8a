/* record.h - what the causes are found in: sums by stage of load and samples, and their history.
 *
 * Why: which two stages are held against each other is known only at the end, so all are kept: a
 * sum and a length for each series and stage, and for places the value of each second.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: an arena, some 100 bytes a series and stage, 4 a second and
 * place. */
#pragma once

#include "base/arena.h"
#include "tick/run.h"
#include "tick/tick.h"

#define RECORD_CHUNK 256 /* ticks of history taken at once */
#define RECORD_CHUNKS 64

/* A series, kept. */
struct record_series {
    struct bytes of, name, label;
    enum series_unit unit;
    bool known;
    double *sums;                  /* [stage_count]: value x covered ns */
    double *lengths;               /* likewise: covered ns */
    double *most;                  /* likewise: the largest */
    float *history[RECORD_CHUNKS]; /* of places: [RECORD_CHUNK], NAN: nothing known */
};

/* The load of a stage, from its ticks after settle. */
struct record_stage {
    double seconds;
    double in_flight_ns;            /* integral */
    double lag_ns, wait_ns, rtt_ns; /* sums over requests; rtt: of those asked */
    double response_ns;             /* of ok */
    uint64_t done, ended, rtt_count, lag_count;
};

struct record {
    const struct run_header *header;
    struct arena *arena;
    struct record_series *series; /* [SERIES_MAX] */
    struct record_stage *stages;  /* [stage_count + 1] */
    uint64_t *starts, *ends; /* [stage_count]: run time of their ticks after settle; end 0: none */
    uint64_t *begun;         /* [stage_count]: of their first tick + 1; 0: none was seen */
    uint32_t series_count, stage_count;
    uint32_t ticks;
};

void record_open(struct record *r, const struct run_header *header, struct arena *arena);
void record_tick(struct record *r, const struct tick *tick);
/* Mean of a series over a stage; NAN: nothing is known. */
double record_mean(const struct record *r, uint32_t series, uint32_t stage);
double record_most(const struct record *r, uint32_t series, uint32_t stage);
/* Its value in tick `at`; NAN likewise. */
double record_at(const struct record *r, uint32_t series, uint32_t at);
/* The first series of that owner, name and label (NULL: any); SERIES_MAX: none. */
uint32_t record_find(const struct record *r, struct bytes of, enum series_row row,
                     const char *label);
