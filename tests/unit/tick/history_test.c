#include "tick/history.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "plan/objective_words.h"

#define NONE ((double)NAN)

static void tightest(void **state)
{
    (void)state;
    const struct {
        const char *name;
        struct run_goal goals[3];
        const char *want; /* its sentence; empty: none */
    } cases[] = {
        {"least margin",
         {{.text = BYTES_LIT("a < 1"), .margin = 40}, {.text = BYTES_LIT("b < 1"), .margin = 7}},
         "b < 1"},
        {"missed lies below",
         {{.text = BYTES_LIT("a < 1"), .margin = 4},
          {.text = BYTES_LIT("b < 1"), .margin = -3, .verdict = VERDICT_MISSED}},
         "b < 1"},
        {"undecided with more to spare does not",
         {{.text = BYTES_LIT("a < 1"), .margin = 4},
          {.text = BYTES_LIT("b < 1"), .margin = 60, .verdict = VERDICT_INCONCLUSIVE}},
         "a < 1"},
        {"missed without a share of the limit",
         {{.text = BYTES_LIT("a < 1"), .margin = -50, .verdict = VERDICT_MISSED},
          {.text = BYTES_LIT("b <= 0"), .margin = NONE, .verdict = VERDICT_MISSED}},
         "b <= 0"},
        {"held without one",
         {{.text = BYTES_LIT("b <= 0"), .margin = NONE},
          {.text = BYTES_LIT("a < 1"), .margin = 99}},
         "a < 1"},
        {"a warning comes last",
         {{.text = BYTES_LIT("a < 1"), .margin = -9, .warn = true, .verdict = VERDICT_MISSED},
          {.text = BYTES_LIT("b < 1"), .margin = 99, .implicit = true}},
         "b < 1"},
        {"what is implied before it",
         {{.text = BYTES_LIT("a < 1"), .margin = 1, .implicit = true},
          {.text = BYTES_LIT("b < 1"), .margin = 99}},
         "b < 1"},
        {"the first of equals",
         {{.text = BYTES_LIT("a < 1"), .margin = 5}, {.text = BYTES_LIT("b < 1"), .margin = 5}},
         "a < 1"},
        {"what was not judged is none",
         {{.text = BYTES_LIT("a < 1"), .margin = NONE, .verdict = VERDICT_NOT_JUDGED},
          {.text = BYTES_LIT("b < 1"), .at = {.value = NONE}, .margin = NONE}},
         ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_entry entry = {.goals = cases[i].goals};
        while (entry.goal_count < 3 && cases[i].goals[entry.goal_count].text.len > 0)
            entry.goal_count++;
        const struct run_goal *goal = history_tightest(&entry);
        CHECK(cases[i].name, bytes_is(goal ? goal->text : (struct bytes){0}, cases[i].want));
    }
}

/* One run: its sentence, where that was worst, and what was seen of it in climb. */
struct seen {
    const char *text, *of, *stage;
    double value, lo, hi;
    double in_climb, climb_lo, climb_hi; /* 0: nothing */
    bool unsound;
};

#define SEEN(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__, 0, 0, 0, false                                                                \
    }
#define SEEN_IN_CLIMB(...)                                                                         \
    {                                                                                              \
        __VA_ARGS__, false                                                                         \
    }
#define NOT_SOUND(...)                                                                             \
    {                                                                                              \
        __VA_ARGS__, 0, 0, 0, true                                                                 \
    }

static struct run_entry entry_of(const struct seen *s, struct run_goal *goal,
                                 struct run_place *place)
{
    *place = (struct run_place){BYTES_LIT("climb"), s->in_climb, {s->climb_lo, s->climb_hi}, false};
    *goal = (struct run_goal){.text = bytes_of(s->text),
                              .of = bytes_of(s->of),
                              .subject = objective_words_subject(bytes_of(s->text)),
                              .wants_little = objective_words_wants_little(bytes_of(s->text)),
                              .unit = BYTES_LIT("ms"),
                              .at = {bytes_of(s->stage), s->value, {s->lo, s->hi}, false},
                              .stages = place,
                              .stage_count = s->in_climb > 0};
    return (struct run_entry){.sound = !s->unsound, .goals = goal, .goal_count = 1};
}

static void two_runs(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct seen is, was;
        enum change want;
        bool better;
        double then; /* the value that it was compared with */
    } cases[] = {
        {"slower", SEEN("p95 < 9ms", "", "", 5, 4, 6), SEEN("p95 < 9ms", "", "", 2, 1, 3),
         CHANGE_UP, false, 2},
        {"faster", SEEN("p95 < 9ms", "", "", 2, 1, 3), SEEN("p95 < 9ms", "", "", 5, 4, 6),
         CHANGE_DOWN, true, 5},
        {"less of what should be much", SEEN("users > 9", "", "", 2, 1, 3),
         SEEN("users > 9", "", "", 5, 4, 6), CHANGE_DOWN, false, 5},
        {"more of it", SEEN("users >= 9", "", "", 5, 4, 6), SEEN("users >= 9", "", "", 2, 1, 3),
         CHANGE_UP, true, 2},
        {"overlapping", SEEN("p95 < 9ms", "", "", 5, 3, 6), SEEN("p95 < 9ms", "", "", 2, 1, 4),
         CHANGE_NONE, false, 2},
        {"another limit, the same thing", SEEN("p95 < 9ms", "", "", 5, 4, 6),
         SEEN("p95 <= 50ms", "", "", 2, 1, 3), CHANGE_UP, false, 2},
        {"another thing", SEEN("p95 < 9ms", "", "", 5, 4, 6), SEEN("p99 < 9ms", "", "", 2, 1, 3),
         CHANGE_UNKNOWN, false, 0},
        {"another name", SEEN("p95 of each < 9ms", "a", "", 5, 4, 6),
         SEEN("p95 of each < 9ms", "b", "", 2, 1, 3), CHANGE_UNKNOWN, false, 0},
        {"no interval", SEEN("max < 9ms", "", "", 5, NONE, NONE),
         SEEN("max < 9ms", "", "", 2, NONE, NONE), CHANGE_UNKNOWN, false, 0},
        {"in the same stage", SEEN("p95 < 9ms", "", "climb", 5, 4, 6),
         SEEN("p95 < 9ms", "", "climb", 2, 1, 3), CHANGE_UP, false, 2},
        {"where this one was worst", SEEN("p95 < 9ms", "", "climb", 5, 4, 6),
         SEEN_IN_CLIMB("p95 < 9ms", "", "rest", 8, 7, 9, 2, 1, 3), CHANGE_UP, false, 2},
        {"where the other was worst", SEEN_IN_CLIMB("p95 < 9ms", "", "rest", 5, 4, 6, 3, 2.5, 3.5),
         SEEN("p95 < 9ms", "", "climb", 2, 1, 2.2), CHANGE_UP, false, 2},
        {"pooled against one stage", SEEN_IN_CLIMB("errors < 1%", "", "", 5, 4, 6, 7, 6, 8),
         SEEN("errors < 1%", "", "climb", 2, 1, 3), CHANGE_UP, false, 2},
        {"no place in common", SEEN("p95 < 9ms", "", "rest", 5, 4, 6),
         SEEN("p95 < 9ms", "", "climb", 2, 1, 3), CHANGE_UNKNOWN, false, 0},
        {"not to be trusted", SEEN("p95 < 9ms", "", "", 5, 4, 6),
         NOT_SOUND("p95 < 9ms", "", "", 2, 1, 3), CHANGE_UNKNOWN, false, 0},
        {"nor this", NOT_SOUND("p95 < 9ms", "", "", 5, 4, 6), SEEN("p95 < 9ms", "", "", 2, 1, 3),
         CHANGE_UNKNOWN, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_goal goals[2];
        struct run_place places[2];
        struct run_entry is = entry_of(&cases[i].is, &goals[0], &places[0]);
        struct run_entry was = entry_of(&cases[i].was, &goals[1], &places[1]);
        struct run_trend got;
        history_compare(&got, &is, &goals[0], &was);
        CHECK(cases[i].name, got.change == cases[i].want && got.goal == &goals[0]);
        CHECK(cases[i].name, !got.sure && (got.before == &was) == (got.was != NULL));
        CHECK(cases[i].name, got.better == cases[i].better || got.change == CHANGE_NONE);
        CHECK(cases[i].name, (got.was ? got.was->value : 0) == cases[i].then);
    }
}

enum { RUNS = HISTORY_RUNS_BACK + 20 };

struct past {
    struct run_entry entries[RUNS];
    struct run_goal goals[RUNS];
    struct run_place places[RUNS];
    uint32_t count;
};

/* Newest first, each by a width of 0.1 on both sides. */
static void past_of(struct past *p, const double *values, uint32_t count)
{
    p->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct seen seen = SEEN("p95 < 100ms", "", "", values[i], values[i] - 0.1, values[i] + 0.1);
        p->entries[i] = entry_of(&seen, &p->goals[i], &p->places[i]);
        p->entries[i].plan = BYTES_LIT("shop");
        p->entries[i].load = 7;
    }
}

static void among_many(void **state)
{
    (void)state;
    static struct past p;
    struct run_trend t;

    past_of(&p, (double[]){9, 5, 5.3, 5, 5.3, 5, 5.3}, 7);
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.change == CHANGE_UP && !t.better && t.sure && t.before == &p.entries[1]);
    history_trend(&t, p.entries, p.count, 1); /* five before it: who knows */
    assert_true(t.change == CHANGE_DOWN && t.better && !t.sure && t.before == &p.entries[2]);
    history_trend(&t, p.entries, p.count, 6);
    assert_true(t.goal && t.change == CHANGE_UNKNOWN && !t.before);

    past_of(&p, (double[]){9, 5, 8, 4, 8, 5, 9}, 7); /* they differ as much by themselves */
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.change == CHANGE_UP && !t.sure);

    /* Others between them are passed over: another plan, another load, one not to be trusted. */
    past_of(&p, (double[]){9, 1, 2, 3, 5, 5.3, 5, 5.3, 5, 5.3}, 10);
    p.entries[1].plan = BYTES_LIT("jobs");
    p.entries[2].load = 8;
    p.entries[3].sound = false;
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.change == CHANGE_UP && t.sure && t.before == &p.entries[4]);
    assert_true(t.is->value == 9 && t.was->value == 5);
    history_trend(&t, p.entries, p.count, 3);
    assert_true(t.goal && t.change == CHANGE_UNKNOWN);

    /* The first that can be compared: it has an interval. */
    past_of(&p, (double[]){9, 6, 5}, 3);
    p.goals[1].at.range = (struct interval){NONE, NONE};
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.change == CHANGE_UP && t.before == &p.entries[2]);

    /* What lies too far back is not looked for, wherever the list ends. */
    static double values[RUNS];
    for (uint32_t i = 0; i < RUNS; i++) values[i] = i == 0 ? 9 : 5;
    past_of(&p, values, RUNS);
    for (uint32_t i = 1; i < HISTORY_RUNS_BACK; i++) p.entries[i].load = 8;
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.before == &p.entries[HISTORY_RUNS_BACK]);
    p.entries[HISTORY_RUNS_BACK].load = 8;
    history_trend(&t, p.entries, p.count, 0);
    assert_true(t.change == CHANGE_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tightest),
        cmocka_unit_test(two_runs),
        cmocka_unit_test(among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
