#include "explain/explain.h"

#include <assert.h>
#include <math.h>

#include "base/attr.h"
#include "base/text.h"
#include "explain/causes.h"
#include "explain/choose.h"
#include "explain/halves.h"
#include "explain/logged.h"
#include "explain/words.h"

#define ARENA_LIMIT ((size_t)1 << 30) /* address space */
#define SHARE_LEAST 0.2               /* of the growth, to be blamed */
#define LEFT_MOST 0.4                 /* unexplained; above it nobody is */
#define TIE_S 2.0
#define CERTAIN 0.1       /* a bound predicted as near as that makes it an A */
#define GROWTH_LEAST 0.05 /* requests in flight */

struct explain {
    struct arena own, run;
    struct recall recall;
    struct ledger ledger;
    struct facts facts;
    struct cause cause;
    bool told;
};

bool explain_open(struct explain **out, struct err *err)
{
    struct arena own;
    struct arena run;
    if (!arena_open(&own, sizeof(struct explain), err)) return false;
    if (!arena_open(&run, ARENA_LIMIT, err)) {
        arena_close(&own);
        return false;
    }
    struct explain *e = ARENA_NEW(&own, struct explain);
    assert(e);
    e->own = own;
    e->run = run;
    *out = e;
    return true;
}

void explain_close(struct explain *e)
{
    if (!e) return;
    struct arena own = e->own;
    arena_close(&e->run);
    arena_close(&own);
}

const struct cause *explain_cause(const struct explain *e)
{
    return e->told ? &e->cause : NULL;
}

/* -- When it bent --------------------------------------------------------------------------- */

/* The first tick from which on, for three, a row is a quarter of its growth above what it was, and
 * five deviations. Those of the good stage are taken from its ticks. */
static double onset_of(const struct explain *e, const struct ledger_row *row)
{
    const struct recall *r = &e->recall;
    double grown = row->after - row->before;
    if (row->series == SERIES_MAX || grown <= 0) return (double)NAN;
    double sum = 0;
    double squares = 0;
    double count = 0;
    uint64_t lo = recall_has_stage(r, e->cause.good) ? r->starts[e->cause.good] : 0;
    uint64_t hi = recall_has_stage(r, e->cause.good) ? r->ends[e->cause.good] : 0;
    for (uint32_t at = (uint32_t)(lo / r->header->tick_ns); at < hi / r->header->tick_ns; at++) {
        double value = recall_at(r, row->series, at);
        if (isnan(value)) continue;
        sum += value;
        squares += value * value;
        count++;
    }
    double mean = count > 0 ? sum / count : row->before;
    double deviation = count > 1 ? sqrt(fmax(0, squares / count - mean * mean)) : 0;
    double bound = mean + fmax(grown / 4, 5 * deviation);
    uint32_t run = 0;
    uint32_t first = 0;
    bool thin = r->header->watch_ns > 0; /* a sample in each of several ticks */
    for (uint32_t at = (uint32_t)(hi / r->header->tick_ns); at < r->ticks; at++) {
        double value = recall_at(r, row->series, at);
        if (thin && isnan(value)) continue;
        if (run == 0) first = at;
        run = value > bound ? run + 1 : 0;
        if (run == 3) return (double)first * (double)r->header->tick_ns / 1e9;
    }
    return (double)NAN;
}

/* -- Places --------------------------------------------------------------------------------- */

static void insert_place(struct cause *c, const struct cause_place *place)
{
    double grown = place->after - place->before;
    uint32_t at = c->place_count;
    while (at > 0 && grown > c->places[at - 1].after - c->places[at - 1].before) at--;
    if (at == CAUSE_PLACES) return;
    if (c->place_count < CAUSE_PLACES) c->place_count++;
    for (uint32_t i = c->place_count - 1; i > at; i--) c->places[i] = c->places[i - 1];
    c->places[at] = *place;
}

static void fill_places(struct explain *e)
{
    struct cause *c = &e->cause;
    double slower = e->ledger.slower;
    for (uint32_t i = 0; i < e->ledger.row_count; i++) {
        const struct ledger_row *row = &e->ledger.rows[i];
        if (row->rough) continue;
        struct cause_place place = {.before = row->before,
                                    .after = row->after,
                                    .spare = row->spare,
                                    .onset_s = onset_of(e, row)};
        double excess = row->class == LEDGER_INSIDE
                            ? e->ledger.line
                            : ledger_excess(&e->ledger, row->before, row->after);
        place.share = slower > 0 && !row->spare ? excess / slower : 0;
        words_place(&place, row);
        insert_place(c, &place);
    }
}

/* -- Suspects ------------------------------------------------------------------------------- */

static bool comes_before(const struct cause_suspect *a, const struct cause_suspect *b)
{
    if (a->blamed != b->blamed) return a->blamed;
    return a->blamed && a->share > b->share + 1e-9; /* the rest stand as the table has them */
}

static void insert_suspect(struct cause *c, const struct cause_suspect *suspect)
{
    uint32_t at = c->suspect_count;
    while (at > 0 && comes_before(suspect, &c->suspects[at - 1])) at--;
    if (at == CAUSE_SUSPECTS) return;
    if (c->suspect_count < CAUSE_SUSPECTS) c->suspect_count++;
    for (uint32_t i = c->suspect_count - 1; i > at; i--) c->suspects[i] = c->suspects[i - 1];
    c->suspects[at] = *suspect;
}

/* When the places that a fact stands for bent: the earliest of those with some of its growth. */
static double suspect_onset(const struct explain *e, const struct cause_rule *rule)
{
    double first = (double)NAN;
    for (uint32_t i = 0; i < e->ledger.row_count; i++) {
        const struct ledger_row *row = &e->ledger.rows[i];
        bool small = ledger_excess(&e->ledger, row->before, row->after) < 0.1 * e->ledger.slower;
        if (row->spare || row->rough || small) continue;
        if (!facts_is_of(rule->explains, row->class)) continue;
        double onset = onset_of(e, row);
        if (isnan(first) || onset < first) first = onset;
    }
    return first;
}

static void fill_suspects(struct explain *e)
{
    struct cause *c = &e->cause;
    const struct cause_rule *rule;
    bool bent = e->ledger.slower >= GROWTH_LEAST;
    for (uint32_t i = 0; (rule = causes_at(i)); i++) {
        enum cause_weight weight = causes_weigh(rule, &e->facts);
        if (weight == CAUSE_POSSIBLE) continue;
        /* Where nothing came to wait, memory alone can be what was missed. */
        bool about = bent || rule->explains == FACT_MEMORY_WANT;
        if (weight == CAUSE_BLAMED && !about) continue;
        double share = e->facts.after[rule->explains];
        struct cause_suspect suspect = {.share = share > 0 ? fmin(share, 1) : 0,
                                        .blamed = weight == CAUSE_BLAMED && share >= SHARE_LEAST,
                                        .blind = weight == CAUSE_BLIND,
                                        .onset_s = suspect_onset(e, rule)};
        words_suspect(&suspect, rule, &e->facts, &e->ledger);
        insert_suspect(c, &suspect);
    }
    while (c->blamed_count < c->suspect_count && c->suspects[c->blamed_count].blamed) {
        c->blamed_count++;
    }
    c->tie_count = c->blamed_count > 0;
    for (uint32_t i = 1; i < c->blamed_count; i++) {
        bool together = fabs(c->suspects[i].onset_s - c->suspects[0].onset_s) < TIE_S;
        bool alike = c->suspects[i].share > 0.8 * c->suspects[0].share;
        if (c->tie_count == i && together && alike) c->tie_count++;
    }
}

/* -- Bounds --------------------------------------------------------------------------------- */

/* Is that what it blames? The threads in line for which is all that is needed are. */
static bool can_be_full(const struct cause_rule *rule, enum fact fact)
{
    for (uint32_t i = 0; i < CAUSES_LIST; i++) {
        if (rule->needs[i].fact == fact && rule->needs[i].over) return true;
        if (fact == FACT_GROUP_BUSY && rule->shown[i] == fact) return true;
    }
    return false;
}

/* Where the next thing is full, if load grew in proportion: X / U (utilization law; E. Lazowska et
 * al., Quantitative System Performance (1984), 3.3). */
static void find_bound(struct explain *e)
{
    static const enum fact full[] = {FACT_CPU_USED, FACT_HOST_USED, FACT_HOTTEST, FACT_GROUP_BUSY};
    struct cause *c = &e->cause;
    const struct cause_rule *first = NULL;
    for (uint32_t i = 0; c->blamed_count > 0 && (first = causes_at(i)); i++) {
        if (strcmp(first->id, c->suspects[0].id) == 0) break;
    }
    c->grade = c->tie_count > 1 || e->ledger.unexplained > 0.25 * e->ledger.slower ? CAUSE_GRADE_C
                                                                                   : CAUSE_GRADE_B;
    double next = 0;
    enum fact next_fact = FACT_NONE;
    for (size_t i = 0; i < COUNT_OF(full); i++) {
        double used = e->facts.after[full[i]];
        bool blamed = first && can_be_full(first, full[i]);
        bool near = used >= 1 - CERTAIN;
        if (blamed && near && c->grade == CAUSE_GRADE_B) c->grade = CAUSE_GRADE_A;
        /* What is full already waits for what is blamed. */
        if (blamed || isnan(used) || used <= 0.02 || used >= 1 - CERTAIN) continue;
        double bound = c->bad_x / used;
        if (next_fact != FACT_NONE && bound >= next) continue;
        next = bound;
        next_fact = full[i];
    }
    if (c->state != CAUSE_FOUND || next_fact == FACT_NONE) return;
    struct text text = text_in(c->bound, sizeof c->bound);
    text_addf(&text, "cured of this, the next bound is near %.0f/s: ", next);
    facts_say(&e->facts, next_fact, &text);
    text_addf(&text, " at %.0f/s", c->bad_x);
}

/* -- The answer ----------------------------------------------------------------------------- */

static bool sees_service(const struct recall *r)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        struct bytes of = r->series[i].of;
        if (r->series[i].known && !bytes_is(of, "host") && !bytes_is(of, "prony")) return true;
    }
    return false;
}

static void weigh(struct explain *e, const struct result *result, const struct chosen *chosen)
{
    struct cause *c = &e->cause;
    ledger_make(&e->ledger, &e->recall, chosen);
    facts_find(&e->facts, &e->recall, &e->ledger, result);
    c->good_x = e->ledger.x[0];
    c->bad_x = e->ledger.x[1];
    c->good_n = e->ledger.n[0];
    c->bad_n = e->ledger.n[1];
    c->good_r_ms = e->ledger.r_ms[0];
    c->bad_r_ms = e->ledger.r_ms[1];
    double slower = e->ledger.slower;
    c->unexplained = e->ledger.left > 0 ? e->ledger.left : 0;
    c->explained = c->bad_n - c->good_n - c->unexplained;
    fill_places(e);
    fill_suspects(e);
    bool enough = e->ledger.unexplained <= LEFT_MOST * slower;
    bool stalls = c->blamed_count > 0 && strcmp(c->suspects[0].id, "pauses") == 0;
    /* A leak is of memory, not of what is in flight. */
    bool leaks = c->blamed_count > 0 && strcmp(c->suspects[0].id, "leak") == 0;
    if (c->blamed_count > 0 && strcmp(c->suspects[0].id, "generator") == 0) {
        c->state = CAUSE_HARNESS;
    } else if (!leaks && (slower < GROWTH_LEAST || c->blamed_count == 0 || (!enough && !stalls))) {
        c->state = sees_service(&e->recall) ? CAUSE_UNTOLD : CAUSE_UNSEEN;
    } else {
        c->state = CAUSE_FOUND;
    }
    find_bound(e);
    logged_find(c, &e->recall);
}

/* A stage that nothing can be held against is held against its own beginning, where it changed. */
static void cut_in_two(struct explain *e, struct chosen *chosen)
{
    struct cause *c = &e->cause;
    uint64_t at_ns;
    if (chosen->good != PLAN_NO_INDEX || !halves_find(&e->recall, chosen->bad, &at_ns)) return;
    if (!recall_cut(&e->recall, chosen->bad, at_ns)) return;
    chosen->good = c->good = e->recall.stage_count;
    chosen->bad = c->bad = e->recall.stage_count + 1;
    chosen->scenario = c->scenario = PLAN_NO_INDEX;
    c->cut_s = (double)at_ns / 1e9;
}

static void tell(struct explain *e, const struct result *result)
{
    struct cause *c = &e->cause;
    struct chosen chosen;
    enum choice choice = choose_stages(&e->recall, result, &chosen);
    *c = (struct cause){
        .good = chosen.good, .bad = chosen.bad, .scenario = chosen.scenario, .cut_s = (double)NAN};
    switch (choice) {
    case CHOICE_UNSEEN:
        c->state = CAUSE_UNASKED;
        break;
    case CHOICE_WELL:
        c->state = choose_seen(result) ? CAUSE_SEEN : CAUSE_NONE;
        break;
    case CHOICE_MADE:
        cut_in_two(e, &chosen);
        weigh(e, result, &chosen);
        break;
    }
    words_all(c, &e->recall, result);
    e->told = true;
}

/* -- The sink ------------------------------------------------------------------------------- */

static void on_begin(void *ctx, const struct run_header *header)
{
    struct explain *e = ctx;
    arena_reset(&e->run);
    recall_open(&e->recall, header, &e->run);
    e->told = false;
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct explain *e = ctx;
    recall_tick(&e->recall, tick);
}

static void on_result(void *ctx, const struct result *result)
{
    struct explain *e = ctx;
    tell(e, result);
}

struct sink explain_sink(struct explain *e)
{
    return (struct sink){
        .ctx = e, .begin = on_begin, .tick = on_tick, .result = on_result, .final_only = true};
}
