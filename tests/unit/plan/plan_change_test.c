/* --set, --var and --only: what they make of a plan, and that nothing else moves. */
#include "plan/print_plan.h"

#include "plan_fixture.h"
#include "same_plan.h"

static const char plan[] = "plan: 1\n"
                           "target: http://h\n"
                           "vars: { fast: 300/s, limit: 100ms, host: a.b }\n"
                           "scenarios:\n"
                           "  read: { weight: 3, steps: [ { get: /r, name: r }, GET /both ] }\n"
                           "  write: { weight: 1, steps: [ GET /both, GET /w ] }\n"
                           "load:\n"
                           "  warmup: { rate: 5/s, for: 1s }\n"
                           "  stages:\n"
                           "    - { name: climb, rate: 100/s..$fast, step: 100/s, each: 2s }\n"
                           "    - { name: jobs, users: 5, for: 2s, mix: { write: 1 } }\n"
                           "    - { name: both, rate: 5/s, for: 3s, mix: { write: 1, read: 1 } }\n"
                           "objectives:\n"
                           "  - p95 of r < $limit\n"
                           "  - 'p99 of \"GET /w\" in climb < 1s'\n"
                           "  - p50 of write < 2s\n"
                           "  - errors in jobs < 1%\n"
                           "abort_when: errors of r in climb > 50% for 1s\n";

/* The plan above with one line of it written otherwise. */
static const char *rewritten(const char *from, const char *to)
{
    static char array[4096];
    struct text out = text_in(array, sizeof array);
    size_t at = bytes_find(bytes_of(plan), bytes_of(from));
    assert_true(at != SIZE_MAX);
    text_add(&out, (struct bytes){plan, at});
    text_adds(&out, to);
    text_adds(&out, plan + at + strlen(from));
    assert_false(out.cut);
    return array;
}

static void a_value_is_set(void **state)
{
    (void)state;
    static const struct {
        const char *set, *from, *to;
    } rows[] = {
        {"load.stages[1].users=7", "users: 5", "users: 7"},
        {"load.stages.jobs.users=7..9", "users: 5", "users: 7..9"},
        {"load.stages[\"jobs\"].users=7", "users: 5", "users: 7"},
        {"load.stages[2]={ name: new, rate: 1/s, for: 1s }",
         "{ name: both, rate: 5/s, for: 3s, mix: { write: 1, read: 1 } }",
         "{ name: new, rate: 1/s, for: 1s }"},
        {"load.warmup.rate=1/m", "rate: 5/s, for: 1s", "rate: 1/m, for: 1s"},
        {"load.seed=9", "load:\n", "load:\n  seed: 9\n"},
        {"load.timeout.response=3s", "load:\n", "load:\n  timeout: { response: 3s }\n"},
        {"target=http://other:81", "http://h", "http://other:81"},
        {"vars.limit=1s", "limit: 100ms", "limit: 1s"},
        {"scenarios.read.steps[1].think=1s", "GET /both ] }\n  write",
         "{ get: /both, think: 1s } ] }\n  write"},
        {"scenarios.read.steps.r.json={ a: [ 1, $$ ] }", "name: r }",
         "name: r, json: { a: [ 1, $$ ] } }"},
        {"scenarios.read.steps[0].body=a = [b]", "name: r }", "name: r, body: 'a = [b]' }"},
        {"objectives=[ p95 < $limit ]",
         "objectives:\n  - p95 of r < $limit\n  - 'p99 of \"GET /w\" in climb < 1s'\n"
         "  - p50 of write < 2s\n  - errors in jobs < 1%\n",
         "objectives: [ p95 < $limit ]\n"},
        {"load.stages[0].settle=1s", "each: 2s }", "each: 2s, settle: 1s }"},
    };
    static struct fixture changed, wanted;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes set = bytes_of(rows[i].set);
        const struct plan_overrides flags = {.sets = &set, .set_count = 1};
        fixture_load(&changed, plan, &flags);
        if (!changed.good) print_error("%s\n", changed.diags.items[0].msg);
        CHECK(rows[i].set, changed.good);
        fixture_load(&wanted, rewritten(rows[i].from, rows[i].to), NULL);
        CHECK(rows[i].set, wanted.good);
        same_plan_check(rows[i].set, &changed.plan, &wanted.plan);
        fixture_close(&changed);
        fixture_close(&wanted);
    }
}

static void only_the_named_place_of_an_alias(void **state)
{
    (void)state;
    static struct fixture f;
    struct bytes set = BYTES_LIT("load.stages[1].name=second");
    const struct plan_overrides flags = {.sets = &set, .set_count = 1};
    fixture_load(&f,
                 "plan: 1\ntarget: http://h\nscenarios: { a: { steps: [ GET / ] } }\n"
                 "load: { stages: [ &one { name: first, rate: 5/s, for: 1s }, *one ] }\n",
                 &flags);
    assert_true(f.good);
    assert_true(bytes_is(f.plan.stages[0].name, "first"));
    assert_true(bytes_is(f.plan.stages[1].name, "second"));
    fixture_close(&f);
}

static void the_last_one_counts(void **state)
{
    (void)state;
    static struct fixture f;
    const struct bytes sets[] = {BYTES_LIT("load.stages.jobs.name=work"),
                                 BYTES_LIT("load.stages.work.users=8"),
                                 BYTES_LIT("load.stages.work.users=9")};
    const struct plan_overrides flags = {.sets = sets, .set_count = 3};
    fixture_load(&f, rewritten("  - errors in jobs < 1%\n", ""), &flags);
    assert_true(f.good);
    assert_int_equal(f.plan.stages[4].users_from, 9);
    fixture_close(&f);
}

static void a_wrong_path_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        enum diag_code code;
        const char *blamed;
    } rows[] = {
        {"load.seed", DIAG_SET, "load.seed"},
        {"=3", DIAG_SET, "="},
        {".=3", DIAG_SET, "."},
        {"load..seed=3", DIAG_SET, "load..seed"},
        {"load.stages[3].for=1s", DIAG_SET, "[3]"},
        {"load.stages[x].for=1s", DIAG_SET, "load.stages[x].for"},
        {"load.stages[0.for=1s", DIAG_SET, "load.stages[0.for=1s"},
        {"load.stages.jbs.for=1s", DIAG_SET, "jbs"},
        {"load[0]=1", DIAG_SET, "[0]"},
        {"target.port=1", DIAG_SET, "port"},
        {"data[0].id=1", DIAG_SET, "data"},
        {"load.sed=3", DIAG_UNKNOWN_KEY, "sed"},
        {"load.seed=", DIAG_MISSING, ""},
        {"load.seed=[", DIAG_YAML, ""},
        {"load.seed=x", DIAG_UNIT, "x"},
        {"load.seed=<<: 1", DIAG_MERGE, "<<"},
    };
    static struct fixture f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes set = bytes_of(rows[i].set);
        const struct plan_overrides flags = {.sets = &set, .set_count = 1};
        fixture_load(&f, plan, &flags);
        fixture_only(rows[i].set, &f, rows[i].code);
        CHECK_U64(rows[i].set, f.diags.items[0].at.line, 0);
        CHECK_U64(rows[i].set, f.diags.items[0].at.col, 1);
        const struct diag_word *word = diag_word_of(&f.diags, &f.diags.items[0]);
        assert_non_null(word);
        CHECK_STR(rows[i].set, word->flag, "set");
        CHECK(rows[i].set, bytes_equal(word->value, set));
        struct span at = f.diags.items[0].at;
        char blamed[80];
        struct text text = text_in(blamed, sizeof blamed);
        text_add(&text, (struct bytes){set.at + at.offset, at.len});
        CHECK_STR(rows[i].set, blamed, rows[i].blamed);
        fixture_close(&f);
    }
}

static void a_variable_has_the_value_of_its_flag(void **state)
{
    (void)state;
    static struct fixture f;
    struct plan_var vars[] = {{BYTES_LIT("limit"), BYTES_LIT("250ms")},
                              {BYTES_LIT("fast"), BYTES_LIT("200/s")}};
    struct plan_overrides flags = {.vars = vars, .var_count = 2};
    fixture_load(&f, plan, &flags);
    assert_true(f.good);
    assert_true(bytes_is(f.plan.objectives[0].text, "p95 of r < 250ms"));
    assert_true(f.plan.objectives[0].value > 249e6 && f.plan.objectives[0].value < 251e6);
    assert_int_equal(f.plan.stage_count, 5); /* one rung less */
    fixture_close(&f);

    vars[0] = (struct plan_var){BYTES_LIT("limt"), BYTES_LIT("1s")};
    fixture_load(&f, plan, &flags);
    fixture_only("a slip", &f, DIAG_UNKNOWN_NAME);
    assert_non_null(strstr(f.diags.items[0].hint, "did you mean 'limit'?"));
    fixture_close(&f);

    /* In a flag a dollar is a dollar. */
    vars[0] = (struct plan_var){BYTES_LIT("host"), BYTES_LIT("$env.TOKEN")};
    fixture_load(&f, rewritten("get: /r", "get: /$host"), &flags);
    assert_true(f.good);
    struct bytes url = f.plan.scenarios[0].steps[0].url.pieces[0].text;
    assert_true(bytes_is(url, "/$env.TOKEN"));
    assert_int_equal(f.plan.secret_count, 0);
    fixture_close(&f);
}

static void variables_in_a_plan(void **state)
{
    (void)state;
    static const struct {
        const char *name, *vars, *step;
        enum diag_code code;
    } rows[] = {
        {"reserved", "{ env: 1 }", "get: /", DIAG_NAME},
        {"no identifier", "{ a-b: 1 }", "get: /", DIAG_NAME},
        {"empty", "{ a: }", "get: /", DIAG_MISSING},
        {"a list", "{ a: [ 1 ] }", "get: /", DIAG_SHAPE},
        {"later one", "{ a: $b, b: 1 }", "get: /", DIAG_UNKNOWN_VARIABLE},
        {"no value yet", "{ a: $uuid }", "get: /", DIAG_VARIABLE},
        {"unknown", "{ aa: 1 }", "get: /$ab", DIAG_UNKNOWN_VARIABLE},
        {"captured", "{ a: 1 }", "get: /, capture: { a: json .a }", DIAG_NAME_CLASH},
        {"not an amount", "{ a: soon }", "get: /, think: $a", DIAG_UNIT},
        {"in a name", "{ a: 1 }", "get: /, name: x$a", DIAG_NAME},
    };
    static struct fixture f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[512];
        struct text yaml = text_in(array, sizeof array);
        text_addf(&yaml,
                  "plan: 1\ntarget: http://h\nvars: %s\nscenarios: { s: { steps: [ { %s } ] } }\n"
                  "load: { stages: [ { rate: 5/s, for: 1s } ] }\n",
                  rows[i].vars, rows[i].step);
        fixture_load(&f, array, NULL);
        fixture_only(rows[i].name, &f, rows[i].code);
        fixture_close(&f);
    }
}

/* The plan as it is printed, with nothing but what `only` leaves. */
static void only_a_part(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *second; /* words of --only */
        uint32_t stages, scenarios, names, objectives, aborts;
    } rows[] = {
        {"all rungs", "climb", NULL, 4, 2, 3, 4, 1}, /* and the implied one */
        {"one rung", "climb@200/s", NULL, 2, 2, 3, 4, 1},
        {"two stages", "jobs", "both", 3, 2, 3, 3, 0},
        {"a scenario", "read", NULL, 5, 1, 2, 2, 1},
        {"the other", "write", NULL, 6, 1, 2, 3, 0},
        {"both", "jobs", "write", 2, 1, 2, 2, 0},
        {"said which", "stage:both", "scenario:read", 2, 1, 2, 2, 0},
    };
    static struct fixture f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct bytes only[] = {bytes_of(rows[i].first), bytes_of(rows[i].second)};
        const struct plan_overrides flags = {.only = only, .only_count = rows[i].second ? 2 : 1};
        fixture_load(&f, plan, &flags);
        CHECK(rows[i].name, f.good);
        CHECK_U64(rows[i].name, f.plan.scenario_count, rows[i].scenarios);
        CHECK_U64(rows[i].name, f.plan.name_count, rows[i].names);
        CHECK_U64(rows[i].name, f.plan.abort_count, rows[i].aborts);
        for (uint32_t s = 0; s < f.plan.stage_count; s++) {
            double sum = 0;
            for (uint32_t m = 0; m < f.plan.scenario_count; m++) sum += f.plan.stages[s].mix[m];
            CHECK(rows[i].name, sum > 0.999999 && sum < 1.000001);
        }
        /* Read back, it is the same: every number in it is right. */
        static char printed[65536];
        static struct fixture back;
        struct text out = text_in(printed, sizeof printed);
        print_plan_write(&out, &f.plan);
        fixture_load(&back, printed, NULL);
        if (!back.good) print_error("%s\n%s\n", back.diags.items[0].msg, printed);
        CHECK(rows[i].name, back.good);
        same_plan_check(rows[i].name, &f.plan, &back.plan);
        CHECK_U64(rows[i].name, f.plan.stage_count, rows[i].stages);
        CHECK_U64(rows[i].name, f.plan.objective_count, rows[i].objectives);
        fixture_close(&back);
        fixture_close(&f);
    }
}

/* A capacity goes with the stages that could reach it; one that none could is a mistake to see. */
static void only_what_can_be_reached(void **state)
{
    (void)state;
    static const char whole[] = "plan: 1\n"
                                "target: http://h\n"
                                "scenarios: { a: { steps: [ GET /a ] } }\n"
                                "load:\n"
                                "  stages:\n"
                                "    - { name: slow, rate: 100/s, for: 10s }\n"
                                "    - { name: fast, rate: 900/s, for: 10s }\n"
                                "    - { name: crowd, users: 50, for: 10s }\n"
                                "objectives:\n"
                                "  - throughput > 500/s\n"
                                "  - users > 40\n"
                                "  - users > 4000\n"
                                "  - errors < 1%\n";
    static const struct {
        const char *only;
        uint32_t objectives;
    } rows[] = {{"slow", 2}, {"fast", 3}, {"crowd", 4}, {"a", 4}};
    static struct fixture f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct bytes only = bytes_of(rows[i].only);
        const struct plan_overrides flags = {.only = &only, .only_count = 1};
        fixture_load(&f, whole, &flags);
        CHECK(rows[i].only, f.good);
        CHECK_U64(rows[i].only, f.plan.objective_count, rows[i].objectives);
        fixture_close(&f);
    }
}

static void only_of_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
    } rows[] = {{"clim", NULL}, {"both", NULL}, {"read", "jobs"}, {"warmup", NULL}, {"r", NULL}};
    static struct fixture f;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct bytes only[] = {bytes_of(rows[i].first), bytes_of(rows[i].second)};
        const struct plan_overrides flags = {.only = only, .only_count = rows[i].second ? 2 : 1};
        /* `both` is the name of a scenario here, too. */
        fixture_load(&f,
                     i == 1 ? rewritten("  write: {", "  both: { steps: [ GET /x ] }\n  write: {")
                            : plan,
                     &flags);
        fixture_only(rows[i].first, &f, DIAG_ONLY);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_set),
        cmocka_unit_test(only_the_named_place_of_an_alias),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(a_wrong_path_is_told),
        cmocka_unit_test(a_variable_has_the_value_of_its_flag),
        cmocka_unit_test(variables_in_a_plan),
        cmocka_unit_test(only_a_part),
        cmocka_unit_test(only_what_can_be_reached),
        cmocka_unit_test(only_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
