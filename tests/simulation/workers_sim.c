/* However many workers share a load, it is the same load: the same requests, byte for byte, each at
 * the same instant of made-up time. The service takes a fixed time and calls take none, so what
 * differs could come from the schedule only: times, scenarios, rows of data, random values, pauses.
 */
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "run_sim.h"

enum { ROWS = 500, SEEDS = 4 };

static const char *rows(void)
{
    static char csv[ROWS * 8];
    struct text t = text_in(csv, sizeof csv);
    text_adds(&t, "id\n");
    for (uint32_t i = 0; i < ROWS; i++) text_addf(&t, "%u\n", i);
    assert_false(t.cut);
    return csv;
}

static const char *plan_of(const char *stage, uint64_t seed)
{
    static char yaml[4096];
    struct text t = text_in(yaml, sizeof yaml);
    text_adds(&t, "plan: 1\nname: shared\ntarget: http://127.0.0.1:1\n"
                  "data: { row: { file: rows.csv, pick: random } }\n"
                  "scenarios:\n"
                  "  long:\n    weight: 3\n    steps:\n"
                  "      - get: /a?r=$rand(1,1000000)\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0, X-Row: $row.id }\n"
                  "        think: 5ms..40ms\n"
                  "      - get: /b?u=$uuid\n        name: n1\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n1, X-Row: $row.id }\n"
                  "  short:\n    weight: 1\n    steps:\n"
                  "      - get: /c\n        name: n2\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n2 }\n");
    text_addf(&t, "load:\n  seed: %llu\n  stages: [ { name: a, %s } ]\n", (unsigned long long)seed,
              stage);
    assert_false(t.cut);
    return yaml;
}

/* Of all requests and when they were sent: a sum, since workers have no order between them. */
struct load_seen {
    uint64_t requests, bytes, instants, picked[3];
};

static struct load_seen see(const struct run_outcome *run)
{
    struct load_seen seen = {0};
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        uint64_t at_ns = x->sent_ns - run->origin_ns;
        seen.requests++;
        seen.picked[x->name]++;
        seen.bytes += (x->hash ^ x->seq) * UINT64_C(0x9e3779b97f4a7c15);
        seen.instants += (x->hash ^ at_ns * UINT64_C(0xff51afd7ed558ccd)) * (2 * x->seq + 1);
    }
    return seen;
}

static struct load_seen play(const char *stage, uint64_t seed, uint32_t workers)
{
    char name[200];
    struct text t = text_in(name, sizeof name);
    text_addf(&t, "%s, seed %llu, %u workers", stage, (unsigned long long)seed, workers);
    world_name(name);
    struct run_setup setup = {.seed = seed,
                              .yaml = plan_of(stage, seed),
                              .csv = rows(),
                              .law = {.service_ns = 7 * NS_PER_MS},
                              .threads = workers};
    struct run_outcome run = run_sim(&setup);
    return see(&run);
}

static void any_number_of_workers_sends_the_same(void **state)
{
    (void)state;
    static const char *const stages[] = {
        "rate: 90/s, for: 4s, arrivals: poisson",
        "rate: 200/s..5/s, for: 3s, arrivals: poisson",
        "rate: 90/s, for: 4s, arrivals: exact",
        "rate: 10/s..150/s, for: 3s, arrivals: even",
        "users: 20, think: 50ms..300ms, for: 4s",
        "users: 3..30, think: 10ms..90ms, for: 4s",
        "users: 9, pacing: 200ms, for: 4s",
        "users: 10, think: 20ms..60ms, requests: 200, for: 60s",
    };
    static const uint32_t workers[] = {2, 3, 8};
    for (size_t i = 0; i < COUNT_OF(stages); i++) {
        struct load_seen before = {0};
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct load_seen one = play(stages[i], seed, 1);
            CHECK(stages[i], one.requests > 100);
            for (int k = 0; k < 3; k++) CHECK(stages[i], one.picked[k] > 0);
            CHECK(stages[i], one.instants != before.instants); /* another seed, another load */
            before = one;
            for (size_t k = 0; k < COUNT_OF(workers); k++) {
                struct load_seen many = play(stages[i], seed, workers[k]);
                CHECK_U64(stages[i], many.requests, one.requests);
                CHECK_U64(stages[i], many.bytes, one.bytes);
                CHECK_U64(stages[i], many.instants, one.instants);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_workers_sends_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
