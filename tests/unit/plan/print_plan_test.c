/* parse . print = id, for each plan below; no secret is printed. */
#include "plan/print_plan.h"

#include "plan/key_table.h"
#include "plan_fixture.h"
#include "same_plan.h"
#include <stdlib.h>

#define PRINTED_MAX (256u << 10)

#define HEAD "plan: 1\ntarget: http://h\n"
#define STEPS "scenarios: { a: { steps: [ GET / ] } }\n"
#define LOAD "load: { stages: [ { rate: 5/s, for: 1s } ] }\n"

/* Every key of the language, and most of what a value can be. */
static const char full[] =
    "plan: 1\n"
    "name: 'it''s all: here'\n"
    "target: [ http://127.0.0.1:$api.port/base/, 'http://[::1]:$env.PORT', 'unix:/run/a:/b/',\n"
    "  https://a.test/ ]\n"
    "watch: { probe: 1/s, window: 10m, roll: 12h, keep: 30d }\n"
    "tls: { ca: ca.pem, cert: /c.pem, key: \"$plan/$env.TOKEN\", server_name: b.test,\n"
    "  insecure: false }\n"
    "hosts: { \"a.test:443\": 127.0.0.2, a.test: 'unix:/$env.TOKEN' }\n"
    "source: [ 127.0.0.3, '::1' ]\n"
    "trace: 12.5%\n"
    "otlp: \"[::1]:4319 required\"\n"
    "headers: { X-All: a$$b, Accept: a/b }\n"
    "timeout: { connect: 1500ms, first_byte: 2s, response: 1m }\n"
    "vars: { limit: 250ms, version: v2, tok: Bearer $env.TOKEN, k: 3, rate: 7/s, x: $k$version }\n"
    "services:\n"
    "  api:\n"
    "    command: ./s --port=$api.port --dir $dir 'two words' -t $env.TOKEN\n"
    "    otlp: j\n"
    "    env: { O: $otlp.url, H: $dir/h, E: '', M: $$5, "
    "KEY: \"$env.TOKEN\" }\n"
    "    ready: GET /healthz?a=$$b within 10s\n"
    "    stop: SIGINT within 1m30s\n"
    "    cwd: sub\n"
    "    keep: true\n"
    "  db: { postgres: \"postgres://a:$env.TOKEN@b/c\", pgbouncer: postgres://a@b:1/pgbouncer }\n"
    "  cache: { redis: \"redis://u:$env.TOKEN@h:1\", memcached: unix:/run/m }\n"
    "  log: { command: [ tail, -f, \"a b\" ], ready: 'log up # and \"running\" within 2s' }\n"
    "  found: { port: $api.port, required: true }\n"
    "  known: { port: 8086, metrics: http://127.0.0.1:$known.port }\n"
    "  page:\n"
    "    metrics: { url: \"http://h/m?t=$env.TOKEN\", keep: [ a_*, b ], tls: { insecure: true },\n"
    "      headers: { A: $env.TOKEN, X: a$$b } }\n"
    "    required: true\n"
    "  num: { pid: 4711 }\n"
    "  file: { pid: sub/x.pid }\n"
    "  group: { cgroup: '/a b/c/', redis: 'localhost:6379', memcached: localhost,\n"
    "    postgres: 'postgres://u:$env.TOKEN@h/d', pgbouncer: 'postgres://u@h/pgbouncer' }\n"
    "  unit: { unit: nginx }\n"
    "  proc: { process: 'my s' }\n"
    "  log2: { access_log: a, access_format: '$status', logs: [ b, \"/$env.TOKEN\" ] }\n"
    "data:\n"
    "  owner: { file: owners.csv, pick: unique }\n"
    "  row: [ { id: 1, name: 'a: \"b\"' }, { name: \"line\\nbreak\", id: '' } ]\n"
    "scenarios:\n"
    "  read:\n"
    "    weight: 8.5\n"
    "    headers: { X-All: over }\n"
    "    timeout: 3s\n"
    "    steps:\n"
    "      - GET /jobs?owner=$owner.id&page=$rand(1,50)&u=$uuid\n"
    "      - { get: /v/$version, headers: { Authorization: $tok }, check: json .v == $version }\n"
    "      - get: /t/$env.TOKEN/$tok/$$x\n"
    "        name: named\n"
    "        headers: { Authorization: Bearer $env.TOKEN }\n"
    "        check: [ status 2xx, 'header X contains \"a b\"', 'regex \"id=([0-9]+)\"' ]\n"
    "        think: 0.5s..2s\n"
    "        on_fail: continue\n"
    "  'job: quoted':\n"
    "    weight: 2\n"
    "    steps:\n"
    "      - post: /jobs\n"
    "        json:\n"
    "          kind: resize\n"
    "          deep: { list: [ 1, 2.50, [ true, ~, [] ], {} ], \"k$seq\": \"a\\\"\\n\\\\$$\" }\n"
    "          page: $rand(1,3)\n"
    "          text: \"$rand(1,3)\"\n"
    "          token: $env.TOKEN\n"
    "          port: $api.port\n"
    "          owner: $owner.name\n"
    "          vars: [ $k, $version, $tok, a$x ]\n"
    "        capture: { id: json .id, where: header Location, n: 'regex \"n=(\\d+)\"', q: 'regex "
    "\"q\": (.)' }\n"
    "      - get: /jobs/$id\n"
    "        until: json .state == \"done $id\"\n"
    "        every: 100ms\n"
    "        within: 15s\n"
    "        timeout: { first_byte: 1s }\n"
    "        connection: new\n"
    "      - put: $where\n"
    "        body: \"two\\nlines of $user: $row.name\"\n"
    "      - { patch: /p, json: $id }\n"
    "      - { delete: '/d?x=$id' }\n"
    "      - { head: /h, json: [ ] }\n"
    "      - { options: /o, body: '' }\n"
    "load:\n"
    "  arrivals: even\n"
    "  warmup: { rate: 30/m, for: auto, at_most: 40s }\n"
    "  stages:\n"
    "    - { name: climb, rate: 0.1/s..0.95/s, step: 0.3/s, each: 15s }\n"
    "    - { name: alone, rate: 0/s..100/s, step: 100/s, each: 2s, settle: 1s }\n"
    "    - { name: down, users: 90..10, step: 20, each: 2s, pacing: 100ms }\n"
    "    - { name: ramp, rate: 1/h..7000.25/s, for: 1s, arrivals: exact, judge: false }\n"
    "    - { name: crowd, users: 550, think: 1s, for: 20s, mix: { 'job: quoted': 3, read: 1 } }\n"
    "    - { rate: $rate, requests: $k$k }\n"
    "    - { name: some, users: 10..20, requests: 50, for: 1h30m }\n"
    "  max_in_flight: 5000\n"
    "  connections: 400\n"
    "  threads: 2\n"
    "  seed: 18446744073709551615\n"
    "objectives:\n"
    "  - p99.9 of named < 200ms\n"
    "  - 'p95 of \"GET /jobs/$id\" in climb < $limit'\n"
    "  - 'p50 of \"job: quoted\" < 1s'\n"
    "  - warn: errors < 0.1%\n"
    "  - throughput in \"climb@0.4/s\" >= 98% of offered\n"
    "abort_when: [ errors > 20% for 10s ]\n"
    "outputs: [ csv, 'junit out/a # b.xml' ]\n";

/* Of load, the plan's own or the load's timeout may be given, not both. */
static const char other_timeout[] = HEAD STEPS "load:\n  timeout: { connect: 1s }\n"
                                               "  stages: [ { users: 1, for: 1s } ]\n";

static const struct {
    const char *name, *yaml;
} plans[] = {
    {"full", full},
    {"least", HEAD STEPS LOAD},
    {"timeout of load", other_timeout},
    {"users warm up", HEAD STEPS "load: { warmup: { users: 3, think: 1s..2s, for: 1s },\n"
                                 "        stages: [ { users: 1, for: 1s } ] }\n"},
    {"objectives without failures", HEAD STEPS LOAD "objectives: [ p95 < 1s, warn: errors < 1% ]"},
    {"names that look like YAML",
     HEAD "name: '- no'\nscenarios:\n  'yes: [': { steps: [ { get: /,"
          " name: '#1 {x}' }, { get: '/a?b=c&d=$$', name: $$id } ] }\n" LOAD},
    {"a name as written", HEAD "scenarios: { a: { steps: [ GET /v/$plan/x ] } }\n" LOAD},
};

static struct bytes print_to(char *array, size_t size, const struct plan *plan)
{
    struct text out = text_in(array, size);
    print_plan_write(&out, plan);
    assert_false(out.cut);
    return text_bytes(&out);
}

static void reads_back(void **state)
{
    (void)state;
    static struct fixture f, back, again;
    static char first[PRINTED_MAX], second[PRINTED_MAX];
    for (size_t i = 0; i < COUNT_OF(plans); i++) {
        fixture_load(&f, plans[i].yaml, NULL);
        if (!f.good) print_error("%s\n", f.diags.items[0].msg);
        CHECK(plans[i].name, f.good);
        print_to(first, sizeof first, &f.plan);
        fixture_load(&back, first, NULL);
        if (!back.good) print_error("%s\n%s\n", first, back.diags.items[0].msg);
        CHECK(plans[i].name, back.good);
        if (getenv("SHOW")) fprintf(stderr, "%s\n", first);
        same_plan_check(plans[i].name, &f.plan, &back.plan);
        print_to(second, sizeof second, &back.plan);
        CHECK_STR(plans[i].name, second, first);
        fixture_load(&again, second, NULL);
        CHECK(plans[i].name, again.good);
        fixture_close(&f);
        fixture_close(&back);
        fixture_close(&again);
    }
}

static void every_key_is_printed(void **state)
{
    (void)state;
    static struct fixture f;
    static char array[PRINTED_MAX];
    fixture_load(&f, full, NULL);
    struct bytes printed = print_to(array, sizeof array, &f.plan);
    for (unsigned k = 0; k < KEY_COUNT; k++) {
        char key[40];
        struct text t = text_in(key, sizeof key);
        /* Those of users in the warm-up, and those that are written out in each step. */
        bool elsewhere = k == KEY_LOAD_TIMEOUT || k == KEY_PLAN_TIMEOUT || k == KEY_PLAN_HEADERS
                         || k == KEY_SCENARIO_HEADERS || k == KEY_SCENARIO_TIMEOUT;
        text_addf(&t, "%s:", key_table_row((enum key)k)->name);
        if (!elsewhere) CHECK(key, bytes_find(printed, text_bytes(&t)) != SIZE_MAX);
    }
    fixture_close(&f);
}

static void no_secret_is_printed(void **state)
{
    (void)state;
    static struct fixture f;
    static char array[PRINTED_MAX];
    fixture_load(&f, full, NULL);
    struct bytes printed = print_to(array, sizeof array, &f.plan);
    static const char *const forms[] = {"t0p", "secret"};
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        CHECK(forms[i], bytes_find(printed, bytes_of(forms[i])) == SIZE_MAX);
    CHECK("by its name", bytes_find(printed, BYTES_LIT("Bearer $env.TOKEN\n")) != SIZE_MAX);

    /* A secret that has no name, as from -H, is masked. */
    struct bytes secret = BYTES_LIT("a/b");
    f.plan.secrets = &secret;
    f.plan.secret_count = 1;
    f.plan.secret_name_count = 0;
    printed = print_to(array, sizeof array, &f.plan);
    CHECK("masked", bytes_find(printed, secret) == SIZE_MAX);
    CHECK("masked", bytes_find(printed, BYTES_LIT("\xe2\x80\xa2\xe2\x80\xa2")) != SIZE_MAX);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back),
        cmocka_unit_test(every_key_is_printed),
        cmocka_unit_test(no_secret_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
