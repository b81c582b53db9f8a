#include "judge/silence.h"

#include <math.h>

#include "base/ns.h"
#include "judge/claim.h"
#include "judge/limits.h"

#define LEAST_NS NS_PER_S      /* a shorter one is a hiccup, whatever comes behind it */
#define TIMES_AN_OUTAGE 2      /* that the stage came back from */
#define CHANCE_TOLD 0.001      /* that as many fail in a row by chance */
#define FAILED_MOST UINT16_MAX /* counted of a slot: more of them say no more */
#define LENGTH_MOST_NS (UINT64_C(7 * 86400) * NS_PER_S) /* of a longer stage nobody asks */

struct silence_slot {
    uint16_t failed; /* asked in it and not answered ok, by the target's own doing */
    bool answered;   /* something asked in it was answered ok */
    bool lacked;     /* something in it ended for want of something of prony's own */
};

void silence_open(struct silence *s, const struct run_header *header, struct arena *arena)
{
    const struct plan *plan = header->plan;
    *s = (struct silence){.header = header};
    s->stages = ARENA_ARRAY(arena, run_stage_count(header), struct silence_stage);
    for (uint32_t i = 0; s->stages && i < plan->stage_count; i++) {
        struct silence_stage *stage = &s->stages[i];
        uint64_t length_ns = plan->stages[i].length_ns;
        if (!run_stage_judged(header, i) || length_ns > LENGTH_MOST_NS) continue;
        stage->slot_count = (uint32_t)(length_ns / SLOT_NS) + 2;
        stage->slots = ARENA_ARRAY(arena, stage->slot_count, struct silence_slot);
    }
}

/* Of the stage's first slot; what was intended in settle time is left out by its reader. */
static uint32_t first_slot(const struct stage_book *book)
{
    return (uint32_t)(book->start_ns / SLOT_NS);
}

void silence_take(struct silence *s, const struct books *books, const struct tick *tick)
{
    for (uint32_t i = 0; s->stages && i < tick->slot_count; i++) {
        const struct slot *from = &tick->slots[i];
        if (from->stage >= s->header->plan->stage_count) continue;
        const struct stage_book *book = &books->stages[from->stage];
        struct silence_stage *stage = &s->stages[from->stage];
        uint32_t first = first_slot(book);
        if (!book->reached || !stage->slots || from->index < first) continue;
        if (from->index - first >= stage->slot_count) continue; /* beyond its planned end */
        struct silence_slot *slot = &stage->slots[from->index - first];
        uint32_t failed = from->failed > from->lacking ? from->failed - from->lacking : 0;
        slot->answered = slot->answered || from->ok > 0;
        slot->lacked = slot->lacked || from->lacking > 0;
        slot->failed =
            (uint16_t)(failed > (uint32_t)FAILED_MOST - slot->failed ? FAILED_MOST
                                                                     : slot->failed + failed);
    }
}

/* What a stage shows, slot by slot. */
struct course {
    uint32_t last;     /* the newest slot in which something was answered; UINT32_MAX: none */
    uint32_t outage;   /* slots of the longest time that something failed in until it was over */
    uint64_t since;    /* failed behind it, and in it more than in any answered one before */
    uint64_t failed;   /* in all */
    bool lacked_since; /* likewise, for want of something of prony's own */
};

static struct course course_of(const struct silence_stage *stage, uint32_t from, uint32_t to)
{
    struct course c = {.last = UINT32_MAX};
    uint32_t usual = 0; /* most that failed in a slot in which something was answered */
    for (uint32_t i = from; i < to; i++) {
        const struct silence_slot *slot = &stage->slots[i];
        uint32_t failed = slot->failed;
        c.failed += failed;
        if (slot->answered) {
            uint32_t gap = c.last == UINT32_MAX ? i - from : i - c.last;
            if (c.since > 0 && gap > c.outage) c.outage = gap;
            c.last = i;
            c.since = failed > usual ? failed - usual : 0;
            c.lacked_since = slot->lacked;
            if (failed > usual) usual = failed;
            continue;
        }
        c.since += failed;
        c.lacked_since = c.lacked_since || slot->lacked;
    }
    return c;
}

/* Would so many fail in a row by chance, where as many failed of what was asked before? */
static bool by_chance(const struct course *c, uint64_t answered)
{
    double failed = (double)(c->failed - c->since);
    double share = (failed + 1) / (failed + (double)answered + 2); /* Laplace's rule */
    return (double)c->since * log(share) > log(CHANCE_TOLD);
}

/* Was it asked about to its end, and did it come to that? */
static bool is_whole(const struct stage_book *book)
{
    return book->judged && book->over && !book->unseen && !book->cut && !books_in_part(book);
}

static uint64_t find(const struct silence *s, const struct books *books, uint32_t index)
{
    const struct silence_stage *stage = &s->stages[index];
    const struct stage_book *book = &books->stages[index];
    if (!stage->slots || !is_whole(book)) return 0;
    uint32_t first = first_slot(book);
    uint64_t settled_ns = book->start_ns + s->header->plan->stages[index].settle_ns;
    uint32_t from = (uint32_t)(settled_ns / SLOT_NS) - first;
    struct course c = course_of(stage, from, stage->slot_count);
    if (c.last == UINT32_MAX || c.since == 0 || c.lacked_since) return 0;
    uint64_t since_ns = ((uint64_t)first + c.last + 1) * SLOT_NS;
    if (since_ns + LEAST_NS > book->end_ns) return 0;
    if (book->end_ns - since_ns <= (uint64_t)TIMES_AN_OUTAGE * c.outage * SLOT_NS) return 0;
    return by_chance(&c, book->requests.outcomes[OUTCOME_OK]) ? 0 : since_ns;
}

void silence_find(struct silence *s, const struct books *books)
{
    for (uint32_t i = 0; s->stages && i < s->header->plan->stage_count; i++) {
        s->stages[i].since_ns = find(s, books, i);
    }
}

uint64_t silence_since(const struct silence *s, uint32_t stage)
{
    return s->stages && stage < s->header->plan->stage_count ? s->stages[stage].since_ns : 0;
}

bool silence_against(const struct limits_desk *desk, const struct row *row, uint32_t stage)
{
    const struct objective *o = row->objective;
    if (!desk->silence || row->kind != ROW_SHARE || !rows_apply(row, desk->books, stage)) {
        return false;
    }
    double all_bad = objective_small_is_good(o) ? 1 : 0;
    return silence_since(desk->silence, stage) > 0 && !claim_met(o, all_bad);
}
