#include "live/feed.h"

#include <math.h>

#include "base/clock.h"
#include "base/text.h"
#include "show/second.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define TICK_BYTES ((size_t)16 << 20)     /* address space for a kept tick, ... */
#define SCRATCH_BYTES ((size_t)256 << 20) /* ... and for some joined */

/* ---- keeping ticks ---- */

static struct hist_sparse copy_hist(struct arena *arena, const struct hist_sparse *from)
{
    struct hist_sparse out = *from;
    struct hist_pair *pairs = ARENA_ARRAY(arena, from->pair_count, struct hist_pair);
    if (from->pair_count == 0 || !pairs) return (struct hist_sparse){0};
    memcpy(pairs, from->pairs, from->pair_count * sizeof *pairs);
    out.pairs = pairs;
    return out;
}

static const double *copy_doubles(struct arena *arena, const double *from, uint32_t count)
{
    double *out = ARENA_ARRAY(arena, count, double);
    if (out && count > 0) memcpy(out, from, count * sizeof *out);
    return out;
}

/* What one tick is too large for is not shown: its cells are then left out. */
static void keep_tick(struct feed *f, const struct tick *tick)
{
    struct feed_kept *kept = &f->kept[f->kept_count++ % FEED_KEPT];
    const struct plan *plan = f->header->plan;
    struct arena *arena = &kept->arena;
    arena_reset(arena);
    kept->tick = *tick;
    struct cell *cells = ARENA_ARRAY(arena, tick->cell_count, struct cell);
    for (uint32_t i = 0; cells && i < tick->cell_count; i++) {
        cells[i] = tick->cells[i];
        for (uint32_t m = 0; m < MEASURE_COUNT; m++)
            cells[i].measures[m] = copy_hist(arena, &tick->cells[i].measures[m]);
    }
    kept->tick.cells = cells;
    kept->tick.requests_in_flight = copy_doubles(arena, tick->requests_in_flight, plan->name_count);
    kept->tick.iterations_in_flight =
        copy_doubles(arena, tick->iterations_in_flight, plan->scenario_count);
    kept->tick.cell_count = arena_ok(arena) ? tick->cell_count : 0;
    kept->tick.slots = NULL;
    kept->tick.gaps = NULL;
    kept->tick.stalls = NULL;
    kept->tick.events = NULL;
    kept->tick.exemplars = NULL;
    kept->tick.slot_count = kept->tick.event_count = kept->tick.exemplar_count = 0;
    kept->tick.gap_count = kept->tick.stall_count = 0;
}

static const struct tick *kept_tick(const struct feed *f, uint32_t back)
{
    if (back >= f->kept_count || back >= FEED_KEPT) return NULL;
    return &f->kept[(f->kept_count - 1 - back) % FEED_KEPT].tick;
}

/* The newest ticks that start at `from_ns` or later, as one; until the next call. */
static struct tick join_ticks(struct feed *f, uint64_t from_ns)
{
    const struct plan *plan = f->header->plan;
    uint32_t tick_count = 1;
    uint32_t cell_count = kept_tick(f, 0)->cell_count;
    for (const struct tick *t = kept_tick(f, 1); t && t->start_ns >= from_ns;
         t = kept_tick(f, ++tick_count)) {
        cell_count += t->cell_count;
    }
    arena_reset(&f->scratch);
    double *requests = ARENA_ARRAY(&f->scratch, plan->name_count, double);
    double *iterations = ARENA_ARRAY(&f->scratch, plan->scenario_count, double);
    struct cell *cells = ARENA_ARRAY(&f->scratch, cell_count, struct cell);
    assert(requests && iterations);
    struct tick out = *kept_tick(f, 0);
    out.cell_count = 0;
    out.users = 0;
    out.generator_cpu_ns = 0;
    for (uint32_t back = 0; back < tick_count; back++) {
        const struct tick *tick = kept_tick(f, back);
        for (uint32_t i = 0; cells && i < tick->cell_count; i++)
            cells[out.cell_count++] = tick->cells[i];
        for (uint32_t i = 0; i < plan->name_count; i++) requests[i] += tick->requests_in_flight[i];
        for (uint32_t i = 0; i < plan->scenario_count; i++)
            iterations[i] += tick->iterations_in_flight[i];
        out.start_ns = tick->start_ns;
        out.users += tick->users;
        out.generator_cpu_ns += tick->generator_cpu_ns;
    }
    out.cells = cells;
    out.requests_in_flight = requests;
    out.iterations_in_flight = iterations;
    return out;
}

/* ---- points ---- */

static uint64_t place_of(const struct feed *f, const struct tick *tick)
{
    return tick->start_ns / f->header->tick_ns;
}

static void fill_point(struct feed *f, struct feed_point *point, const struct tick *span)
{
    struct second s;
    second_read(&s, f->header, span, 0);
    const struct plan *plan = f->header->plan;
    bool open = span->stage < plan->stage_count && plan->stages[span->stage].model == MODEL_OPEN;
    double none = (double)NAN;
    double *values = point->values;
    bool timed = s.seconds > 0;
    values[SIGNAL_OFFERED] = open && timed ? (double)s.begun / s.seconds : none;
    values[SIGNAL_DONE] = timed ? (double)s.outcomes[OUTCOME_OK] / s.seconds : none;
    values[SIGNAL_P50] = s.response.ns[SECOND_P50];
    values[SIGNAL_P95] = s.response.ns[SECOND_P95];
    values[SIGNAL_P99] = s.response.ns[SECOND_P99];
    static const enum second_figure times[] = {SECOND_P50, SECOND_P95, SECOND_P99};
    for (uint32_t i = 0; i < COUNT_OF(times); i++) {
        bool at_least = s.response.at_least >> times[i] & 1 && !isnan(s.response.ns[times[i]]);
        point->at_least |= (uint32_t)at_least << (SIGNAL_P50 + i);
    }
    values[SIGNAL_ERRORS] = s.errors;
    values[SIGNAL_IN_FLIGHT] = s.in_flight;
    values[SIGNAL_USERS] = s.users;
    values[SIGNAL_LAG] = s.lag.ns[SECOND_P99];
    values[SIGNAL_CPU] = timed ? (double)span->generator_cpu_ns / 1e9 / s.seconds : none;
}

static void add_point(struct feed *f, const struct tick *tick)
{
    uint64_t place = place_of(f, tick);
    struct feed_point *point = &f->points[place % FEED_POINTS];
    /* Ticks that an edge cut short share a place: they are looked at together. */
    struct tick span = join_ticks(f, place * f->header->tick_ns);
    *point = (struct feed_point){.at = place + 1};
    fill_point(f, point, &span);
    f->newest = place;
    recent_tick(&f->recent, tick, place, f->header->tick_ns);
}

const struct feed_point *feed_point(const struct feed *f, uint32_t back)
{
    if (!f->any_tick || back > f->newest || back >= FEED_POINTS) return NULL;
    uint64_t place = f->newest - back;
    const struct feed_point *point = &f->points[place % FEED_POINTS];
    return point->at == place + 1 ? point : NULL;
}

/* ---- signals ---- */

double feed_signal(const struct feed *f, uint32_t shown, uint32_t back)
{
    if (shown >= f->shown_count) return (double)NAN;
    return recent_at(&f->recent, f->shown[shown].series.id, back);
}

/* Rows stand in the order in which their series were met, so that one that comes or goes moves as
 * few others as may be. */
static void look_at_signals(struct feed *f, const struct signals *signals)
{
    f->shown_count = signals ? signals->count : 0;
    for (uint32_t i = 0; i < f->shown_count; i++) {
        uint32_t at = i;
        for (; at > 0 && f->shown[at - 1].series.id > signals->rows[i].series.id; at--)
            f->shown[at] = f->shown[at - 1];
        f->shown[at] = signals->rows[i];
    }
}

/* ---- objectives now ---- */

/* Share of the requests that ended with an answer other than a 5xx. */
static double availability(const struct tick *span, const struct second *s, uint32_t row)
{
    if (s->ended == 0) return (double)NAN;
    uint64_t bad = s->ended - s->outcomes[OUTCOME_OK] - s->outcomes[OUTCOME_STATUS]
                   - s->outcomes[OUTCOME_CHECK];
    for (uint32_t i = 0; i < span->cell_count; i++) {
        const struct cell *cell = &span->cells[i];
        if (cell->kind == CELL_REQUEST && (row == 0 || cell->index == row - 1))
            bad += cell->answered_5xx;
    }
    return 1 - (double)bad / (double)s->ended;
}

static uint32_t row_of(const struct feed *f, const struct objective_result *o)
{
    uint32_t names = f->header->plan->name_count;
    switch (o->objective->scope) {
    case SCOPE_ALL:
        return 0;
    case SCOPE_REQUEST:
        return 1 + o->objective->scope_index;
    case SCOPE_SCENARIO:
        return 1 + names + o->objective->scope_index;
    case SCOPE_EACH:
        return o->each_index == PLAN_NO_INDEX ? 0 : 1 + o->each_index;
    case SCOPE_SERVICE: /* not among requests; see read_now() */
        break;
    }
    return 0;
}

static struct feed_now of_time(const struct second *s, enum second_figure figure)
{
    return (struct feed_now){s->response.ns[figure], s->response.at_least >> figure & 1};
}

static struct feed_now read_now(const struct feed *f, const struct tick *span,
                                const struct objective_result *o)
{
    struct feed_now now = {.value = (double)NAN};
    uint32_t row = row_of(f, o);
    struct second s;
    second_read(&s, f->header, span, row);
    switch (o->objective->metric) {
    case METRIC_AVG:
        return of_time(&s, SECOND_AVG);
    case METRIC_MAX:
        return of_time(&s, SECOND_MAX);
    case METRIC_QUANTILE:
        now.value = second_quantile(f->header, span, row, o->objective->per_million, &now.at_least);
        break;
    case METRIC_ERRORS:
        now.value = s.errors;
        break;
    case METRIC_AVAILABILITY:
        now.value = availability(span, &s, row);
        break;
    case METRIC_THROUGHPUT:
        if (s.seconds > 0) now.value = (double)s.outcomes[OUTCOME_OK] / s.seconds;
        if (o->objective->of_offered)
            now.value =
                s.begun > 0 ? (double)s.outcomes[OUTCOME_OK] / (double)s.begun : (double)NAN;
        break;
    case METRIC_USERS:
        now.value = s.users;
        break;
    case METRIC_IN_FLIGHT:
        now.value = s.in_flight;
        break;
    case METRIC_AVAILABILITY_BY_TIME: /* a share of seconds: ten of them do not make one */
    case METRIC_MEMORY:               /* the judge alone takes samples */
    case METRIC_CPU:
    case METRIC_LEAK: /* and these once for the run */
    case METRIC_RECOVERY:
    case METRIC_SERIES:
        break;
    }
    return now;
}

static bool concerns(const struct feed *f, const struct objective *o)
{
    if (f->stage >= f->header->plan->stage_count) return false;
    return !o->has_in || (f->stage >= o->stage_first && f->stage < o->stage_first + o->stage_count);
}

static void look_at_objectives(struct feed *f, const struct result *r)
{
    uint64_t from_ns = f->end_ns > FEED_NOW_NS ? f->end_ns - FEED_NOW_NS : 0;
    if (from_ns < f->stage_start_ns) from_ns = f->stage_start_ns; /* never of two loads */
    struct tick span = join_ticks(f, from_ns);
    for (uint32_t i = 0; i < r->objective_count && i < FEED_OBJECTIVES; i++) {
        f->now[i] = (struct feed_now){.value = (double)NAN};
        if (concerns(f, r->objectives[i].objective))
            f->now[i] = read_now(f, &span, &r->objectives[i]);
    }
}

/* ---- the stream ---- */

bool feed_open(struct feed *f, struct err *err)
{
    *f = (struct feed){0};
    if (!arena_open(&f->arena, ARENA_BYTES, err) || !arena_open(&f->scratch, SCRATCH_BYTES, err)
        || !recent_open(&f->recent, err)) {
        return false;
    }
    f->points = ARENA_ARRAY(&f->arena, FEED_POINTS, struct feed_point);
    f->now = ARENA_ARRAY(&f->arena, FEED_OBJECTIVES, struct feed_now);
    f->lines = ARENA_ARRAY(&f->arena, FEED_LINES, struct feed_line);
    for (uint32_t i = 0; i < FEED_KEPT; i++) {
        if (!arena_open(&f->kept[i].arena, TICK_BYTES, err)) return false;
    }
    return arena_ok(&f->arena) || err_set(err, ERR_LIMIT, 0, "no memory for the live view");
}

void feed_close(struct feed *f)
{
    for (uint32_t i = 0; i < FEED_KEPT; i++) arena_close(&f->kept[i].arena);
    recent_close(&f->recent);
    arena_close(&f->scratch);
    arena_close(&f->arena);
}

void feed_begin(struct feed *f, const struct run_header *header)
{
    f->header = header;
    f->course = ARENA_ARRAY(&f->arena, run_stage_count(header), uint32_t);
    for (uint32_t i = 0; i < header->plan->stage_count; i++) {
        const struct stage *s = &header->plan->stages[i];
        if (s->by_hand) break;
        if (s->model == MODEL_OPEN || s->requests == 0) f->planned_ns += s->length_ns;
    }
}

static void count_ends(struct feed *f, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        for (uint32_t k = 0; k < OUTCOME_COUNT; k++) {
            if (cell->kind == CELL_ITERATION && cell->stage == f->stage)
                f->stage_iterations += cell->outcomes[k];
            if (cell->kind != CELL_REQUEST || cell->outcomes[k] == 0) continue;
            if (f->outcomes[k] == 0) f->first_ns[k] = tick->start_ns;
            f->outcomes[k] += cell->outcomes[k];
            f->ended += cell->outcomes[k];
        }
        if (cell->kind == CELL_REQUEST) f->begun += cell->begun;
    }
}

void feed_tick(struct feed *f, const struct tick *tick)
{
    if (tick->stage >= run_stage_count(f->header)) return; /* of no stage that we know */
    if (!f->any_tick || tick->stage != f->stage) {
        f->stage = tick->stage;
        f->stage_start_ns = tick->start_ns;
        f->stage_iterations = 0;
        if (f->course && f->course_count < run_stage_count(f->header))
            f->course[f->course_count++] = tick->stage;
    }
    f->any_tick = true;
    f->over = tick->last;
    f->end_ns = tick->end_ns;
    for (uint32_t i = 0; i < tick->event_count; i++) {
        if (tick->events[i].kind == EVENT_RECORDER) f->unrecorded = true;
    }
    count_ends(f, tick);
    keep_tick(f, tick);
    add_point(f, tick);
}

void feed_result(struct feed *f, const struct result *result)
{
    f->result = result;
    look_at_signals(f, result->signals);
    if (f->any_tick) look_at_objectives(f, result);
}

void feed_line(struct feed *f, struct bytes words)
{
    struct feed_line *line = &f->lines[f->line_count++ % FEED_LINES];
    struct text text = text_in(line->words, sizeof line->words);
    text_add(&text, words);
    text_end_whole(&text);
}

const char *feed_line_at(const struct feed *f, uint32_t back)
{
    if (back >= f->line_count || back >= FEED_LINES) return NULL;
    return f->lines[(f->line_count - 1 - back) % FEED_LINES].words;
}
