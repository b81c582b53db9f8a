#include "load/tail_priv.h"

#include <string.h>

#include "load/tail_sum.h"

#define SLOW_ONE_IN 100    /* requests of a tick */
#define WITH_BUCKET_MOST 3 /* times as many */
#define LEARN_LEAST 200    /* requests in a tick, or the limit stays what it was */
#define MIXED_SHARE 0.1    /* of the places, from which on nothing is told of connections */

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

/* An answer on it; the first in this stage, or of another connection in the same place, perhaps. */
static void enter(const struct worker *w, struct connection *c)
{
    struct tail_place *t = &c->tail;
    bool other = t->generation != c->generation;
    if (t->stage != w->stage + 1) {
        *t = (struct tail_place){.stage = w->stage + 1, .resent = t->resent};
    } else if (other && t->requests > 0) {
        t->mixed = true;
    }
    if (other) t->resent = 0;
    t->generation = c->generation;
    t->requests++;
}

void tail_request(struct worker *w, const struct flow *f, uint64_t response_ns)
{
    if (f->connection == NOBODY) return;
    struct connection *c = &w->connections[f->connection];
    enter(w, c);
    if (response_ns >= w->slow_ns) count_slow(w, f, c);
}

void tail_timeout(struct worker *w, const struct flow *f)
{
    struct connection *c = &w->connections[f->connection];
    enter(w, c);
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

/* From the bucket of the p99 on; or from the next, where times are so even that most are in it. */
static uint64_t limit_at(uint32_t bucket, bool with_it)
{
    if (with_it) return bucket > 0 ? hist_bucket_top(bucket - 1) + 1 : 0;
    return bucket < HIST_BUCKETS ? hist_bucket_top(bucket) + 1 : UINT64_MAX;
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
            w->slow_ns = limit_at(bucket, seen <= want * WITH_BUCKET_MOST);
            return;
        }
    }
}

void tail_stage_over(struct worker *w)
{
    struct tail_sum sum;
    uint64_t mixed = 0;
    tail_sum_clear(&sum);
    for (uint32_t i = 0; i < w->connection_fresh; i++) {
        const struct tail_place *place = &w->connections[i].tail;
        if (place->stage != w->stage + 1) continue;
        tail_sum_add(&sum, place->requests, place->slow);
        mixed += place->mixed;
    }
    if (sum.slow_count == 0 || (double)mixed > MIXED_SHARE * (double)sum.connection_count) return;
    struct tail_few few = tail_sum_few(&sum);
    struct live_cell *cell = sheet_cell(w->sheet, w->stage, false, CELL_STAGE, 0);
    cell->tail.of[TAIL_CONNECTIONS] += sum.connection_count;
    cell->tail.of[TAIL_FEW] += few.connections;
    cell->tail.of[TAIL_FEW_OF] += sum.slow_count;
    cell->tail.of[TAIL_FEW_REQUESTS] += few.requests;
    cell->tail.of[TAIL_REQUESTS] += sum.request_count;
}
