#include "load/render.h"

#include "base/attr.h"
#include "check.h"
#include "kit.h"

#define CAPTURE(s)                                                                                 \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }

static char out[1 << 20];

/* Renders step 1 and terminates it. */
static enum render_status render(struct kit *k, uint32_t *target, const char *name)
{
    size_t len = 0;
    enum render_status status =
        render_request(&k->program, kit_operation(k, 1), &k->values, target, out, sizeof out, &len);
    CHECK(name, len <= kit_operation(k, 1)->request_limit);
    out[len] = 0;
    return status;
}

static const char *line_of(const char *request)
{
    static char line[1 << 16];
    size_t len = strcspn(request, "\r");
    memcpy(line, request, len);
    line[len] = 0;
    return line;
}

static const char *body_of(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

/* The value of a header, without leading spaces; "" when it is not there. */
static const char *header_of(const char *request, const char *name)
{
    static char value[4096];
    value[0] = 0;
    const char *end = strstr(request, "\r\n\r\n");
    size_t len = strlen(name);
    for (const char *at = strstr(request, "\r\n"); at && at < end; at = strstr(at + 2, "\r\n")) {
        if (strncasecmp(at + 2, name, len) != 0 || at[2 + len] != ':') continue;
        const char *from = at + 3 + len;
        from += strspn(from, " ");
        size_t size = strcspn(from, "\r");
        memcpy(value, from, size);
        value[size] = 0;
    }
    return value;
}

static void values_are_encoded_for_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *name, *step, *line, *body, *header;
        struct bytes a;
        bool is_text;
    } cases[] = {
        {"constant", "      - GET /plain?x=1\n", "GET /plain?x=1 HTTP/1.1", "", "", CAPTURE(""),
         false},
        {"path", "      - GET /p/$a/x\n", "GET /p/a%20b%2Fc%3F%25/x HTTP/1.1", "", "",
         CAPTURE("a b/c?%"), true},
        {"query", "      - GET /p?q=$a&r=1\n", "GET /p?q=a%20b%26c%3D%2F%2B&r=1 HTTP/1.1", "", "",
         CAPTURE("a b&c=/+"), true},
        {"path, bytes beyond ASCII", "      - GET /$a/\n", "GET /%C3%A9/ HTTP/1.1", "", "",
         CAPTURE("\xc3\xa9"), true},
        {"header", "      - { get: /h, headers: { X-Test: \"<$a>\" } }\n", "GET /h HTTP/1.1", "",
         "<any \"thing\"/?&>", CAPTURE("any \"thing\"/?&"), true},
        {"body text is as it comes", "      - { post: /b, body: \"[$a]\" }\n", "POST /b HTTP/1.1",
         "[\"\n%]", "", CAPTURE("\"\n%"), true},
        {"JSON string", "      - { post: /j, json: { v: \"x $a\" } }\n", "POST /j HTTP/1.1",
         "{\"v\":\"x \\\"q\\\"\\n\\\\\"}", "", CAPTURE("\"q\"\n\\"), true},
        {"JSON value, text", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":\"say \\\"hi\\\"\"}", "", CAPTURE("say \"hi\""), true},
        {"JSON value, number", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":-12.50e+3}", "", CAPTURE("-12.50e+3"), false},
        {"JSON value, text that looks like a number", "      - { post: /j, json: { v: $a } }\n",
         "POST /j HTTP/1.1", "{\"v\":\"12\"}", "", CAPTURE("12"), true},
        {"JSON value, true", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":true}", "", CAPTURE("true"), false},
        {"JSON value, null", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":null}", "", CAPTURE("null"), false},
        {"JSON value, leading zero is no number", "      - { post: /j, json: { v: $a } }\n",
         "POST /j HTTP/1.1", "{\"v\":\"007\"}", "", CAPTURE("007"), false},
        {"JSON value, no digit before the dot", "      - { post: /j, json: { v: $a } }\n",
         "POST /j HTTP/1.1", "{\"v\":\"-.5\"}", "", CAPTURE("-.5"), false},
        {"JSON value, no digit after the dot", "      - { post: /j, json: { v: $a } }\n",
         "POST /j HTTP/1.1", "{\"v\":\"1.e5\"}", "", CAPTURE("1.e5"), false},
        {"JSON value, a plus", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":\"+1\"}", "", CAPTURE("+1"), false},
        {"JSON value, not a number", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":\"nan\"}", "", CAPTURE("nan"), false},
        {"JSON value, empty", "      - { post: /j, json: { v: $a } }\n", "POST /j HTTP/1.1",
         "{\"v\":\"\"}", "", CAPTURE(""), false},
        {"two dollars", "      - GET /p/$$a\n", "GET /p/$a HTTP/1.1", "", "", CAPTURE("x"), true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kit k;
        uint32_t target = 0;
        kit_open(&k, cases[i].step, NULL, NULL);
        kit_capture(&k, 0, cases[i].a, cases[i].is_text);
        CHECK_U64(cases[i].name, render(&k, &target, cases[i].name), RENDER_OK);
        CHECK_STR(cases[i].name, line_of(out), cases[i].line);
        CHECK_STR(cases[i].name, body_of(out), cases[i].body);
        CHECK_STR(cases[i].name, header_of(out, "X-Test"), cases[i].header);
        CHECK_STR(cases[i].name, header_of(out, "Host"), "127.0.0.1:1");
        kit_close(&k);
    }
}

static void nothing_captured_becomes_a_header(void **state)
{
    (void)state;
    static const struct {
        const char *name, *step;
        struct bytes a;
        enum render_status want;
    } cases[] = {
        {"header, CR", "      - { get: /h, headers: { X-Test: $a } }\n", CAPTURE("a\rb"),
         RENDER_BAD_HEADER},
        {"header, LF", "      - { get: /h, headers: { X-Test: $a } }\n", CAPTURE("a\nEvil: 1"),
         RENDER_BAD_HEADER},
        {"header, NUL", "      - { get: /h, headers: { X-Test: $a } }\n", CAPTURE("a\0b"),
         RENDER_BAD_HEADER},
        {"header, tab is allowed", "      - { get: /h, headers: { X-Test: $a } }\n",
         CAPTURE("a\tb"), RENDER_OK},
        {"path", "      - GET /p/$a\n", CAPTURE("x HTTP/1.1\r\nEvil: 1"), RENDER_OK},
        {"query", "      - GET /p?q=$a\n", CAPTURE("x HTTP/1.1\r\nEvil: 1"), RENDER_OK},
        {"a whole URL, line end", "      - GET $a\n", CAPTURE("/x HTTP/1.1\r\nEvil: 1\r\nX: "),
         RENDER_BAD_URL},
        {"a whole URL, blank", "      - GET $a\n", CAPTURE("/x y"), RENDER_BAD_URL},
        {"a whole URL, absolute, line end", "      - GET $a\n",
         CAPTURE("http://127.0.0.1:1/x\r\nEvil: 1"), RENDER_BAD_URL},
        {"a whole URL without its slash", "      - GET $a\n", CAPTURE("x"), RENDER_BAD_URL},
        {"a whole URL, empty", "      - GET $a\n", CAPTURE(""), RENDER_BAD_URL},
        {"a whole URL, good", "      - GET $a\n", CAPTURE("/x?y=%20"), RENDER_OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct kit k;
        uint32_t target = 0;
        kit_open(&k, cases[i].step, NULL, NULL);
        kit_capture(&k, 0, cases[i].a, true);
        CHECK_U64(cases[i].name, render(&k, &target, cases[i].name), cases[i].want);
        if (cases[i].want == RENDER_OK) {
            CHECK_STR(cases[i].name, header_of(out, "Evil"), "");
            CHECK("one request", strchr(line_of(out), ' ') != NULL);
            CHECK("ends its line", strstr(line_of(out), " HTTP/1.1") != NULL);
        }
        kit_close(&k);
    }
}

static void absolute_addresses_stay_on_the_targets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct bytes a;
        enum render_status want;
        uint32_t target;
        const char *line, *host;
    } cases[] = {
        {"the first", CAPTURE("http://127.0.0.1:1/x?y"), RENDER_OK, 0, "GET /x?y HTTP/1.1",
         "127.0.0.1:1"},
        {"the second, whole path", CAPTURE("http://127.0.0.1:2/other"), RENDER_OK, 1,
         "GET /other HTTP/1.1", "127.0.0.1:2"},
        {"no path", CAPTURE("http://127.0.0.1:2"), RENDER_OK, 1, "GET / HTTP/1.1", "127.0.0.1:2"},
        {"a query right after the host", CAPTURE("http://127.0.0.1:2?q"), RENDER_OK, 1,
         "GET /?q HTTP/1.1", "127.0.0.1:2"},
        {"another port", CAPTURE("http://127.0.0.1:3/x"), RENDER_ELSEWHERE, 0, "", ""},
        {"another host", CAPTURE("http://example.org/x"), RENDER_ELSEWHERE, 0, "", ""},
        {"a longer port", CAPTURE("http://127.0.0.1:11/x"), RENDER_ELSEWHERE, 0, "", ""},
        {"a user before the host", CAPTURE("http://127.0.0.1:1@evil/x"), RENDER_ELSEWHERE, 0, "",
         ""},
        {"TLS", CAPTURE("https://127.0.0.1:1/x"), RENDER_ELSEWHERE, 0, "", ""},
        {"relative: the target's own path before it", CAPTURE("/x"), RENDER_OK, 0,
         "GET /x HTTP/1.1", "127.0.0.1:1"},
    };
    struct kit k;
    kit_open(&k, "      - GET $a\n", NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t target = 0;
        kit_capture(&k, 0, cases[i].a, true);
        CHECK_U64(cases[i].name, render(&k, &target, cases[i].name), cases[i].want);
        CHECK_U64(cases[i].name, target, cases[i].target);
        if (cases[i].want != RENDER_OK) continue;
        CHECK_STR(cases[i].name, line_of(out), cases[i].line);
        CHECK_STR(cases[i].name, header_of(out, "Host"), cases[i].host);
    }
    uint32_t second = 1;
    kit_capture(&k, 0, BYTES_LIT("/x"), true);
    CHECK_U64("on the second", render(&k, &second, "on the second"), RENDER_OK);
    CHECK_STR("base path", line_of(out), "GET /base/x HTTP/1.1");
    kit_close(&k);
}

static void content_length_is_that_of_the_body(void **state)
{
    (void)state;
    static char value[CAPTURE_MAX];
    struct kit k;
    memset(value, '"', sizeof value); /* each becomes two bytes in JSON */
    kit_open(&k, "      - { post: /j, json: { v: \"$a\", w: $uuid } }\n", NULL, NULL);
    for (uint32_t len = 0; len <= CAPTURE_MAX; len += 31) {
        uint32_t target = len % 2;
        kit_capture(&k, 0, (struct bytes){value, len}, true);
        k.values.index = len;
        CHECK_U64("renders", render(&k, &target, "length"), RENDER_OK);
        uint64_t said;
        assert_true(bytes_to_u64(bytes_of(header_of(out, "Content-Length")), &said));
        CHECK_U64("as many bytes as said", strlen(body_of(out)), said);
        CHECK_STR("type", header_of(out, "Content-Type"), "application/json");
    }
    kit_close(&k);
    kit_open(&k, "      - { post: /b, body: \"\" }\n", NULL, NULL);
    uint32_t target = 0;
    CHECK_U64("empty", render(&k, &target, "empty"), RENDER_OK);
    CHECK_STR("empty", header_of(out, "Content-Length"), "0");
    kit_close(&k);
    kit_open(&k, "      - GET /b\n", NULL, NULL);
    CHECK_U64("none", render(&k, &target, "none"), RENDER_OK);
    CHECK_STR("none", header_of(out, "Content-Length"), "");
    kit_close(&k);
}

static void a_small_buffer_is_told(void **state)
{
    (void)state;
    struct kit k;
    size_t whole = 0, len = 0;
    uint32_t target = 0;
    kit_open(&k, "      - { post: /$a?q=$a, json: { v: $a, w: \"$a\" }, headers: { H: $a } }\n",
             NULL, NULL);
    kit_capture(&k, 0, BYTES_LIT("some \"value\" /"), true);
    const struct operation *op = kit_operation(&k, 1);
    CHECK("whole",
          render_request(&k.program, op, &k.values, &target, out, sizeof out, &whole) == RENDER_OK);
    /* Content-Length has room for 20 digits while the body is written; here it takes 2 of them. */
    size_t needed = whole + 18;
    for (size_t size = 0; size < needed; size++) {
        memset(out, '#', needed + 1);
        enum render_status status =
            render_request(&k.program, op, &k.values, &target, out, size, &len);
        CHECK_U64("too long", status, RENDER_TOO_LONG);
        CHECK("writes no further", out[size] == '#');
    }
    CHECK("just enough",
          render_request(&k.program, op, &k.values, &target, out, needed, &len) == RENDER_OK);
    CHECK_U64("just enough", len, whole);
    kit_close(&k);
}

/* The text between `from` and `to` in what was rendered. */
static const char *part(const char *from, const char *to)
{
    static char copy[8][256];
    static uint32_t next;
    const char *at = strstr(out, from);
    assert_non_null(at);
    at += strlen(from);
    size_t len = strcspn(at, to);
    char *into = copy[next++ % 8];
    memcpy(into, at, len);
    into[len] = 0;
    return into;
}

static void random_numbers_are_bounded_and_of_their_place(void **state)
{
    (void)state;
    enum { DRAWS = 4000 };
    struct kit k;
    uint32_t target = 0, seen[7] = {0}, equal = 0;
    kit_open(&k, "      - GET /r?a=$rand(-3,3)&b=$rand(-3,3)&c=$rand(5,5)&e=\n", NULL, NULL);
    for (uint64_t i = 0; i < DRAWS; i++) {
        k.values.index = i;
        CHECK_U64("renders", render(&k, &target, "rand"), RENDER_OK);
        const char *a = part("a=", "&"), *b = part("&b=", "&"), *c = part("&c=", "&");
        int value = a[0] == '-' ? '0' - a[1] : a[0] - '0';
        CHECK("within", value >= -3 && value <= 3 && strlen(a) == (a[0] == '-' ? 2u : 1u));
        CHECK_STR("one value", c, "5");
        seen[value + 3]++;
        equal += strcmp(a, b) == 0;
        CHECK_U64("again", render(&k, &target, "rand"), RENDER_OK);
        CHECK_STR("the same again", part("a=", "&"), a);
    }
    for (uint32_t v = 0; v < 7; v++) {
        CHECK("evenly", seen[v] > DRAWS / 7 * 8 / 10 && seen[v] < DRAWS / 7 * 12 / 10);
    }
    CHECK("two places differ", equal > DRAWS / 7 / 2 && equal < DRAWS / 7 * 2);
    /* Seed, stage, step and attempt each give another draw. */
    kit_close(&k);
    kit_open(&k, "      - GET /r?a=$rand(0,1000000000)&e=\n", NULL, NULL);
    CHECK_U64("renders", render(&k, &target, "rand"), RENDER_OK);
    const char *first = part("a=", "&");
    for (uint32_t what = 0; what < 5; what++) {
        struct values kept = k.values;
        k.values.seed += what == 0;
        k.values.stage += what == 1;
        k.values.step += what == 2;
        k.values.attempt += what == 3;
        k.values.index += what == 4;
        CHECK_U64("renders", render(&k, &target, "rand"), RENDER_OK);
        CHECK("another", strcmp(part("a=", "&"), first) != 0);
        k.values = kept;
    }
    kit_close(&k);
}

static void uuids_have_their_form(void **state)
{
    (void)state;
    enum { DRAWS = 2000 };
    static char all[DRAWS][40];
    struct kit k;
    uint32_t target = 0;
    kit_open(&k, "      - { post: /u/$uuid/, json: { v: $uuid, w: \"<$uuid>\" } }\n", NULL, NULL);
    for (uint32_t i = 0; i < DRAWS; i++) {
        k.values.index = i;
        CHECK_U64("renders", render(&k, &target, "uuid"), RENDER_OK);
        const char *u = part("/u/", "/");
        CHECK_U64("length", strlen(u), 36);
        for (uint32_t j = 0; j < 36; j++) {
            bool dash = j == 8 || j == 13 || j == 18 || j == 23;
            CHECK("form", dash ? u[j] == '-' : strchr("0123456789abcdef", u[j]) != NULL);
        }
        CHECK("version 4", u[14] == '4');
        CHECK("variant", strchr("89ab", u[19]) != NULL);
        CHECK_U64("quoted in JSON", strlen(part("\"v\":\"", "\"")), 36);
        CHECK_U64("within a string", strlen(part("\"<", ">")), 36);
        memcpy(all[i], u, 37);
        for (uint32_t j = 0; j < i; j++) CHECK("different", strcmp(all[j], u) != 0);
    }
    kit_close(&k);
}

static void numbers_of_iteration_and_user(void **state)
{
    (void)state;
    struct kit k;
    uint32_t target = 0;
    kit_open(&k, "      - { post: /n/$seq/$user, json: { v: $seq } }\n", NULL, NULL);
    k.values.sequence = UINT64_C(12345678901);
    k.values.user = 42;
    CHECK_U64("renders", render(&k, &target, "numbers"), RENDER_OK);
    CHECK_STR("in the path", line_of(out), "POST /n/12345678901/42 HTTP/1.1");
    CHECK_STR("in JSON", body_of(out), "{\"v\":12345678901}");
    kit_close(&k);
}

static void rows_are_picked_as_asked(void **state)
{
    (void)state;
    static const char csv[] = "id,name\n1,ann\n2,bob\n3,cy\n";
    static const char step[] = "      - GET /$row.id/$row.name/\n";
    struct kit k;
    uint32_t target = 0;
    kit_open(&k, step, "sequential", csv);
    for (uint64_t i = 0; i < 7; i++) {
        static const char *const want[] = {"GET /1/ann/ HTTP/1.1", "GET /2/bob/ HTTP/1.1",
                                           "GET /3/cy/ HTTP/1.1"};
        k.values.sequence = i;
        CHECK_U64("renders", render(&k, &target, "rows"), RENDER_OK);
        CHECK_STR("round and round", line_of(out), want[i % 3]);
    }
    kit_close(&k);
    static const char *const unique[] = {"GET /1/ann/ HTTP/1.1", "GET /2/bob/ HTTP/1.1",
                                         "GET /3/cy/ HTTP/1.1"};
    kit_open(&k, step, "unique", csv);
    for (uint64_t i = 0; i < 5; i++) {
        uint32_t row = (uint32_t)i;
        k.values.rows = &row;
        CHECK_U64("the row that was dealt", render(&k, &target, "rows"),
                  i < 3 ? RENDER_OK : RENDER_OUT_OF_ROWS);
        if (i < 3) CHECK_STR("the row that was dealt", line_of(out), unique[i]);
    }
    kit_close(&k);
    uint32_t seen[4] = {0};
    kit_open(&k, step, "random", csv);
    for (uint64_t i = 0; i < 600; i++) {
        k.values.index = i;
        CHECK_U64("renders", render(&k, &target, "rows"), RENDER_OK);
        const char *line = line_of(out);
        uint32_t id = (uint32_t)(line[5] - '0');
        static const char *const names[] = {"", "ann", "bob", "cy"};
        assert_true(id >= 1 && id <= 3);
        CHECK("columns of one row", strncmp(line + 7, names[id], strlen(names[id])) == 0);
        seen[id]++;
    }
    for (uint32_t id = 1; id <= 3; id++) CHECK("evenly", seen[id] > 150 && seen[id] < 250);
    kit_close(&k);
}

static void headers_of_the_plan_stand_above_ours(void **state)
{
    (void)state;
    struct kit k;
    uint32_t target = 1;
    kit_open(&k, "      - { get: /h, headers: { host: other, User-Agent: me } }\n", NULL, NULL);
    CHECK_U64("renders", render(&k, &target, "headers"), RENDER_OK);
    CHECK_STR("host", header_of(out, "Host"), "other");
    CHECK_STR("agent", header_of(out, "User-Agent"), "me");
    CHECK("once", !strstr(out, "prony/"));
    CHECK("once", !strstr(out, "127.0.0.1"));
    kit_close(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_encoded_for_their_place),
        cmocka_unit_test(nothing_captured_becomes_a_header),
        cmocka_unit_test(absolute_addresses_stay_on_the_targets),
        cmocka_unit_test(content_length_is_that_of_the_body),
        cmocka_unit_test(a_small_buffer_is_told),
        cmocka_unit_test(random_numbers_are_bounded_and_of_their_place),
        cmocka_unit_test(uuids_have_their_form),
        cmocka_unit_test(numbers_of_iteration_and_user),
        cmocka_unit_test(rows_are_picked_as_asked),
        cmocka_unit_test(headers_of_the_plan_stand_above_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
