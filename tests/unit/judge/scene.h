/* scene.h - a run told tick by tick, with the judge listening.
 *
 * Why: a test of the judge should read as a story: these stages, these sentences, this many
 * requests of that length in each second; then what the judge says of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "judge/judge.h"
#include "plan/plan.h"
#include "tick/bus.h"
#include "tick/tick.h"

#define MS UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

enum { SCENE_STAGES = 12, SCENE_NAMES = 6, SCENE_SCENARIOS = 2, SCENE_SENTENCES = 8 };
enum { SCENE_CELLS = 32, SCENE_SLOTS = 64, SCENE_LOOKS = 8 };
enum { SCENE_SERVICES = 2, SCENE_SERIES = 16, SCENE_SAMPLES = 16 };
enum { SCENE_READ, SCENE_JOB }; /* scenarios */

struct scene {
    struct plan plan;
    struct stage stages[SCENE_STAGES];
    struct scenario scenarios[SCENE_SCENARIOS];
    struct bytes names[SCENE_NAMES];
    struct service services[SCENE_SERVICES];
    struct objective objectives[SCENE_SENTENCES], aborts[SCENE_SENTENCES];
    struct arena arena;
    struct run_header header;
    struct bus bus;
    struct judge *judge;
    struct tick tick; /* in hand */
    struct cell cells[SCENE_CELLS];
    struct hist *hists; /* [SCENE_CELLS][MEASURE_COUNT] */
    struct hist_pair *pairs;
    struct slot slots[SCENE_SLOTS];
    struct exemplar looks[SCENE_LOOKS];
    struct series series[SCENE_SERIES]; /* met so far; those of the tick last */
    struct sample samples[SCENE_SAMPLES];
    uint32_t series_count;
    double requests_in_flight[SCENE_NAMES], iterations_in_flight[SCENE_SCENARIOS];
    uint32_t missing_ticks;           /* told at the end, from 4.5 s on */
    uint32_t results, finals;         /* seen on the bus */
    bool tick_seen, result_was_early; /* a result came before its tick had gone round */
};

/* Names "a" to "f", scenarios "read" and "job", no stage, no objective. */
void scene_open(struct scene *s);
void scene_close(struct scene *s);
/* Adds a stage of 1000 s at most; returns it for changes. */
struct stage *scene_stage(struct scene *s, const char *name, enum model model, bool judged);
/* Adds a sentence as a plan has it; stages must stand already. */
struct objective *scene_objective(struct scene *s, const char *sentence);
void scene_abort_when(struct scene *s, const char *sentence);
void scene_begin(struct scene *s);

/* Opens a tick of `ms` in `stage`, right after the one before. */
void scene_tick(struct scene *s, uint32_t stage, uint32_t ms);
/* `count` requests of `name` that ended in this tick with the stage's own intended times. Times
 * count for ok, ages for timeout and cut. They count as begun, planned and taken up, too. */
void scene_requests(struct scene *s, uint32_t name, enum outcome outcome, uint32_t count,
                    uint64_t ns);
/* The same for an earlier stage, and with lag in it. */
struct scene_part {
    uint32_t stage, name;
    enum outcome outcome;
    uint32_t count;
    uint64_t ns, lag_ns;
    bool settle, iteration;
    bool not_begun; /* begun in an earlier tick */
    uint32_t with_5xx;
    bool no_slot; /* scene_slot() tells */
    bool lacks;   /* ended so for want of `lack` */
    enum shortage lack;
};
void scene_add(struct scene *s, const struct scene_part *part);
/* Iterations of a scenario. */
void scene_iterations(struct scene *s, uint32_t scenario, enum outcome outcome, uint32_t count,
                      uint64_t ns);
/* A stage cell's lag, `count` times. */
void scene_lag(struct scene *s, uint32_t count, uint64_t ns);
/* `count` requests of name 0 that prony had no port or descriptor for. */
void scene_unsent(struct scene *s, uint32_t count);
/* Requests that ended by check, for want of that. */
void scene_undecided(struct scene *s, enum shortage shortage, uint32_t count);
/* `count` arrivals or users that found no row left. */
void scene_rowless(struct scene *s, uint32_t count);
/* The pauses of users in this tick. */
void scene_rested(struct scene *s, uint64_t rested_ns);
/* What the slot `tenth` of the tick says. */
void scene_slot(struct scene *s, uint32_t tenth, uint32_t planned, uint32_t taken, uint32_t ok);
/* Of the slot: how many failed, and of these for want of something of prony's own. */
void scene_slot_failed(struct scene *s, uint32_t tenth, uint32_t failed, uint32_t lacking);
/* Mean users, requests of name 0 and iterations of scenario 1 in flight over the tick. */
void scene_levels(struct scene *s, double users, double requests, double jobs);
/* A fact of the tick's strain. */
void scene_strain(struct scene *s, enum strain_fact fact, uint64_t value);
/* A request of `name` that ended so, with that status, and was looked at. */
void scene_look(struct scene *s, uint32_t name, enum outcome outcome, uint32_t status);
/* A series that is met in this tick; its number. `of`: "api", "db" (services), "host". */
uint32_t scene_series(struct scene *s, const char *of, const char *name, const char *label);
/* Its value over that time of the run; at an instant where both are equal. */
void scene_sample(struct scene *s, uint32_t series, double from_s, double to_s, double value);
/* Puts the tick on the bus. */
void scene_put(struct scene *s);
/* A whole tick of one second: `count` ok requests of name 0, each of `ns`. */
void scene_second(struct scene *s, uint32_t stage, uint32_t count, uint64_t ns);
/* A last empty tick of the drain, then the end. */
void scene_end(struct scene *s, enum run_ended ended);
/* The end without the source's last tick: a file cut short. */
void scene_stop_short(struct scene *s);
/* Likewise, of a run that somebody else still writes. */
void scene_go_on(struct scene *s);

const struct result *scene_result(const struct scene *s);
const struct objective_result *scene_said(const struct scene *s, uint32_t objective);
/* What the trust rule of that name says; NULL: nothing. */
const struct trust_reason *scene_reason(const struct scene *s, const char *code);
