#include "load/verify.h"

#include <stdlib.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "kit.h"

/* One verifier on step 1 of a kit whose options are the given lines. */
struct scene {
    struct kit kit;
    struct verifier verifier;
    struct captured captured;
};

static void open_scene(struct scene *s, const char *options)
{
    char steps[4096];
    struct text t = text_in(steps, sizeof steps);
    text_adds(&t, "      - get: /x\n");
    text_adds(&t, options);
    assert_false(t.cut);
    kit_open(&s->kit, steps, NULL, NULL);
    assert_true(verify_open(&s->verifier, &s->kit.program, &s->kit.arena, NULL));
    s->captured = (struct captured){s->kit.captures, s->kit.capture_len, s->kit.capture_is_text};
}

static void close_scene(struct scene *s)
{
    verify_close(&s->verifier);
    kit_close(&s->kit);
}

/* `head`: header lines, each "Name: value\n". */
static struct verdict_on_reply judge(struct scene *s, uint32_t status, const char *head,
                                     struct bytes body)
{
    const struct operation *op = kit_operation(&s->kit, 1);
    struct head_marks marks = {0};
    while (*head) {
        size_t name = strcspn(head, ":"), line = strcspn(head, "\n");
        struct bytes value = bytes_trim((struct bytes){head + name + 1, line - name - 1});
        verify_header(&s->verifier, op, &s->kit.values, &s->captured, (struct bytes){head, name},
                      value, &marks);
        head += line + 1;
    }
    return verify_reply(&s->verifier, op, &s->kit.values, &s->captured, status, body, &marks);
}

/* `check: [ SENTENCE ]` on its own. */
static const char *check_of(const char *sentence)
{
    static char options[2048];
    struct text t = text_in(options, sizeof options);
    text_addf(&t, "        check:\n          - %s\n", sentence);
    assert_false(t.cut);
    return options;
}

/* A check, a reply, and what the one makes of the other. */
static const struct {
    const char *name, *check;
    uint32_t status;
    const char *head, *body;
    enum verify_status want;
} check_rows[] = {
    {"status", "status 202", 202, "", "", VERIFY_OK},
    {"status, other", "status 202", 200, "", "", VERIFY_STATUS},
    {"status class", "status 2xx", 299, "", "", VERIFY_OK},
    {"status class, other", "status 2xx", 300, "", "", VERIFY_STATUS},
    {"status range", "status 400..404", 404, "", "", VERIFY_OK},
    {"status range, other", "status 400..404", 405, "", "", VERIFY_STATUS},
    {"status !=", "status != 404", 500, "", "", VERIFY_OK},
    {"status !=, it is", "status != 404", 404, "", "", VERIFY_STATUS},
    {"status !=, class", "status != 5xx", 503, "", "", VERIFY_STATUS},
    {"status <", "status < 400", 399, "", "", VERIFY_OK},
    {"status <, not", "status < 400", 400, "", "", VERIFY_STATUS},
    {"status >", "status > 499", 500, "", "", VERIFY_OK},
    {"status >, not", "status > 499", 499, "", "", VERIFY_STATUS},

    {"header ==", "header X-A == one", 200, "x-a: one\n", "", VERIFY_OK},
    {"header ==, other", "header X-A == one", 200, "x-a: One\n", "", VERIFY_CHECK},
    {"header ==, none", "header X-A == one", 200, "x-b: one\n", "", VERIFY_CHECK},
    {"header ==, second of two", "header X-A == one", 200, "X-A: two\nX-A: one\n", "", VERIFY_OK},
    {"header !=", "header X-A != one", 200, "X-A: two\n", "", VERIFY_OK},
    {"header !=, it is", "header X-A != one", 200, "X-A: one\n", "", VERIFY_CHECK},
    {"header !=, none there", "header X-A != one", 200, "", "", VERIFY_OK},
    {"header !=, first of two is", "header X-A != one", 200, "X-A: one\nX-A: two\n", "",
     VERIFY_CHECK},
    {"header !=, second of two is", "header X-A != one", 200, "X-A: two\nX-A: one\n", "",
     VERIFY_CHECK},
    {"header !=, none of three", "header X-A != one", 200, "X-A: 2\nX-A: 3\nX-A: 4\n", "",
     VERIFY_OK},
    {"header contains", "header X-A contains ne", 200, "X-A: one\n", "", VERIFY_OK},
    {"header contains, not", "header X-A contains ne", 200, "X-A: two\n", "", VERIFY_CHECK},

    {"body ==", "body == all", 200, "", "all", VERIFY_OK},
    {"body ==, more", "body == all", 200, "", "all of it", VERIFY_CHECK},
    {"body ==, empty", "body == \"\"", 200, "", "", VERIFY_OK},
    {"body !=", "body != all", 200, "", "else", VERIFY_OK},
    {"body !=, it is", "body != all", 200, "", "all", VERIFY_CHECK},
    {"body contains", "body contains \"a b\"", 200, "", "xa bx", VERIFY_OK},
    {"body contains, not", "body contains \"a b\"", 200, "", "ab", VERIFY_CHECK},

    {"regex", "regex \"^id=[0-9]+$\"", 200, "", "id=77", VERIFY_OK},
    {"regex, not", "regex \"^id=[0-9]+$\"", 200, "", "id=", VERIFY_CHECK},
    {"regex on broken UTF-8", "regex \"ok\"", 200, "", "\xff\xfe ok", VERIFY_OK},

    {"json ==, text", "json .s == done", 200, "", "{\"s\":\"done\"}", VERIFY_OK},
    {"json ==, other text", "json .s == done", 200, "", "{\"s\":\"Done\"}", VERIFY_CHECK},
    {"json ==, escaped text", "json .s == a/b", 200, "", "{\"s\":\"a\\/\\u0062\"}", VERIFY_OK},
    {"json ==, number", "json .n == 3", 200, "", "{\"n\":3}", VERIFY_OK},
    {"json ==, number in other words", "json .n == 3", 200, "", "{\"n\":0.3e1}", VERIFY_OK},
    {"json ==, other number", "json .n == 3", 200, "", "{\"n\":4}", VERIFY_CHECK},
    {"json ==, true", "json .b == true", 200, "", "{\"b\":true}", VERIFY_OK},
    {"json ==, null", "json .b == null", 200, "", "{\"b\":null}", VERIFY_OK},
    {"json ==, quoted is text", "'json .n == \"3\"'", 200, "", "{\"n\":3}", VERIFY_CHECK},
    {"json ==, quoted text", "'json .n == \"3\"'", 200, "", "{\"n\":\"3\"}", VERIFY_OK},
    {"json !=, quoted is another kind", "'json .n != \"3\"'", 200, "", "{\"n\":3}", VERIFY_OK},
    {"json ==, absent", "json .n == 3", 200, "", "{}", VERIFY_CHECK},
    {"json !=", "json .s != done", 200, "", "{\"s\":\"open\"}", VERIFY_OK},
    {"json !=, it is", "json .s != done", 200, "", "{\"s\":\"done\"}", VERIFY_CHECK},
    {"json !=, same number", "json .n != 3", 200, "", "{\"n\":3.0}", VERIFY_CHECK},
    {"json !=, absent", "json .s != done", 200, "", "{}", VERIFY_OK},
    {"json !=, broken", "json .s != done", 200, "", "{\"s\":", VERIFY_CHECK},
    {"json <", "json .q.length < 3", 200, "", "{\"q\":[1,2]}", VERIFY_OK},
    {"json <, equal", "json .q.length < 3", 200, "", "{\"q\":[1,2,3]}", VERIFY_CHECK},
    {"json <, not a number", "json .q < 3", 200, "", "{\"q\":\"x\"}", VERIFY_CHECK},
    {"json >", "json .n > -1.5", 200, "", "{\"n\":-1.4}", VERIFY_OK},
    {"json >, not", "json .n > -1.5", 200, "", "{\"n\":-1.5}", VERIFY_CHECK},
    {"json contains", "json .s contains on", 200, "", "{\"s\":\"done\"}", VERIFY_OK},
    {"json contains, not", "json .s contains off", 200, "", "{\"s\":\"done\"}", VERIFY_CHECK},
    {"json of a list", "'json .[1].id == 7'", 200, "", "[{},{\"id\":7}]", VERIFY_OK},

    {"without a status check, 2xx", "body contains x", 204, "", "x", VERIFY_OK},
    {"without a status check, 3xx", "body contains x", 302, "", "x", VERIFY_OK},
    {"without a status check, 4xx", "body contains x", 404, "", "x", VERIFY_STATUS},
    {"without a status check, 5xx", "body contains x", 500, "", "x", VERIFY_STATUS},
    {"without a status check, 1xx", "body contains x", 199, "", "x", VERIFY_STATUS},
};

static void each_check_holds_and_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(check_rows); i++) {
        struct scene s;
        open_scene(&s, check_of(check_rows[i].check));
        struct verdict_on_reply v =
            judge(&s, check_rows[i].status, check_rows[i].head, bytes_of(check_rows[i].body));
        CHECK_U64(check_rows[i].name, v.status, check_rows[i].want);
        bool names_it = v.status == VERIFY_OK ? !v.failed : v.failed != NULL;
        bool by_rule = v.status == VERIFY_STATUS && !v.failed; /* no status check was written */
        CHECK(check_rows[i].name, names_it || by_rule);
        close_scene(&s);
    }
}

/* `len` times `c`, then "!". */
static const char *body_of(char c, size_t len)
{
    static char body[1 << 20];
    memset(body, c, len);
    body[len] = '!';
    body[len + 1] = '\0';
    return body;
}

/* An expression that runs into a limit says nothing about the reply. */
static void an_expression_that_gives_up_says_so(void **state)
{
    (void)state;
    static const char match_limit[] = "is not known: the expression gave up: match limit";
    static const char stack_limit[] = "is not known: the expression gave up: stack limit";
    static const struct {
        const char *name, *options;
        char c;
        size_t len;
        const char *why;
    } cases[] = {
        {"check", "        check: [ 'regex \"^(a|a)*$\"' ]\n", 'a', 40, match_limit},
        {"check, stack", "        check: [ 'regex \"^(x|y)*$\"' ]\n", 'x', 900000, stack_limit},
        {"capture", "        capture: { a: 'regex \"^((a|a)*)$\"' }\n", 'a', 40, match_limit},
        {"until", "        until: 'regex \"^(a|a)*$\"'\n        every: 1s\n        within: 5s\n",
         'a', 40, match_limit},
        {"a body of 1,000 in a loop is fine", "        check: [ 'regex \"^(x|y)*!$\"' ]\n", 'x',
         1000, NULL},
        {"not found", "        check: [ 'regex \"zz\"' ]\n", 'x', 1000, "does not hold"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open_scene(&s, cases[i].options);
        struct verdict_on_reply v = judge(&s, 200, "", bytes_of(body_of(cases[i].c, cases[i].len)));
        CHECK_U64(cases[i].name, v.status, cases[i].why ? VERIFY_CHECK : VERIFY_OK);
        if (cases[i].why) CHECK_STR(cases[i].name, v.why, cases[i].why);
        CHECK(cases[i].name, v.gave_up == (cases[i].why && strstr(cases[i].why, "gave up")));
        v = judge(&s, 500, "", BYTES_LIT("b"));
        CHECK("the next reply is another", !v.gave_up);
        close_scene(&s);
    }
}

static void the_first_that_fails_is_named(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, "        check: [ status 200, body contains a, body contains b ]\n");
    CHECK_U64("all", judge(&s, 200, "", BYTES_LIT("ab")).status, VERIFY_OK);
    struct verdict_on_reply v = judge(&s, 200, "", BYTES_LIT("c"));
    CHECK_U64("check", v.status, VERIFY_CHECK);
    CHECK("the second", bytes_is(v.failed->text, "body contains a"));
    v = judge(&s, 503, "", BYTES_LIT("c"));
    CHECK_U64("status", v.status, VERIFY_STATUS);
    CHECK("the first", bytes_is(v.failed->text, "status 200"));
    close_scene(&s);
}

static void a_failed_check_says_what_stood_there(void **state)
{
    (void)state;
    static const struct {
        const char *name, *check, *body, *why, *found;
    } cases[] = {
        {"text", "json .s == done", "{\"s\":\"queued\"}", "does not hold, found", "\"queued\""},
        {"empty text", "json .s == done", "{\"s\":\"\"}", "does not hold, found", "\"\""},
        {"number", "json .n < 3", "{\"n\": 4.0 }", "does not hold, found", "4.0"},
        {"length", "json .q.length < 2", "{\"q\":[1,2]}", "does not hold, found", "2"},
        {"object", "json .o == 1", "{\"o\":{\"a\":1}}", "does not hold, found", "{\"a\":1}"},
        {"none", "json .s == done", "{}", "does not hold: the reply has no such value", ""},
        {"broken", "json .s == done", "<html>", "does not hold: the body is not JSON", ""},
        {"no JSON asked for", "body contains x", "abc", "does not hold", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        open_scene(&s, check_of(cases[i].check));
        struct verdict_on_reply v = judge(&s, 200, "", bytes_of(cases[i].body));
        CHECK(cases[i].name, v.why && strcmp(v.why, cases[i].why) == 0);
        CHECK(cases[i].name, bytes_is(v.found, cases[i].found));
        close_scene(&s);
    }
}

static void the_right_side_may_be_a_variable(void **state)
{
    (void)state;
    static const char *const checks[] = {"json .id == $a", "header X-A == $a", "body contains $a",
                                         "json .id contains $a"};
    for (size_t i = 0; i < COUNT_OF(checks); i++) {
        struct scene s;
        open_scene(&s, check_of(checks[i]));
        kit_capture(&s.kit, 0, BYTES_LIT("a-7"), true);
        CHECK_U64(checks[i], judge(&s, 200, "X-A: a-7\n", BYTES_LIT("{\"id\":\"a-7\"}")).status,
                  VERIFY_OK);
        CHECK_U64(checks[i], judge(&s, 200, "X-A: a-8\n", BYTES_LIT("{\"id\":\"a-8\"}")).status,
                  VERIFY_CHECK);
        close_scene(&s);
    }
}

static void captures_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *name, *capture, *head, *body;
        enum verify_status status;
        const char *want;
        bool is_text;
    } cases[] = {
        {"json text", "json .id", "", "{\"id\":\"x\\u0041\\n\"}", VERIFY_OK, "xA\n", true},
        {"json number", "json .id", "", "{\"id\":-1.50}", VERIFY_OK, "-1.50", false},
        {"json true", "json .id", "", "{\"id\":true}", VERIFY_OK, "true", false},
        {"json object", "json .id", "", "{\"id\":{\"a\": 1}}", VERIFY_OK, "{\"a\": 1}", false},
        {"json empty text", "json .id", "", "{\"id\":\"\"}", VERIFY_OK, "", true},
        {"json absent", "json .id", "", "{}", VERIFY_CHECK, "", false},
        {"json broken", "json .id", "", "<html>", VERIFY_CHECK, "", false},
        {"header", "header Location", "location: /jobs/7\n", "", VERIFY_OK, "/jobs/7", false},
        {"header, the last of two", "header L", "L: a\nL: b\n", "", VERIFY_OK, "b", false},
        {"header, none", "header L", "M: a\n", "", VERIFY_CHECK, "", false},
        {"regex, group", "'regex \"id=([0-9]+)\"'", "", "a id=42;", VERIFY_OK, "42", false},
        {"regex, whole", "'regex \"id=[0-9]+\"'", "", "a id=42;", VERIFY_OK, "id=42", false},
        {"regex, group not taken part", "'regex \"x(y)?\"'", "", "ax", VERIFY_OK, "x", false},
        {"regex, three groups", "'regex \"(.)(.)(.)\"'", "", "abc", VERIFY_OK, "a", false},
        {"regex, empty group", "'regex \"<(.*?)>\"'", "", "<>", VERIFY_OK, "", false},
        {"regex, no match", "'regex \"id=([0-9]+)\"'", "", "id=", VERIFY_CHECK, "", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        char options[512];
        struct text t = text_in(options, sizeof options);
        text_addf(&t, "        capture:\n          a: %s\n", cases[i].capture);
        open_scene(&s, options);
        struct verdict_on_reply v = judge(&s, 200, cases[i].head, bytes_of(cases[i].body));
        CHECK_U64(cases[i].name, v.status, cases[i].status);
        if (v.status == VERIFY_OK) {
            struct bytes got = {s.kit.captures, s.kit.capture_len[0]};
            CHECK(cases[i].name, bytes_is(got, cases[i].want));
            CHECK(cases[i].name, s.kit.capture_is_text[0] == cases[i].is_text);
        } else {
            CHECK(cases[i].name, v.capture && bytes_is(v.capture->name, "a") && v.why);
        }
        close_scene(&s);
    }
}

static void long_values_are_not_captured(void **state)
{
    (void)state;
    static const char *const captures[] = {"json .v", "header H", "'regex \"[xy]+\"'"};
    for (size_t i = 0; i < COUNT_OF(captures); i++) {
        for (size_t len = CAPTURE_MAX - 1; len <= CAPTURE_MAX + 1; len++) {
            static char body[CAPTURE_MAX + 64], head[CAPTURE_MAX + 64];
            struct scene s;
            char options[512];
            struct text t = text_in(options, sizeof options), b = text_in(body, sizeof body),
                        h = text_in(head, sizeof head);
            text_addf(&t, "        capture:\n          a: %s\n", captures[i]);
            text_adds(&b, "{\"v\":\"");
            text_addc(&b, 'y', len);
            text_adds(&b, "\"}");
            text_adds(&h, "H: ");
            text_addc(&h, 'y', len);
            text_adds(&h, "\n");
            open_scene(&s, options);
            /* The pattern must not take the key. */
            struct bytes text = i == 2 ? bytes_from(text_bytes(&b), 5) : text_bytes(&b);
            struct verdict_on_reply v = judge(&s, 200, head, text);
            CHECK_U64(captures[i], v.status, len <= CAPTURE_MAX ? VERIFY_OK : VERIFY_CHECK);
            if (len <= CAPTURE_MAX) CHECK_U64(captures[i], s.kit.capture_len[0], len);
            close_scene(&s);
        }
    }
}

static void until_asks_for_another_try(void **state)
{
    (void)state;
    static const struct {
        const char *name, *until;
        uint32_t status;
        const char *head, *body;
        enum verify_status want;
    } cases[] = {
        {"json, holds", "json .s == done", 200, "", "{\"s\":\"done\"}", VERIFY_OK},
        {"json, not yet", "json .s == done", 200, "", "{\"s\":\"open\"}", VERIFY_AGAIN},
        {"json, not there yet", "json .s == done", 200, "", "{}", VERIFY_AGAIN},
        {"status, holds", "status 200", 200, "", "", VERIFY_OK},
        {"status, not yet", "status 200", 202, "", "", VERIFY_AGAIN},
        {"status, an error ends it", "status 200", 500, "", "", VERIFY_STATUS},
        {"header, holds", "header X == y", 200, "X: y\n", "", VERIFY_OK},
        {"header, not yet", "header X == y", 200, "X: z\n", "", VERIFY_AGAIN},
        {"header, none yet", "header X == y", 200, "", "", VERIFY_AGAIN},
        {"header !=, none", "header X != y", 200, "", "", VERIFY_OK},
        {"header !=, not yet", "header X != y", 200, "X: y\n", "", VERIFY_AGAIN},
        {"header !=, one of two still is", "header X != y", 200, "X: y\nX: z\n", "", VERIFY_AGAIN},
        {"header !=, the second still is", "header X != y", 200, "X: z\nX: y\n", "", VERIFY_AGAIN},
        {"header !=, neither", "header X != y", 200, "X: z\nX: w\n", "", VERIFY_OK},
        {"regex, holds", "regex \"d.ne\"", 200, "", "done", VERIFY_OK},
        {"regex, not yet", "regex \"d.ne\"", 200, "", "open", VERIFY_AGAIN},
        {"body, not yet", "body contains done", 200, "", "open", VERIFY_AGAIN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s;
        char options[512];
        struct text t = text_in(options, sizeof options);
        text_addf(&t, "        until: %s\n        every: 1s\n        within: 5s\n", cases[i].until);
        open_scene(&s, options);
        struct verdict_on_reply v =
            judge(&s, cases[i].status, cases[i].head, bytes_of(cases[i].body));
        CHECK_U64(cases[i].name, v.status, cases[i].want);
        close_scene(&s);
    }
    /* A check that fails is not tried again, and its capture is taken at each try. */
    struct scene s;
    open_scene(&s, "        until: json .s == done\n        every: 1s\n        within: 5s\n"
                   "        check: [ json .n < 5 ]\n        capture: { a: json .n }\n");
    CHECK_U64("again", judge(&s, 200, "", BYTES_LIT("{\"s\":1,\"n\":4}")).status, VERIFY_AGAIN);
    CHECK("taken", s.kit.capture_len[0] == 1 && s.kit.captures[0] == '4');
    CHECK_U64("check", judge(&s, 200, "", BYTES_LIT("{\"s\":1,\"n\":5}")).status, VERIFY_CHECK);
    close_scene(&s);
}

/* A body made to keep the expression busy for ever: it gives up, and the check does not hold. */
static void expressions_have_limits(void **state)
{
    (void)state;
    static const char *const expressions[] = {"^(a+)+$", "^(a|a)*$", "(a*)*b",
                                              "(?:(?:a?){40}){40}b"};
    static char body[1 << 16];
    memset(body, 'a', sizeof body);
    body[sizeof body - 1] = '!';
    for (size_t i = 0; i < COUNT_OF(expressions); i++) {
        struct scene s;
        char sentence[128];
        struct text t = text_in(sentence, sizeof sentence);
        text_addf(&t, "'regex \"%s\"'", expressions[i]);
        open_scene(&s, check_of(sentence));
        uint64_t before = clock_process_cpu_ns();
        struct verdict_on_reply v = judge(&s, 200, "", (struct bytes){body, sizeof body});
        CHECK_U64(expressions[i], v.status, VERIFY_CHECK);
        CHECK("not for seconds", clock_process_cpu_ns() - before < 5 * NS_PER_S);
        close_scene(&s);
    }
}

/* Random headers in random order never disturb each other: the marks are those of the one check. */
static void marks_are_kept_apart(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, "        check: [ header A == 1, header B == 2, header C contains 3 ]\n");
    for (uint32_t bits = 0; bits < 8; bits++) {
        for (uint32_t turn = 0; turn < 3; turn++) {
            char head[128];
            struct text t = text_in(head, sizeof head);
            for (uint32_t j = 0; j < 3; j++) {
                uint32_t h = (j + turn) % 3;
                text_addf(&t, "%c: %u\n", (char)('a' + h), bits >> h & 1 ? h + 1 : 9);
            }
            struct verdict_on_reply v = judge(&s, 200, head, BYTES_LIT(""));
            CHECK_U64("all or nothing", v.status, bits == 7 ? VERIFY_OK : VERIFY_CHECK);
        }
    }
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_holds_and_fails),
        cmocka_unit_test(an_expression_that_gives_up_says_so),
        cmocka_unit_test(the_first_that_fails_is_named),
        cmocka_unit_test(a_failed_check_says_what_stood_there),
        cmocka_unit_test(the_right_side_may_be_a_variable),
        cmocka_unit_test(captures_are_taken),
        cmocka_unit_test(long_values_are_not_captured),
        cmocka_unit_test(until_asks_for_another_try),
        cmocka_unit_test(expressions_have_limits),
        cmocka_unit_test(marks_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
