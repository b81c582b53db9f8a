#include "load/stall_watch.h"

#include <math.h>

#include "base/ns.h"

#define USUAL_SHIFT 5     /* the usual time follows the last 2^5 replies or so, ... */
#define LATE_SHIFT 9      /* ... and late ones much less: a stall holds many at once */
#define LATE_MEMORY_S 3.0 /* over which late replies are counted */
#define DUE_LEAST 10.0    /* replies that were due: by chance none would come in 1 of 22,000 */
#define HELD_ALL 2        /* requests let go at once where nothing else was answered, ... */
#define HELD_SOME 8       /* ... or where much was: else a few just took long */
#define KNOWN_AFTER_NS (3 * NS_PER_S) /* how often replies are late by themselves */
#define SILENT_SHARE 0.5              /* of a stall, in which the service answered nothing */
#define EDGE_SLOTS 1                  /* at either end of a stall a counter is not wholly in it */

size_t stall_watch_bytes(uint32_t name_count)
{
    return name_count * sizeof(uint64_t) + STALL_RING * (sizeof(uint32_t) + sizeof(uint64_t)) + 64;
}

void stall_watch_open(struct stall_watch *s, uint32_t name_count, struct arena *arena)
{
    *s = (struct stall_watch){.usual_ns = ARENA_ARRAY(arena, name_count, uint64_t),
                              .answers = ARENA_ARRAY(arena, STALL_RING, uint32_t),
                              .stamps = ARENA_ARRAY(arena, STALL_RING, uint64_t)};
}

static uint64_t slot_of(uint64_t at_ns)
{
    return at_ns >> STALL_RING_BITS;
}

static void count_answer(struct stall_watch *s, uint64_t at_ns)
{
    uint64_t slot = slot_of(at_ns);
    uint32_t i = (uint32_t)(slot % STALL_RING);
    if (s->stamps[i] != slot) s->answers[i] = 0;
    s->stamps[i] = slot;
    s->answers[i]++;
}

/* Replies in the counters [from, to). */
static uint32_t answers_in(const struct stall_watch *s, uint64_t from, uint64_t to)
{
    uint32_t sum = 0;
    if (to > from + STALL_RING) from = to - STALL_RING;
    for (uint64_t slot = from; slot < to; slot++) {
        uint32_t i = (uint32_t)(slot % STALL_RING);
        if (s->stamps[i] == slot) sum += s->answers[i];
    }
    return sum;
}

/* Late replies fade from the rate as time goes on. */
static void fade(struct stall_watch *s, uint64_t now_ns)
{
    if (now_ns <= s->late_ns) return;
    double seconds = (double)(now_ns - s->late_ns) / (double)NS_PER_S;
    s->late_per_s *= exp(-seconds / LATE_MEMORY_S);
    s->late_ns = now_ns;
}

static uint64_t length_of(struct silence s)
{
    return s.to_ns - s.from_ns;
}

/* So much of the group's wait lies in it. */
static uint64_t shared_ns(const struct stall_group *g, struct silence s)
{
    uint64_t from = s.from_ns > g->sent_ns ? s.from_ns : g->sent_ns;
    uint64_t to = s.to_ns < g->first_ns ? s.to_ns : g->first_ns;
    return to > from ? to - from : 0;
}

/* Where a silence fills most of it that is what it was: the first of what was held may have been
 * sent some time before. True: it is so. */
static bool bound(const struct stall_watch *s, struct stall *out)
{
    const struct stall_group *g = &s->group;
    struct silence silence = g->silences[SILENCE_LAST];
    struct silence other = g->silences[SILENCE_LONG];
    if (shared_ns(g, other) > shared_ns(g, silence)) silence = other;
    double most = SILENT_SHARE * (double)(g->first_ns - g->sent_ns);
    *out = (struct stall){.start_ns = g->sent_ns, .end_ns = g->first_ns, .held = g->held};
    if (length_of(silence) >= STALL_LEAST_NS && (double)shared_ns(g, silence) >= most) {
        out->start_ns = silence.from_ns;
        out->end_ns = silence.to_ns;
        return true;
    }
    uint64_t from = slot_of(g->sent_ns) + EDGE_SLOTS;
    uint64_t to = slot_of(g->first_ns);
    out->others = answers_in(s, from < to ? from : to, to);
    if (out->others == 0) out->others = 1; /* else it were a silence: it came at an edge */
    return false;
}

/* Is what was held and let go too much for chance? */
static bool is_stall(const struct stall_watch *s, const struct stall *stall, bool silent)
{
    const struct stall_group *g = &s->group;
    uint64_t start = slot_of(stall->start_ns);
    uint64_t second = NS_PER_S >> STALL_RING_BITS;
    double before = answers_in(s, start > second ? start - second : 0, start);
    double due = before * (double)(stall->end_ns - stall->start_ns) / (double)NS_PER_S;
    if (silent && due >= DUE_LEAST && g->held >= HELD_ALL) return true;
    /* What is merely slower by now comes one by one, and goes on. */
    if (2 * (g->last_ns - g->first_ns) > stall->end_ns - stall->start_ns) return false;
    double spread_s = (double)(g->last_ns - g->first_ns + STALL_GAP_NS) / (double)NS_PER_S;
    double seen_s = (double)(g->last_ns - s->first_ns) / (double)NS_PER_S;
    double memory = 1 - exp(-seen_s / LATE_MEMORY_S); /* so much of it is filled by now */
    double expected = s->late_per_s / memory * spread_s;
    bool known = g->last_ns >= s->first_ns + KNOWN_AFTER_NS;
    return known && g->held >= HELD_SOME && g->held >= expected + 6 * sqrt(expected);
}

/* Ends the group in hand. */
static bool close_group(struct stall_watch *s, struct stall *out)
{
    if (s->group.held == 0) return false;
    fade(s, s->group.last_ns); /* it is held against what there was then */
    bool silent = bound(s, out);
    bool found = is_stall(s, out, silent);
    s->late_per_s += s->group.held / LATE_MEMORY_S;
    s->group.held = 0;
    return found;
}

static void begin_group(struct stall_watch *s, uint64_t sent_ns, uint64_t answered_ns)
{
    s->group =
        (struct stall_group){.sent_ns = sent_ns, .first_ns = answered_ns, .last_ns = answered_ns};
    memcpy(s->group.silences, s->silences, sizeof s->silences);
}

/* A long one counts until as much time has gone by again, or a longer one came. */
static void keep_silence(struct stall_watch *s, struct silence silence)
{
    struct silence *kept = &s->silences[SILENCE_LONG];
    bool fresh = silence.to_ns - kept->to_ns < length_of(*kept);
    if (!fresh || length_of(silence) >= length_of(*kept)) *kept = silence;
    s->silences[SILENCE_LAST] = silence;
}

/* A reply, after a silence perhaps. */
static void hear(struct stall_watch *s, uint64_t at_ns)
{
    if (s->answered_ns > 0 && at_ns >= s->answered_ns + STALL_GAP_NS) {
        keep_silence(s, (struct silence){s->answered_ns, at_ns});
    }
    if (s->answered_ns == 0) s->first_ns = at_ns;
    if (at_ns > s->answered_ns) s->answered_ns = at_ns;
}

static bool is_late(const struct stall_watch *s, uint32_t name, uint64_t service_ns)
{
    uint64_t usual_ns = s->usual_ns[name];
    return usual_ns > 0 && service_ns >= STALL_LEAST_NS && service_ns >= STALL_TIMES * usual_ns;
}

/* Moves towards the last ones; a single late one counts as just late, so that it moves little. */
static void learn(struct stall_watch *s, uint32_t name, uint64_t service_ns)
{
    uint64_t usual_ns = s->usual_ns[name];
    uint64_t most_ns = STALL_TIMES * usual_ns;
    if (usual_ns == 0) s->usual_ns[name] = service_ns;
    else if (service_ns > most_ns) s->usual_ns[name] += (most_ns - usual_ns) >> LATE_SHIFT;
    else if (service_ns > usual_ns) s->usual_ns[name] += (service_ns - usual_ns) >> USUAL_SHIFT;
    else s->usual_ns[name] -= (usual_ns - service_ns) >> USUAL_SHIFT;
}

bool stall_watch_reply(struct stall_watch *s, uint32_t name, uint64_t sent_ns, uint64_t answered_ns,
                       struct stall *out)
{
    uint64_t service_ns = answered_ns > sent_ns ? answered_ns - sent_ns : 0;
    bool late = is_late(s, name, service_ns);
    struct stall_group *g = &s->group;
    bool found = false;
    hear(s, answered_ns);
    count_answer(s, answered_ns);
    if (late) {
        bool same = g->held > 0 && answered_ns <= g->last_ns + STALL_GAP_NS;
        if (!same) found = close_group(s, out);
        if (!same) begin_group(s, sent_ns, answered_ns);
        if (sent_ns < g->sent_ns) g->sent_ns = sent_ns;
        if (answered_ns < g->first_ns) g->first_ns = answered_ns;
        if (answered_ns > g->last_ns) g->last_ns = answered_ns;
        g->held++;
    }
    learn(s, name, service_ns);
    return found;
}

bool stall_watch_idle(struct stall_watch *s, uint64_t now_ns, struct stall *out)
{
    if (s->group.held == 0 || now_ns <= s->group.last_ns + STALL_GAP_NS) return false;
    return close_group(s, out);
}
