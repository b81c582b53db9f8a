/* Paths of logs, templates of frameworks and requests of a plan: which of them are the same. */
#include "observe/served_route.h"

#include "base/attr.h"
#include "check.h"

static void matches(void **state)
{
    static const struct {
        const char *name, *form, *path;
        bool same;
    } rows[] = {
        {"nothing", "", "", true},
        {"word", "/jobs", "/jobs", true},
        {"longer", "/jobs", "/jobs/7", false},
        {"shorter", "/jobs/7", "/jobs", false},
        {"place", "/jobs/{}", "/jobs/7", true},
        {"its name", "/jobs/{id}", "/jobs/7", true},
        {"place of a template", "/jobs/{}", "/jobs/{id}", true},
        {"empty segment", "/jobs/{}", "/jobs/", false},
        {"two segments", "/jobs/{}", "/jobs/7/8", false},
        {"within a segment", "/jobs/{}.json", "/jobs/7.json", true},
        {"gives back", "/jobs/{}.json", "/jobs/7.json.json", true},
        {"gives back, but no segment", "/a/{}x/b", "/a/1/xx/b", false},
        {"two in a segment", "/{}-{}/x", "/a-b-c/x", true},
        {"two places", "/{}/x/{}", "/a/x/b", true},
        {"later segment differs", "/{}/x/{}", "/a/y/b", false},
        {"brace without end", "/a/{b", "/a/{b", true},
        {"brace beyond the segment", "/a/{b/c}", "/a/1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool same = served_route_matches(bytes_of(rows[i].form), bytes_of(rows[i].path));
        CHECK(rows[i].name, same == rows[i].same);
    }
}

static void general(void **state)
{
    static const struct {
        const char *path, *want;
    } rows[] = {
        {"/", "/"},
        {"", ""},
        {"/jobs/17", "/jobs/{}"},
        {"/jobs/17/", "/jobs/{}/"},
        {"//17//", "//{}//"},
        {"/v1/users/00ff00ff00ff00ff/x", "/v1/users/{}/x"},
        {"/decade/facade", "/decade/facade"},
        {"/o/123e4567-e89b-12d3-a456-426614174000", "/o/{}"},
        {"/o/123e4567-e89b-12d3-a456-42661417400x", "/o/123e4567-e89b-12d3-a456-42661417400x"},
        {"/o/123e4567+e89b-12d3-a456-426614174000", "/o/123e4567+e89b-12d3-a456-426614174000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[100];
        struct text out = text_in(array, sizeof array);
        served_route_general(&out, bytes_of(rows[i].path));
        CHECK_STR(rows[i].path, array, rows[i].want);
    }
}

#define LIT(words)                                                                                 \
    {                                                                                              \
        (words), sizeof(words) - 1                                                                 \
    }
#define TEXT(words)                                                                                \
    {                                                                                              \
        .kind = PIECE_TEXT, .text = LIT(words)                                                     \
    }

/* GET /jobs?owner=..., GET /jobs/$id, GET /jobs/stats, POST /jobs, and a captured Location. */
static struct piece list_pieces[] = {TEXT("/jobs?owner="), {.kind = PIECE_DATA}};
static struct piece one_pieces[] = {TEXT("/jobs/"), {.kind = PIECE_CAPTURE}};
static struct piece stats_pieces[] = {TEXT("/jobs/stats")};
static struct piece post_pieces[] = {TEXT("http://other:80/jobs")};
static struct piece location_pieces[] = {{.kind = PIECE_CAPTURE}};
static struct step steps[] = {
    {.name_index = 0, .method = LIT("GET"), .url = {list_pieces, 2}},
    {.name_index = 1, .method = LIT("GET"), .url = {one_pieces, 2}},
    {.name_index = 2, .method = LIT("GET"), .url = {stats_pieces, 1}},
    {.name_index = 3, .method = LIT("POST"), .url = {post_pieces, 1}},
    {.name_index = 4, .method = LIT("GET"), .url = {location_pieces, 1}},
};
static struct scenario scenario = {.steps = steps, .step_count = COUNT_OF(steps)};
static struct target target = {.base_path = LIT("/api")};
static const struct plan plan = {
    .scenarios = &scenario, .scenario_count = 1, .targets = &target, .target_count = 1};

static void names(void **state)
{
    static const struct {
        const char *name, *method, *route;
        bool is_template;
        uint32_t want;
    } rows[] = {
        {"without its query", "GET", "/jobs", false, 0},
        {"number", "GET", "/jobs/17", false, 1},
        {"template", "GET", "/jobs/{id}", true, 1},
        {"express", "GET", "/jobs/:id", true, 1},
        {"flask", "GET", "/jobs/<int:id>", true, 1},
        {"a path is no template", "GET", "/jobs/:id/x", false, PLAN_NO_INDEX},
        {"the nearer one", "GET", "/jobs/stats", false, 2},
        {"method", "POST", "/jobs", false, 3},
        {"no method", "", "/jobs/17", false, 1},
        {"another method", "PUT", "/jobs", false, PLAN_NO_INDEX},
        {"behind the base path", "GET", "/api/jobs/17", false, 1},
        {"other base", "GET", "/apijobs/17", false, PLAN_NO_INDEX},
        {"nothing like it", "GET", "/metrics", false, PLAN_NO_INDEX},
    };
    struct arena arena;
    struct served_forms forms;
    (void)state;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    assert_true(served_route_forms(&forms, &plan, &arena));
    assert_int_equal(forms.count, 4);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK_U64(rows[i].name,
                  served_route_name(&forms, bytes_of(rows[i].method), bytes_of(rows[i].route),
                                    rows[i].is_template),
                  rows[i].want);
    }
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(matches), cmocka_unit_test(general),
                                       cmocka_unit_test(names)};
    return cmocka_run_group_tests_name("served_route", tests, NULL, NULL);
}
