#include "judge/tally.h"

static const struct hist empty;

static struct hist *hist_of(struct hist **slot, struct arena *arena)
{
    if (!*slot) {
        *slot = ARENA_NEW(arena, struct hist);
        arena_touch(*slot, sizeof **slot);
    }
    return *slot;
}

void tally_count(struct hist **slot, const struct hist_sparse *from, struct arena *arena)
{
    if (from->count == 0) return;
    struct hist *h = hist_of(slot, arena);
    if (h) hist_merge_sparse(h, from);
}

static void merge(struct hist **slot, const struct hist *from, struct arena *arena)
{
    if (!from) return;
    struct hist *h = hist_of(slot, arena);
    if (h) hist_merge(h, from);
}

static void add_ages(struct tally_ages *into, uint64_t count, uint64_t sum_ns, uint64_t max_ns)
{
    into->count += count;
    into->sum_ns += sum_ns;
    if (max_ns > into->max_ns) into->max_ns = max_ns;
}

void tally_add(struct tally *t, const struct cell *cell, struct arena *arena)
{
    t->fresh = true;
    t->begun += cell->begun;
    t->answered_5xx += cell->answered_5xx;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) t->outcomes[i] += cell->outcomes[i];
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) t->shortages[i] += cell->shortages[i];
    const struct hist_sparse *measures = cell->measures;
    const struct hist_sparse *timeouts = &measures[MEASURE_TIMEOUT_AGE];
    const struct hist_sparse *cuts = &measures[MEASURE_CUT_AGE];
    add_ages(&t->timeouts, timeouts->count, timeouts->sum_ns, timeouts->max_ns);
    add_ages(&t->cuts, cuts->count, cuts->sum_ns, cuts->max_ns);
    if (t->keep & TALLY_RESPONSE) {
        tally_count(&t->ok, &measures[MEASURE_OK], arena);
        tally_count(&t->cut_ages, cuts, arena);
    }
    if (t->keep & TALLY_LESS_LAG) {
        tally_count(&t->less_lag, &measures[MEASURE_OK_LESS_LAG], arena);
    }
    if (t->keep & TALLY_PHASES) {
        tally_count(&t->service, &measures[MEASURE_SERVICE], arena);
        tally_count(&t->ttfb, &measures[MEASURE_TTFB], arena);
    }
}

void tally_merge(struct tally *into, const struct tally *from, struct arena *arena)
{
    into->fresh = true;
    into->begun += from->begun;
    into->answered_5xx += from->answered_5xx;
    into->done += from->done;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) into->outcomes[i] += from->outcomes[i];
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) into->shortages[i] += from->shortages[i];
    add_ages(&into->timeouts, from->timeouts.count, from->timeouts.sum_ns, from->timeouts.max_ns);
    add_ages(&into->cuts, from->cuts.count, from->cuts.sum_ns, from->cuts.max_ns);
    if (into->keep & TALLY_RESPONSE) {
        merge(&into->ok, from->ok, arena);
        merge(&into->cut_ages, from->cut_ages, arena);
    }
    if (into->keep & TALLY_LESS_LAG) merge(&into->less_lag, from->less_lag, arena);
    if (into->keep & TALLY_PHASES) {
        merge(&into->service, from->service, arena);
        merge(&into->ttfb, from->ttfb, arena);
    }
}

void tally_clear(struct tally *t)
{
    struct tally was = *t;
    *t = (struct tally){.keep = was.keep,
                        .ok = was.ok,
                        .less_lag = was.less_lag,
                        .cut_ages = was.cut_ages,
                        .service = was.service,
                        .ttfb = was.ttfb};
    struct hist *kept[] = {t->ok, t->less_lag, t->cut_ages, t->service, t->ttfb};
    for (uint32_t i = 0; i < COUNT_OF(kept); i++) {
        if (kept[i]) hist_init(kept[i]);
    }
}

uint64_t tally_ended(const uint64_t *outcomes, bool with_cuts)
{
    uint64_t ended = 0;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) ended += outcomes[i];
    return with_cuts ? ended : ended - outcomes[OUTCOME_CUT];
}

uint64_t tally_failed(const uint64_t *outcomes, bool with_cuts)
{
    return tally_ended(outcomes, with_cuts) - outcomes[OUTCOME_OK];
}

uint64_t tally_unavailable(const uint64_t *outcomes, uint64_t answered_5xx, bool with_cuts)
{
    static const enum outcome unanswered[] = {OUTCOME_TIMEOUT, OUTCOME_DNS, OUTCOME_REFUSED,
                                              OUTCOME_RESET,   OUTCOME_TLS, OUTCOME_PROTOCOL,
                                              OUTCOME_DROPPED};
    uint64_t count = answered_5xx;
    for (uint32_t i = 0; i < COUNT_OF(unanswered); i++) count += outcomes[unanswered[i]];
    return with_cuts ? count + outcomes[OUTCOME_CUT] : count;
}

uint64_t tally_failed_fast(const uint64_t *outcomes)
{
    return tally_ended(outcomes, false) - outcomes[OUTCOME_OK] - outcomes[OUTCOME_TIMEOUT]
           - outcomes[OUTCOME_DROPPED];
}

struct ranked tally_ranked(const struct tally *t, bool less_lag, bool with_cuts)
{
    const struct hist *answered = less_lag ? t->less_lag : t->ok;
    struct ranked r = {
        .answered = answered ? answered : &empty,
        .cut_ages = with_cuts && t->cut_ages ? t->cut_ages : &empty,
        .dropped = t->outcomes[OUTCOME_DROPPED],
        .over = t->outcomes[OUTCOME_TIMEOUT] + t->outcomes[OUTCOME_DROPPED],
        .cuts = with_cuts ? t->outcomes[OUTCOME_CUT] : 0,
    };
    r.total = r.answered->count + r.over + r.cuts;
    r.known_ns = r.answered->max_ns;
    if (t->timeouts.max_ns > r.known_ns) r.known_ns = t->timeouts.max_ns;
    if (with_cuts && t->cuts.max_ns > r.known_ns) r.known_ns = t->cuts.max_ns;
    r.sum_ns = (double)r.answered->sum_ns + (double)t->timeouts.sum_ns;
    r.summed = r.answered->count + t->timeouts.count;
    if (with_cuts) {
        r.sum_ns += (double)t->cuts.sum_ns;
        r.summed += t->cuts.count;
    }
    return r;
}

uint64_t tally_ranked_within(const struct ranked *r, uint64_t limit_ns)
{
    return r->answered->count - hist_count_above(r->answered, limit_ns);
}
