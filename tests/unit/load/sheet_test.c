#include "load/sheet.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "check.h"
#include "kit.h"
#include "load/collect.h"

enum { WORKERS = 3, STAGES = 3, NAMES = 2, TICKS = 12, SLOT_SIZE = 256, SLOTS = 100 };

/* What was recorded, kept plainly. */
struct truth_cell {
    bool used;
    uint64_t begun, answered_5xx;
    uint64_t outcomes[OUTCOME_COUNT];
    struct hist measures[MEASURE_COUNT];
};

struct truth {
    struct truth_cell cells[STAGES][2][NAMES + 2]; /* names, one scenario, the stage */
    struct slot slots[STAGES][SLOTS];
    double requests[NAMES], iterations, users;
};

static struct truth truth;

struct scene {
    struct kit kit;
    struct timeline timeline;
    struct worker_setting setting;
    struct worker *workers[WORKERS];
    struct collector collector;
};

static void open_scene(struct scene *s)
{
    kit_open(&s->kit, "      - GET /second\n", NULL, NULL);
    timeline_init(&s->timeline, &s->kit.plan.plan, NS_PER_S, &s->kit.arena);
    static struct route routes[4];
    assert_true(s->kit.plan.plan.target_count <= COUNT_OF(routes));
    s->setting = (struct worker_setting){.routes = routes,
                                         .plan = &s->kit.plan.plan,
                                         .program = &s->kit.program,
                                         .timeline = &s->timeline,
                                         .over_ns = UINT64_MAX,
                                         .worker_count = WORKERS,
                                         .shape = {STAGES, NAMES, 1, SLOT_SIZE}};
    for (uint32_t i = 0; i < WORKERS; i++) {
        assert_true(worker_open(&s->workers[i], &s->setting, i, NULL));
    }
    assert_true(collect_open(&s->collector, &s->setting, s->workers, NULL));
}

static void close_scene(struct scene *s)
{
    collect_close(&s->collector);
    for (uint32_t i = 0; i < WORKERS; i++) worker_close(s->workers[i]);
    kit_close(&s->kit);
}

static struct truth_cell *truth_cell(uint32_t stage, bool settle, enum cell_kind kind, uint32_t at)
{
    uint32_t index = kind == CELL_REQUEST ? at : kind == CELL_ITERATION ? NAMES : NAMES + 1;
    return &truth.cells[stage][settle][index];
}

static void record_cell(struct sheet *t, struct rng_stream *r)
{
    uint32_t stage = (uint32_t)(rng_next(r) % STAGES);
    bool settle = rng_next(r) % 4 == 0;
    enum cell_kind kind = (enum cell_kind)(rng_next(r) % 3);
    uint32_t index = kind == CELL_REQUEST ? (uint32_t)(rng_next(r) % NAMES) : 0;
    struct live_cell *cell = sheet_cell(t, stage, settle, kind, index);
    struct truth_cell *want = truth_cell(stage, settle, kind, index);
    uint32_t measure = (uint32_t)(rng_next(r) % MEASURE_COUNT);
    uint32_t outcome = (uint32_t)(rng_next(r) % OUTCOME_COUNT);
    /* Now and then beyond the range of the histogram. */
    uint64_t bits = rng_next(r), value = rng_next(r) >> (20 + bits % 44);
    live_record(cell, measure, value);
    hist_record(&want->measures[measure], value);
    cell->begun++;
    cell->outcomes[outcome]++;
    cell->answered_5xx += bits & 1;
    want->used = true;
    want->begun++;
    want->outcomes[outcome]++;
    want->answered_5xx += bits & 1;
}

static void record_slot(struct sheet *t, struct rng_stream *r)
{
    uint32_t stage = (uint32_t)(rng_next(r) % STAGES), index = (uint32_t)(rng_next(r) % SLOTS);
    /* Not all: a slot that nobody touched must not appear. */
    if ((stage + index) % 3 != 0) return;
    struct slot *slot = sheet_slot(t, stage, index * SLOT_NS + rng_next(r) % SLOT_NS);
    struct slot *want = &truth.slots[stage][index];
    slot->planned++;
    want->planned++;
    slot->taken += index % 2;
    want->taken += index % 2;
    slot->ok += 2;
    want->ok += 2;
    slot->failed += stage;
    want->failed += stage;
    slot->over++;
    want->over++;
}

static void record_randomly(struct sheet *t, struct rng_stream *r)
{
    uint32_t count = (uint32_t)(rng_next(r) % 400);
    for (uint32_t i = 0; i < count; i++) {
        record_cell(t, r);
        record_slot(t, r);
        t->requests_in_flight[i % NAMES] += i;
        truth.requests[i % NAMES] += i;
        t->iterations_in_flight[0] += 2;
        truth.iterations += 2;
        t->users += 3;
        truth.users += 3;
    }
}

static void compare_hist(const struct hist_sparse *got, const struct hist *want)
{
    static struct hist whole;
    hist_init(&whole);
    hist_merge_sparse(&whole, got);
    CHECK_U64("count", got->count, want->count);
    CHECK_U64("sum", got->sum_ns, want->sum_ns);
    CHECK_U64("max", got->max_ns, want->max_ns);
    CHECK("every bucket", memcmp(&whole, want, sizeof whole) == 0);
    for (uint32_t i = 1; i < got->pair_count; i++) {
        CHECK("rising", got->pairs[i].bucket > got->pairs[i - 1].bucket);
    }
}

static void compare_tick(const struct tick *tick)
{
    uint32_t used = 0, slots = 0;
    for (uint32_t s = 0; s < STAGES; s++) {
        for (uint32_t i = 0; i < 2 * (NAMES + 2); i++) used += truth.cells[s][i % 2][i / 2].used;
        for (uint32_t i = 0; i < SLOTS; i++) slots += truth.slots[s][i].planned > 0;
    }
    CHECK_U64("cells", tick->cell_count, used);
    CHECK_U64("slots", tick->slot_count, slots);
    for (uint32_t i = 0; i < tick->cell_count; i++) {
        const struct cell *cell = &tick->cells[i];
        const struct truth_cell *want =
            truth_cell(cell->stage, cell->settle, cell->kind, cell->index);
        CHECK_U64("begun", cell->begun, want->begun);
        CHECK_U64("5xx", cell->answered_5xx, want->answered_5xx);
        CHECK("outcomes", memcmp(cell->outcomes, want->outcomes, sizeof want->outcomes) == 0);
        for (uint32_t m = 0; m < MEASURE_COUNT; m++) {
            compare_hist(&cell->measures[m], &want->measures[m]);
        }
    }
    for (uint32_t i = 0; i < tick->slot_count; i++) {
        const struct slot *got = &tick->slots[i], *want = &truth.slots[got->stage][got->index];
        CHECK("slot", got->planned == want->planned && got->taken == want->taken);
        CHECK("slot",
              got->ok == want->ok && got->failed == want->failed && got->over == want->over);
        CHECK("rising", i == 0 || got[-1].index < got->index
                            || (got[-1].index == got->index && got[-1].stage < got->stage));
    }
    for (uint32_t i = 0; i < NAMES; i++) {
        CHECK_U64("in flight", tick->requests_in_flight[i], truth.requests[i]);
    }
    CHECK_U64("iterations in flight", tick->iterations_in_flight[0], truth.iterations);
    CHECK_U64("users", tick->users, truth.users);
}

static void what_is_recorded_is_collected(void **state)
{
    (void)state;
    struct scene s;
    struct tick tick;
    open_scene(&s);
    struct rng_stream r = rng_stream_at((struct rng_key){11, 0, RNG_DATA}, 0);
    for (uint64_t k = 0; k < TICKS; k++) {
        memset(&truth, 0, sizeof truth);
        for (uint32_t i = 0; i < WORKERS; i++) {
            CHECK("not before all have published", !collect_ready(&s.collector));
            struct sheet *sheet = worker_sheet(s.workers[i], k);
            /* Some workers have nothing to tell. */
            if ((k + i) % 4 != 0) record_randomly(sheet, &r);
            sheet->start_ns = k * NS_PER_S;
            sheet->end_ns = (k + 1) * NS_PER_S;
            shared_publish(&worker_board(s.workers[i])->published, k + 1);
        }
        CHECK("ready", collect_ready(&s.collector));
        collect_tick(&s.collector, &tick);
        CHECK_U64("index", tick.index, k);
        CHECK_U64("start", tick.start_ns, k * NS_PER_S);
        CHECK_U64("end", tick.end_ns, (k + 1) * NS_PER_S);
        compare_tick(&tick);
        for (uint32_t i = 0; i < WORKERS; i++) {
            CHECK_U64("handed back", shared_see(&worker_board(s.workers[i])->returned), k + 1);
        }
    }
    close_scene(&s);
}

static bool all_zero(const void *at, size_t size)
{
    const unsigned char *byte = at;
    for (size_t i = 0; i < size; i++) {
        if (byte[i] != 0) return false;
    }
    return true;
}

/* After sheet_clear() nothing is left that a later tick could count: every bucket, every mark. */
static void clear_leaves_nothing(void **state)
{
    (void)state;
    struct arena arena;
    struct sheet t;
    struct sheet_shape shape = {STAGES, NAMES, 1, SLOT_SIZE};
    assert_true(arena_open(&arena, sheet_bytes(&shape), NULL));
    sheet_init(&t, &shape, &arena);
    assert_true(arena_ok(&arena)); /* sheet_bytes() is enough */
    uint32_t places = sheet_place_count(&shape);
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct rng_stream r = rng_stream_at((struct rng_key){seed, 0, RNG_DATA}, 0);
        record_randomly(&t, &r);
        for (uint32_t i = 0; i < NAMES; i++) {
            t.slowest[i].response_ns = t.random[i].response_ns = 5;
            t.lots[i].seen = 3;
        }
        t.error_count = 2;
        sheet_clear(&t);
        CHECK_U64("no cell", t.cell_count, 0);
        CHECK("no place", all_zero(t.cell_of, places * sizeof t.cell_of[0]));
        for (uint32_t i = 0; i < places; i++) {
            struct live_cell *c = &t.cells[i];
            CHECK("no count", c->begun == 0 && c->answered_5xx == 0);
            CHECK("no shortage", all_zero(c->shortages, sizeof c->shortages));
            CHECK("no outcome", all_zero(c->outcomes, sizeof c->outcomes));
            CHECK("no time", all_zero(c->measures, sizeof c->measures));
            CHECK("no bucket", all_zero(c->buckets, sizeof c->buckets));
        }
        for (uint32_t i = 0; i < SLOT_SIZE; i++) CHECK("no slot", !t.slots[i].used);
        CHECK_U64("no slot", t.slot_count, 0);
        CHECK("no integral", all_zero(t.requests_in_flight, NAMES * sizeof(double))
                                 && all_zero(t.iterations_in_flight, sizeof(double))
                                 && all_zero(&t.users, sizeof t.users));
        for (uint32_t i = 0; i < NAMES; i++) {
            CHECK_U64("no exemplar", t.slowest[i].response_ns + t.random[i].response_ns, 0);
            CHECK_U64("no exemplar", t.lots[i].seen, 0);
        }
        CHECK_U64("no error", t.error_count, 0);
    }
    arena_close(&arena);
}

/* One bucket after the other, the over-range one too: recorded, seen, cleared. */
static void every_bucket_is_reached_and_cleared(void **state)
{
    (void)state;
    struct arena arena;
    struct sheet t;
    struct sheet_shape shape = {1, 1, 1, SLOT_SIZE};
    assert_true(arena_open(&arena, sheet_bytes(&shape), NULL));
    sheet_init(&t, &shape, &arena);
    for (uint32_t b = 0; b <= HIST_BUCKETS; b++) {
        uint64_t value = b < HIST_BUCKETS ? hist_bucket_top(b) : UINT64_C(1) << HIST_MAX_BITS;
        struct live_cell *c = sheet_cell(&t, 0, false, CELL_REQUEST, 0);
        live_record(c, MEASURE_OK, value);
        CHECK_U64("its bucket", c->buckets[MEASURE_OK][b], 1);
        sheet_clear(&t);
        CHECK("cleared",
              all_zero(c->measures, sizeof c->measures) && all_zero(c->buckets, sizeof c->buckets));
    }
    arena_close(&arena);
}

/* Long ago, far ahead, another stage: each has its own slot; equal ones share it. */
static void slots_do_not_mix(void **state)
{
    (void)state;
    struct arena arena;
    struct sheet t;
    struct sheet_shape shape = {2, 1, 1, SLOT_SIZE};
    assert_true(arena_open(&arena, sheet_bytes(&shape), NULL));
    sheet_init(&t, &shape, &arena);
    /* Indexes that are equal modulo the table's size. */
    for (uint32_t i = 0; i < 20; i++) {
        for (uint32_t stage = 0; stage < 2; stage++) {
            uint64_t at_ns = (uint64_t)i * SLOT_SIZE * SLOT_NS;
            sheet_slot(&t, stage, at_ns)->planned = i + 100 * stage;
            sheet_slot(&t, stage, at_ns + SLOT_NS - 1)->ok++;
        }
    }
    CHECK_U64("slots", t.slot_count, 40);
    for (uint32_t i = 0; i < 20; i++) {
        for (uint32_t stage = 0; stage < 2; stage++) {
            const struct slot *slot = sheet_slot(&t, stage, (uint64_t)i * SLOT_SIZE * SLOT_NS + 1);
            CHECK_U64("found again", slot->planned, i + 100 * stage);
            CHECK_U64("the same one", slot->ok, 1);
            CHECK_U64("stage", slot->stage, stage);
            CHECK_U64("index", slot->index, i * SLOT_SIZE);
        }
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_recorded_is_collected),
        cmocka_unit_test(clear_leaves_nothing),
        cmocka_unit_test(every_bucket_is_reached_and_cleared),
        cmocka_unit_test(slots_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
