#include "plan/plan_load.h"

#include "plan_fixture.h"

#define HEAD "plan: 1\ntarget: http://127.0.0.1:8080\n"
#define STEPS HEAD "scenarios:\n  read:\n    steps:\n"
#define LOAD "load:\n  stages:\n    - { rate: 100/s, for: 10s }\n"
#define STAGES STEPS "      - GET /jobs\nload:\n  stages:\n"
#define SECOND UINT64_C(1000000000)

/* Constants as they are, what is filled in later as <kind>. */
static void show(struct text *out, const struct pattern *p)
{
    static const char *const kinds[] = {"", "capture", "data", "rand", "uuid", "seq", "user"};
    static const char *const codes[] = {"", "path", "query", "header", "string", "value"};
    for (uint32_t i = 0; i < p->piece_count; i++) {
        const struct piece *piece = &p->pieces[i];
        if (piece->kind == PIECE_TEXT) text_add(out, piece->text);
        else text_addf(out, "<%s %s>", kinds[piece->kind], codes[piece->encoding]);
    }
}

static void json_bodies(void **state)
{
    (void)state;
    static const struct {
        const char *json, *want;
    } rows[] = {
        {"{ a: 1, b: 1.10, c: true, d: null, e: yes }",
         "{\"a\":1,\"b\":1.10,\"c\":true,\"d\":null,\"e\":\"yes\"}"},
        {"{ a: '1', b: \"true\" }", "{\"a\":\"1\",\"b\":\"true\"}"},
        {"{ a: 20ms, b: 007, c: 0x10, d: .5, e: ~ }",
         "{\"a\":\"20ms\",\"b\":\"007\",\"c\":\"0x10\",\"d\":\".5\",\"e\":\"~\"}"},
        {"{ a: [ 1, [ 2 ], {} ], b: [] }", "{\"a\":[1,[2],{}],\"b\":[]}"},
        {"\n          n: $rand(1,3)\n          t: \"$rand(1,3)\"",
         "{\"n\":<rand value>,\"t\":\"<rand string>\"}"},
        {"{ a: $seq, b: x$seq, c: $$5 }",
         "{\"a\":<seq value>,\"b\":\"x<seq string>\",\"c\":\"$5\"}"},
        {"{ a: $env.TOKEN, b: $env.PORT, c: \"$env.PORT\" }",
         "{\"a\":\"t0p\\\"secret\",\"b\":9,\"c\":\"9\"}"},
        {"{ 'k\"$seq': \"a\\nb\" }", "{\"k\\\"<seq string>\":\"a\\nb\"}"},
        {"$uuid", "<uuid value>"},
        {"{ a: }", "{\"a\":null}"},
        {"{ a: \"\" }", "{\"a\":\"\"}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[600], array[300];
        struct text source = text_in(yaml, sizeof yaml), out = text_in(array, sizeof array);
        text_addf(&source, STEPS "      - post: /jobs\n        json: %s\n" LOAD, rows[i].json);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK_U64(rows[i].json, f.diags.count, 0);
        const struct step *step = &f.plan.scenarios[0].steps[0];
        show(&out, &step->body);
        CHECK_STR(rows[i].json, array, rows[i].want);
        CHECK(rows[i].json, step->json_body && step->header_count == 1);
        CHECK(rows[i].json, bytes_is(step->headers[0].name, "Content-Type"));
        fixture_close(&f);
    }
}

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *want, *name;
    } rows[] = {
        {"/jobs?page=$rand(1,50)&x=$seq", "/jobs?page=<rand query>&x=<seq query>", "GET /jobs"},
        {"/jobs/$seq/$$1", "/jobs/<seq path>/$1", "GET /jobs/$seq/$$1"},
        {"/a$env.TOKEN?b=$env.TOKEN", "/at0p%22secret?b=t0p%22secret", "GET /a$env.TOKEN"},
        {"http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x", "GET http://127.0.0.1:8080/x"},
        {"/p/$user.json", "/p/<user path>.json", "GET /p/$user.json"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[600], array[300];
        struct text source = text_in(yaml, sizeof yaml), out = text_in(array, sizeof array);
        text_addf(&source, STEPS "      - GET %s\n" LOAD, rows[i].url);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK_U64(rows[i].url, f.diags.count, 0);
        const struct step *step = &f.plan.scenarios[0].steps[0];
        show(&out, &step->url);
        CHECK_STR(rows[i].url, array, rows[i].want);
        CHECK(rows[i].url, bytes_is(f.plan.names[step->name_index], rows[i].name));
        CHECK(rows[i].url, bytes_is(step->method, "GET"));
        fixture_close(&f);
    }
}

static void captures(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f,
                 STEPS
                 "      - post: /jobs\n"
                 "        capture: { id: json .id, at: header Location, n: 'regex n=([0-9]+)' }\n"
                 "      - get: $at\n"
                 "        headers: { X-Id: a$id }\n"
                 "        check: [ 'json .id == $id', 'json .n == \"1\"' ]\n"
                 "        capture: { id: json .next }\n"
                 "      - GET /jobs/$id\n" LOAD,
                 NULL);
    assert_int_equal(f.diags.count, 0);
    const struct scenario *s = &f.plan.scenarios[0];
    assert_int_equal(s->capture_count, 3);
    assert_int_equal(s->steps[1].url.pieces[0].index, 1);
    assert_int_equal(s->steps[1].url.pieces[0].encoding, ENCODE_NONE);
    assert_int_equal(s->steps[1].headers[0].value.pieces[1].encoding, ENCODE_HEADER);
    assert_int_equal(s->steps[1].checks[0].right.pieces[0].kind, PIECE_CAPTURE);
    assert_true(s->steps[1].checks[1].right_quoted);
    assert_int_equal(s->steps[1].captures[0].slot, 0); /* the same name is the same slot */
    assert_int_equal(s->steps[2].url.pieces[1].encoding, ENCODE_PATH);
    fixture_close(&f);
}

static void headers_and_timeouts(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(
        &f,
        HEAD
        "headers: { A: plan, B: plan, Authorization: Bearer $env.TOKEN }\n"
        "timeout: { connect: 1s, first_byte: 3s }\n"
        "scenarios:\n  read:\n    headers: { b: scenario, C: scenario }\n    timeout: 5s\n"
        "    steps:\n      - GET /a\n"
        "      - { post: /b, headers: { c: step }, timeout: { response: 6s }, body: x }\n" LOAD,
        NULL);
    assert_int_equal(f.diags.count, 0);
    const struct step *first = &f.plan.scenarios[0].steps[0], *second = first + 1;
    assert_int_equal(first->header_count, 4);
    assert_true(bytes_is(first->headers[1].name, "b"));
    assert_true(first->headers[2].value.pieces[1].secret);
    assert_true(bytes_is(second->headers[3].value.pieces[0].text, "step"));
    assert_true(first->timeout.connect_ns == SECOND && first->timeout.first_byte_ns == 3 * SECOND);
    assert_true(first->timeout.response_ns == 5 * SECOND
                && second->timeout.response_ns == 6 * SECOND);
    assert_true(second->has_body && !second->json_body);
    assert_int_equal(f.plan.secret_count, 1);
    assert_true(bytes_is(f.plan.secrets[0], "t0p\"secret"));
    fixture_close(&f);
}

static void rungs(void **state)
{
    (void)state;
    static const struct {
        const char *stage;
        const char *names[6];
        double rates[6]; /* or users */
    } rows[] = {
        {"{ name: c, rate: 200/s..600/s, step: 200/s, each: 15s }",
         {"c@200/s", "c@400/s", "c@600/s"},
         {200, 400, 600}},
        {"{ name: c, rate: 100/s..350/s, step: 100/s, each: 15s }",
         {"c@100/s", "c@200/s", "c@300/s", "c@350/s"},
         {100, 200, 300, 350}},
        {"{ name: c, rate: 300/s..100/s, step: 100/s, each: 15s }",
         {"c@300/s", "c@200/s", "c@100/s"},
         {300, 200, 100}},
        {"{ rate: 0.1/s..0.3/s, step: 0.1/s, each: 15s }",
         {"stage1@0.1/s", "stage1@0.2/s", "stage1@0.3/s"},
         {0.1, 0.2, 0.3}},
        {"{ name: u, users: 10..30, step: 10, each: 15s }", {"u@10", "u@20", "u@30"}, {10, 20, 30}},
        {"{ name: z, rate: 0/s..2/s, step: 1/s, each: 15s }", {"z@1/s", "z@2/s"}, {1, 2}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[400];
        struct text source = text_in(yaml, sizeof yaml);
        text_addf(&source, STAGES "    - %s\n", rows[i].stage);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK_U64(rows[i].stage, f.diags.count, 0);
        uint32_t count = 0;
        while (count < 6 && rows[i].names[count]) count++;
        CHECK_U64(rows[i].stage, f.plan.stage_count, count);
        for (uint32_t k = 0; k < count; k++) {
            const struct stage *s = &f.plan.stages[k];
            double load = s->model == MODEL_OPEN ? s->rate_from : s->users_from;
            double far = load - rows[i].rates[k];
            CHECK(rows[i].stage, bytes_is(s->name, rows[i].names[k]));
            CHECK(rows[i].stage, far < 1e-9 && far > -1e-9);
            CHECK(rows[i].stage, s->length_ns == 15 * SECOND && s->judged);
            CHECK(rows[i].stage, bytes_starts(s->name, s->group));
        }
        fixture_close(&f);
    }
}

/* A column has one JSON type, whichever row is drawn. */
static void json_columns(void **state)
{
    (void)state;
    static const struct {
        const char *cells[3];
        const char *want;
    } rows[] = {
        {{"12", "7", "-1.5e3"}, "<data value>"},     {{"12", "007", "7"}, "\"<data string>\""},
        {{"true", "false", "true"}, "<data value>"}, {{"true", "1", "false"}, "\"<data string>\""},
        {{"12", "''", "7"}, "\"<data string>\""},    {{"a", "b", "c"}, "\"<data string>\""},
        {{"1", "null", "2"}, "\"<data string>\""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[600];
        char array[100];
        struct text source = text_in(yaml, sizeof yaml);
        struct text out = text_in(array, sizeof array);
        text_addf(&source,
                  HEAD "data: { d: [ { c: %s }, { c: %s }, { c: %s } ] }\nscenarios:\n  a:\n"
                       "    steps: [ { post: /a, json: $d.c } ]\n" LOAD,
                  rows[i].cells[0], rows[i].cells[1], rows[i].cells[2]);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        CHECK(rows[i].cells[1], f.good);
        show(&out, &f.plan.scenarios[0].steps[0].body);
        CHECK_STR(rows[i].cells[1], array, rows[i].want);
        fixture_close(&f);
    }
}

/* A regular expression may begin with a quote of its own. */
static void quoted_regexes(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want; /* want NULL: refused */
    } rows[] = {
        {"\"id\": ([0-9]+)", "\"id\": ([0-9]+)"},
        {"\"id\": \"([^\"]+)\"", "\"id\": \"([^\"]+)\""},
        {"\"id=([0-9]+)\"", "id=([0-9]+)"},
        {"\"a \\\" b\"", "a \\\" b"},
        {"id=([0-9]+)", "id=([0-9]+)"},
        {"\\x22id\\x22", "\\x22id\\x22"},
        {"\"id=([0-9]+)", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char yaml[600];
        struct text source = text_in(yaml, sizeof yaml);
        text_addf(&source,
                  STEPS "      - get: /jobs\n        check: 'regex %s'\n"
                        "        capture: { n: 'regex %s' }\n" LOAD,
                  rows[i].in, rows[i].in);
        struct fixture f;
        fixture_load(&f, yaml, NULL);
        const struct step *step = &f.plan.scenarios[0].steps[0];
        CHECK(rows[i].in, f.good == (rows[i].want != NULL));
        if (f.good) CHECK(rows[i].in, bytes_is(step->checks[0].name, rows[i].want));
        if (f.good) CHECK(rows[i].in, bytes_is(step->captures[0].expression, rows[i].want));
        fixture_close(&f);
    }
}

static void stages(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(&f,
                 HEAD
                 "scenarios:\n  a: { weight: 3, steps: [ GET /a ] }\n  b: { steps: [ GET /b ] }\n"
                 "load:\n  arrivals: even\n  warmup: { users: 5, think: 1s, for: 2s }\n  stages:\n"
                 "    - { rate: 10/s..30/s, for: 10s, settle: 2s }\n"
                 "    - { rate: 50/s, requests: 500, arrivals: exact, judge: false }\n"
                 "    - { rate: 0/s..100/s, requests: 500 }\n"
                 "    - { users: 9, requests: 70, mix: { b: 5 }, pacing: 2s }\n"
                 "    - { users: 9, requests: 70, for: 1m, think: 1s..2s }\n",
                 NULL);
    assert_int_equal(f.diags.count, 0);
    const struct stage *s = f.plan.stages;
    assert_int_equal(f.plan.stage_count, 6);
    assert_true(s[0].warmup && !s[0].judged && s[0].model == MODEL_CLOSED && s[0].has_think);
    assert_true(bytes_is(s[1].name, "stage1") && s[1].settle_ns == 2 * SECOND);
    assert_true(s[1].arrivals == ARRIVALS_EVEN && s[2].arrivals == ARRIVALS_EXACT && !s[2].judged);
    assert_true(s[2].length_ns == 10 * SECOND && s[2].requests == 500);
    assert_true(s[3].length_ns == 10 * SECOND);
    assert_true(s[4].length_ns == 3600 * SECOND && s[4].pacing_ns == 2 * SECOND);
    assert_true(s[5].length_ns == 60 * SECOND && s[5].think.hi_ns == 2 * SECOND);
    assert_true(s[1].mix[0] > 0.7499 && s[1].mix[0] < 0.7501);
    assert_true(s[4].mix[0] <= 0 && s[4].mix[1] > 0.9999);
    assert_true(f.plan.objective_count == 1 && f.plan.objectives[0].implicit);
    fixture_close(&f);
}

static void services_and_data(void **state)
{
    (void)state;
    struct fixture f;
    fixture_load(
        &f,
        "plan: 1\ntarget: [ 'http://127.0.0.1:$api.port/v1/', 'http://[::1]' ]\n"
        "services:\n  api:\n    command: ./api --port $api.port 'a b' \"$dir/x\" \\$$HOME\n"
        "    env: { DB: $env.TOKEN }\n    ready: HEAD /up within 3s\n    stop: INT within 1s\n"
        "    cwd: sub\n    keep: true\n  two: { command: [ two, '$plan' ] }\n"
        "data:\n  owner: { file: owners.csv, pick: unique }\n  kind: [ { k: a, n: 1 }, { n: 2, k: "
        "b } ]\n"
        "scenarios:\n  read:\n    steps:\n      - GET /$owner.name?k=$kind.k\n" LOAD,
        NULL);
    assert_int_equal(f.diags.count, 0);
    const struct service *s = f.plan.services;
    static const char *const argv[] = {"/plans/./api", "--port",         "4001",
                                       "a b",          "/private/api/x", "$HOME"};
    assert_int_equal(s[0].argc, COUNT_OF(argv));
    for (uint32_t i = 0; i < s[0].argc; i++) assert_string_equal(s[0].argv[i].at, argv[i]);
    assert_string_equal(s[0].env[0].at, "DB=t0p\"secret");
    assert_true(s[0].ready == READY_HTTP && bytes_is(s[0].ready_method, "HEAD"));
    assert_true(s[0].ready_within_ns == 3 * SECOND && s[0].stop_signal == 2 && s[0].keep);
    assert_true(bytes_is(s[0].cwd, "/plans/sub") && bytes_is(s[0].dir, "/private/api"));
    assert_true(s[1].ready == READY_NONE && s[1].port == 0 && bytes_is(s[1].argv[1], "/plans"));
    const struct target *t = f.plan.targets;
    assert_true(t[0].port == 4001 && bytes_is(t[0].base_path, "/v1"));
    assert_true(bytes_is(t[0].authority, "127.0.0.1:4001") && bytes_is(t[1].authority, "[::1]"));
    assert_true(bytes_is(t[1].host, "::1") && t[1].port == 80);
    const struct data_source *d = f.plan.data;
    assert_true(d[0].row_count == 2 && d[0].pick == PICK_UNIQUE);
    assert_true(bytes_is(d[0].cells[1], "Ann, \"A\""));
    assert_true(bytes_is(d[1].cells[2], "b")
                && bytes_is(d[1].cells[3], "2")); /* by name, not by order */
    const struct piece *p = f.plan.scenarios[0].steps[0].url.pieces;
    assert_true(p[1].kind == PIECE_DATA && p[1].column == 1 && p[3].index == 1);
    fixture_close(&f);
}

static void overrides(void **state)
{
    (void)state;
    const struct bytes sentences[] = {BYTES_LIT("p95 < 1s"), BYTES_LIT("warn: errors < 1%")};
    const struct plan_overrides flags = {.objectives = sentences,
                                         .objective_count = 2,
                                         .has_seed = true,
                                         .seed = 9,
                                         .threads = 3,
                                         .connections = 4,
                                         .max_in_flight = 5,
                                         .connect_timeout_ns = 6,
                                         .response_timeout_ns = 7};
    struct fixture f;
    fixture_load(&f, STEPS "      - GET /a\n" LOAD "  seed: 1\nobjectives:\n  - avg < 5ms\n",
                 &flags);
    assert_int_equal(f.diags.count, 0);
    assert_int_equal(f.plan.objective_count, 3); /* a warning about errors can't fail the run */
    assert_true(f.plan.objectives[2].implicit);
    assert_true(f.plan.objectives[1].warn && bytes_is(f.plan.objectives[1].text, "errors < 1%"));
    assert_true(f.plan.seed == 9 && f.plan.threads == 3 && f.plan.connections == 4);
    assert_true(f.plan.max_in_flight == 5);
    assert_true(f.plan.scenarios[0].steps[0].timeout.connect_ns == 6);
    assert_true(f.plan.scenarios[0].steps[0].timeout.response_ns == 7);
    fixture_close(&f);
}

static void only_one_error(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum diag_code code;
    } rows[] = {
        {STEPS "      - { get: /a, headers: { X: $env.LINES } }\n" LOAD, DIAG_HEADER},
        {STEPS "      - { get: /a, headers: { X: $id } }\n" LOAD, DIAG_UNKNOWN_VARIABLE},
        {STEPS "      - { get: /a, capture: { seq: json .a } }\n" LOAD, DIAG_NAME},
        {STEPS "      - { get: /a, timeout: 0s }\n" LOAD, DIAG_NUMBER},
        {HEAD "data: { owner: [ { a: 1 } ] }\nscenarios:\n  owner: { steps: [ GET /a ] }\n" LOAD,
         DIAG_NAME_CLASH},
        {HEAD "timeout: 1s\nscenarios:\n  a: { steps: [ GET /a ] }\n" LOAD "  timeout: 2s\n",
         DIAG_CONFLICT},
        {STEPS "      - $rand(1,2)\n" LOAD, DIAG_METHOD},
        {STAGES "    - { name: warmup, rate: 1/s, for: 1s }\n  warmup: { rate: 1/s, for: 1s }\n",
         DIAG_NAME_CLASH},
        {STAGES "    - { rate: 1/s..2000/s, step: 1/s, each: 1s }\n", DIAG_TOO_BIG},
        {STAGES "    - { rate: 1/s, for: 31d }\n", DIAG_NUMBER},
        {STAGES "    - { rate: 1/h, requests: 999999999999 }\n", DIAG_NUMBER},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct fixture f;
        fixture_load(&f, rows[i].yaml, NULL);
        fixture_only(rows[i].yaml, &f, rows[i].code);
        fixture_close(&f);
    }
}

/* The n-th allocation fails, for every n: never a crash, always a word. */
static void little_memory(void **state)
{
    (void)state;
    struct bytes yaml = BYTES_LIT(
        HEAD
        "services: { api: { command: ./a $dir $api.port, env: { A: b } } }\n"
        "data: { owner: { file: owners.csv }, kind: [ { k: a } ] }\n"
        "headers: { A: $env.TOKEN }\nscenarios:\n  a:\n    steps:\n      - post: /a?$owner.id\n"
        "        json: { a: [ 1, \"$kind.k\" ] }\n        check: [ 'json .a == \"b\\\\\"' ]\n"
        "        capture: { id: json .id }\n      - GET /$id\n"
        "load:\n  warmup: { rate: 1/s, for: 1s }\n  stages:\n"
        "    - { rate: 1/s..9/s, step: 1/s, each: 1s }\nobjectives: [ p95 of a < 1s ]\n");
    bool loaded = false;
    for (size_t limit = 4096; !loaded && limit < 200000; limit += 128) {
        struct fixture f;
        fixture_load_bytes(&f, yaml, limit);
        loaded = f.good;
        fixture_close(&f);
    }
    assert_true(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_bodies),
        cmocka_unit_test(urls),
        cmocka_unit_test(captures),
        cmocka_unit_test(headers_and_timeouts),
        cmocka_unit_test(rungs),
        cmocka_unit_test(quoted_regexes),
        cmocka_unit_test(json_columns),
        cmocka_unit_test(stages),
        cmocka_unit_test(services_and_data),
        cmocka_unit_test(overrides),
        cmocka_unit_test(only_one_error),
        cmocka_unit_test(little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
