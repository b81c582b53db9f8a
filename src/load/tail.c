#include "load/tail_priv.h"

#include <string.h>

#define SLOW_ONE_IN 100 /* requests of a tick */
#define LEARN_LEAST 200 /* requests in a tick, or the limit stays what it was */
#define COUNTS_KEPT 256 /* slow requests of a connection are told apart up to here */

static struct live_cell *stage_cell(struct worker *w, const struct flow *f)
{
    return sheet_cell(w->sheet, f->stage, f->settle, CELL_STAGE, 0);
}

/* Whether it had to send something again since it was looked at last. */
static bool look(struct worker *w, struct connection *c, struct live_cell *cell)
{
    struct stream_facts facts;
    if (!stream_look(&c->stream, &facts)) return false;
    if (facts.rtt_ns > 0) live_record(cell, STAGE_RTT, facts.rtt_ns);
    if (c->tail.generation != c->generation) c->tail.resent = 0;
    c->tail.generation = c->generation;
    bool again = facts.resent > c->tail.resent;
    if (again) cell->tail.of[TAIL_RESENT] += facts.resent - c->tail.resent;
    c->tail.resent = facts.resent;
    if (!again || c->tail.stage != w->stage + 1) return again;
    if (!c->tail.lossy) cell->tail.of[TAIL_LOSSY_CONNECTIONS]++;
    c->tail.lossy = true;
    return true;
}

static void count_slow(struct worker *w, const struct flow *f, struct connection *c)
{
    struct live_cell *cell = stage_cell(w, f);
    cell->tail.of[TAIL_SLOW]++;
    if (f->stage == w->stage) c->tail.slow++;
    if (look(w, c, cell)) cell->tail.of[TAIL_LOSSY]++;
}

/* The first answer on it in this stage. */
static void enter(const struct worker *w, struct connection *c)
{
    c->tail.stage = w->stage + 1;
    c->tail.slow = 0;
    c->tail.lossy = false;
}

void tail_request(struct worker *w, const struct flow *f, uint64_t response_ns)
{
    if (f->connection == NOBODY) return;
    struct connection *c = &w->connections[f->connection];
    if (c->tail.stage != w->stage + 1) enter(w, c);
    if (response_ns >= w->slow_ns) count_slow(w, f, c);
}

void tail_timeout(struct worker *w, const struct flow *f)
{
    struct connection *c = &w->connections[f->connection];
    if (c->tail.stage != w->stage + 1) enter(w, c);
    count_slow(w, f, c);
}

static uint32_t in_bucket(const struct sheet *t, uint32_t bucket)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < t->cell_count; i++) {
        if (t->cells[i].kind == CELL_REQUEST) sum += t->cells[i].buckets[MEASURE_OK][bucket];
    }
    return sum;
}

void tail_learn(struct worker *w)
{
    const struct sheet *t = w->sheet;
    uint64_t dirty[SHEET_DIRTY_WORDS] = {0};
    uint64_t count = 0;
    for (uint32_t i = 0; i < t->cell_count; i++) {
        if (t->cells[i].kind != CELL_REQUEST) continue;
        const struct live_hist *h = &t->cells[i].measures[MEASURE_OK];
        count += h->count;
        for (uint32_t word = 0; word < SHEET_DIRTY_WORDS; word++) dirty[word] |= h->dirty[word];
    }
    if (count < LEARN_LEAST) return;
    uint64_t want = count / SLOW_ONE_IN;
    uint64_t seen = 0;
    for (uint32_t block = HIST_BUCKETS / SHEET_BLOCK + 1; block-- > 0;) {
        if (!(dirty[block / 64] >> (block % 64) & 1)) continue;
        for (uint32_t i = SHEET_BLOCK; i-- > 0;) {
            uint32_t bucket = block * SHEET_BLOCK + i;
            if (bucket > HIST_BUCKETS) continue;
            seen += in_bucket(t, bucket);
            if (seen < want) continue;
            w->slow_ns = bucket > 0 ? hist_bucket_top(bucket - 1) + 1 : 0;
            return;
        }
    }
}

void tail_stage_over(struct worker *w)
{
    uint32_t by_count[COUNTS_KEPT] = {0};
    uint64_t connections = 0;
    uint64_t slow = 0;
    for (uint32_t i = 0; i < w->connection_fresh; i++) {
        const struct tail_place *place = &w->connections[i].tail;
        if (place->stage != w->stage + 1) continue;
        uint32_t count = place->slow < COUNTS_KEPT ? place->slow : COUNTS_KEPT - 1;
        connections++;
        by_count[count]++;
        slow += count;
    }
    if (slow == 0) return;
    uint64_t few = 0;
    uint64_t held = 0;
    for (uint32_t count = COUNTS_KEPT; count-- > 1 && 2 * held < slow;) {
        for (uint32_t k = 0; k < by_count[count] && 2 * held < slow; k++) {
            held += count;
            few++;
        }
    }
    struct live_cell *cell = sheet_cell(w->sheet, w->stage, false, CELL_STAGE, 0);
    cell->tail.of[TAIL_CONNECTIONS] += connections;
    cell->tail.of[TAIL_FEW] += few;
    cell->tail.of[TAIL_FEW_OF] += slow;
}
