#include "plan/plan_doubt.h"

#include "plan_fixture.h"

#define HEAD                                                                                       \
    "plan: 1\ntarget: http://a\nscenarios:\n  one: { steps: [ GET /a, GET /b ] }\n"                \
    "  two: { weight: 3, steps: [ GET /c, { get: /d, until: status 200 } ] }\n"                    \
    "services: { api: { command: /bin/true }, far: { redis: '10.0.0.1:6379' },"                    \
    " near: { port: 6379 } }\n"                                                                    \
    "load:\n  warmup: { rate: 900/s, for: 1s }\n  stages:\n"                                       \
    "    - { name: only, rate: 10/s..20/s, for: 9s, mix: { one: 1 } }\n"                           \
    "    - { name: both, rate: 4/s, for: 9s }\n"                                                   \
    "    - { name: spike, rate: 100/s, for: 9s, judge: false, mix: { one: 1 } }\n"                 \
    "    - { name: crowd, users: 3, for: 9s, judge: false }\n"                                     \
    "objectives:\n  - "

static void doubts(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want; /* want empty: it may hold */
    } rows[] = {
        {"p95 < 1s", ""},
        {"p95 of two in only < 1s", "no stage that it looks at sends any of it"},
        {"p95 of \"GET /c\" in only < 1s", "no stage that it looks at sends any of it"},
        {"p95 of two < 1s", ""},
        {"p95 of each in only < 1s", ""},
        {"users > 3", "its stages have at most 0 users"},
        {"users in crowd > 3", "its stages have at most 3 users"},
        {"users in crowd >= 3", ""},
        {"throughput in only > 41/s", "its stages offer at most 40/s"},
        {"throughput in only > 40/s", ""},
        {"throughput > 41/s", ""}, /* the poll of `both` */
        {"throughput of \"GET /c\" > 4/s", "its stages offer at most 3/s"},
        {"throughput of \"GET /d\" > 4000/s", ""},
        {"throughput of two > 4/s", "its stages offer at most 3/s"},
        {"throughput of one > 21/s", "its stages offer at most 20/s"},
        {"throughput in spike > 150/s", ""},
        {"throughput in crowd > 9000/s", ""},
        {"throughput >= 98% of offered", ""},
        {"memory of api < 1MiB", ""},
        {"memory of near < 1MiB", ""},
        {"cpu of far < 80%", "nothing says which processes far has"},
        {"connections of far < 80", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[900];
        char array[160];
        struct text source = text_in(yaml, sizeof yaml);
        struct text out = text_in(array, sizeof array);
        text_addf(&source, HEAD "%s\n", rows[i].in);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK(rows[i].in, f.good);
        bool told = plan_doubt_tell(&out, &f.plan, &f.plan.objectives[0]);
        CHECK_STR(rows[i].in, array, rows[i].want);
        CHECK(rows[i].in, told == (strlen(rows[i].want) > 0));
        fixture_close(&f);
    }
}

static void services(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool doubted;
    } rows[] = {
        {"{ command: ./api --port $api.port }", false},
        {"{ command: [ ./api, '--port=$api.port' ] }", false},
        {"{ command: ./api, env: { PORT: $api.port } }", false},
        {"{ command: ./api --port 8080 }", true},
        {"{ command: ./api --port 8080, env: { PORT: 8080 } }", true},
        /* What it is asked, and where it runs, tells it nothing. */
        {"{ command: ./api, ready: 'http://127.0.0.1:$api.port/' }", true},
        {"{ command: ./api, cwd: /tmp/$api.port }", true},
        /* A neighbour that is told the port does not listen there. */
        {"{ command: ./api }\n  proxy: { command: ./proxy $api.port $proxy.port }", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[900];
        char array[160];
        struct text source = text_in(yaml, sizeof yaml);
        struct text out = text_in(array, sizeof array);
        text_addf(&source,
                  "plan: 1\ntarget: http://127.0.0.1:$api.port\nservices:\n  api: %s\n"
                  "scenarios:\n  one: { steps: [ GET /a ] }\n"
                  "load: { stages: [ { rate: 1/s, for: 1s } ] }\n",
                  rows[i].in);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK(rows[i].in, f.good);
        bool told = plan_doubt_tell_service(&out, &f.plan.services[0]);
        CHECK(rows[i].in, told == rows[i].doubted);
        CHECK(rows[i].in, told == (strstr(array, "names $api.port") != NULL));
        for (uint32_t k = 1; k < f.plan.service_count; k++) {
            CHECK(rows[i].in, !plan_doubt_tell_service(&out, &f.plan.services[k]));
        }
        fixture_close(&f);
    }
    /* Where nobody looks for a port there is none to tell. */
    struct fixture f;
    char array[160];
    struct text out = text_in(array, sizeof array);
    fixture_load(&f,
                 "plan: 1\ntarget: http://a\nservices: { db: { command: ./db } }\n"
                 "scenarios: { one: { steps: [ GET /a ] } }\n"
                 "load: { stages: [ { rate: 1/s, for: 1s } ] }\n",
                 NULL);
    assert_true(f.good && !plan_doubt_tell_service(&out, &f.plan.services[0]));
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(doubts), cmocka_unit_test(services)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
