#include "cli/flags.h"

#include <stdlib.h>

#include "base/attr.h"
#include "check.h"
#include "cli/help.h"

/* Splits at blanks; `_` in a word stands for a blank. */
static bool parse(struct flags *out, const char *line, struct err *err)
{
    static char copy[512]; /* flags borrow it */
    static char *argv[64];
    int argc = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; *at;) {
        argv[argc++] = at;
        while (*at && *at != ' ') {
            if (*at == '_') *at = ' ';
            at++;
        }
        if (*at) *at++ = '\0';
    }
    return flags_parse(out, argc, argv, err);
}

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum verb verb;
        const char *word;
        enum flag flag;
        const char *value;
    } cases[] = {
        {"prony", VERB_HELP, NULL, FLAG_COUNT, ""},
        {"prony --help", VERB_HELP, NULL, FLAG_COUNT, ""},
        {"prony help", VERB_HELP, NULL, FLAG_COUNT, ""},
        {"prony help run", VERB_HELP, "run", FLAG_COUNT, ""},
        {"prony run --help", VERB_RUN, NULL, FLAG_HELP, ""},
        {"prony run plan.yaml", VERB_RUN, "plan.yaml", FLAG_COUNT, ""},
        {"prony run u --rate 500/s", VERB_RUN, "u", FLAG_RATE, "500/s"},
        {"prony run --rate=500/s u", VERB_RUN, "u", FLAG_RATE, "500/s"},
        {"prony run u -n 5", VERB_RUN, "u", FLAG_REQUESTS, "5"},
        {"prony run u -n5", VERB_RUN, "u", FLAG_REQUESTS, "5"},
        {"prony run -q u", VERB_RUN, "u", FLAG_QUIET, ""},
        {"prony run u --think 0.5s..2s", VERB_RUN, "u", FLAG_THINK, "0.5s..2s"},
        {"prony run u -H X:_y", VERB_RUN, "u", FLAG_HEADER, "X: y"},
        {"prony run u --p99.9 1s", VERB_RUN, "u", FLAG_P999, "1s"},
        {"prony run u --throughput 98%_of_offered", VERB_RUN, "u", FLAG_THROUGHPUT,
         "98% of offered"},
        {"prony run u --seed 0", VERB_RUN, "u", FLAG_SEED, "0"},
        {"prony run -- --rate", VERB_RUN, "--rate", FLAG_COUNT, ""},
        {"prony run u -d -1", VERB_RUN, "u", FLAG_BODY, "-1"},
        {"prony report last --output json", VERB_REPORT, "last", FLAG_OUTPUT, "json"},
        {"prony list --runs-dir x", VERB_LIST, NULL, FLAG_RUNS_DIR, "x"},
        {"prony list --output json", VERB_LIST, NULL, FLAG_FORM, "json"},
        {"prony list --verdict missed,not-judged", VERB_LIST, NULL, FLAG_VERDICT,
         "missed,not-judged"},
        {"prony list --since 2d", VERB_LIST, NULL, FLAG_SINCE, "2d"},
        {"prony list --until 2026-11-01_14:30", VERB_LIST, NULL, FLAG_UNTIL, "2026-11-01 14:30"},
        {"prony run u --output csv=a.csv --output json", VERB_RUN, "u", FLAG_OUTPUT, "csv=a.csv"},
        {"prony run u -qq", VERB_RUN, "u", FLAG_QUIET, ""},
        {"prony run u --ascii", VERB_RUN, "u", FLAG_ASCII, ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].line;
        struct flags flags;
        struct err err = {0};
        if (!parse(&flags, cases[i].line, &err)) CHECK_STR(name, err.msg, "");
        CHECK(name, flags.verb == cases[i].verb && !flags.version);
        CHECK_STR(name, flags.word ? flags.word : "", cases[i].word ? cases[i].word : "");
        if (cases[i].flag == FLAG_COUNT) continue;
        CHECK(name, flags_given(&flags, cases[i].flag));
        CHECK(name, bytes_is(flags_value(&flags, cases[i].flag, "none"), cases[i].value));
    }
    struct flags flags;
    assert_true(parse(&flags, "prony --version", NULL) && flags.version);
    assert_true(parse(&flags, "prony report a --p95 1s b -q c", NULL));
    assert_int_equal(flags.word_count, 3);
    assert_string_equal(flags.words[2], "c");
    assert_true(flags.words[3] == NULL && strcmp(flags.word, flags.words[0]) == 0);
}

/* Command lines, and what is said to them. */
static const struct {
    const char *line, *msg, *hint;
} wrong_lines[] = {
    {"prony rnu plan.yaml", "there is no command 'rnu'", "did you mean `prony run`?"},
    {"prony http://x/", "there is no command 'http://x/'", "to load a URL: prony run http://x/"},
    {"prony plan.yaml", "there is no command 'plan.yaml'", "to run a plan: prony run plan.yaml"},
    {"prony run", "`prony run` needs a plan or a URL: PLAN|URL", "`prony run --help` has examples"},
    {"prony report", "`prony report` needs one more word: RUN...",
     "`prony report --help` has examples"},
    {"prony report 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 "
     "29 "
     "30 31 32 33",
     "`prony report` takes 32 words at most, and these are 33",
     "leave some of them to another command"},
    {"prony run a b c", "`prony run` has no use for 'b'", "usage: prony run PLAN|URL [flags]"},
    {"prony list a", "`prony list` has no use for 'a'", "usage: prony list [flags]"},
    {"prony run u --raet 5/s", "there is no flag --raet", "did you mean --rate?"},
    {"prony run u --zzzzzzzz", "there is no flag --zzzzzzzz", "`prony run --help` lists them"},
    {"prony run u -z", "there is no flag -z", "`prony run --help` lists them"},
    {"prony report r --rate 5/s", "`prony report` has no flag --rate",
     "it belongs to `prony run`, `prony check`"},
    {"prony report r --rate", "`prony report` has no flag --rate",
     "it belongs to `prony run`, `prony check`"},
    {"prony run u --rate", "--rate needs a value: R",
     "--rate: arrivals per second, whether replies come or not: 500/s (default 50/s)"},
    {"prony run u --rate 1/s --rate 2/s", "--rate is given twice", "keep one of them"},
    {"prony run u --quiet=1", "--quiet takes no value", "write --quiet alone"},
    {"prony run u -q1", "-q takes no value", "write -q alone, each letter in a word of its own"},
    {"prony run u --arrivals burst", "--arrivals burst: that is not one of its values",
     "one of poisson|even|exact"},
    {"prony run u --output jsn", "--output jsn: there is no such form",
     "did you mean --output json?"},
    {"prony run u --output xml", "--output xml: there is no such form",
     "--output: text, json, ndjson, csv, markdown or junit, on stdout or in FILE (default "
     "text)"},
    {"prony run u --output csv=", "--output csv=: the name of the file is missing",
     "--output: text, json, ndjson, csv, markdown or junit, on stdout or in FILE (default "
     "text)"},
    {"prony list --output csv", "--output csv: that is not one of its values", "one of text|json"},
    {"prony list --verdict missed,hold",
     "--verdict missed,hold: that is not one of its values, nor some with commas between",
     "one of holds|missed|inconclusive|invalid|not-judged|no-verdict|running"},
    {"prony list --verdict ,",
     "--verdict ,: that is not one of its values, nor some with commas "
     "between",
     "one of holds|missed|inconclusive|invalid|not-judged|no-verdict|running"},
    {"prony list --since 2026-02-30", "--since 2026-02-30: there is no such day or hour",
     "--since: started then or later: 2d (days ago), 2026-11-01, '2026-11-01 14:30', today"},
    {"prony run u --since 2d", "`prony run` has no flag --since", "it belongs to `prony list`"},
    {"prony run u -n 0", "--requests 0: it must be at least 1, and less than 2^32",
     "--requests: send exactly so many instead of for a time"},
    {"prony run u --seed x", "--seed x: a whole number is wanted, such as 100",
     "--seed: the same number gives the same schedule and the same data"},
    {"prony run u --think 2s..1s", "--think 2s..1s: the range ends before it begins",
     "--think: with --users: pause after each reply, 1s or 0.5s..2s"},
    {"prony run u -H nocolon", "--header nocolon: a header is written 'NAME: VALUE'",
     "--header: a header to send"},
    {"prony run u -H a_b:c", "--header a b:c: a header is written 'NAME: VALUE'",
     "--header: a header to send"},
};

static void test_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong_lines); i++) {
        const char *name = wrong_lines[i].line;
        struct flags flags;
        struct err err = {0};
        CHECK(name, !parse(&flags, wrong_lines[i].line, &err));
        CHECK(name, err.kind == ERR_USAGE);
        CHECK_STR(name, err.msg, wrong_lines[i].msg);
        CHECK_STR(name, err.hint, wrong_lines[i].hint);
    }
}

/* The words are plan/units' own; that each kind is read by the right one is ours. */
/* All at once, in their order, and what was right is known. */
static void test_all_that_is_wrong(void **state)
{
    (void)state;
    static struct flags flags;
    struct err err = {0};
    assert_false(
        parse(&flags, "prony check u --raet 5/s --output json -z --p95 5 more words", &err));
    assert_string_equal(err.msg, "there is no flag --raet");
    assert_int_equal(flags.more_count, 2);
    assert_string_equal(flags.more[0].msg, "there is no flag -z");
    assert_non_null(strstr(flags.more[1].msg, "--p95 5: "));
    assert_true(bytes_is(flags_value(&flags, FLAG_FORM, ""), "json"));
    assert_false(parse(&flags, "prony run u -z -z -z -z -z -z -z -z -z -z", &err));
    assert_int_equal(flags.more_count, FLAGS_FAULTS_MAX);
}

static void test_units_are_required(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "prony run u --rate 500",       "prony run u --rate 0/s",
        "prony run u --for 30",         "prony run u --p95 100",
        "prony run u --p95 100/s",      "prony run u --errors 0.1",
        "prony run u --availability 1", "prony run u --throughput 100",
        "prony run u --timeout x",      "prony run u --throughput 98%_of_all",
        "prony run u --users 1.5",      "prony run u --rate nan/s",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct flags flags;
        struct err err = {0};
        CHECK(lines[i], !parse(&flags, lines[i], &err));
        CHECK(lines[i], strncmp(err.msg, "--", 2) == 0 && err.hint[0] != '\0');
    }
}

static void test_objectives(void **state)
{
    (void)state;
    static const char *const want[] = {"p95 < 100ms",
                                       "p99.9 < 1s",
                                       "errors <= 0.1%",
                                       "availability >= 99.9%",
                                       "throughput >= 98% of offered",
                                       "throughput of a > 5/s"};
    struct flags flags;
    struct err err = {0};
    char array[512];
    struct text text = text_in(array, sizeof array);
    struct bytes list[FLAGS_OBJECTIVES_MAX];
    assert_true(parse(&flags,
                      "prony run u --p95 100ms --rate 5/s --p99.9 1s --errors 0.1% "
                      "--availability 99.9% --throughput 98% "
                      "--objective throughput_of_a_>_5/s",
                      &err));
    assert_int_equal(flags_objectives(&flags, &text, list), COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) CHECK(want[i], bytes_is(list[i], want[i]));
}

/* A flag without a line in the help of a verb that takes it, or a line that is too long. */
static void test_help_is_whole(void **state)
{
    (void)state;
    static char array[HELP_MAX];
    for (uint32_t v = 0; v < VERB_COUNT; v++) {
        struct text text = text_in(array, sizeof array);
        help_verb(&text, (enum verb)v);
        CHECK(flags_verbs[v].name, !text.cut);
        for (uint32_t f = 0; f < FLAG_COUNT; f++) {
            char flag[40];
            snprintf(flag, sizeof flag, " --%s%s", flags_table[f].name,
                     flags_table[f].argument[0] ? " " : "  ");
            bool takes = (flags_table[f].verbs & (1u << v)) != 0;
            if (takes) CHECK(flag, strstr(array, flag) != NULL);
        }
        for (struct bytes rest = text_bytes(&text); rest.len > 0;) {
            size_t end = bytes_find(rest, BYTES_LIT("\n"));
            CHECK(flags_verbs[v].name, end != SIZE_MAX);
            CHECK(flags_verbs[v].name, text_columns((struct bytes){rest.at, end}) <= 80);
            rest = bytes_from(rest, end + 1);
        }
    }
}

/* -qq is two, and a letter behind another is none. */
static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        uint32_t times;
    } cases[] = {{"prony run u", 0},
                 {"prony run -q u", 1},
                 {"prony run u -qq", 2},
                 {"prony run -q u --quiet", 2}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct flags flags;
        struct err err = {0};
        CHECK(cases[i].line, parse(&flags, cases[i].line, &err));
        CHECK(cases[i].line, flags_times(&flags, FLAG_QUIET) == cases[i].times);
    }
    struct flags flags;
    struct err err = {0};
    assert_false(parse(&flags, "prony run u -qv", &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_all_that_is_wrong),
        cmocka_unit_test(test_units_are_required),
        cmocka_unit_test(test_objectives),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_help_is_whole),
    };
    return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
