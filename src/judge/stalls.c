#include "judge/stalls.h"

#include <math.h>

#define SLOTS_KEPT 1024   /* 102 s: a stall is told soon after its end */
#define RHYTHM_WITHIN 0.1 /* share by which a distance may differ from the mean one */

void stalls_open(struct stalls *s, const struct run_header *header, struct arena *arena)
{
    *s = (struct stalls){.header = header,
                         .found = ARENA_ARRAY(arena, STALLS_KEPT, struct stall_found),
                         .shares = ARENA_ARRAY(arena, STALLS_KEPT, struct stall_shares),
                         .planned = ARENA_ARRAY(arena, SLOTS_KEPT, uint32_t)};
}

/* Requests that were due in [from_ns, to_ns), a slot in part counting in part. */
static uint64_t due_between(const struct stalls *s, uint64_t from_ns, uint64_t to_ns)
{
    double sum = 0;
    uint64_t last = (to_ns - 1) / SLOT_NS;
    uint64_t first = from_ns / SLOT_NS;
    if (last - first >= SLOTS_KEPT) first = last - SLOTS_KEPT + 1;
    for (uint64_t slot = first; slot <= last; slot++) {
        uint64_t lo = slot * SLOT_NS > from_ns ? slot * SLOT_NS : from_ns;
        uint64_t hi = (slot + 1) * SLOT_NS < to_ns ? (slot + 1) * SLOT_NS : to_ns;
        sum += s->planned[slot % SLOTS_KEPT] * ((double)(hi - lo) / (double)SLOT_NS);
    }
    return (uint64_t)(sum + 0.5);
}

/* The slots of this tick's time are new; late replies belong to older ones and plan nothing. */
static void take_slots(struct stalls *s, const struct tick *tick)
{
    uint64_t first = tick->start_ns / SLOT_NS + (tick->start_ns % SLOT_NS > 0);
    uint64_t end = tick->end_ns / SLOT_NS + (tick->end_ns % SLOT_NS > 0);
    if (end > first + SLOTS_KEPT) first = end - SLOTS_KEPT;
    for (uint64_t slot = first; slot < end; slot++) s->planned[slot % SLOTS_KEPT] = 0;
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        s->planned[tick->slots[i].index % SLOTS_KEPT] += tick->slots[i].planned;
    }
}

/* More than half of the shorter one lies in the other: two workers saw the same. */
static bool is_same(const struct stall_found *a, const struct stall *b)
{
    uint64_t from = a->start_ns > b->start_ns ? a->start_ns : b->start_ns;
    uint64_t to = a->end_ns < b->end_ns ? a->end_ns : b->end_ns;
    uint64_t length_a = a->end_ns - a->start_ns;
    uint64_t length_b = b->end_ns - b->start_ns;
    uint64_t shorter = length_a < length_b ? length_a : length_b;
    return to > from && 2 * (to - from) > shorter;
}

/* One worker more, or another group of what one held: that was let go bit by bit, so its
 * connections are the same, and the replies of a group before it are no answers to others. True:
 * one more. */
static bool join_worker(struct stall_found *into, struct stall_shares *shares,
                        const struct stall *stall)
{
    uint32_t *open = &shares->open[stall->worker];
    uint32_t *others = &shares->others[stall->worker];
    bool again = *open > 0;
    if (!again) *others = stall->others;
    into->open -= *open;
    into->others -= again ? *others : 0;
    if (stall->open > *open) *open = stall->open;
    if (stall->others < *others) *others = stall->others;
    into->open += *open;
    into->others += *others;
    return !again;
}

static void join(const struct stalls *s, uint32_t at, const struct stall *stall)
{
    struct stall_found *into = &s->found[at];
    bool first = into->workers == 0;
    bool more = true;
    if (stall->worker < STALL_WORKERS) {
        more = join_worker(into, &s->shares[at], stall);
    } else { /* a file that does not tell whose it is */
        into->open += stall->open;
        into->others += stall->others;
    }
    into->held += stall->held;
    if (more) {
        if (first || stall->start_ns < into->start_ns) into->start_ns = stall->start_ns;
        if (stall->end_ns > into->end_ns) into->end_ns = stall->end_ns;
        into->stage = stall->stage;
        into->workers++;
    }
    into->due = due_between(s, into->start_ns, into->end_ns);
    into->whole = into->others == 0 && into->workers >= s->header->threads;
}

/* A place for one that starts then, so that they stay in the order of their start. */
static uint32_t make_place(struct stalls *s, uint64_t start_ns)
{
    uint32_t at = s->count++;
    for (; at > 0 && s->found[at - 1].start_ns > start_ns; at--) {
        s->found[at] = s->found[at - 1];
        s->shares[at] = s->shares[at - 1];
    }
    s->found[at] = (struct stall_found){0};
    s->shares[at] = (struct stall_shares){0};
    return at;
}

static void take_stall(struct stalls *s, const struct stall *stall)
{
    if (stall->end_ns <= stall->start_ns || stall->stage >= run_stage_count(s->header)) return;
    if (stall->open == 0) return; /* nothing of ours: what was held had a connection */
    for (uint32_t i = s->count; i > 0; i--) {
        if (!is_same(&s->found[i - 1], stall)) continue;
        join(s, i - 1, stall);
        return;
    }
    if (s->count == STALLS_KEPT) s->more++;
    else join(s, make_place(s, stall->start_ns), stall);
}

void stalls_take(struct stalls *s, const struct tick *tick)
{
    if (!s->found || !s->shares || !s->planned) return; /* no memory: told by the arena */
    take_slots(s, tick);
    if (s->header->window && !run_has_tick(s->header, tick)) return;
    for (uint32_t i = 0; i < tick->stall_count; i++) take_stall(s, &tick->stalls[i]);
}

double stalls_period_s(const struct stall_found *found, uint32_t count)
{
    if (count < STALLS_RHYTHM) return 0;
    double whole = (double)(found[count - 1].start_ns - found[0].start_ns) / 1e9;
    double mean = whole / (count - 1);
    for (uint32_t i = 1; i < count; i++) {
        double step = (double)(found[i].start_ns - found[i - 1].start_ns) / 1e9;
        if (fabs(step - mean) > RHYTHM_WITHIN * mean) return 0;
    }
    return mean;
}

void stalls_show(const struct stalls *s, struct result *result)
{
    result->stalls = s->found;
    result->stall_count = s->count;
    result->stalls_more = s->more;
    result->stall_period_s = s->more > 0 ? 0 : stalls_period_s(s->found, s->count);
}
