/* What --verbose adds: the spread of times and single requests. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "play.h"
#include "show/evidence.h"
#include "show/spectrum.h"

static const char *folder;

/* A log-normal hump around `median_ms`, and a second of a tenth as many at ten times that. */
static struct hist *hump(struct arena *arena, double median_ms, uint32_t count, bool second)
{
    struct hist *h = ARENA_NEW(arena, struct hist);
    assert_non_null(h);
    for (uint32_t i = 0; i < count; i++) {
        double u = (i + 0.5) / count; /* the logistic's quantile: a tail on both sides */
        bool late = second && i % 11 == 0;
        double ms = median_ms * (late ? 10 : 1) * exp(0.25 * log(u / (1 - u)));
        hist_record(h, (uint64_t)(ms * 1e6));
    }
    return h;
}

/* A request looked at closely: intended at a second of the run, its times in us. */
#define LOOK(how, at, of, end, code, second, response, lag, wait, connect, ttfb, service)          \
    {                                                                                              \
        .kind = EXEMPLAR_##how, .stage = (at), .name = (of), .outcome = OUTCOME_##end,             \
        .status = (code), .intended_ns = (second)*NS_PER_S, .response_ns = (response)*NS_PER_US,   \
        .lag_ns = (lag)*NS_PER_US, .wait_ns = (wait)*NS_PER_US, .connect_ns = (connect)*NS_PER_US, \
        .ttfb_ns = (ttfb)*NS_PER_US, .service_ns = (service)*NS_PER_US                             \
    }

static const struct exemplar slow[] = {
    LOOK(SLOW, 3, 0, OK, 200, 12, 666000, 21, 0, 0, 640000, 665000),
    LOOK(SLOW, 3, 1, OK, 200, 15, 402000, 9, 400000, 310, 1200, 1900),
    LOOK(RANDOM, 3, 0, OK, 200, 13, 2100, 21, 0, 0, 1900, 2070),
    LOOK(SLOW, 4, 2, TIMEOUT, 0, 31, 10020000, 30, 0, 0, 0, 0),
    LOOK(SLOW, 4, 2, STATUS, 503, 33, 90000, 30, 0, 0, 89000, 89900),
};

static void open_run(struct specimen *s)
{
    static const double medians_ms[] = {1.1, 1.2, 1.4, 2.1, 6.4, 212, 1.2, 1.5, 2.3};
    sample_open(s, "missed");
    struct stage_result *stages =
        ARENA_ARRAY(&s->arena, s->result.stage_count, struct stage_result);
    for (uint32_t i = 0; i < s->result.stage_count; i++) {
        stages[i] = s->result.stages[i];
        if (i >= COUNT_OF(medians_ms)) continue;
        struct hist *h = hump(&s->arena, medians_ms[i], i == 0 ? 90 : 20000, i == 3);
        stages[i].answered = h;
        stages[i].figures.response.n = h->count + (i == 4 ? 1234 : 0);
        stages[i].figures.response.ns[FIGURE_MAX] = (double)h->max_ns;
    }
    s->result.stages = stages;
    struct exemplar *all =
        ARENA_ARRAY(&s->arena, COUNT_OF(slow) + s->result.exemplar_count, struct exemplar);
    uint32_t count = 0;
    for (size_t i = 0; i < COUNT_OF(slow); i++) all[count++] = slow[i];
    for (uint32_t i = 0; i < s->result.exemplar_count; i++) {
        if (s->result.exemplars[i].kind == EXEMPLAR_FIRST_ERROR)
            all[count++] = s->result.exemplars[i];
    }
    s->result.exemplars = all;
    s->result.exemplar_count = count;
    assert_true(arena_ok(&s->arena));
}

static void write_all(struct text *out, const struct specimen *s, const struct show_style *style)
{
    spectrum_write(out, &s->result, style);
    evidence_slowest(out, &s->result, style);
    evidence_failures(out, &s->result, style);
    style_to_ascii(out, style, 0);
    assert_false(out->cut);
}

static void goldens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct show_style style;
    } rows[] = {{"verbose-80", {.width = 80}},
                {"verbose-100", {.width = 100}},
                {"verbose-80-ascii", {.width = 80, .ascii = true}}};
    static char array[32768];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct specimen s;
        struct err err;
        char path[4096];
        struct bytes want;
        struct text file = text_in(path, sizeof path);
        struct text out = text_in(array, sizeof array);
        open_run(&s);
        write_all(&out, &s, &rows[i].style);
        text_addf(&file, "%s/%s.txt", folder, rows[i].name);
        if (getenv("PRONY_UPDATE_GOLDEN")) assert_true(file_write(path, text_bytes(&out), &err));
        if (!file_read(&want, &s.arena, path, sizeof array, &err)) fail_msg("%s", err.msg);
        CHECK_STR(rows[i].name, array, want.at);
        sample_close(&s);
    }
}

/* Whatever the names and the width: no line is wider, none ends in a blank, nothing steers. */
static void widths(void **state)
{
    (void)state;
    static char array[65536];
    for (uint32_t width = 72; width <= 200; width += 4) {
        struct specimen s;
        struct show_style style = {.width = width};
        struct text out = text_in(array, sizeof array);
        open_run(&s);
        if (width % 8 == 0) play_hostile(&s);
        write_all(&out, &s, &style);
        assert_null(strchr(array, '\033'));
        for (struct bytes left = text_bytes(&out); left.len > 0;) {
            size_t end = bytes_find(left, BYTES_LIT("\n"));
            struct bytes line = {left.at, end < left.len ? end : left.len};
            if (text_columns(line) > width) fail_msg("%u: %.*s", width, BYTES_ARG(line));
            if (line.len > 0) assert_true(line.at[line.len - 1] != ' ');
            left = bytes_from(left, line.len + 1);
        }
        sample_close(&s);
    }
}

/* Times all alike, a single one, over the range of the histogram, none at all. */
static void odd_spreads(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t ns;
        uint32_t count;
        const char *want;
    } rows[] = {{"alike", 5000000, 1000, "█"},
                {"single", 5000000, 1, "█"},
                {"no time at all", 0, 10, "█"},
                {"over the range", UINT64_C(1) << 43, 3, "█"},
                {"none", 0, 0, ""}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        static char array[8192];
        struct specimen s;
        struct show_style style = {.width = 80};
        struct text out = text_in(array, sizeof array);
        sample_open(&s, "not_judged");
        struct stage_result stage = s.result.stages[0];
        struct hist *h = ARENA_NEW(&s.arena, struct hist);
        for (uint32_t k = 0; k < rows[i].count; k++) hist_record(h, rows[i].ns);
        stage.answered = h;
        stage.figures.response.n = h->count;
        s.result.stages = &stage;
        spectrum_write(&out, &s.result, &style);
        CHECK(rows[i].name, (out.len > 0) == (rows[i].count > 0));
        CHECK(rows[i].name, strstr(array, rows[i].want) != NULL);
        sample_close(&s);
    }
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : "tests/unit/show/golden";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goldens),
        cmocka_unit_test(widths),
        cmocka_unit_test(odd_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
