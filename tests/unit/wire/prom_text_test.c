/* Pages of metrics: every line is what the format says, or a bad one. */
#include "wire/prom_text.h"

#include <math.h>

#include "check.h"
#include "laws.h"

static const char *const type_names[] = {
    [PROM_UNTYPED] = "untyped", [PROM_COUNTER] = "counter", [PROM_GAUGE] = "gauge",
    [PROM_HISTOGRAM] = "hist",  [PROM_SUMMARY] = "summary", [PROM_GAUGE_HISTOGRAM] = "ghist",
    [PROM_INFO] = "info",       [PROM_STATE_SET] = "states"};

/* One item a line: `type NAME KIND`, `NAME|LABELS|VALUE@TIME`, `bad LINE`, `eof`. */
static void say(struct text *out, const struct prom_item *item)
{
    switch (item->kind) {
    case PROM_TYPE:
        text_addf(out, "type %.*s %s; ", BYTES_ARG(item->name), type_names[item->type]);
        break;
    case PROM_SAMPLE:
        text_addf(out, "%.*s|%.*s|%.12g", BYTES_ARG(item->name), BYTES_ARG(item->labels),
                  item->value);
        if (!isnan(item->time_s)) text_addf(out, "@%.12g", item->time_s);
        text_adds(out, "; ");
        break;
    case PROM_BAD:
        text_addf(out, "bad %.*s; ", BYTES_ARG(item->line));
        break;
    case PROM_EOF:
        text_adds(out, "eof; ");
        break;
    case PROM_END:
        break;
    }
}

static const struct {
    const char *in;
    bool open, cut;
    const char *want;
} pages[] = {
    {"", false, false, ""},
    {"\n\n  \n", false, false, ""},
    {"a 1\n", false, false, "a||1; "},
    {"a 1", false, false, "a||1; "},
    {"a 1\nb 12", false, true, "a||1; "},
    {"a 1\r\nb 2\r\n", false, false, "a||1; b||2; "},
    {"  a\t 1  \n", false, false, "a||1; "},
    {"a:b_c9 -1.5e3\n", false, false, "a:b_c9||-1500; "},
    {"a{} 1\na {} 1\na{}1\n", false, false, "a||1; a||1; a||1; "},
    {"a{x=\"1\"} 1\n", false, false, "a|x=\"1\"|1; "},
    {"a{ x = \"1\" , y=\"2\", } 1\n", false, false, "a|x = \"1\" , y=\"2\", |1; "},
    {"a{x=\"a\\\"}\\\\\\n\"} 1\n", false, false, "a|x=\"a\\\"}\\\\\\n\"|1; "},
    {"a{x=\"\xc3\xa9 {}#,\"} 1\n", false, false, "a|x=\"\xc3\xa9 {}#,\"|1; "},
    {"a NaN\nb +Inf\nc -Inf\nd inf\n", false, false, "a||nan; b||inf; c||-inf; d||inf; "},
    {"a 1 1500\nb 1 -500\n", false, false, "a||1@1.5; b||1@-0.5; "},
    {"a 1 1500.25\n", true, false, "a||1@1500.25; "},
    {"# TYPE a counter\n# HELP a it's \\n # {} 1\n# b\n#\n", false, false, "type a counter; "},
    {"#  TYPE\ta  gauge \n# TYPE b unknown\n# TYPE c stateset\n# TYPE d info\n", false, false,
     "type a gauge; type b untyped; type c states; type d info; "},
    {"# TYPE a gaugehistogram\n# TYPE b histogram\n# TYPE c summary\n", false, false,
     "type a ghist; type b hist; type c summary; "},
    {"# TYPE a\n# TYPE\n# TYPE a colour\n# TYPE a- gauge\n# TYPE a gauge x\n", false, false,
     "bad # TYPE a; bad # TYPE; bad # TYPE a colour; bad # TYPE a- gauge; bad # TYPE a gauge x; "},
    {"a_bucket{le=\"1\"} 3 # {trace_id=\"x\"} 0.5 1.2\na 1 2 # {} 1\n", true, false,
     "a_bucket|le=\"1\"|3; a||1@2; "},
    {"a_total 3 # {trace_id=\"}\n", true, false, "a_total||3; "}, /* whatever it is */
    {"a 1\n# EOF\nb 2\n", true, false, "a||1; eof; "},
    {"a 1\n# EOF\nb 2\n", false, false, "a||1; b||2; "}, /* a comment there */
    {"a\n", false, false, "bad a; "},
    {"a x\n", false, false, "bad a x; "},
    {"a 1 2 3\n", false, false, "bad a 1 2 3; "},
    {"a 1 x\n", false, false, "bad a 1 x; "},
    {"a 0x10\na 1_0\na 1,5\n", false, false, "bad a 0x10; bad a 1_0; bad a 1,5; "},
    {"9a 1\n{x=\"1\"} 1\na-b 1\n", false, false, "bad 9a 1; bad {x=\"1\"} 1; bad a-b 1; "},
    {"{\"a.b\",x=\"1\"} 1\n", false, false, "bad {\"a.b\",x=\"1\"} 1; "},
    {"a{x=1} 1\na{x} 1\na{x=\"1} 1\na{x=\"1\" 1\n", false, false,
     "bad a{x=1} 1; bad a{x} 1; bad a{x=\"1} 1; bad a{x=\"1\" 1; "},
    {"a{x=\"1\"y=\"2\"} 1\na{,} 1\na{=\"1\"} 1\na{9=\"1\"} 1\na{x:y=\"1\"} 1\n", false, false,
     "bad a{x=\"1\"y=\"2\"} 1; bad a{,} 1; bad a{=\"1\"} 1; bad a{9=\"1\"} 1; bad a{x:y=\"1\"} "
     "1; "},
    {"a{x=\"1\",x=\"2\"} 1\n", false, false, "bad a{x=\"1\",x=\"2\"} 1; "},
    {"a{x=\"1\\\n", false, false, "bad a{x=\"1\\; "},
    {"<html>\n<body>no</body>\n", false, false, "bad <html>; bad <body>no</body>; "},
};

static void items(void **state)
{
    (void)state;
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(pages); i++) {
        char array[600];
        struct text got = text_in(array, sizeof array);
        struct prom_text text = {guard_put(&guard, bytes_of(pages[i].in)), pages[i].open,
                                 pages[i].cut};
        struct prom_item item;
        while (prom_text_next(&text, &item) != PROM_END) say(&got, &item);
        CHECK(pages[i].in, bytes_is(text_bytes(&got), pages[i].want));
        assert_int_equal(prom_text_next(&text, &item), PROM_END);
    }
    guard_close(&guard);
}

static void labels(void **state)
{
    (void)state;
    struct bytes rest = BYTES_LIT("x = \"1\" , y=\"a\\\"\\\\b\\n\\q\", ");
    struct bytes name, value;
    char array[40];
    struct text plain = text_in(array, sizeof array);
    assert_true(prom_text_label(&rest, &name, &value));
    assert_true(bytes_is(name, "x") && bytes_is(value, "1"));
    assert_true(prom_text_label(&rest, &name, &value));
    assert_true(bytes_is(name, "y"));
    prom_text_unescape(&plain, value);
    assert_string_equal(array, "a\"\\b\n\\q");
    assert_false(prom_text_label(&rest, &name, &value));
}

/* A line of any length costs its length once, and one that is too long is bad. */
static void long_lines(void **state)
{
    (void)state;
    static char page[PROM_LINE_MAX + 40];
    struct text all = text_in(page, sizeof page);
    text_adds(&all, "a{x=\"");
    text_addc(&all, 'y', PROM_LINE_MAX - all.len - 4);
    text_adds(&all, "\"} 1\nb 1\n");
    struct prom_text text = {.rest = text_bytes(&all)};
    struct prom_item item;
    assert_int_equal(prom_text_next(&text, &item), PROM_SAMPLE);
    assert_int_equal(prom_text_next(&text, &item), PROM_SAMPLE);
    text_clear(&all);
    text_adds(&all, "a{x=\"");
    text_addc(&all, 'y', PROM_LINE_MAX - all.len - 3);
    text_adds(&all, "\"} 1\nb 1\n");
    text = (struct prom_text){.rest = text_bytes(&all)};
    assert_int_equal(prom_text_next(&text, &item), PROM_BAD);
    assert_true(item.line.len <= 200);
    assert_int_equal(prom_text_next(&text, &item), PROM_SAMPLE);
    assert_int_equal(prom_text_next(&text, &item), PROM_END);
}

static void many_labels(void **state)
{
    (void)state;
    for (unsigned count = PROM_LABELS_MAX; count <= PROM_LABELS_MAX + 1; count++) {
        char array[2000];
        struct text line = text_in(array, sizeof array);
        text_adds(&line, "a{");
        for (unsigned i = 0; i < count; i++) text_addf(&line, "l%u=\"\",", i);
        text_adds(&line, "} 1\n");
        struct prom_text text = {.rest = text_bytes(&line)};
        struct prom_item item;
        bool fits = count <= PROM_LABELS_MAX;
        assert_int_equal(prom_text_next(&text, &item), fits ? PROM_SAMPLE : PROM_BAD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(items), cmocka_unit_test(labels),
                                       cmocka_unit_test(long_lines), cmocka_unit_test(many_labels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
