#include "judge/recovery.h"

#include <math.h>

#include "base/ns.h"
#include "base/text.h"
#include "judge/claim.h"
#include "judge/reading.h"

#define WINDOW_SLOTS 10           /* a sliding second */
#define HOLD_SLOTS 50             /* for so long all must be kept */
#define SLOTS_MOST 864000u        /* a day */
#define PENDING_NS (2 * NS_PER_S) /* while it goes on: replies may be on their way */
#define SETTLED_SLOTS 600         /* what was intended a minute ago has ended */
#define NONE UINT32_MAX

/* A limit that has to be kept. */
struct kept {
    const struct objective *objective;
    uint32_t name; /* of `of each` */
    bool by_slots;
    uint64_t open;      /* begun behind the stage, and not ended */
    uint64_t waited_ns; /* for so long some were, and none ended */
};

/* 100 ms behind the stage. */
struct after {
    uint32_t planned, ok, failed, over;
    uint32_t broken; /* 1 + the limit that the tick it lies in breaks; 0: none */
};

struct recovery {
    const struct objective *objective;
    const struct books *books;
    struct kept *limits;
    uint32_t limit_count;
    struct reading reading; /* of stages that began behind the end */
    struct after *slots;    /* from the slot in which the stage ended */
    uint32_t slot_most, slot_count;
    uint32_t settled; /* while it goes on: from no slot before that one all is kept any more, ... */
    uint32_t settled_by; /* ... for that limit */
};

/* -- The limits ------------------------------------------------------------------------------- */

static bool is_limit(const struct objective *o)
{
    bool lacks = o->metric == METRIC_AVAILABILITY_BY_TIME && o->scope != SCOPE_ALL;
    bool is = o->metric == METRIC_QUANTILE || o->metric == METRIC_ERRORS
              || o->metric == METRIC_AVAILABILITY || o->metric == METRIC_AVAILABILITY_BY_TIME;
    return is && !o->warn && !lacks;
}

static bool is_by_slots(const struct objective *o, const struct run_header *header)
{
    if (o->scope != SCOPE_ALL || o->has_in) return false;
    if (o->metric == METRIC_QUANTILE) return o->value == (double)header->response_limit_ns;
    return o->metric == METRIC_ERRORS || o->metric == METRIC_AVAILABILITY_BY_TIME;
}

static void add_limits(struct recovery *r, const struct objective *o)
{
    const struct run_header *header = r->books->header;
    uint32_t count = o->scope == SCOPE_EACH ? header->plan->name_count : 1;
    for (uint32_t i = 0; i < count; i++) {
        bool by_slots = is_by_slots(o, header);
        r->limits[r->limit_count++] =
            (struct kept){.objective = o, .name = i, .by_slots = by_slots};
    }
}

static void find_limits(struct recovery *r, struct arena *arena)
{
    const struct plan *plan = r->books->header->plan;
    size_t most = 0;
    for (uint32_t i = 0; i < plan->objective_count; i++)
        most += plan->objectives[i].scope == SCOPE_EACH ? plan->name_count : 1;
    r->limits = ARENA_ARRAY(arena, most, struct kept);
    for (uint32_t i = 0; i < plan->objective_count && r->limits; i++) {
        if (is_limit(&plan->objectives[i])) add_limits(r, &plan->objectives[i]);
    }
}

/* As many slots as can follow the stage. */
static uint32_t slots_behind(const struct recovery *r)
{
    const struct plan *plan = r->books->header->plan;
    uint64_t length_ns = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        /* Of a run by hand any may be as long as all of it. */
        uint64_t one_ns = plan->stages[i].length_ns;
        length_ns += one_ns < RUN_LENGTH_MAX_NS ? one_ns : RUN_LENGTH_MAX_NS;
    }
    uint64_t slots = length_ns / SLOT_NS + UINT64_C(2) * HOLD_SLOTS;
    return slots < SLOTS_MOST ? (uint32_t)slots : SLOTS_MOST;
}

struct recovery *recovery_make(const struct objective *o, const struct books *books,
                               struct arena *arena)
{
    struct recovery *r = ARENA_NEW(arena, struct recovery);
    if (!r) return NULL;
    *r = (struct recovery){.objective = o, .books = books};
    reading_open(&r->reading, books, arena);
    find_limits(r, arena);
    r->slot_most = slots_behind(r);
    r->slots = ARENA_ARRAY(arena, r->slot_most, struct after);
    return r->limits && r->slots ? r : NULL;
}

/* -- What ticks tell -------------------------------------------------------------------------- */

static const struct stage_book *stage_of(const struct recovery *r)
{
    return &r->books->stages[r->objective->after_stage];
}

/* The place of a slot, or NONE. */
static uint32_t place_of(const struct recovery *r, uint64_t index)
{
    uint64_t first = stage_of(r)->end_ns / SLOT_NS;
    return index >= first && index - first < r->slot_most ? (uint32_t)(index - first) : NONE;
}

static void take_slot(struct recovery *r, const struct slot *slot)
{
    if (slot->stage >= r->books->stage_count) return;
    const struct stage_book *of = &r->books->stages[slot->stage];
    if (!of->reached || of->start_ns < stage_of(r)->end_ns) return; /* of the stage, or earlier */
    uint32_t at = place_of(r, slot->index);
    if (at == NONE) return;
    struct after *to = &r->slots[at];
    to->planned += slot->planned;
    to->ok += slot->ok;
    to->failed += slot->failed;
    to->over += slot->over;
    if (at >= r->slot_count) r->slot_count = at + 1;
}

/* Did some wait for longer than a time may take, while none ended? The tick is in `t`. */
static bool waits_too_long(struct kept *k, const struct tally *t, const struct tick *tick)
{
    uint64_t ended = tally_ended(t->outcomes, true);
    k->waited_ns = ended == 0 && k->open > 0 ? k->waited_ns + tick->end_ns - tick->start_ns : 0;
    k->open += t->begun;
    k->open -= ended < k->open ? ended : k->open;
    return k->objective->metric == METRIC_QUANTILE && (double)k->waited_ns > k->objective->value;
}

/* The first limit that what ended in the tick breaks, or did not end, of those that slots can't
 * tell. */
static uint32_t broken_by(struct recovery *r, const struct tick *tick)
{
    uint32_t first = NONE;
    r->reading.from_ns = stage_of(r)->end_ns;
    for (uint32_t i = 0; i < r->limit_count; i++) {
        struct kept *k = &r->limits[i];
        if (k->by_slots) continue;
        double value = reading_take(&r->reading, k->objective, k->name, tick);
        bool broken = waits_too_long(k, &r->reading.tally, tick);
        broken = broken || (!isnan(value) && !claim_met(k->objective, value));
        if (broken && first == NONE) first = i;
    }
    return first;
}

void recovery_take(struct recovery *r, const struct tick *tick)
{
    if (!r || !stage_of(r)->reached || !stage_of(r)->over) return;
    for (uint32_t i = 0; i < tick->slot_count; i++) take_slot(r, &tick->slots[i]);
    uint32_t limit = broken_by(r, tick);
    if (limit == NONE) return;
    for (uint64_t at = tick->start_ns / SLOT_NS; at * SLOT_NS < tick->end_ns; at++) {
        uint32_t place = place_of(r, at);
        if (place != NONE) r->slots[place].broken = limit + 1;
    }
}

/* -- Sliding seconds -------------------------------------------------------------------------- */

/* Is the limit kept in that second? Failures at once are no times, and slots do not tell them from
 * timeouts: what is over is held against those that ended ok. */
static bool is_kept(const struct kept *k, const struct after *second)
{
    const struct objective *o = k->objective;
    uint64_t ended = (uint64_t)second->ok + second->failed;
    switch (o->metric) {
    case METRIC_QUANTILE: {
        uint64_t n = second->ok > second->over ? second->ok : second->over;
        if (n == 0) return second->planned == 0 || ended > 0; /* asked, and never answered: not */
        return n - second->over >= hist_rank(n, o->per_million);
    }
    case METRIC_ERRORS:
        return ended == 0 || claim_met(o, (double)second->failed / (double)ended);
    case METRIC_AVAILABILITY_BY_TIME:
        return second->planned == 0 || claim_met(o, second->ok > 0);
    case METRIC_AVAILABILITY:
    case METRIC_AVG:
    case METRIC_MAX:
    case METRIC_THROUGHPUT:
    case METRIC_USERS:
    case METRIC_IN_FLIGHT:
    case METRIC_MEMORY:
    case METRIC_CPU:
    case METRIC_LEAK:
    case METRIC_RECOVERY:
    case METRIC_SERIES:
        break;
    }
    return true;
}

/* A limit that the second from `from` on breaks, or NONE. */
static uint32_t broken_in(const struct recovery *r, uint32_t from)
{
    struct after second = {0};
    for (uint32_t i = from; i < from + WINDOW_SLOTS; i++) {
        const struct after *s = &r->slots[i];
        second.planned += s->planned;
        second.ok += s->ok;
        second.failed += s->failed;
        second.over += s->over;
    }
    for (uint32_t i = 0; i < r->limit_count; i++) {
        if (r->limits[i].by_slots && !is_kept(&r->limits[i], &second)) return i;
    }
    return NONE;
}

struct found {
    bool recovered;
    uint32_t start;  /* recovered: the slot from which on all is kept; else behind the last that
                        broke a limit */
    uint32_t broken; /* the limit that was the last to be kept again; NONE: none was broken */
    uint64_t ended;  /* requests looked at */
};

/* Looks from `from` on at the first `count` slots. */
static struct found find(const struct recovery *r, uint32_t from, uint32_t count)
{
    struct found f = {.start = from, .broken = NONE};
    uint64_t held = 0; /* requests since f.start */
    for (uint32_t at = from; at < count; at++) {
        const struct after *s = &r->slots[at];
        f.ended += (uint64_t)s->ok + s->failed;
        held += (uint64_t)s->ok + s->failed;
        uint32_t broken = s->broken > 0 ? s->broken - 1 : NONE;
        uint32_t back = at + 1 >= from + WINDOW_SLOTS ? at + 1 - WINDOW_SLOTS : NONE;
        uint32_t start = at + 1; /* of what may still be kept */
        if (broken == NONE && back != NONE) {
            broken = broken_in(r, back);
            start = back + 1;
        }
        if (broken != NONE && start > f.start) {
            f.start = start;
            f.broken = broken;
            held = 0;
            for (uint32_t i = start; i <= at; i++)
                held += (uint64_t)r->slots[i].ok + r->slots[i].failed;
        }
        if (at + 1 >= f.start + HOLD_SLOTS && held > 0) {
            f.recovered = true;
            return f;
        }
    }
    /* Broken in the last whole second: for all the time that was left. */
    if (f.broken != NONE && f.start + WINDOW_SLOTS > count) f.start = count;
    return f;
}

/* -- The verdict ------------------------------------------------------------------------------ */

/* Until when requests were sent. */
static uint64_t sent_until(const struct books *b)
{
    uint64_t end_ns = 0;
    for (uint32_t s = 0; s < b->header->plan->stage_count; s++) {
        const struct stage_book *book = &b->stages[s];
        uint64_t to_ns = b->header->window && book->span ? book->span->to_ns : book->end_ns;
        bool asked = !b->header->window || book->span;
        if (book->reached && asked && to_ns > end_ns) end_ns = to_ns;
    }
    return end_ns;
}

/* Where a window is asked about: does it have what follows the stage? */
static bool is_in_window(const struct recovery *r)
{
    const struct books *b = r->books;
    if (!b->header->window) return true;
    for (uint32_t s = 0; s < b->header->plan->stage_count; s++) {
        const struct stage_book *book = &b->stages[s];
        bool next = book->reached && book->start_ns == stage_of(r)->end_ns;
        if (next && book->span && book->span->from_ns <= book->span->settled_ns) return true;
    }
    return false;
}

/* Can it be judged at all? Otherwise says why not. */
static bool has_begun(const struct limits_desk *desk, const struct recovery *r,
                      struct objective_result *out)
{
    const struct stage_book *book = stage_of(r);
    struct text note = text_in(out->note, sizeof out->note);
    out->verdict = VERDICT_NOT_JUDGED;
    if (book->cut) {
        text_adds(&note, "its stage was cut: somebody changed its rate");
        return false;
    }
    out->verdict = VERDICT_INCONCLUSIVE;
    bool gone = desk->final && !desk->going_on;
    if (!book->reached || !book->over || book->unseen) {
        text_adds(&note, !gone            ? "not yet over"
                         : !book->reached ? "its stage was not reached"
                                          : "its stage was cut short");
        return false;
    }
    if (is_in_window(r)) return true;
    out->verdict = VERDICT_NOT_JUDGED;
    text_adds(&note, "what it is about is not in the window");
    return false;
}

static void say(const struct recovery *r, const struct found *f, double left_s,
                struct objective_result *out)
{
    struct text note = text_in(out->note, sizeof out->note);
    if (!f->recovered && f->broken == NONE) {
        text_addf(&note, "nothing was missed in the %.1f s behind it, but that takes %d s", left_s,
                  HOLD_SLOTS / 10);
        return;
    }
    if (!f->recovered) text_addf(&note, "not recovered in the %.1f s that were left: ", left_s);
    if (f->broken == NONE) return;
    if (f->recovered) text_adds(&note, "the last to be kept again: ");
    text_add(&note, r->limits[f->broken].objective->text);
}

void recovery_conclude(const struct limits_desk *desk, const struct row *row,
                       struct objective_result *out)
{
    struct recovery *r = row->recovery;
    const struct objective *o = row->objective;
    out->stage = o->after_stage;
    if (!has_begun(desk, r, out)) return;
    const struct stage_book *book = stage_of(r);
    uint64_t until_ns = sent_until(desk->books);
    if (!desk->final) until_ns -= until_ns < PENDING_NS ? until_ns : PENDING_NS;
    uint64_t first_ns = book->end_ns / SLOT_NS * SLOT_NS;
    uint64_t slots = until_ns > first_ns ? (until_ns - first_ns) / SLOT_NS : 0;
    uint32_t count = slots < r->slot_most ? (uint32_t)slots : r->slot_most;
    struct found f = find(r, desk->final ? 0 : r->settled, count);
    if (f.broken == NONE && f.start > 0) f.broken = r->settled_by;
    if (!f.recovered && f.start + SETTLED_SLOTS < count) {
        r->settled = f.start;
        r->settled_by = f.broken;
    }
    double left_s = until_ns > book->end_ns ? (double)(until_ns - book->end_ns) / 1e9 : 0;
    say(r, &f, left_s, out);
    out->n = f.ended;
    if (!f.recovered && f.broken == NONE) return;
    uint64_t start_ns = first_ns + f.start * SLOT_NS;
    double after_ns = start_ns > book->end_ns ? (double)(start_ns - book->end_ns) : 0;
    out->value = fmin(after_ns, left_s * 1e9);
    out->at_least = !f.recovered;
    if (f.recovered) out->lo = out->hi = out->value;
    out->margin = claim_margin(o, out->value);
    out->verdict = claim_seen(o, out->value);
    if (out->at_least && out->verdict == VERDICT_HOLDS) out->verdict = VERDICT_INCONCLUSIVE;
    out->judged_stages = 1;
    out->missed_stages = out->verdict == VERDICT_MISSED;
}
