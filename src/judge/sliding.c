#include "judge/sliding.h"

#include <math.h>

#include "base/ns.h"
#include "judge/claim.h"
#include "judge/reading.h"
#include "judge/scope.h"
#include "judge/watch.h"
#include "plan/units.h"

#define FIFTH 5

/* A part of the window. Of sentences about replies `tally`, of others a mean over time. */
struct part {
    struct tally tally;
    double sum, weight;
};

enum state { STATE_UNKNOWN, STATE_HELD, STATE_MISSED };

struct sliding_row {
    const struct row *row;
    struct sliding *sliding;
    uint32_t keeper; /* the first row that asks about the same replies: it has the tallies */
    bool of_tally;
    struct part *parts; /* [sliding->parts], a ring; NULL: the keeper has them */
    struct watch *watch;
    enum state state;
    uint32_t good_parts;           /* in a row, since it was missed */
    bool silent;                   /* a whole window without anything to judge by */
    bool changed, silence_changed; /* to be told */
    uint64_t since_ns;             /* the state began */
    double said;                   /* the value that it is told with */
    bool said_recent;              /* which is of the last fifth */
    uint64_t said_ns;              /* how long the state before it was */
    uint64_t missed_ns;
    uint32_t misses;
    double worst;
    uint32_t worst_stage;
};

static bool same_replies(const struct objective *a, const struct objective *b)
{
    return a->scope == b->scope && a->scope_index == b->scope_index && a->has_in == b->has_in
           && a->stage_first == b->stage_first && a->stage_count == b->stage_count;
}

static bool is_by_time(const struct row *row)
{
    return row->objective->metric == METRIC_AVAILABILITY_BY_TIME;
}

static void open_row(struct sliding *s, uint32_t index)
{
    struct sliding_row *r = &s->all[index];
    const struct row *row = &s->rows->rows[index];
    *r = (struct sliding_row){.row = row, .sliding = s, .keeper = index, .worst = (double)NAN};
    r->of_tally = row->kind == ROW_TIMES || (row->kind == ROW_SHARE && !is_by_time(row));
    for (uint32_t i = 0; i < index && r->of_tally && r->keeper == index; i++) {
        const struct sliding_row *other = &s->all[i];
        bool same = other->of_tally && other->row->each_index == row->each_index
                    && same_replies(other->row->objective, row->objective);
        if (same) r->keeper = other->keeper;
    }
    if (row->kind == ROW_SEEN) {
        r->watch = watch_make(row->objective, s->books->header->plan, s->arena);
    }
    if (r->keeper != index) return;
    r->parts = ARENA_ARRAY(s->arena, s->parts, struct part);
    for (uint32_t i = 0; r->parts && i < s->parts; i++) r->parts[i].tally.keep = TALLY_RESPONSE;
}

void sliding_open(struct sliding *s, const struct books *books, const struct rows *rows,
                  struct arena *arena)
{
    uint64_t window_ns = books->header->watch_ns;
    *s = (struct sliding){.books = books, .rows = rows, .arena = arena};
    if (window_ns == 0 || books->header->window) return;
    s->part_ns = window_ns / SLIDING_PARTS;
    if (s->part_ns < books->header->tick_ns) s->part_ns = books->header->tick_ns;
    s->parts = (uint32_t)(window_ns / s->part_ns); /* <= SLIDING_PARTS, or a few whole ticks */
    if (s->parts < 1) s->parts = 1;
    s->recent = s->parts / FIFTH > 0 ? s->parts / FIFTH : 1;
    s->edge_ns = s->part_ns;
    s->pool.keep = TALLY_RESPONSE;
    s->all = ARENA_ARRAY(arena, rows->count, struct sliding_row);
    for (uint32_t i = 0; s->all && i < rows->count; i++) open_row(s, i);
    if (!arena_ok(arena)) s->part_ns = 0;
}

/* ---- a tick ---- */

static struct part *part_in_hand(struct sliding_row *r)
{
    return &r->parts[r->sliding->filled % r->sliding->parts];
}

static void add_mean(struct sliding_row *r, double sum, double weight)
{
    if (!isfinite(sum) || !isfinite(weight)) return;
    part_in_hand(r)->sum += sum;
    part_in_hand(r)->weight += weight;
}

static void take_seen(void *ctx, uint64_t at_ns, double value, double weight_s)
{
    struct sliding_row *r = ctx;
    UNUSED(at_ns); /* some seconds before, at most */
    add_mean(r, value * weight_s, weight_s);
}

static bool concerns(const struct sliding_row *r, const struct cell *cell)
{
    return scope_has_stage(r->row->objective, cell->stage)
           && scope_has_cell(r->row->objective, r->row->each_index, cell);
}

static uint64_t begun_in(const struct sliding_row *r, const struct tick *tick)
{
    uint64_t begun = 0;
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        if (concerns(r, &tick->cells[i])) begun += tick->cells[i].begun;
    }
    return begun;
}

static void take_amount(struct sliding_row *r, const struct tick *tick)
{
    const struct objective *o = r->row->objective;
    if (is_by_time(r->row)) {
        double answered = reading_answered(o, tick);
        add_mean(r, answered, 1); /* nothing was asked: no number, and not added */
        return;
    }
    uint32_t names = r->sliding->books->header->plan->name_count;
    double seconds = (double)(tick->end_ns - tick->start_ns) / (double)NS_PER_S;
    double weight = o->of_offered ? (double)begun_in(r, tick) : seconds;
    add_mean(r, scope_amount(o, r->row->each_index, tick, names), weight);
}

static void take_row(struct sliding *s, uint32_t index, const struct tick *tick)
{
    struct sliding_row *r = &s->all[index];
    if (rows_is_once(r->row)) return; /* of a leak a day says more than a window */
    if (r->watch) {
        watch_take(r->watch, tick, s->books, take_seen, r);
    } else if (!r->of_tally) {
        take_amount(r, tick);
    } else if (r->keeper == index) {
        for (uint32_t i = 0; i < tick->cell_count; i++) {
            const struct cell *cell = &tick->cells[i];
            if (!books_knows(s->books, cell) || !concerns(r, cell)) continue;
            tally_add(&part_in_hand(r)->tally, cell, s->arena);
        }
    }
}

/* ---- the window ---- */

/* Over the last `count` parts that are over; NAN: nothing in them to judge by. */
static double value_over(struct sliding *s, const struct sliding_row *r, uint32_t count)
{
    const struct objective *o = r->row->objective;
    const struct part *parts = s->all[r->keeper].parts;
    double sum = 0;
    double weight = 0;
    if (count > s->filled) count = s->filled;
    if (r->of_tally) tally_clear(&s->pool);
    for (uint32_t i = 0; i < count; i++) {
        const struct part *part = &parts[(s->filled - 1 - i) % s->parts];
        if (r->of_tally) tally_merge(&s->pool, &part->tally, s->arena);
        sum += part->sum;
        weight += part->weight;
    }
    if (!r->of_tally) return weight > 0 ? sum / weight : (double)NAN;
    return r->row->kind == ROW_TIMES ? reading_time(o, &s->pool) : reading_share(o, &s->pool);
}

static void change(struct sliding_row *r, enum state to, double value, uint64_t now_ns)
{
    r->changed = r->state != STATE_UNKNOWN || to == STATE_MISSED;
    r->said = value;
    r->said_recent = to == STATE_HELD;
    r->said_ns = now_ns - r->since_ns;
    r->since_ns = now_ns;
    r->state = to;
    r->good_parts = 0;
    if (to == STATE_MISSED) r->misses++;
}

static void note_worst(const struct sliding *s, struct sliding_row *r, double value)
{
    bool below = claim_is_below(r->row->objective);
    bool worse = isnan(r->worst) || (below ? value > r->worst : value < r->worst);
    if (!worse) return;
    r->worst = value;
    r->worst_stage = s->books->stage;
}

static void judge_row(struct sliding *s, struct sliding_row *r, uint64_t now_ns)
{
    const struct objective *o = r->row->objective;
    if (rows_is_once(r->row)) return;
    double whole = value_over(s, r, s->parts);
    double recent = value_over(s, r, s->recent);
    bool silent = isnan(whole) && s->filled >= s->parts;
    if (r->state == STATE_MISSED) r->missed_ns += s->part_ns;
    /* Said of one sentence for all about the same; of a name that never came there is none. */
    bool known = r->state != STATE_UNKNOWN || r->row->each_index == PLAN_NO_INDEX;
    if (silent != r->silent && known && r->parts) r->silence_changed = true;
    r->silent = silent;
    /* Who tells of requests may be some seconds late with the first. */
    bool early = r->state == STATE_UNKNOWN && whole <= 0 && s->filled < s->parts;
    if (s->filled < s->recent || isnan(whole)) return;
    if (early && o->metric == METRIC_THROUGHPUT) return;
    bool bad = !isnan(recent) && !claim_met(o, recent);
    if (r->state == STATE_MISSED) {
        note_worst(s, r, whole);
        if (isnan(recent)) return; /* nothing was asked: no sign that it is over */
        r->good_parts = bad ? 0 : r->good_parts + 1;
        if (r->good_parts > s->recent) change(r, STATE_HELD, recent, now_ns);
    } else if (bad && !claim_met(o, whole)) {
        change(r, STATE_MISSED, whole, now_ns);
        note_worst(s, r, whole);
    } else if (r->state == STATE_UNKNOWN) {
        change(r, STATE_HELD, recent, now_ns);
    }
}

/* The part in hand is over; the next begins where the oldest was. */
static void move_on(struct sliding *s, uint64_t now_ns)
{
    s->filled++;
    for (uint32_t i = 0; i < s->rows->count; i++) judge_row(s, &s->all[i], now_ns);
    for (uint32_t i = 0; i < s->rows->count; i++) {
        struct sliding_row *r = &s->all[i];
        if (!r->parts) continue;
        struct part *part = part_in_hand(r);
        tally_clear(&part->tally);
        part->sum = part->weight = 0;
    }
    s->next_news = 0;
}

void sliding_take(struct sliding *s, const struct tick *tick)
{
    if (s->part_ns == 0 || tick->stage >= s->books->header->plan->stage_count) return;
    for (uint32_t i = 0; i < s->rows->count; i++) take_row(s, i, tick);
    if (tick->end_ns < s->edge_ns) return;
    s->edge_ns = (tick->end_ns / s->part_ns + 1) * s->part_ns;
    move_on(s, tick->end_ns);
}

/* ---- what is said ---- */

static void add_length(struct text *out, uint64_t ns)
{
    units_add_duration(out, ns / NS_PER_S * NS_PER_S);
}

static void add_name(const struct sliding *s, const struct sliding_row *r, struct text *out)
{
    text_add_safe(out, r->row->objective->text);
    if (r->row->each_index == PLAN_NO_INDEX) return;
    text_adds(out, " (");
    text_add_safe(out, s->books->header->plan->names[r->row->each_index]);
    text_adds(out, ")");
}

static void say_change(const struct sliding *s, const struct sliding_row *r, struct text *out)
{
    bool missed = r->state == STATE_MISSED;
    text_adds(out, missed ? "missed: " : "held again: ");
    add_name(s, r, out);
    text_adds(out, ": ");
    claim_add_value(out, r->row->objective, r->said);
    text_adds(out, " over ");
    uint32_t parts = r->said_recent ? s->recent : s->parts;
    add_length(out, (parts < s->filled ? parts : s->filled) * s->part_ns);
    if (missed) return;
    text_adds(out, ", after ");
    add_length(out, r->said_ns);
}

static void say_silence(const struct sliding *s, const struct sliding_row *r, struct text *out)
{
    text_adds(out, r->silent ? "nothing to judge by for " : "something to judge by again: ");
    if (r->silent) {
        add_length(out, s->parts * s->part_ns);
        text_adds(out, ": ");
    }
    add_name(s, r, out);
}

bool sliding_news(struct sliding *s, struct text *out)
{
    if (s->part_ns == 0) return false;
    for (; s->next_news < s->rows->count; s->next_news++) {
        struct sliding_row *r = &s->all[s->next_news];
        if (r->changed) {
            r->changed = false;
            say_change(s, r, out);
            return true;
        }
        if (r->silence_changed) {
            r->silence_changed = false;
            say_silence(s, r, out);
            return true;
        }
    }
    return false;
}

void sliding_conclude(const struct sliding *s, uint32_t index, struct objective_result *out)
{
    if (s->part_ns == 0 || rows_is_once(s->all[index].row)) return;
    const struct sliding_row *r = &s->all[index];
    const struct objective *o = r->row->objective;
    struct text note = text_in(out->note, sizeof out->note);
    out->needed_s = (double)NAN;
    if (r->misses == 0) {
        out->verdict = r->state == STATE_UNKNOWN ? VERDICT_NOT_JUDGED : VERDICT_HOLDS;
        if (r->state != STATE_UNKNOWN) return;
        text_adds(&note, s->filled < s->recent ? "no window is over yet" : "nothing to judge by");
        return;
    }
    out->verdict = VERDICT_MISSED;
    out->at_least = isinf(r->worst);
    out->value = isinf(r->worst) ? o->value : r->worst;
    out->lo = out->hi = (double)NAN;
    out->margin = claim_margin(o, out->value);
    out->stage = r->worst_stage;
    text_adds(&note, "over the worst ");
    add_length(&note, s->parts * s->part_ns);
    text_addf(&note, "; missed %u time%s, for ", r->misses, r->misses == 1 ? "" : "s");
    add_length(&note, r->missed_ns);
    text_adds(&note, r->state == STATE_MISSED ? " until the end" : " in all");
}
