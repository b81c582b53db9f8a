#include "campaign/window_find.h"

#include "base/ns.h"
#include "base/text.h"
#include "check.h"
#include "plan/plan.h"

/* A run whose stages begin between whole seconds from 2.5 s on:
 *   warmup 0..2.5, climb@1/s 2.5..6.5 and climb@2/s 6.5..10.5 (1 s of settle each),
 *   x:..+9s 10.5..12.5 (a name that looks like a window), count 12.5..15 by count, of it judged
 *   until 14, never (not reached), and the drain until 16.2. */
static struct stage stages[] = {
    {.name = {"warmup", 6}, .group = {"warmup", 6}, .warmup = true},
    {.name = {"climb@1/s", 9}, .group = {"climb", 5}, .settle_ns = NS_PER_S, .judged = true},
    {.name = {"climb@2/s", 9}, .group = {"climb", 5}, .settle_ns = NS_PER_S, .judged = true},
    {.name = {"x:..+9s", 7}, .group = {"x:..+9s", 7}},
    {.name = {"count", 5}, .group = {"count", 5}, .judged = true},
    {.name = {"never", 5}, .group = {"never", 5}, .judged = true},
};
static const struct plan plan = {.stages = stages, .stage_count = COUNT_OF(stages)};
static const struct run_header header = {.plan = &plan};

#define TICK(stage_, from_ms, to_ms, judged_)                                                      \
    {                                                                                              \
        .stage = (stage_), .start_ns = (from_ms)*NS_PER_MS, .end_ns = (to_ms)*NS_PER_MS,           \
        .judged = (judged_)                                                                        \
    }

static const struct tick ticks[] = {
    TICK(0, 0, 1000, false),      TICK(0, 1000, 2000, false),   TICK(0, 2000, 2500, false),
    TICK(1, 2500, 3500, false),   TICK(1, 3500, 4500, true),    TICK(1, 4500, 5500, true),
    TICK(1, 5500, 6500, true),    TICK(2, 6500, 7500, false),   TICK(2, 7500, 8500, true),
    TICK(2, 8500, 9500, true),    TICK(2, 9500, 10500, true),   TICK(3, 10500, 11000, false),
    TICK(3, 11000, 12000, false), TICK(3, 12000, 12500, false), TICK(4, 12500, 13000, true),
    TICK(4, 13000, 14000, true),  TICK(4, 14000, 15000, false), TICK(6, 15000, 16200, false),
};

/* `1 2500..4500 2 !` : stage, run time in ms, ticks; `!` nothing is left out, `>` to the stage's
 * end wherever that is. */
static void describe(struct text *out, const struct run_window *w)
{
    for (uint32_t i = 0; i < w->span_count; i++) {
        const struct window_span *s = &w->spans[i];
        text_addf(out, "%s%u %u..%u %u%s%s%s", i > 0 ? ", " : "", s->stage,
                  (uint32_t)(s->from_ns / NS_PER_MS), (uint32_t)(s->to_ns / NS_PER_MS), s->ticks,
                  s->whole ? "!" : "", s->open ? ">" : "", s->to_end && !s->whole ? "|" : "");
    }
}

static const struct run_window *find(const char *asked, struct arena *arena, struct err *err)
{
    struct window_question q = {
        .asked = bytes_of(asked), .header = &header, .ticks = ticks, .tick_count = COUNT_OF(ticks)};
    *err = (struct err){0};
    arena_reset(arena);
    return window_find(&q, arena, err);
}

static void what_words_mean(void **state)
{
    static const struct {
        const char *asked, *spans;
    } cases[] = {
        {"climb", "1 3500..6500 3!>, 2 7500..10500 3!>"},
        {"climb@2/s", "2 7500..10500 3!>"},
        {"climb:+2s..", "1 4500..6500 2>|, 2 8500..10500 2>|"},
        {"climb:+1s..+3s", "1 3500..5500 2, 2 7500..9500 2"},
        {"climb@1/s:+0s..", "1 2500..6500 4!>"},
        {"climb@1/s:+0.5s..", "1 3500..6500 3!>"},
        {"climb@1/s:..+1s", "1 2500..3500 1"},
        {"climb@1/s:..+4s", "1 2500..6500 4!"},
        {"climb@1/s:+100ms..+3.9s", "1 3500..5500 2"},
        {"warmup", "0 0..2500 3!>"},
        {"x:..+9s", "3 10500..12500 3!>"}, /* the name comes first, */
        {"x:..+9s:+0.5s..", "3 11000..12500 2>|"},
        {"count", "4 12500..14000 2!>"}, /* what is left of a stage by count is none of it */
        {"0s..5s", "0 0..2500 3!, 1 2500..4500 2"},
        {"3s..8.5s", "1 3500..6500 3!, 2 6500..8500 2"},
        {"13s..", "4 13000..14000 1>|"},
        {"..1m", NULL}, /* longer than the run */
        {"..16.2s",
         "0 0..2500 3!, 1 2500..6500 4!, 2 6500..10500 4!, 3 10500..12500 3!, 4 12500..14000 2!"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[400];
        struct err err;
        struct text got = text_in(array, sizeof array);
        const struct run_window *w = find(cases[i].asked, arena, &err);
        CHECK(cases[i].asked, (w != NULL) == (cases[i].spans != NULL));
        if (!w) continue;
        describe(&got, w);
        CHECK_STR(cases[i].asked, array, cases[i].spans);
        uint32_t sum = 0;
        for (uint32_t k = 0; k < w->span_count; k++) sum += w->spans[k].ticks;
        CHECK_U64(cases[i].asked, w->ticks, sum);
    }
}

static void what_cannot_be_had(void **state)
{
    static const struct {
        const char *asked, *why, *hint;
    } cases[] = {
        {"clim", "no stage is named 'clim'", "did you mean 'climb'?"},
        {"drain", "nothing is sent in the drain", "counts for the stage"},
        {"never", "the run did not come to that stage", "seen were: warmup climb"},
        {"never:+1s..", "the run did not come to that stage", "count"},
        {"climb:+3s..+2s", "it ends before it begins", "write climb:+2s..+3s"},
        {"climb:+2s..+2s", "it has no length", "a window is written"},
        {"climb:+2s..+4.1s", "climb@1/s lasted no longer than to +4s", "climb:+2s.. goes to"},
        {"climb:+4s..", "it begins when the stage is over", "climb lasted to +4s"},
        {"count:+1s..+2s", "count lasted no longer than to +1.5s", "count:+1s.. goes to"},
        {"14s..15s", "the last stage ended at 14s", "between 0s and 14s"},
        {"15s..16s", "the last stage ended at 14s", "between 0s and 14s"},
        {"1s..2m", "the run lasted no longer than to 16.2s", "1s.. goes to its end"},
        {"climb:+1.1s..+1.9s", "that of its start lasts 1s", "that tick is climb:+1s..+2s"},
        {"2.1s..2.4s", "that of its start lasts 0.5s", "that tick is 2s..2.5s"},
        {"climb:1s..2s", "begins with +", "a window is written"},
        {"1s..+2s", "run time has no +", "a window is written"},
        {"climb:+1s", "its other end is missing", "climb:+1s.. goes to the end"},
        {"2s", "two ends, with two dots between", "0s..2s for the first of it, 2s.. for"},
        {"2s-5s", "no two times with two dots between", "a window is written"},
        {"90", "no two times with two dots between", "a window is written"},
        {"climb:2s", "two dots are between the ends of a part", "a window is written"},
        {"..", "neither its start nor its end", "a window is written"},
        {"climb:..", "neither its start nor its end", "a window is written"},
        {"climb:+1..", "a duration needs its unit", "a window is written"},
        {"1h..x", "a duration is a number and its unit", "a window is written"},
    };
    struct arena *arena = *state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err;
        CHECK(cases[i].asked, !find(cases[i].asked, arena, &err));
        CHECK(cases[i].asked, err.kind == ERR_USAGE);
        CHECK(cases[i].asked, strstr(err.msg, cases[i].asked) != NULL);
        if (!strstr(err.msg, cases[i].why)) print_error("# %s\n", err.msg);
        CHECK(cases[i].asked, strstr(err.msg, cases[i].why) != NULL);
        if (!strstr(err.hint, cases[i].hint)) print_error("# %s\n", err.hint);
        CHECK(cases[i].asked, strstr(err.hint, cases[i].hint) != NULL);
    }
}

static void a_stage_of_which_only_settle_was_seen(void **state)
{
    struct err err;
    struct window_question q = {
        .asked = BYTES_LIT("climb@1/s"), .header = &header, .ticks = ticks, .tick_count = 4};
    arena_reset(*state);
    assert_null(window_find(&q, *state, &err));
    assert_non_null(strstr(err.msg, "only its settle time was seen"));
    assert_non_null(strstr(err.hint, "climb@1/s:+0s.."));
    q.asked = BYTES_LIT("climb@1/s:+0s..");
    const struct run_window *w = window_find(&q, *state, &err);
    assert_non_null(w);
    assert_int_equal(w->ticks, 1);
    assert_true(window_settle_ns(&w->spans[0]) == NS_PER_S);
}

static int enter(void **state)
{
    static struct arena arena;
    struct err err;
    *state = &arena;
    return arena_open(&arena, 1 << 20, &err) ? 0 : -1;
}

static int leave(void **state)
{
    arena_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_words_mean),
        cmocka_unit_test(what_cannot_be_had),
        cmocka_unit_test(a_stage_of_which_only_settle_was_seen),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
