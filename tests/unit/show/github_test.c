#include "show/github.h"

#include "check.h"
#include "play.h"

static void escaping(void **state)
{
    (void)state;
    static const struct {
        const char *in, *value, *words;
    } rows[] = {
        {"plain", "plain", "plain"},
        {"13 %", "13 %25", "13 %25"},
        {"a\nb\r", "a%0Ab%0D", "a%0Ab%0D"},
        {"a:b,c", "a%3Ab%2Cc", "a:b,c"},
        {"::set-output name=x::y", "%3A%3Aset-output name=x%3A%3Ay", "::set-output name=x::y"},
        {"%0A", "%250A", "%250A"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[80];
        struct text out = text_in(array, sizeof array);
        github_add_value(&out, bytes_of(rows[i].in));
        CHECK_STR(rows[i].in, array, rows[i].value);
        text_clear(&out);
        github_add_words(&out, bytes_of(rows[i].in));
        CHECK_STR(rows[i].in, array, rows[i].words);
    }
}

static void commands(void **state)
{
    (void)state;
    static const struct {
        const char *name, *in;
        size_t at;
    } rows[] = {
        {"none", "a ::b\nc", 7},
        {"at once", "::error::x", 0},
        {"behind blanks", " \t ::x", 3},
        {"second line", "ab\n ::x", 4},
        {"behind a CR", "ab\r::x", 3},
        {"one colon", ":x\n:", 4},
        {"nothing", "", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CHECK(rows[i].name, github_find_command(bytes_of(rows[i].in)) == rows[i].at);
    }
}

static void annotate(struct specimen *sample, struct text *out, const char *file)
{
    for (uint32_t i = 0; i < sample->result.objective_count; i++) {
        sample->plan.objectives[i].at = (struct span){.line = 30 + i, .col = 5, .len = 3};
    }
    github_annotate(out, &sample->result, bytes_of(file));
}

static void annotations(void **state)
{
    (void)state;
    static const struct {
        const char *sample, *file, *want;
    } rows[] = {
        {"holds", "a.yaml", ""},
        {"missed", "a,b:c.yaml",
         "::error file=a%2Cb%3Ac.yaml,line=38,col=5,title=p99 < 150ms is missed::"
         "216 ms in climb@1200/s, wanted < 150ms; 1 of 7 stages\n"
         "::error file=a%2Cb%3Ac.yaml,line=39,col=5,title=max < 500ms is missed::"
         "≥ 10.0 s in climb@1200/s, wanted < 500ms; 1 of 7 stages\n"
         "::warning file=a%2Cb%3Ac.yaml,line=40,col=5,title=p50 < 5ms is missed::"
         "6.40 ms in climb@1200/s, wanted < 5ms; warns only\n"},
        {"missed", "", /* a one-liner: no place */
         "::error title=p99 < 150ms is missed::"
         "216 ms in climb@1200/s, wanted < 150ms; 1 of 7 stages\n"
         "::error title=max < 500ms is missed::"
         "≥ 10.0 s in climb@1200/s, wanted < 500ms; 1 of 7 stages\n"
         "::warning title=p50 < 5ms is missed::"
         "6.40 ms in climb@1200/s, wanted < 5ms; warns only\n"},
        {"preflight", "a.yaml",
         "::error title=NOT JUDGED::nothing was judged: http://127.0.0.1:40123 cannot be reached: "
         "connection refused\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char array[4096];
        struct text out = text_in(array, sizeof array);
        struct specimen sample;
        sample_open(&sample, rows[i].sample);
        annotate(&sample, &out, rows[i].file);
        CHECK_STR(rows[i].sample, array, rows[i].want);
        sample_close(&sample);
    }
}

/* Whatever the names hold, there is a command a line and no other. */
static void hostile_names(void **state)
{
    (void)state;
    char array[8192];
    struct text out = text_in(array, sizeof array);
    struct specimen sample;
    sample_open(&sample, "missed");
    play_hostile(&sample);
    annotate(&sample, &out, "a.yaml");
    uint32_t lines = 0;
    for (struct bytes left = text_bytes(&out); left.len > 0; lines++) {
        size_t end = bytes_find(left, BYTES_LIT("\n"));
        assert_true(bytes_starts(left, BYTES_LIT("::error "))
                    || bytes_starts(left, BYTES_LIT("::warning ")));
        left = bytes_from(left, end + 1);
    }
    assert_int_equal(lines, 3);
    assert_null(strchr(array, '\033'));
    sample_close(&sample);
}

/* GitHub drops what is beyond ten of a kind without a word. */
static void at_most_ten(void **state)
{
    (void)state;
    char array[8192];
    struct text out = text_in(array, sizeof array);
    struct specimen sample;
    sample_open(&sample, "missed");
    static struct objective_result many[40];
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i] = sample.result.objectives[sample.result.objective_count - 2]; /* max, missed */
    }
    sample.result.objectives = many;
    sample.result.objective_count = COUNT_OF(many);
    github_annotate(&out, &sample.result, BYTES_LIT("a.yaml"));
    uint32_t lines = 0;
    for (size_t i = 0; i < out.len; i++) lines += array[i] == '\n';
    assert_in_range(lines, 1, GITHUB_ANNOTATIONS);
    assert_false(out.cut);
    sample_close(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escaping),    cmocka_unit_test(commands),
        cmocka_unit_test(annotations), cmocka_unit_test(hostile_names),
        cmocka_unit_test(at_most_ten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
