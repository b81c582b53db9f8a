#include "judge/trust.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "check.h"
#include "judge/redirects.h"
#include "judge/rows.h"
#include "judge/warming.h"
#include "scene.h"

static void stage_of(struct scene *s, const char *sentence)
{
    scene_open(s);
    scene_stage(s, "hold", MODEL_OPEN, true);
    scene_objective(s, sentence);
    scene_begin(s);
}

/* Twenty seconds of 100 requests, ten of them slow, of which `lag_ms` are our own. */
static void slow_by_lag(struct scene *s, uint64_t slow_ms, uint64_t lag_ms)
{
    for (int t = 0; t < 20; t++) {
        scene_tick(s, 0, 1000);
        scene_requests(s, 0, OUTCOME_OK, 90, 20 * MS);
        struct scene_part slow = {.count = 10, .ns = slow_ms * MS, .lag_ns = lag_ms * MS};
        scene_add(s, &slow);
        scene_put(s);
    }
    scene_end(s, RUN_COMPLETE);
}

static void lag_that_decides(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint64_t slow_ms, lag_ms;
        enum trust_level trust;
        enum verdict verdict;
        int exit_code;
    } cases[] = {
        {"slow by itself", "p95 < 100ms", 300, 0, TRUST_VALID, VERDICT_MISSED, 1},
        {"slow by itself, with some lag", "p95 < 100ms", 300, 50, TRUST_VALID, VERDICT_MISSED, 1},
        {"slow only by our lag", "p95 < 100ms", 300, 250, TRUST_INVALID, VERDICT_INVALID, 3},
        {"holds all the same", "p95 < 400ms", 300, 250, TRUST_VALID, VERDICT_HOLDS, 0},
        {"max by our lag", "max < 100ms", 300, 250, TRUST_INVALID, VERDICT_INVALID, 3},
        {"avg by our lag", "avg < 30ms", 300, 250, TRUST_INVALID, VERDICT_INVALID, 3},
        {"of a name by our lag", "p95 of a < 100ms", 300, 250, TRUST_INVALID, VERDICT_INVALID, 3},
        {"a warning by our lag", "warn: p95 < 100ms", 300, 250, TRUST_VALID, VERDICT_NOT_JUDGED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        stage_of(&s, cases[i].sentence);
        slow_by_lag(&s, cases[i].slow_ms, cases[i].lag_ms);
        const struct result *result = scene_result(&s);
        CHECK_STR(cases[i].name, result_trust_name(result->trust),
                  result_trust_name(cases[i].trust));
        CHECK_STR(cases[i].name, result_verdict_name(result->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK_U64(cases[i].name, result->exit_code, cases[i].exit_code);
        bool told = scene_reason(&s, "lag-decides") != NULL;
        CHECK(cases[i].name, told == (cases[i].trust == TRUST_INVALID));
        scene_close(&s);
    }
}

/* One stage is slow by our lag, another one by itself: the miss stands. */
static void lag_that_does_not_decide_all(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    scene_stage(&s, "late", MODEL_OPEN, true);
    scene_stage(&s, "slow", MODEL_OPEN, true);
    scene_objective(&s, "p95 < 100ms");
    scene_begin(&s);
    for (uint32_t t = 0; t < 40; t++) {
        scene_tick(&s, t / 20, 1000);
        struct scene_part part = {
            .stage = t / 20, .count = 100, .ns = 300 * MS, .lag_ns = t < 20 ? 290 * MS : 0};
        scene_add(&s, &part);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(scene_result(&s)->verdict, VERDICT_MISSED);
    assert_int_equal(scene_result(&s)->trust, TRUST_VALID);
    scene_close(&s);
}

/* Without 2 ms of lag the interval reaches just below the limit, but the p95 is as far over it as
 * before: that is no miss by our lag. */
static void lag_that_decides_by_a_hair(void **state)
{
    (void)state;
    struct scene s;
    stage_of(&s, "p95 < 100ms");
    for (uint32_t t = 0; t < 20; t++) {
        uint32_t near = 1 + t % 2;
        struct scene_part part = {.count = near, .ns = 101 * MS, .lag_ns = 2 * MS};
        scene_tick(&s, 0, 1000);
        scene_requests(&s, 0, OUTCOME_OK, 93, 20 * MS);
        scene_add(&s, &part);
        scene_requests(&s, 0, OUTCOME_OK, 7 - near, 300 * MS);
        scene_put(&s);
    }
    scene_end(&s, RUN_COMPLETE);
    assert_int_equal(scene_result(&s)->verdict, VERDICT_MISSED);
    assert_null(scene_reason(&s, "lag-decides"));
    scene_close(&s);
}

/* Twenty seconds of 97 answers and 3 timeouts of 2 s; `late` of the 100 were taken up 1.5 s late.
 * Only where the verdict hangs on timeouts that may be ours is it withheld. */
static void timeouts_by_our_lag(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint32_t late;
        enum verdict verdict;
        const char *code; /* of the reason; NULL: neither of lag's */
    } cases[] = {
        {"holds all the same", "errors < 10%", 3, VERDICT_HOLDS, NULL},
        {"missed by them", "errors < 1%", 3, VERDICT_INVALID, "lag-timeouts"},
        {"more were late than timed out", "errors < 1%", 50, VERDICT_INVALID, "lag-timeouts"},
        {"too few were late", "errors < 1%", 1, VERDICT_MISSED, NULL},
        {"nothing was late", "errors < 1%", 0, VERDICT_MISSED, NULL},
        {"of a name", "errors of a < 1%", 3, VERDICT_INVALID, "lag-timeouts"},
        {"in a stage", "errors in hold < 1%", 3, VERDICT_INVALID, "lag-timeouts"},
        {"availability", "availability > 99%", 3, VERDICT_INVALID, "lag-timeouts"},
        {"availability by time has no timeouts", "availability by time > 50%", 3, VERDICT_HOLDS,
         NULL},
        {"of offered", "throughput >= 98% of offered", 3, VERDICT_INVALID, "lag-timeouts"},
        {"a percentile among them", "p99 < 100ms", 3, VERDICT_INVALID, "lag-timeouts"},
        {"a percentile below them", "p95 < 100ms", 3, VERDICT_HOLDS, NULL},
        {"missed without them, too", "p95 < 10ms", 3, VERDICT_MISSED, NULL},
        {"avg", "avg < 50ms", 3, VERDICT_INVALID, "lag-timeouts"},
        {"max", "max < 50ms", 3, VERDICT_INVALID, "lag-timeouts"},
        {"a capacity is no limit", "throughput > 99/s", 3, VERDICT_MISSED, NULL},
        {"a warning", "warn: errors < 1%", 3, VERDICT_NOT_JUDGED, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        stage_of(&s, cases[i].sentence);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 97, 20 * MS);
            scene_requests(&s, 0, OUTCOME_TIMEOUT, 3, 2 * SECOND);
            scene_lag(&s, 100 - cases[i].late, 100000);
            scene_lag(&s, cases[i].late, 1500 * MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        CHECK_STR(cases[i].name, result_verdict_name(scene_result(&s)->verdict),
                  result_verdict_name(cases[i].verdict));
        const struct trust_reason *told = scene_reason(&s, "lag-timeouts");
        CHECK(cases[i].name, (told != NULL) == (cases[i].code != NULL));
        CHECK(cases[i].name, scene_reason(&s, "lag-decides") == NULL);
        if (told) CHECK_U64(cases[i].name, told->value, 60);
        if (told) CHECK(cases[i].name, strstr(told->text, "is missed only by 60 timeouts") != NULL);
        scene_close(&s);
    }
}

static void schedule_behind(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool judged;
        uint32_t taken; /* of 100 planned a second */
        enum trust_level trust;
    } cases[] = {
        {"all", true, 100, TRUST_VALID},
        {"98 of 100", true, 98, TRUST_VALID},
        {"97 of 100", true, 97, TRUST_INVALID},
        {"a stage that is not judged", false, 50, TRUST_VALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, cases[i].judged);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_slot(&s, 3, 100, cases[i].taken, 100);
            scene_put(&s);
            /* While the stage goes on its last take-ups may be on the way. */
            CHECK(cases[i].name, scene_result(&s)->trust == TRUST_VALID);
        }
        scene_end(&s, RUN_COMPLETE);
        CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                  result_trust_name(cases[i].trust));
        const struct trust_reason *told = scene_reason(&s, "schedule-behind");
        CHECK(cases[i].name, (told != NULL) == (cases[i].trust == TRUST_INVALID));
        if (told) {
            CHECK(cases[i].name, fabs(told->value - 0.97) < 1e-12);
            CHECK(cases[i].name, strstr(told->text, "97.0%") && strstr(told->text, "hold"));
        }
        scene_close(&s);
    }
}

/* Of few arrivals one is more than 2 %, and it may have been due a moment before the end. */
static void one_arrival_proves_no_lateness(void **state)
{
    (void)state;
    for (uint32_t missing = 0; missing < 4; missing++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "hold", MODEL_OPEN, true);
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        scene_tick(&s, 0, 1000);
        scene_slot(&s, 3, 20, 20 - missing, 20);
        scene_put(&s);
        scene_end(&s, RUN_COMPLETE);
        CHECK("of 20", (scene_reason(&s, "schedule-behind") != NULL) == (missing > 1));
        scene_close(&s);
    }
}

static void lag_high(void **state)
{
    (void)state;
    static const struct {
        const char *name, *sentence;
        uint64_t lag_ms;
        enum trust_level trust;
    } cases[] = {
        {"a tenth of the limit is fine", "p95 < 100ms", 9, TRUST_VALID},
        {"more is suspect", "p95 < 100ms", 11, TRUST_SUSPECT},
        {"a wide limit has room", "p95 < 1s", 11, TRUST_VALID},
        {"no limit of times, no rule", "errors < 50%", 500, TRUST_VALID},
        {"a warning is no limit", "warn: p95 < 100ms", 11, TRUST_VALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        stage_of(&s, cases[i].sentence);
        for (int t = 0; t < 40; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            scene_lag(&s, 99, 100000);
            scene_lag(&s, 1, cases[i].lag_ms * MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                  result_trust_name(cases[i].trust));
        /* Suspect is told, and changes no verdict. */
        CHECK(cases[i].name,
              (scene_reason(&s, "lag-high") != NULL) == (cases[i].trust == TRUST_SUSPECT));
        CHECK_U64(cases[i].name, scene_result(&s)->exit_code, 0);
        scene_close(&s);
    }
}

/* What it reads, and how it says how much. */
static void lag_high_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t seconds; /* in each of two stages, of 100 take-ups */
        uint64_t lag_ms;  /* of 2 in 100, in the second stage */
        const char *text;
    } cases[] = {
        {"too few for a p99.9", 10, 50, "lag (p99 of the judged stages) is 50.0% of the tightest"},
        {"enough together", 20, 50, "lag (p99.9 of the judged stages) is 50.0% of the tightest"},
        {"many times the limit", 20, 5000,
         "lag (p99.9 of the judged stages) is 50 times the tight"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        scene_stage(&s, "calm", MODEL_OPEN, true);
        scene_stage(&s, "late", MODEL_OPEN, true);
        scene_objective(&s, "p95 < 100ms");
        scene_begin(&s);
        for (uint32_t t = 0; t < 2 * cases[i].seconds; t++) {
            scene_tick(&s, t / cases[i].seconds, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            bool late = t >= cases[i].seconds;
            scene_lag(&s, late ? 97 : 100, 100000);
            if (late) scene_lag(&s, 3, cases[i].lag_ms * MS);
            scene_put(&s);
        }
        scene_end(&s, RUN_COMPLETE);
        const struct trust_reason *told = scene_reason(&s, "lag-high");
        CHECK(cases[i].name, told != NULL);
        if (told) CHECK(told->text, strstr(told->text, cases[i].text) != NULL);
        scene_close(&s);
    }
}

/* A stage by count whose time is over first: its figures are right, they are only of fewer. */
static void count_short(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum model model;
        bool judged;
        uint64_t asked;    /* iterations */
        uint64_t length_s; /* `for`; 20 s are seen */
        enum run_ended ended;
        bool told;
    } cases[] = {
        {"as many as asked for", MODEL_CLOSED, true, 100, 20, RUN_COMPLETE, false},
        {"fewer", MODEL_CLOSED, true, 400, 20, RUN_COMPLETE, true},
        {"fewer in a stage that is not judged", MODEL_CLOSED, false, 400, 20, RUN_COMPLETE, true},
        {"fewer, but its users left before", MODEL_CLOSED, true, 400, 30, RUN_COMPLETE, false},
        {"fewer, for somebody stopped it", MODEL_CLOSED, true, 400, 30, RUN_INTERRUPTED, false},
        {"by time", MODEL_CLOSED, true, 0, 20, RUN_COMPLETE, false},
        {"by a schedule", MODEL_OPEN, true, 400, 20, RUN_COMPLETE, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        scene_open(&s);
        struct stage *stage = scene_stage(&s, "hold", cases[i].model, cases[i].judged);
        stage->requests = cases[i].asked;
        stage->length_ns = cases[i].length_s * SECOND;
        scene_objective(&s, "errors < 50%");
        scene_begin(&s);
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 5, 20 * MS);
            scene_iterations(&s, SCENE_READ, OUTCOME_OK, 2, 20 * MS);
            scene_iterations(&s, SCENE_JOB, OUTCOME_STATUS, 3, 20 * MS);
            scene_put(&s);
        }
        scene_end(&s, cases[i].ended);
        const struct trust_reason *told = scene_reason(&s, "count-short");
        CHECK(cases[i].name, (told != NULL) == cases[i].told);
        CHECK(cases[i].name, scene_result(&s)->trust == TRUST_VALID); /* a note, no doubt */
        if (told) CHECK_STR(cases[i].name, result_reason_name(told->level), "note");
        if (told) CHECK(cases[i].name, fabs(told->value - 0.25) < 1e-12);
        if (told)
            CHECK(cases[i].name, strstr(told->text, "hold began 100 of its 400 iterations, 25.0%"));
        scene_close(&s);
    }
}

/* A replay without some of its ticks: no verdict, however good the rest is, and no bug of ours. */
static void a_file_that_is_short(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t missing;
        enum run_ended ended;
        enum verdict verdict;
        int exit_code;
        const char *text;
    } cases[] = {
        {"whole", 0, RUN_COMPLETE, VERDICT_INVALID, 70, NULL},
        {"one", 1, RUN_COMPLETE, VERDICT_INVALID, 3, "lacks 1 tick or more from 4.5 s on"},
        {"three", 3, RUN_COMPLETE, VERDICT_INVALID, 3, "lacks 3 ticks or more from 4.5 s on"},
        {"aborted", 3, RUN_ABORTED, VERDICT_INVALID, 3, "lacks 3 ticks or more from 4.5 s on"},
        {"interrupted", 3, RUN_INTERRUPTED, VERDICT_INVALID, 130, "lacks 3 ticks or more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        stage_of(&s, "p95 < 100ms");
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            if (t == 7) s.cells[0].begun++; /* its end was in a tick that is not there */
            scene_put(&s);
            CHECK(cases[i].name, scene_result(&s)->trust == TRUST_VALID);
        }
        s.missing_ticks = cases[i].missing;
        scene_end(&s, cases[i].ended);
        const struct trust_reason *told = scene_reason(&s, "file-short");
        CHECK_STR(cases[i].name, result_verdict_name(scene_result(&s)->verdict),
                  result_verdict_name(cases[i].verdict));
        CHECK_U64(cases[i].name, scene_result(&s)->exit_code, cases[i].exit_code);
        CHECK(cases[i].name, (told != NULL) == (cases[i].missing > 0));
        CHECK(cases[i].name, (scene_reason(&s, "books-differ") != NULL) == (cases[i].missing == 0));
        if (told) CHECK_U64(cases[i].name, told->value, cases[i].missing);
        if (told) CHECK(cases[i].name, strstr(told->text, cases[i].text) != NULL);
        scene_close(&s);
    }
}

static void books_must_balance(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool lost_request, lost_iteration, stray, short_file;
        int exit_code;
    } cases[] = {
        {"even", false, false, false, false, 0},
        {"a request without an end", true, false, false, false, 70},
        {"an iteration without an end", false, true, false, false, 70},
        {"a cell of an unknown name", false, false, true, false, 70},
        {"a file cut short has no balance", true, true, false, true, 130},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene s;
        stage_of(&s, "errors < 50%");
        for (int t = 0; t < 20; t++) {
            scene_tick(&s, 0, 1000);
            scene_requests(&s, 0, OUTCOME_OK, 100, 20 * MS);
            scene_iterations(&s, SCENE_READ, OUTCOME_OK, 50, 20 * MS);
            if (t == 7 && cases[i].lost_request) s.cells[0].begun++;
            if (t == 7 && cases[i].lost_iteration) s.cells[1].begun++;
            if (t == 7 && cases[i].stray) {
                scene_requests(&s, 1, OUTCOME_OK, 1, MS);
                s.cells[s.tick.cell_count - 1].index = 99;
            }
            scene_put(&s);
        }
        if (cases[i].short_file) scene_stop_short(&s);
        else scene_end(&s, RUN_COMPLETE);
        bool bug = cases[i].exit_code == 70;
        CHECK_U64(cases[i].name, scene_result(&s)->exit_code, cases[i].exit_code);
        CHECK(cases[i].name, (scene_reason(&s, "books-differ") != NULL) == bug);
        CHECK(cases[i].name, (scene_result(&s)->verdict == VERDICT_INVALID) == bug);
        scene_close(&s);
    }
}

/* Gigabytes of series would it take to come to that in a run: asked of the rules alone. */
static void what_could_not_be_kept(void **state)
{
    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        struct scene s;
        stage_of(&s, "p95 < 100ms");
        static struct books books;
        static struct rows rows;
        static struct warming warming;
        static struct redirects redirects;
        static struct result result;
        struct books_needs needs;
        rows_needs(&needs, &s.plan, &s.arena);
        books_open(&books, &s.header, &needs, &s.arena);
        rows_open(&rows, &books, &s.arena);
        warming_open(&warming, &s.header, &s.arena);
        redirects_open(&redirects, &s.header, &s.arena);
        assert_true(arena_ok(&s.arena));
        struct objective_result *results =
            ARENA_ARRAY(&s.arena, rows.count, struct objective_result);
        struct limits_desk desk = {.books = &books, .final = true, .arena = &s.arena};
        struct run_end end = {.ended = RUN_COMPLETE};
        struct trust_case c = {.desk = &desk,
                               .rows = &rows,
                               .results = results,
                               .end = &end,
                               .warming = &warming,
                               .redirects = &redirects,
                               .out_of_memory = lost};
        assert_false(trust_judge(&c, &result)); /* no bug */
        CHECK_U64("reasons", result.reason_count, lost);
        if (lost) CHECK_STR("its code", result.reasons[0].code, "out-of-memory");
        CHECK_U64("its level", result.trust, lost ? TRUST_INVALID : TRUST_VALID);
        scene_close(&s);
    }
}

/* The table of docs/method.md has a row for each rule, with its level, and no other. */
static void every_rule_is_documented(void **state)
{
    (void)state;
    const char *root = getenv("PRONY_ROOT");
    char path[1024];
    struct text t = text_in(path, sizeof path);
    assert_non_null(root);
    text_addf(&t, "%s/docs/method.md", root);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    static char line[1024];
    uint32_t rows = 0;
    bool in_part = false;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') in_part = strcmp(line, "## Trust\n") == 0;
        if (!in_part || strncmp(line, "| `", 3) != 0) continue;
        struct trust_rule rule;
        CHECK(line, trust_rule(rows++, &rule)); /* in the same order */
        char start[64];
        struct text row = text_in(start, sizeof start);
        text_addf(&row, "| `%s` | ", rule.code);
        CHECK(line, strncmp(line, start, row.len) == 0);
        const char *level = strrchr(line, '|'); /* the last cell is before it */
        while (level > line && level[-1] != '|') level--;
        CHECK(line, strncmp(level + 1, result_reason_name(rule.level),
                            strlen(result_reason_name(rule.level)))
                        == 0);
    }
    assert_int_equal(fclose(file), 0);
    struct trust_rule more;
    assert_false(trust_rule(rows, &more));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lag_that_decides),
        cmocka_unit_test(lag_that_does_not_decide_all),
        cmocka_unit_test(lag_that_decides_by_a_hair),
        cmocka_unit_test(timeouts_by_our_lag),
        cmocka_unit_test(schedule_behind),
        cmocka_unit_test(one_arrival_proves_no_lateness),
        cmocka_unit_test(lag_high_says_where),
        cmocka_unit_test(what_could_not_be_kept),
        cmocka_unit_test(every_rule_is_documented),
        cmocka_unit_test(lag_high),
        cmocka_unit_test(count_short),
        cmocka_unit_test(books_must_balance),
        cmocka_unit_test(a_file_that_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
