#include "judge/moves.h"

#include <math.h>

#include "judge/scope.h"
#include "stats/fence.h"
#include "stats/rank.h"

#define FALLBACK_PER_MILLION 950000 /* without an objective: p95 */
#define STEPS 20                    /* of 1, in which correlations are compared, ... */
#define OWNER_ROWS 3                /* of one service, at most */
#define OTHER_STEPS 3               /* ... by which what nobody waits at comes later */
#define TRIFLE_WAITING 0.5
#define TRIFLE_CORES 0.05

enum strip_item { STRIP_OWN, STRIP_FALLBACK, STRIP_OBJECTIVES };
#define STRIP_SERIES (STRIP_OBJECTIVES + MOVES_OBJECTIVES)

static_assert(SIGNALS_POINTS <= RANK_MOST, "all are compared");
static_assert(SIGNALS_POINTS <= FENCE_MOST, "all are looked at");

static uint32_t objective_count(const struct moves *m)
{
    return m->rows->count < MOVES_OBJECTIVES ? m->rows->count : MOVES_OBJECTIVES;
}

void moves_open(struct moves *m, const struct books *books, const struct rows *rows,
                struct arena *arena)
{
    *m = (struct moves){.books = books, .rows = rows, .arena = arena};
    m->fallback = (struct objective){.metric = METRIC_QUANTILE,
                                     .per_million = FALLBACK_PER_MILLION,
                                     .scope = SCOPE_ALL,
                                     .op = OP_LT};
    reading_open(&m->reading, books, arena);
    strips_open(&m->strips, arena, STRIP_SERIES + SERIES_MAX, books->header->tick_ns);
    m->series = ARENA_ARRAY(arena, SERIES_MAX, struct series);
    m->badness = ARENA_ARRAY(arena, SIGNALS_POINTS, float);
    m->blunt = ARENA_ARRAY(arena, SIGNALS_POINTS, float);
    for (uint32_t i = 0; i < objective_count(m); i++) {
        const struct objective *o = rows->rows[i].objective;
        if (objective_is_observed(o)) m->watches[i] = watch_make(o, books->header->plan, arena);
    }
}

/* ---- what ticks bring ---- */

static void declare(struct moves *m, const struct series *from)
{
    if (from->id >= SERIES_MAX) return;
    m->series[from->id] = (struct series){.id = from->id,
                                          .of = arena_copy(m->arena, from->of),
                                          .name = arena_copy(m->arena, from->name),
                                          .label = arena_copy(m->arena, from->label),
                                          .unit = from->unit};
    if (from->id >= m->series_count) m->series_count = from->id + 1;
}

static void put(struct moves *m, uint32_t item, uint64_t from_ns, uint64_t to_ns, double value)
{
    const struct sample sample = {
        .series = item, .from_ns = from_ns, .to_ns = to_ns, .value = value};
    strips_put(&m->strips, &sample);
}

struct told {
    struct moves *moves;
    uint32_t item;
};

static void take_moment(void *ctx, uint64_t at_ns, double value, double weight_s)
{
    struct told *told = ctx;
    UNUSED(weight_s);
    if (books_stage_at(told->moves->books, at_ns) == PLAN_NO_INDEX) return;
    put(told->moves, told->item, at_ns, at_ns, value);
}

/* What the objective measures in this tick alone; of a time that was not seen to its end what is
 * known of it. */
static void take_objective(struct moves *m, const struct tick *tick, uint32_t item,
                           const struct objective *o, uint32_t name)
{
    if (!scope_has_stage(o, tick->stage) || objective_is_once(o)) return;
    double value = reading_take(&m->reading, o, name, tick);
    if (isinf(value)) value = (double)tally_ranked(&m->reading.tally, false, true).known_ns;
    if (objective_unit(o) == UNIT_TIME && value == 0) return; /* dropped ones alone have no age */
    put(m, item, tick->start_ns, tick->end_ns, value);
}

void moves_take(struct moves *m, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->series_count; i++) declare(m, &tick->series[i]);
    if (m->series_count == 0 || !run_has_tick(m->books->header, tick)) return;
    strips_reach(&m->strips, tick->start_ns);
    for (uint32_t i = 0; i < tick->sample_count; i++) {
        const struct sample *s = &tick->samples[i];
        if (s->series >= m->series_count) continue;
        put(m, STRIP_SERIES + s->series, s->from_ns, s->to_ns, s->value);
    }
    double length_ns = (double)(tick->end_ns - tick->start_ns);
    if (length_ns > 0)
        put(m, STRIP_OWN, tick->start_ns, tick->end_ns, (double)tick->generator_cpu_ns / length_ns);
    bool counts = books_counts(m->books, tick);
    if (counts) take_objective(m, tick, STRIP_FALLBACK, &m->fallback, PLAN_NO_INDEX);
    for (uint32_t i = 0; i < objective_count(m); i++) {
        const struct row *row = &m->rows->rows[i];
        struct told told = {m, STRIP_OBJECTIVES + i};
        if (m->watches[i]) watch_take(m->watches[i], tick, m->books, take_moment, &told);
        else if (counts) take_objective(m, tick, told.item, row->objective, row->each_index);
    }
}

/* ---- which objective ---- */

static uint32_t known_of(const struct moves *m, uint32_t item)
{
    const float *points = strips_of(&m->strips, item);
    uint32_t known = 0;
    for (uint32_t i = 0; points && i < m->strips.points; i++) known += isnan(points[i]) ? 0 : 1;
    return known;
}

/* The smaller, the worse: what fails the run, then what only warns; times before all else. */
static uint32_t order_of(const struct objective_result *o)
{
    bool missed = o->verdict == VERDICT_MISSED;
    bool time = objective_unit(o->objective) == UNIT_TIME;
    if (missed && !o->objective->warn) return 0;
    if (missed) return 1;
    if (o->objective->implicit) return 4;
    return time ? 2 : 3;
}

static bool is_worse(const struct objective_result *a, const struct objective_result *b)
{
    if (order_of(a) != order_of(b)) return order_of(a) < order_of(b);
    return a->margin < b->margin || (isnan(b->margin) && !isnan(a->margin));
}

static uint32_t find_worst(const struct moves *m, const struct result *result)
{
    uint32_t worst = PLAN_NO_INDEX;
    for (uint32_t i = 0; i < objective_count(m) && i < result->objective_count; i++) {
        const struct objective_result *o = &result->objectives[i];
        bool asked = !objective_is_capacity(o->objective) || o->verdict == VERDICT_MISSED;
        if (!asked || known_of(m, STRIP_OBJECTIVES + i) < RANK_LEAST) continue;
        if (worst == PLAN_NO_INDEX || is_worse(o, &result->objectives[worst])) worst = i;
    }
    if (worst == PLAN_NO_INDEX || order_of(&result->objectives[worst]) == 4) return PLAN_NO_INDEX;
    return worst;
}

/* ---- which series ---- */

static bool ends_with(struct bytes name, const char *end)
{
    struct bytes tail = bytes_of(end);
    return name.len >= tail.len && bytes_equal(bytes_from(name, name.len - tail.len), tail);
}

/* What is no signal of a service: our own costs, limits, what the objective itself measures, and
 * threads, which are among the busiest today and not tomorrow. */
static bool is_left_out(const struct series *s, const struct objective *o, struct bytes of)
{
    if (bytes_is(s->of, "prony") || ends_with(s->name, ".limit") || ends_with(s->name, ".capacity")
        || ends_with(s->name, ".ask.time") || bytes_starts(s->name, BYTES_LIT("thread.")))
        return true;
    if (!o || !objective_is_observed(o) || !bytes_equal(s->of, of)) return false;
    if (o->metric == METRIC_SERIES) return bytes_equal(s->name, o->series);
    return bytes_starts(s->name, o->metric == METRIC_CPU ? BYTES_LIT("cpu") : BYTES_LIT("memory"));
}

/* "cpu" of cpu.user, "db.statement" of db.statement.calls: series that say nearly the same. */
static struct bytes kind_of(struct bytes name)
{
    static const char *const wide[] = {"host.", "db.", "cache.", "cgroup.", OBJECTIVE_OWN};
    size_t skip = 0;
    for (size_t i = 0; i < COUNT_OF(wide); i++) {
        if (bytes_starts(name, bytes_of(wide[i]))) skip = strlen(wide[i]);
    }
    size_t end = bytes_find(bytes_from(name, skip), BYTES_LIT("."));
    return end == SIZE_MAX ? name : (struct bytes){name.at, skip + end};
}

static bool is_alike(const struct series *a, const struct series *b)
{
    return bytes_equal(a->of, b->of) && bytes_equal(kind_of(a->name), kind_of(b->name));
}

/* What waits and what takes time is of interest when there is more of it. */
static bool is_relief(const struct signal_row *row)
{
    return row->rho < 0
           && (row->series.unit == SERIES_WAITING || row->series.unit == SERIES_SECONDS);
}

/* So little of it, even at the worst, that hardly a request can have felt it. */
static bool is_trifle(const struct signal_row *row)
{
    double most = fmax(row->usual, row->at_worst);
    if (row->series.unit == SERIES_WAITING) return most < TRIFLE_WAITING;
    if (row->series.unit == SERIES_CORES) return most < TRIFLE_CORES;
    return false;
}

/* What left its usual range comes first, and of that what time is spent on or lost at: rates,
 * counts, sizes and shares follow the load more often than they make it wait. */
static uint32_t strength_of(const struct signal_row *row)
{
    enum series_unit unit = row->series.unit;
    bool spends = unit == SERIES_WAITING || unit == SERIES_CORES || unit == SERIES_SECONDS;
    uint32_t rank = isnan(row->left_s) ? 0 : spends ? 2 : 1;
    uint32_t steps = (uint32_t)(fabs(row->rho) * STEPS);
    if (!spends) steps = steps > OTHER_STEPS ? steps - OTHER_STEPS : 0;
    return rank * (STEPS + 1) + steps;
}

static void drop(struct signals *out, uint32_t at)
{
    out->count--;
    for (uint32_t i = at; i < out->count; i++) out->rows[i] = out->rows[i + 1];
}

/* Of one owner so many, so that another that bent with it is seen, too. */
static void thin_out(struct signals *out, struct bytes of)
{
    uint32_t rows = 0;
    for (uint32_t i = 0; i < out->count; i++) {
        if (!bytes_equal(out->rows[i].series.of, of) || ++rows <= OWNER_ROWS) continue;
        drop(out, i);
        return;
    }
}

/* Puts the row where it belongs among the strongest, in the place of one that is like it. */
static void insert(struct signals *out, const struct signal_row *row)
{
    uint32_t at = 0;
    while (at < out->count && strength_of(row) <= strength_of(&out->rows[at])) {
        if (is_alike(&row->series, &out->rows[at].series)) return;
        at++;
    }
    uint32_t end = at;
    while (end < out->count && !is_alike(&row->series, &out->rows[end].series)) end++;
    if (end == SIGNALS_MAX) end--; /* the weakest goes */
    if (at >= SIGNALS_MAX) return;
    if (end == out->count) out->count++;
    for (uint32_t i = end; i > at; i--) out->rows[i] = out->rows[i - 1];
    out->rows[at] = *row;
    thin_out(out, row->series.of);
}

/* ---- the rows ---- */

static void describe(const struct moves *m, struct signal_row *row, uint32_t item)
{
    double none = (double)NAN;
    struct fence f = {
        .middle = none, .lo = none, .hi = none, .at_worst = none, .left = m->strips.points};
    row->points = strips_of(&m->strips, item);
    if (row->points) fence_find(row->points, m->badness, m->strips.points, m->limit, &f);
    row->usual = f.middle;
    row->lo = f.lo;
    row->hi = f.hi;
    row->at_worst = f.at_worst;
    row->above = f.above;
    row->left_s = f.left < m->strips.points ? signals_time_s(&m->found, f.left) : none;
}

static void find_rows(struct moves *m, const struct objective_result *with)
{
    const struct objective *o = with ? with->objective : NULL;
    const struct plan *plan = m->books->header->plan;
    struct bytes of = BYTES_LIT("host");
    if (o && o->scope == SCOPE_SERVICE && o->scope_index < plan->service_count)
        of = plan->services[o->scope_index].name;
    for (uint32_t i = 0; i < m->series_count; i++) {
        const float *points = strips_of(&m->strips, STRIP_SERIES + i);
        struct rank_tie tie;
        if (!points || is_left_out(&m->series[i], o, of)) continue;
        if (!rank_compare(points, m->blunt, m->strips.points, &tie) || !rank_holds(&tie)) continue;
        struct signal_row row = {.series = m->series[i], .rho = tie.rho};
        describe(m, &row, STRIP_SERIES + i);
        if (!is_relief(&row) && !is_trifle(&row)) insert(&m->found, &row);
    }
}

/* How bad each point was. Blunt: what is beyond twice the limit is all alike, and so is what is
 * within half of it: how far beyond tells how long it queued there, and a signal that is full
 * cannot follow. */
static void set_badness(struct moves *m, const float *figure, const struct objective *o)
{
    double limit = o->value;
    double most = 0; /* of the limit */
    bool small_is_good = objective_small_is_good(o);
    for (uint32_t i = 0; i < m->strips.points; i++) {
        double value = figure ? (double)figure[i] : (double)NAN;
        if (!isnan(value)) most = fmax(most, small_is_good ? value / limit : limit / value);
        m->blunt[i] = m->badness[i] = (float)(small_is_good ? value : -value);
    }
    m->limit = limit > 0 ? (small_is_good ? limit : -limit) : (double)NAN;
    if (!(limit > 0 && most > 1)) return; /* it never came so far */
    for (uint32_t i = 0; i < m->strips.points; i++) {
        if (isnan(m->badness[i])) continue;
        double size = fmin(fmax(fabs((double)m->badness[i]), limit / 2), limit * 2);
        m->blunt[i] = (float)(small_is_good ? size : -size);
    }
}

static void find(struct moves *m, const struct result *result)
{
    uint32_t worst = find_worst(m, result);
    const struct objective_result *with =
        worst == PLAN_NO_INDEX ? NULL : &result->objectives[worst];
    uint32_t item = with ? STRIP_OBJECTIVES + worst : STRIP_FALLBACK;
    const float *figure = strips_of(&m->strips, item);
    m->found = (struct signals){.with = with,
                                .figure = figure,
                                .point_count = m->strips.points,
                                .start_s = strips_start_s(&m->strips),
                                .point_s = strips_point_s(&m->strips)};
    set_badness(m, figure, with ? with->objective : &m->fallback);
    if (figure) find_rows(m, with);
    m->found.own = (struct signal_row){.series = {.id = SERIES_MAX,
                                                  .of = BYTES_LIT("prony"),
                                                  .name = BYTES_LIT("cpu"),
                                                  .unit = SERIES_CORES},
                                       .rho = (double)NAN};
    describe(m, &m->found.own, STRIP_OWN);
}

const struct signals *moves_find(struct moves *m, const struct result *result, bool final)
{
    if (m->series_count == 0 || !m->series || !m->badness || !m->blunt) return NULL;
    uint64_t now_ns = m->books->now_ns;
    bool stale = m->found_ns == 0 || m->found_level != m->strips.level;
    if (final || stale || now_ns - m->found_ns >= MOVES_AGAIN_NS) {
        find(m, result);
        m->found_ns = now_ns > 0 ? now_ns : 1;
        m->found_level = m->strips.level;
    }
    return &m->found;
}
