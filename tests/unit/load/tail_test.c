/* What a worker learns of a tick about the next: from where on a request is slow. */
#include <stdlib.h>

#include "base/attr.h"
#include "base/ns.h"
#include "base/rng.h"
#include "check.h"
#include "load/tail_priv.h"

enum { STAGES = 2, NAMES = 3, TIMES_MOST = 20000, SEEDS = 300 };

static struct worker worker;
static struct arena arena;

static int open_worker(void **state)
{
    (void)state;
    static struct sheet sheet;
    static const struct sheet_shape shape = {STAGES, NAMES, 1, 256};
    assert_true(arena_open(&arena, 4 * sheet_bytes(&shape), NULL));
    sheet_init(&sheet, &shape, &arena);
    assert_true(arena_ok(&arena));
    worker = (struct worker){.sheet = &sheet, .slow_ns = UINT64_MAX};
    return 0;
}

static int close_worker(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

static struct live_cell *cell(uint32_t stage, enum cell_kind kind, uint32_t index)
{
    return sheet_cell(worker.sheet, stage, false, kind, index);
}

static void answer(uint32_t name, uint64_t ns, uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        live_record(cell(1, CELL_REQUEST, name), MEASURE_OK, ns);
    }
}

static void a_hundredth_is_slow(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct {
            uint64_t ns;
            uint32_t times;
        } parts[3];
        uint64_t known, slow; /* from these times on, as known and as learned: see below */
    } cases[] = {
        /* Times under 128 ns have a bucket each, so a limit can be told to the ns. */
        {"none: as it was", {{0, 0}}, 77, 77},
        {"too few to say", {{10, 100}, {90, 99}}, 77, 77},
        {"just enough", {{10, 198}, {90, 2}}, 77, 90},
        {"a hundredth is slow", {{10, 9900}, {90, 100}}, UINT64_MAX, 90},
        {"somewhat more than that", {{10, 9700}, {90, 300}}, UINT64_MAX, 90},
        {"far more than that: those above", {{10, 9699}, {90, 301}}, UINT64_MAX, 91},
        {"all alike: those above", {{50, 5000}}, UINT64_MAX, 51},
        {"fewer than a hundredth above", {{50, 5000}, {90, 49}}, UINT64_MAX, 51},
        {"of those above few enough", {{10, 9000}, {50, 150}, {90, 50}}, UINT64_MAX, 50},
        {"all take no time", {{0, 5000}}, UINT64_MAX, 1},
        {"all beyond what is told apart", {{UINT64_MAX, 5000}}, 77, UINT64_MAX},
        {"a hundredth beyond that",
         {{10, 9900}, {UINT64_MAX, 100}},
         77,
         UINT64_C(1) << HIST_MAX_BITS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        sheet_clear(worker.sheet);
        worker.slow_ns = cases[i].known;
        for (size_t k = 0; k < COUNT_OF(cases[i].parts); k++) {
            answer((uint32_t)k, cases[i].parts[k].ns, cases[i].parts[k].times);
        }
        tail_learn(&worker);
        CHECK_U64(cases[i].name, worker.slow_ns, cases[i].slow);
    }
}

/* Whole iterations, a stage's waits and requests that failed are no answers. */
static void only_answers_teach(void **state)
{
    (void)state;
    sheet_clear(worker.sheet);
    worker.slow_ns = 77;
    for (uint32_t i = 0; i < 5000; i++) {
        live_record(cell(0, CELL_ITERATION, 0), MEASURE_OK, 30);
        live_record(cell(0, CELL_STAGE, 0), STAGE_WAIT, 30);
        live_record(cell(0, CELL_REQUEST, 0), MEASURE_NOT_OK, 30);
        live_record(cell(0, CELL_REQUEST, 0), MEASURE_SERVICE, 30);
    }
    tail_learn(&worker);
    CHECK_U64("no answer", worker.slow_ns, 77);
    answer(1, 10, 990);
    answer(2, 20, 10);
    tail_learn(&worker);
    CHECK_U64("a thousand answers", worker.slow_ns, 20);
}

static int falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* Any times: at least a hundredth and at most three, or fewer than a hundredth where the next
 * bucket below would make it more than three. By sorting, of the times themselves. */
static void as_sorting_has_it(void **state)
{
    (void)state;
    static uint64_t times[TIMES_MOST];
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng_stream r = rng_stream_at((struct rng_key){.seed = seed}, 0);
        uint32_t count = 200 + (uint32_t)(rng_next(&r) % (TIMES_MOST - 200));
        uint64_t spread = 1 + rng_next(&r) % 40; /* bits: from all alike to seconds apart */
        sheet_clear(worker.sheet);
        for (uint32_t i = 0; i < count; i++) {
            times[i] = NS_PER_MS + (rng_next(&r) & ((UINT64_C(1) << spread) - 1)) % (60 * NS_PER_S);
            answer((uint32_t)(rng_next(&r) % NAMES), times[i], 1);
        }
        tail_learn(&worker);
        qsort(times, count, sizeof times[0], falling);
        uint32_t slow = 0, with_next = 0, want = count / 100;
        while (slow < count && times[slow] >= worker.slow_ns) slow++;
        /* A limit is the least time of a bucket. */
        assert_true(hist_bucket(worker.slow_ns) == hist_bucket(worker.slow_ns - 1) + 1);
        uint32_t next = slow < count ? hist_bucket(times[slow]) : 0;
        while (with_next < count && hist_bucket(times[with_next]) >= next) with_next++;
        bool right = (slow >= want && slow <= 3 * want) || (slow < want && with_next > 3 * want);
        if (!right) fail_msg("seed %llu: %u of %u are slow", (unsigned long long)seed, slow, count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundredth_is_slow),
        cmocka_unit_test(only_answers_teach),
        cmocka_unit_test(as_sorting_has_it),
    };
    return cmocka_run_group_tests(tests, open_worker, close_worker);
}
