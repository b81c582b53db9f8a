#include "judge/leak.h"

#include <math.h>

#include "base/ns.h"
#include "base/text.h"
#include "judge/claim.h"
#include "judge/notes.h"
#include "plan/plan_doubt.h"
#include "stats/growth.h"
#include "stats/pile.h"

#define BLOCK_S 1.0
/* By so much an allocator takes more at once (M_TOP_PAD of glibc): less may have been lost and not
 * be seen. */
#define GRAIN_BYTES 131072.0
#define KEPT_SHARE 0.5 /* of what grew must still be there once the load has ended */

struct leak {
    const struct books *books;
    struct floors floors;
    uint32_t grade;     /* of the series that they are of */
    struct pile *loads; /* [stage_count] */
    double first, last; /* floors: of the first window's start, and the newest value that counts */
    double later_least; /* of samples behind the last window; NAN: none */
    bool seen;          /* some sample came, whether it counts or not */
    struct trend_room room;
    struct growth growth; /* of `used` */
    struct floor_point used[FLOORS_MOST];
};

struct leak *leak_make(const struct books *books, struct arena *arena)
{
    struct leak *l = ARENA_NEW(arena, struct leak);
    struct pile *loads = ARENA_ARRAY(arena, books->stage_count, struct pile);
    if (!l || !loads) return NULL;
    l->books = books;
    l->loads = loads;
    l->later_least = (double)NAN;
    floors_init(&l->floors, BLOCK_S);
    return l;
}

void leak_take(struct leak *l, const struct leak_moment *m, bool counts)
{
    if (!l) return;
    if (m->grade > l->grade) { /* a better series: what the other said is of something else */
        floors_init(&l->floors, BLOCK_S);
        l->grade = m->grade;
        l->later_least = (double)NAN;
    }
    l->seen = true;
    if (!counts) {
        if (l->floors.count > 0) l->later_least = fmin(l->later_least, m->value);
        return;
    }
    floors_add(&l->floors, m->stage, (double)m->at_ns / (double)NS_PER_S, m->value);
    l->last = m->value;
    l->later_least = (double)NAN;
}

void leak_load(struct leak *l, const struct tick *tick)
{
    double length_ns = (double)(tick->end_ns - tick->start_ns);
    if (!l || length_ns <= 0) return;
    double sum = 0;
    for (uint32_t i = 0; i < l->books->header->plan->name_count; i++)
        sum += tick->requests_in_flight[i];
    pile_add(&l->loads[tick->stage], (double)tick->start_ns / (double)NS_PER_S, sum / length_ns);
}

static bool is_steady_by_plan(const struct leak *l, uint32_t stage)
{
    const struct plan *plan = l->books->header->plan;
    return stage < plan->stage_count && plan_doubt_is_steady(&plan->stages[stage]);
}

/* What of the stages is looked at. */
struct windows {
    uint32_t applying, steady, piling; /* stages */
    uint32_t pile;                     /* one that piles up */
    bool reached;                      /* one of `steady` began */
    uint32_t count;                    /* points in leak->used */
    uint64_t ended;                    /* requests, in the windows */
    double seconds;
};

static bool is_window(const struct limits_desk *desk, const struct row *row, uint32_t stage)
{
    const struct leak *l = row->leak;
    double seconds = (double)desk->books->stages[stage].counted_ns / (double)NS_PER_S;
    return rows_apply(row, desk->books, stage) && is_steady_by_plan(l, stage)
           && !pile_is_up(&l->loads[stage], seconds);
}

static struct windows find_windows(const struct limits_desk *desk, const struct row *row)
{
    struct leak *l = row->leak;
    struct windows w = {0};
    for (uint32_t s = 0; s < desk->books->stage_count; s++) {
        const struct stage_book *book = &desk->books->stages[s];
        if (!rows_apply(row, desk->books, s)) continue;
        w.applying++;
        if (!is_steady_by_plan(l, s)) continue;
        w.steady++;
        w.reached = w.reached || book->counted_ticks > 0;
        if (is_window(desk, row, s)) {
            w.ended += tally_ended(book->requests.outcomes, true);
            w.seconds += (double)book->counted_ns / (double)NS_PER_S;
        } else {
            w.piling++;
            w.pile = s;
        }
    }
    for (uint32_t i = 0; i < l->floors.count; i++) {
        const struct floor_point *p = &l->floors.points[i];
        if (is_window(desk, row, p->window)) l->used[w.count++] = *p;
    }
    return w;
}

/* -- What it comes to ------------------------------------------------------------------------- */

/* Behind the load most of it was given back: it was in use, not lost. A process that is gone has
 * given back nothing. */
static bool is_given_back(const struct leak *l, const struct growth *g)
{
    double gone = l->last - l->later_least;
    bool alive = l->later_least > (l->last - g->all.grown) / 2;
    return alive && g->all.grown > 0 && gone > KEPT_SHARE * g->all.grown;
}

static void settle(const struct leak *l, const struct growth *g, const struct objective *o,
                   struct objective_result *out)
{
    const struct growth_part *part = g->kind == GROWTH_SLOWING ? &g->end : &g->all;
    out->value = part->slope;
    out->lo = part->range.lo;
    out->hi = part->range.hi;
    out->margin = claim_margin(o, out->value);
    out->verdict = claim_verdict(o, out->lo, out->hi);
    bool even = g->kind == GROWTH_EVEN && !is_given_back(l, g);
    bool late = g->kind == GROWTH_RISING && !claim_met(o, g->end.range.lo);
    bool sure = out->verdict == VERDICT_HOLDS ? !late : even;
    if (!sure) out->verdict = VERDICT_INCONCLUSIVE;
    if (g->kind == GROWTH_SLOWING && claim_met(o, g->all.range.hi)) { /* all of it is little */
        out->verdict = VERDICT_HOLDS;
        out->value = g->all.slope;
        out->lo = g->all.range.lo;
        out->hi = g->all.range.hi;
        out->margin = claim_margin(o, out->value);
    }
}

/* -- In words --------------------------------------------------------------------------------- */

static void add_bytes(struct text *out, double bytes)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB"};
    size_t unit = 0;
    while (bytes >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        bytes /= 1024;
        unit++;
    }
    text_addf(out, bytes < 10 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}

static void add_seconds(struct text *out, double seconds)
{
    if (seconds < 120) text_addf(out, "%.0f s", seconds);
    else if (seconds < 7200) text_addf(out, "%.0f min", seconds / 60);
    else text_addf(out, "%.1f h", seconds / 3600);
}

/* `+62 MiB in 60 s, 1.3 KiB a request`. */
static void add_amount(struct text *out, const struct growth *g, const struct windows *w)
{
    text_adds(out, "+");
    add_bytes(out, g->all.grown);
    text_adds(out, " in ");
    add_seconds(out, g->all.seconds);
    if (w->ended == 0 || w->seconds <= 0) return;
    text_adds(out, ", ");
    add_bytes(out, g->all.slope * w->seconds / (double)w->ended);
    text_adds(out, " a request");
}

static void say_kind(struct text *out, const struct leak *l, const struct growth *g,
                     const struct windows *w)
{
    switch (g->kind) {
    case GROWTH_FEW:
        text_adds(out, "too short to say");
        return;
    case GROWTH_EVEN:
        if (!(g->all.range.lo > 0)) return;
        if (is_given_back(l, g)) {
            text_adds(out, "given back when the load ended: in use, not lost; ");
        } else {
            text_adds(out, "grows evenly: ");
        }
        add_amount(out, g, w);
        if (g->warmed_s <= 0) return;
        text_adds(out, ", after a warm-up of ");
        add_seconds(out, g->warmed_s);
        return;
    case GROWTH_SLOWING:
        text_adds(out, "a warm-up or a cache: its growth slows");
        if (!(g->rest > 0)) return;
        text_adds(out, ", about ");
        add_bytes(out, g->rest);
        text_adds(out, " still to come");
        return;
    case GROWTH_RISING:
        text_adds(out, "undetermined: it grows since lately only");
        return;
    case GROWTH_RETURNED:
        text_adds(out, "undetermined: it goes up and down, by ");
        add_bytes(out, g->fallen);
        return;
    case GROWTH_UNSURE:
        text_adds(out, "undetermined: it grew, but whether it still does is not clear");
        return;
    }
}

static void note(struct objective_result *out, const struct leak *l, const struct windows *w)
{
    struct text text = text_in(out->note, sizeof out->note);
    bool told = out->verdict != VERDICT_HOLDS || l->growth.kind == GROWTH_SLOWING;
    if (told && w->count > 0) say_kind(&text, l, &l->growth, w);
    if (w->piling == 0) return;
    text_addf(&text, "%s%u of %u steady stages left out: requests pile up",
              text.len > 0 ? "; " : "", w->piling, w->steady);
}

/* Has anything come that can be judged? Otherwise says why not. */
static bool has_begun(const struct limits_desk *desk, const struct row *row,
                      const struct windows *w, struct objective_result *out)
{
    struct text text = text_in(out->note, sizeof out->note);
    out->verdict = VERDICT_NOT_JUDGED;
    if (w->applying == 0) {
        notes_no_stage(desk, row, out);
        return false;
    }
    if (w->steady == 0) {
        text_adds(&text, "no judged stage has a steady load");
        return false;
    }
    out->verdict = VERDICT_INCONCLUSIVE;
    if (w->count > 0) return true;
    if (!w->reached || !row->leak->seen) notes_nothing_came(desk, row, w->reached, out);
    else if (w->piling > 0) note(out, row->leak, w);
    return false;
}

void leak_conclude(const struct limits_desk *desk, const struct row *row,
                   struct objective_result *out)
{
    struct leak *l = row->leak;
    struct windows w = find_windows(desk, row);
    if (!has_begun(desk, row, &w, out)) return;
    const struct objective *o = row->objective;
    growth_find(l->used, w.count, GRAIN_BYTES, &l->room, &l->growth);
    out->n = w.count;
    out->judged_stages = w.steady - w.piling;
    if (l->growth.kind != GROWTH_FEW) settle(l, &l->growth, o, out);
    out->missed_stages = out->verdict == VERDICT_MISSED;
    note(out, l, &w);
    if (out->verdict == VERDICT_INCONCLUSIVE) {
        double least_s = fmax(GROWTH_LEAST * 2 * BLOCK_S, 1.5 * GRAIN_BYTES / o->value);
        out->needed_s =
            l->growth.kind == GROWTH_FEW ? least_s : growth_needed_s(&l->growth, o->value);
    }
    if (out->verdict != VERDICT_MISSED && notes_unseen_stages(desk, row, out))
        out->verdict = VERDICT_INCONCLUSIVE;
}
