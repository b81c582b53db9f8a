#include "base/ns.h"
#include "cli/hints.h"

#include <math.h>

#include "base/attr.h"
#include "base/self.h"
#include "check.h"

static void replaced_flags(void **state)
{
    (void)state;
    static const struct {
        const char *command, *want;
    } rows[] = {
        {"prony run http://x/", "prony run http://x/ --for 60s"},
        {"prony run http://x/ --for 5s", "prony run http://x/ --for 60s"},
        {"prony run --for 5s http://x/ -q", "prony run --for 60s http://x/ -q"},
        {"prony run --for=5s http://x/", "prony run --for=60s http://x/"},
        {"prony run http://x/ --format 3", "prony run http://x/ --format 3 --for 60s"},
        {"prony run http://x/ --for", "prony run http://x/ --for --for 60s"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[128];
        struct text out = text_in(array, sizeof array);
        hints_with_flag(&out, bytes_of(rows[i].command), FLAG_FOR, "60s");
        CHECK_STR(rows[i].command, array, rows[i].want);
    }
}

/* What was seen, and what was typed. */
struct scene {
    const char *name, *line;         /* the command line */
    const char *path;                /* of the plan; empty: a URL */
    bool undecided, late, idle, own; /* idle: the threads were, so lateness was the machine's */
    bool rowless;                    /* rows ran out */
    uint32_t stage, connections;
    double needed_s;
    uint64_t dropped, failed;
    double wait_ns;
    const char *want[HINTS_MAX + 1];
};

static bool parse(struct flags *out, const char *line)
{
    static char copy[256];
    static char *argv[32];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &argv[31]); word; word = strtok_r(NULL, " ", &argv[31])) {
        argv[argc++] = word;
    }
    return flags_parse(out, argc, argv, NULL);
}

static void check_scene(const struct scene *scene)
{
    struct arena arena;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    struct objective objective = {.text = BYTES_LIT("p99 < 1s"), .implicit = !scene->own};
    struct stage stage = {.name = BYTES_LIT("peak"), .group = BYTES_LIT("peak")};
    struct plan plan = {.path = bytes_of(scene->path),
                        .objectives = &objective,
                        .objective_count = 1,
                        .stages = &stage,
                        .stage_count = 1,
                        .connections = scene->connections,
                        .max_in_flight = 500};
    struct run_header header = {.id = "1f2e3d4c",
                                .plan = &plan,
                                .command = bytes_of(scene->line),
                                .threads = 1,
                                .cores = 2};
    struct objective_result o = {.objective = &objective,
                                 .verdict = scene->undecided ? VERDICT_INCONCLUSIVE : VERDICT_HOLDS,
                                 .stage = scene->stage,
                                 .lo = 0.98e9,
                                 .hi = 1.02e9,
                                 .needed_s = scene->needed_s};
    struct result r = {.header = &header, .objectives = &o, .objective_count = 1};
    r.verdict = o.verdict;
    r.reasons[0] = (struct trust_reason){.level = TRUST_SUSPECT, .code = "lag-high"};
    r.reason_count = scene->late;
    if (scene->rowless) r.reasons[r.reason_count++].code = "rows-short";
    r.end.at_ns = 10 * NS_PER_S;
    r.end.generator_cpu_ns = (scene->idle ? 1 : 9) * NS_PER_S;
    r.totals.iterations_dropped = scene->dropped;
    r.totals.wait.ns[FIGURE_P50] = scene->wait_ns;
    r.totals.seconds = 30;
    r.totals.offered = 100;
    r.totals.outcomes[OUTCOME_OK] = 100 - scene->failed;
    struct flags flags;
    CHECK(scene->name, parse(&flags, scene->line));
    struct bytes out[HINTS_MAX];
    uint32_t count = hints_list(&r, &flags, &arena, out);
    uint32_t wanted = 0;
    while (scene->want[wanted]) wanted++;
    CHECK(scene->name, count == wanted);
    for (uint32_t i = 0; i < count && i < wanted; i++) {
        CHECK_STR(scene->name, out[i].at, scene->want[i]);
    }
    arena_close(&arena);
}

#define REPORT "prony report 1f2e3d4c"
#define MORE " --verbose  # the slowest requests, the spread of times, what failed"
static const struct scene all[] = {
    {.name = "all well", .line = "prony run http://x/", .own = true, .want = {REPORT}},
    {.name = "runs elsewhere",
     .line = "prony run http://x/ --runs-dir /r",
     .own = true,
     .want = {REPORT " --runs-dir /r"}},
    {.name = "failures",
     .line = "prony run http://x/",
     .own = true,
     .failed = 3,
     .want = {REPORT MORE}},
    {.name = "failures, already shown",
     .line = "prony run http://x/ -v",
     .own = true,
     .failed = 3,
     .want = {REPORT}},
    {.name = "a report of failures",
     .line = "prony report last",
     .own = true,
     .failed = 3,
     .want = {REPORT MORE}},
    {.name = "a report with nothing to ask", .line = "prony report last", .own = true},
    {.name = "no objectives, and too short for any",
     .line = "prony run http://x/ --for 2s",
     .want = {"prony run http://x/ --for 30s  # long enough to suggest objectives", REPORT}},
    {.name = "no objectives, by count", .line = "prony run http://x/ -n 20", .want = {REPORT}},
    {.name = "no objectives, and most failed",
     .line = "prony run http://x/ --for 2s",
     .failed = 60,
     .want = {REPORT MORE}},
    {.name = "undecided",
     .line = "prony run http://x/ --p99 1s --for 20s",
     .own = true,
     .undecided = true,
     .needed_s = 41,
     .want = {"prony run http://x/ --p99 1s --for 50s  # long enough to decide", REPORT MORE}},
    {.name = "undecided, by count",
     .line = "prony run http://x/ --p99 1s -n 20",
     .own = true,
     .undecided = true,
     .needed_s = 41,
     .want = {REPORT MORE}},
    {.name = "undecided, nobody knows for how long",
     .line = "prony run http://x/ --p99 1s",
     .own = true,
     .undecided = true,
     .needed_s = (double)NAN,
     .want = {REPORT MORE}},
    {.name = "undecided, a stage of a plan",
     .line = "prony run a.yaml",
     .path = "a.yaml",
     .own = true,
     .undecided = true,
     .needed_s = 60,
     .want = {"prony run a.yaml --set load.stages.peak.for=80s  # long enough to decide",
              REPORT MORE}},
    {.name = "undecided over all stages of a plan",
     .line = "prony run a.yaml",
     .path = "a.yaml",
     .own = true,
     .undecided = true,
     .stage = PLAN_NO_INDEX,
     .needed_s = 60,
     .want = {REPORT MORE}},
    {.name = "late, with nothing to do",
     .line = "prony run http://x/",
     .own = true,
     .late = true,
     .idle = true,
     .want = {REPORT}},
    {.name = "late, with no connection for another thread",
     .line = "prony run http://x/ --connections 1",
     .own = true,
     .late = true,
     .connections = 1,
     .want = {REPORT}},
    {.name = "dropped since rows ran out",
     .line = "prony run http://x/ --max-in-flight 500",
     .own = true,
     .rowless = true,
     .dropped = 7,
     .failed = 7,
     .want = {REPORT MORE}},
    {.name = "dropped since connections were few",
     .line = "prony run http://x/ --connections 10",
     .own = true,
     .connections = 10,
     .wait_ns = 2e6,
     .dropped = 7,
     .failed = 7,
     .want = {"prony run http://x/ --connections 40  # arrivals waited for a connection until some "
              "were dropped",
              REPORT MORE}},
    {.name = "too close to the limit",
     .line = "prony run http://x/ --p99 1s",
     .own = true,
     .undecided = true,
     .needed_s = 64550,
     .want =
         {"# 'p99 < 1s' would take 17 h 55 min of this to decide: it is too close to its limit. "
          "Another limit settles it, one outside 980 ms to 1,020 ms",
          REPORT MORE}},
    {.name = "late and dropped",
     .line = "prony run http://x/ --max-in-flight 500 --threads 1",
     .own = true,
     .late = true,
     .dropped = 7,
     .failed = 7,
     .want = {"prony run http://x/ --max-in-flight 500 --threads 2  # prony itself was late",
              "prony run http://x/ --max-in-flight 2000 --threads 1  # arrivals were dropped: "
              "let more be open at once",
              REPORT MORE}},
};

static void scenes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct scene scene = all[i];
        if (!scene.path) scene.path = "";
        check_scene(&scene);
    }
}

/* What is there to be typed begins as what was typed, also where the run was recorded by another
 * name. */
static void by_the_name_typed(void **state)
{
    (void)state;
    static const struct scene here = {
        .name = "built here",
        .line = "prony run http://x/ --p99 1s --for 20s",
        .path = "",
        .own = true,
        .undecided = true,
        .needed_s = 41,
        .want = {"build/prony run http://x/ --p99 1s --for 50s  # long enough to decide",
                 "build/prony report 1f2e3d4c" MORE}};
    self_take_name("build/prony");
    check_scene(&here);
    self_take_name(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replaced_flags), cmocka_unit_test(scenes),
                                       cmocka_unit_test(by_the_name_typed)};
    return cmocka_run_group_tests_name("hints", tests, NULL, NULL);
}
