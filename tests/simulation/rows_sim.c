/* Rows of `pick: unique` under virtual time: each is used once, none is left while somebody needs
 * one, and when they are used up the run says so. */
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "truth.h"

enum { ROWS_MAX = 4000 };

/* A plan in which one of two scenarios brings a row along. */
static const char *plan_of(const char *load)
{
    static char yaml[4096];
    struct text t = text_in(yaml, sizeof yaml);
    text_adds(&t, "plan: 1\nname: rows\ntarget: http://127.0.0.1:1\n"
                  "data: { row: { file: rows.csv, pick: unique } }\n"
                  "scenarios:\n"
                  "  with:\n    weight: 3\n    steps:\n      - get: /w\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0, X-Row: $row.id }\n"
                  "      - get: /again\n        name: n1\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n1, X-Row: $row.id }\n"
                  "  without:\n    weight: 1\n    steps:\n      - get: /o\n        name: n2\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n2 }\n"
                  "load:\n  seed: 3\n");
    text_adds(&t, load);
    assert_false(t.cut);
    return yaml;
}

static const char *rows_of(uint32_t count)
{
    static char csv[ROWS_MAX * 8];
    struct text t = text_in(csv, sizeof csv);
    text_adds(&t, "id\n");
    for (uint32_t i = 0; i < count; i++) text_addf(&t, "%u\n", i);
    assert_false(t.cut);
    return csv;
}

/* Iterations that came with a row; each row with one of them, and from the first on. */
static uint32_t rows_used(const char *name)
{
    static uint64_t owner[ROWS_MAX]; /* 1 + the iteration's number */
    uint32_t used = 0, beyond = 0;
    memset(owner, 0, sizeof owner);
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        CHECK(name, (x->row != UINT32_MAX) == (x->name != 2));
        if (x->row == UINT32_MAX) continue;
        CHECK(name, x->row < ROWS_MAX);
        CHECK(name, owner[x->row] == 0 || owner[x->row] == x->seq + 1);
        used += owner[x->row] == 0;
        owner[x->row] = x->seq + 1;
        if (x->row >= beyond) beyond = x->row + 1;
    }
    CHECK_U64(name, used, beyond);
    return used;
}

static void each_row_is_used_once(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        uint32_t rows;
        bool short_of;
    } cases[] = {
        {"open stages",
         "  stages:\n    - { name: a, rate: 100/s, for: 3s }\n"
         "    - { name: b, rate: 100/s, for: 3s }\n",
         1000, false},
        {"closed stages, users of any speed",
         "  stages:\n    - { name: a, users: 7, think: 10ms..900ms, for: 5s }\n"
         "    - { name: b, users: 20, think: 10ms..900ms, for: 5s }\n",
         1000, false},
        {"by count", "  stages: [ { name: a, users: 7, requests: 400 } ]\n", 1000, false},
        {"too few for arrivals",
         "  stages:\n    - { name: a, rate: 100/s, for: 3s }\n"
         "    - { name: b, users: 5, think: 100ms, for: 3s }\n"
         "    - { name: c, rate: 100/s, for: 3s }\n",
         150, true},
        {"too few for users",
         "  stages:\n    - { name: a, users: 7, think: 100ms, for: 5s }\n"
         "    - { name: b, rate: 20/s, for: 2s }\n",
         90, true},
        {"too few for a count", "  stages: [ { name: a, users: 7, requests: 400 } ]\n", 50, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            struct run_setup setup = {
                .yaml = plan_of(cases[i].load),
                .csv = rows_of(cases[i].rows),
                .law = {.law = SERVICE_EXPONENTIAL, .service_ns = 20 * NS_PER_MS},
                .threads = threads};
            world_name(cases[i].name);
            struct run_outcome out = run_sim(&setup);
            const struct ledger *l = out.ledger;
            uint32_t used = rows_used(cases[i].name);
            uint64_t dropped = l->outcomes[OUTCOME_DROPPED];
            if (cases[i].short_of) CHECK_U64(cases[i].name, used, cases[i].rows);
            else
                CHECK_U64(cases[i].name, used,
                          l->iterations[0][0][0].begun + l->iterations[1][0][0].begun);
            CHECK_U64(cases[i].name, l->outcomes[OUTCOME_OK] + dropped, l->requests_ended);
            CHECK_U64(cases[i].name, l->notes, cases[i].short_of);
            CHECK(cases[i].name, l->rowless >= dropped);
            CHECK(cases[i].name, (l->rowless > 0) == cases[i].short_of);
        }
    }
}

/* What needs no row goes on; a user who would need one leaves; its stage ends all the same. */
static void without_rows_the_rest_goes_on(void **state)
{
    (void)state;
    static const char load[] = "  stages:\n    - { name: a, rate: 100/s, for: 4s }\n"
                               "    - { name: b, users: 40, think: 50ms, for: 4s }\n";
    struct run_setup setup = {
        .yaml = plan_of(load), .csv = rows_of(60), .law = {.service_ns = NS_PER_MS}};
    world_name("the rest");
    struct run_outcome out = run_sim(&setup);
    const struct ledger *l = out.ledger;
    uint64_t without = l->iterations[0][0][1].outcomes[OUTCOME_OK];
    CHECK_U64("used", rows_used("the rest"), 60);
    CHECK("those without rows", without > 60 && without < 140);
    CHECK_U64("all of them", l->iterations[0][0][1].begun, without);
    CHECK_U64("dropped", l->iterations[0][0][0].outcomes[OUTCOME_DROPPED],
              l->iterations[0][0][0].begun - 60);
    CHECK_U64("no user begins with one", l->iterations[1][0][0].begun, 0);
    CHECK("every user left", l->stage_rowless[1] == 40);
    CHECK("at its time", ledger_end_ns(l) < 8200 * NS_PER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_is_used_once),
        cmocka_unit_test(without_rows_the_rest_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
