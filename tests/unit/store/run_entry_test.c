#include "store/run_entry.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "tape.h"

static struct arena arena;
static char place[64], path[128];

static int enter(void **state)
{
    (void)state;
    struct err err;
    tape_folder(place, sizeof place);
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "%s/" RUN_FILE_NAME, place);
    return arena_open(&arena, (size_t)16 << 20, &err) ? 0 : 1;
}

static int leave(void **state)
{
    (void)state;
    arena_close(&arena);
    tape_remove(place);
    return 0;
}

#define STAGES                                                                                     \
    "[{\"name\":\"climb\",\"at\":[7,3,9,80],\"rate_from\":100.0},"                                 \
    "{\"name\":\"rest {1}\",\"at\":[8,3,9,90],\"rate_from\":50.0}]"
#define GOALS                                                                                      \
    "[{\"text\":\"p95 < 100ms\",\"of\":null,\"verdict\":\"missed\",\"value\":120.5,\"unit\":"      \
    "\"ms\",\"interval\":[110.0,null],\"margin_percent\":-20.5,\"stage\":\"climb\",\"warn\":"      \
    "false,\"implicit\":false,\"at_least\":true,\"stages\":[{\"stage\":\"climb\",\"verdict\":"     \
    "\"missed\",\"value\":120.5,\"interval\":[110.0,null],\"at_least\":true},{\"stage\":\"rest\"," \
    "\"verdict\":\"holds\",\"value\":7,\"interval\":[6,8],\"at_least\":false}]},"                  \
    "{\"text\":\"p99 of each < 1s\",\"of\":\"GET /\",\"verdict\":\"not judged\",\"value\":null,"   \
    "\"unit\":\"ms\",\"interval\":[null,null],\"margin_percent\":null,\"stage\":null,\"warn\":"    \
    "true,\"implicit\":true,\"at_least\":false,\"stages\":[]}]"

/* A run file with this in it; NULL: nothing. */
struct kept {
    const char *stages, *verdict, *ended, *trust, *steered, *goals;
};

static struct run_entry read_back(const struct kept *kept, bool goals)
{
    struct run_file file;
    struct err err = {0};
    struct run_entry entry = {0};
    bool live;
    static char array[8192];
    if (!run_file_create(&file, path, &err)) fail_msg("%s", err.msg);
    struct text text = text_in(array, sizeof array);
    text_addf(&text,
              "{\"wall_start_ns\":1763836800250000000,\"plan\":{\"name\":\"shop\",\"names\":[],"
              "\"scenarios\":[],\"stages\":%s,\"max_in_flight\":100,\"connections\":0}}",
              kept->stages);
    assert_true(run_file_put_value(&file, "run", text_bytes(&text)));
    text_clear(&text);
    if (kept->verdict) {
        text_addf(&text,
                  "INSERT INTO ending VALUES(1, 0, 0, 5300000000, 0, 0, '');"
                  "INSERT INTO result VALUES(1, '%s', 1, '{\"ended\":\"%s\",\"trust\":{\"level\":"
                  "\"%s\"}%s,\"objectives\":%s}')",
                  kept->verdict, kept->ended, kept->trust, kept->steered, kept->goals);
        assert_int_equal(run_file_exec(&file, array), SQLITE_OK);
    }
    assert_false(text.cut);
    run_file_close(&file);
    if (!run_file_open(&file, path, &live, &err)) fail_msg("%s", err.msg);
    run_entry_read(&entry, &file, live, goals, &arena);
    run_file_close(&file);
    assert_int_equal(remove(path), 0);
    return entry;
}

static const struct kept whole = {STAGES, "missed", "complete", "suspect", ",\"steered\":false",
                                  GOALS};

static void objectives(void **state)
{
    (void)state;
    struct run_entry e = read_back(&whole, true);
    assert_true(e.wall_start_ns == UINT64_C(1763836800250000000) && e.length_ns == 5300000000);
    assert_true(bytes_is(e.plan, "shop") && bytes_is(e.verdict, "missed"));
    assert_true(e.has_exit && e.exit_code == 1 && e.sound && e.load != 0);
    assert_int_equal(e.goal_count, 2);
    const struct run_goal *g = e.goals;
    assert_true(bytes_is(g->text, "p95 < 100ms") && bytes_is(g->of, "") && bytes_is(g->unit, "ms"));
    assert_true(g->verdict == VERDICT_MISSED && !g->warn && !g->implicit && g->margin == -20.5);
    assert_true(bytes_is(g->at.stage, "climb") && g->at.value == 120.5 && g->at.at_least);
    assert_true(g->at.range.lo == 110 && isnan(g->at.range.hi));
    assert_int_equal(g->stage_count, 2);
    assert_true(bytes_is(g->stages[1].stage, "rest") && g->stages[1].value == 7);
    assert_true(g->stages[1].range.lo == 6 && g->stages[1].range.hi == 8);
    g = &e.goals[1];
    assert_true(bytes_is(g->of, "GET /") && g->warn && g->implicit && isnan(g->margin));
    assert_true(g->verdict == VERDICT_NOT_JUDGED && isnan(g->at.value) && g->at.stage.len == 0);

    e = read_back(&whole, false);
    assert_true(bytes_is(e.verdict, "missed") && e.goal_count == 0 && !e.sound);
}

static void soundness(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct kept kept;
        bool sound;
        uint32_t goals;
        const char *verdict;
    } cases[] = {
        {"no result: killed", {.stages = STAGES}, false, 0, "no verdict"},
        {"interrupted", {STAGES, "missed", "interrupted", "valid", "", GOALS}, false, 2, "missed"},
        {"not to be trusted",
         {STAGES, "invalid", "complete", "invalid", "", GOALS},
         false,
         2,
         "invalid"},
        {"steered",
         {STAGES, "inconclusive", "complete", "valid", ",\"steered\":true", GOALS},
         false,
         2,
         "inconclusive"},
        {"an older file knows no steering",
         {STAGES, "holds", "complete", "valid", "", GOALS},
         true,
         2,
         "holds"},
        {"no list", {STAGES, "holds", "complete", "valid", "", "7"}, true, 0, "holds"},
        {"no objectives", {STAGES, "holds", "complete", "valid", "", "[]"}, true, 0, "holds"},
        {"items of another kind",
         {STAGES, "holds", "complete", "valid", "", "[7,null]"},
         true,
         2,
         "holds"},
        {"no JSON", {STAGES, "holds", "complete", "valid", "}", "["}, false, 0, "holds"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_entry e = read_back(&cases[i].kept, true);
        const char *name = cases[i].name;
        CHECK(name, e.sound == cases[i].sound);
        CHECK_U64(name, e.goal_count, cases[i].goals);
        CHECK(name, bytes_is(e.verdict, cases[i].verdict));
        CHECK(name, bytes_is(e.plan, "shop"));
    }
}

static void the_same_load(void **state)
{
    (void)state;
    static const struct {
        const char *name, *stages;
        bool same;
    } cases[] = {
        {"the same", STAGES, true},
        {"elsewhere in the plan",
         "[{\"name\":\"climb\",\"at\":[17,3,9,180],\"rate_from\":100.0},"
         "{\"name\":\"rest {1}\",\"at\":[],\"rate_from\":50.0}]",
         true},
        {"with stages for the keys",
         "[{\"name\":\"climb\",\"at\":[7,3,9,80],\"rate_from\":100.0},"
         "{\"name\":\"rest {1}\",\"at\":[8,3,9,90],\"rate_from\":50.0},"
         "{\"name\":\"steered-1\",\"at\":[0,0,0,0],\"by_hand\":true,\"rate_from\":0.0}]",
         true},
        {"another rate",
         "[{\"name\":\"climb\",\"at\":[7,3,9,80],\"rate_from\":101.0},"
         "{\"name\":\"rest {1}\",\"at\":[8,3,9,90],\"rate_from\":50.0}]",
         false},
        {"another name",
         "[{\"name\":\"climb\",\"at\":[7,3,9,80],\"rate_from\":100.0},"
         "{\"name\":\"rest {2}\",\"at\":[8,3,9,90],\"rate_from\":50.0}]",
         false},
        {"one stage less", "[{\"name\":\"climb\",\"at\":[7,3,9,80],\"rate_from\":100.0}]", false},
    };
    uint64_t load = read_back(&whole, true).load;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kept kept = whole;
        kept.stages = cases[i].stages;
        CHECK(cases[i].name, (read_back(&kept, true).load == load) == cases[i].same);
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {CASE(objectives), CASE(soundness), CASE(the_same_load)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
