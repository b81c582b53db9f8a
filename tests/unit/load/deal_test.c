#include "load/deal.h"

#include "base/attr.h"
#include "check.h"
#include "little_plan.h"

/* Two sources of unique rows and one of random ones; who needs which is in the plan's places. */
static const char yaml[] =
    "plan: 1\ntarget: http://127.0.0.1:1\n"
    "data:\n"
    "  url: { file: three.csv, pick: unique }\n"
    "  free: { file: three.csv, pick: random }\n"
    "  check: { file: three.csv, pick: unique }\n"
    "  none: { file: three.csv, pick: unique }\n"
    "scenarios:\n"
    "  plain: { steps: [ GET /a?f=$free.id ] }\n"
    "  one: { steps: [ GET /a, GET /b?x=$url.id&y=$url.id ] }\n"
    "  head: { steps: [ { get: /h, headers: { X: $url.id } } ] }\n"
    "  body: { steps: [ { post: /p, json: { x: $url.id } } ] }\n"
    "  right: { steps: [ { get: /c, check: [ body contains $check.id ] } ] }\n"
    "  until: { steps: [ { get: /u, until: body contains $check.id, within: 1s } ] }\n"
    "  both: { steps: [ { get: /$url.id, check: [ body contains $check.id ] } ] }\n"
    "load: { stages: [ { rate: 1/s, for: 1s } ] }\n";

enum { PLAIN, ONE, HEAD, BODY, RIGHT, UNTIL, BOTH, SCENARIOS };
enum { URL, CHECK_ROW, NONE, SOURCES };

struct scene {
    struct little_plan little;
    struct arena arena;
    struct program program;
    struct deal deal;
};

static void open_scene(struct scene *s)
{
    struct err err = {0};
    little_plan_open(&s->little, yaml, "id\n1\n2\n3\n");
    assert_true(arena_open(&s->arena, (size_t)64 << 20, &err));
    assert_true(program_build(&s->program, &s->little.plan, &s->arena, &err));
    assert_true(deal_open(&s->deal, &s->program, &s->arena));
}

static void close_scene(struct scene *s)
{
    program_close(&s->program);
    arena_close(&s->arena);
    little_plan_close(&s->little);
}

static void who_needs_a_row(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool used[SOURCES];
    } cases[SCENARIOS] = {
        [PLAIN] = {"random rows only", {false, false, false}},
        [ONE] = {"in a URL, twice", {true, false, false}},
        [HEAD] = {"in a header", {true, false, false}},
        [BODY] = {"in a body", {true, false, false}},
        [RIGHT] = {"in a check", {false, true, false}},
        [UNTIL] = {"in until", {false, true, false}},
        [BOTH] = {"two sources", {true, true, false}},
    };
    struct scene s;
    open_scene(&s);
    CHECK_U64("unique sources", s.program.unique_count, SOURCES);
    for (uint32_t i = 0; i < SCENARIOS; i++) {
        for (uint32_t k = 0; k < SOURCES; k++) {
            CHECK(cases[i].name, s.program.unique_used[i * SOURCES + k] == cases[i].used[k]);
        }
    }
    close_scene(&s);
}

/* Rows go out in their order, whoever asks; nobody who needs none takes one. */
static void each_row_once(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t scenario;
        bool dealt;
        uint32_t url, check; /* where it uses them */
    } acts[] = {
        {"the first", ONE, true, 0, 0},
        {"none needed", PLAIN, true, 0, 0},
        {"the second", HEAD, true, 1, 0},
        {"of both", BOTH, true, 2, 0},
        {"the first pile is used up", BODY, false, 0, 0},
        {"so nothing is taken off the other", BOTH, false, 0, 0},
        {"which goes on", RIGHT, true, 0, 1},
        {"to its end", UNTIL, true, 0, 2},
        {"and is used up", RIGHT, false, 0, 0},
        {"none needed still", PLAIN, true, 0, 0},
    };
    struct scene s;
    open_scene(&s);
    for (size_t i = 0; i < COUNT_OF(acts); i++) {
        uint32_t rows[SOURCES] = {9, 9, 9};
        bool dealt = deal_take(&s.deal, acts[i].scenario, rows);
        const bool *used = s.program.unique_used + (size_t)acts[i].scenario * SOURCES;
        CHECK(acts[i].name, dealt == acts[i].dealt);
        if (dealt && used[URL]) CHECK_U64(acts[i].name, rows[URL], acts[i].url);
        if (dealt && used[CHECK_ROW]) CHECK_U64(acts[i].name, rows[CHECK_ROW], acts[i].check);
        CHECK(acts[i].name, deal_is_short(&s.deal, URL) == (i >= 4));
        CHECK(acts[i].name, deal_is_short(&s.deal, CHECK_ROW) == (i >= 8));
    }
    CHECK("nobody asked", !deal_is_short(&s.deal, NONE));
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_needs_a_row),
        cmocka_unit_test(each_row_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
