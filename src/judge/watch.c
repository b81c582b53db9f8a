#include "judge/watch.h"

#include <math.h>

#include "base/ns.h"

/* What a series is to the sentence. */
enum part { PART_NONE, PART_CAPACITY, PART_VALUE, PART_BETTER, PART_BEST };

struct watch {
    const struct objective *objective;
    struct bytes of;           /* owner of its series */
    uint8_t parts[SERIES_MAX]; /* enum part, by series */
    enum part value_part;      /* of those that would do, the best that was met */
    double capacity;           /* METRIC_CPU: the newest; NAN: none yet */
    bool open;                 /* the moment in hand, of samples that cover the same time: */
    uint64_t from_ns, to_ns;
    double value; /* their sum, or the one that is worst */
};

static struct bytes owner_of(const struct objective *o, const struct plan *plan)
{
    if (o->scope == SCOPE_SERVICE) return plan->services[o->scope_index].name;
    return bytes_starts(o->series, BYTES_LIT("host.")) ? BYTES_LIT("host") : BYTES_LIT("prony");
}

struct watch *watch_make(const struct objective *o, const struct plan *plan, struct arena *arena)
{
    struct watch *w = ARENA_NEW(arena, struct watch);
    if (!w) return NULL;
    *w = (struct watch){
        .objective = o, .of = owner_of(o, plan), .value_part = PART_VALUE, .capacity = (double)NAN};
    return w;
}

uint32_t watch_grade(const struct watch *w)
{
    return w->value_part;
}

/* What only this process has and no file backs; the others have pages that nobody leaks. */
static enum part part_of_leak(struct bytes name)
{
    if (bytes_is(name, series_row(SERIES_OF_MEMORY_ANON)->name)) return PART_BEST;
    if (bytes_is(name, series_row(SERIES_OF_MEMORY_USS)->name)) return PART_BETTER;
    return bytes_is(name, series_row(SERIES_OF_MEMORY)->name) ? PART_VALUE : PART_NONE;
}

static enum part part_of(const struct watch *w, const struct series *s)
{
    const struct objective *o = w->objective;
    if (!bytes_equal(s->of, w->of)) return PART_NONE;
    switch (o->metric) {
    case METRIC_MEMORY:
        return bytes_is(s->name, series_row(SERIES_OF_MEMORY)->name) ? PART_VALUE : PART_NONE;
    case METRIC_CPU:
        if (bytes_is(s->name, series_row(SERIES_OF_CPU_CAPACITY)->name)) return PART_CAPACITY;
        return bytes_is(s->name, series_row(SERIES_OF_CPU)->name) ? PART_VALUE : PART_NONE;
    case METRIC_LEAK:
        return part_of_leak(s->name);
    case METRIC_SERIES: {
        bool labelled = o->label.len == 0 || bytes_equal(s->label, o->label);
        return labelled && bytes_equal(s->name, o->series) ? PART_VALUE : PART_NONE;
    }
    case METRIC_AVG:
    case METRIC_QUANTILE:
    case METRIC_MAX:
    case METRIC_ERRORS:
    case METRIC_AVAILABILITY:
    case METRIC_AVAILABILITY_BY_TIME:
    case METRIC_THROUGHPUT:
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
    case METRIC_RECOVERY:
        break;
    }
    return PART_NONE;
}

/* Amounts of several series add up; of shares and times the worst for the sentence speaks. */
static double joined(const struct objective *o, double a, double b)
{
    bool worst = objective_unit(o) == UNIT_SHARE || objective_unit(o) == UNIT_TIME
                 || series_is_typical(o->series);
    if (!worst) return a + b;
    return objective_small_is_good(o) ? fmax(a, b) : fmin(a, b);
}

/* An instant speaks for a second: those of a series come once in one. */
static void close_moment(struct watch *w, watch_told *told, void *ctx)
{
    if (!w->open) return;
    w->open = false;
    double value = w->value;
    if (w->objective->metric == METRIC_CPU) value /= w->capacity;
    if (objective_unit(w->objective) == UNIT_TIME) value *= (double)NS_PER_S;
    if (!isfinite(value)) return; /* how much it may use nobody saw */
    uint64_t length_ns = w->to_ns - w->from_ns;
    double weight_s = length_ns > 0 ? (double)length_ns / (double)NS_PER_S : 1;
    told(ctx, w->from_ns + length_ns / 2, value, weight_s);
}

static void take_sample(struct watch *w, const struct sample *s, watch_told *told, void *ctx)
{
    bool same = w->open && s->from_ns == w->from_ns && s->to_ns == w->to_ns;
    if (same) {
        w->value = joined(w->objective, w->value, s->value);
        return;
    }
    close_moment(w, told, ctx);
    w->open = true;
    w->from_ns = s->from_ns;
    w->to_ns = s->to_ns;
    w->value = s->value;
}

void watch_take(struct watch *w, const struct tick *tick, const struct books *books,
                watch_told *told, void *ctx)
{
    for (uint32_t i = 0; i < tick->series_count; i++) {
        const struct series *s = &tick->series[i];
        if (s->id >= SERIES_MAX) continue;
        w->parts[s->id] = (uint8_t)part_of(w, s);
        if (w->parts[s->id] > w->value_part) w->value_part = (enum part)w->parts[s->id];
    }
    for (uint32_t i = 0; i < tick->sample_count; i++) { /* another source tells it, perhaps later */
        const struct sample *s = &tick->samples[i];
        if (s->series < SERIES_MAX && w->parts[s->series] == PART_CAPACITY) w->capacity = s->value;
    }
    for (uint32_t i = 0; i < tick->sample_count; i++) {
        const struct sample *s = &tick->samples[i];
        bool good = s->series < SERIES_MAX && s->to_ns >= s->from_ns && isfinite(s->value);
        if (good && w->parts[s->series] == w->value_part) take_sample(w, s, told, ctx);
    }
    /* One that lies ahead of the ticks waits for the next, which tells its stage. */
    if (w->open && w->from_ns + (w->to_ns - w->from_ns) / 2 <= books->now_ns)
        close_moment(w, told, ctx);
}
