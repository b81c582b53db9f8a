/* The sums of a ledger: what is in flight is what waits at places and what is left over. */
#include <math.h>

#include "check.h"
#include "story.h"

static double grown(const struct cause *c)
{
    double sum = 0;
    for (uint32_t i = 0; i < c->place_count; i++) {
        if (!c->places[i].spare) sum += c->places[i].after - c->places[i].before;
    }
    return sum;
}

static const struct cause_place *place(const struct cause *c, const char *name)
{
    for (uint32_t i = 0; i < c->place_count; i++) {
        if (strcmp(c->places[i].name, name) == 0) return &c->places[i];
    }
    return NULL;
}

static const struct story half_seen = {
    "half of it is seen",
    {100, 10, 1, 0},
    {150, 200, 30, 0},
    {{"api", "cpu", "", SERIES_CORES, 0.4, 0.9},
     {"api", "waiting", "lock of web-#", SERIES_WAITING, 0.1, 14.6},
     {"api", "waiting", "condition of web-#", SERIES_WAITING, 20, 5}}};

static void what_is_left_is_said(void **state)
{
    (void)state;
    const struct cause *c = story_tell(&half_seen);
    assert_true(fabs(c->bad_n - 30) < 0.01);
    assert_true(fabs(c->good_n - 1) < 0.01);
    assert_true(fabs(grown(c) + c->unexplained - (c->bad_n - c->good_n)) < 0.1);
    assert_true(fabs(c->unexplained - 14) < 0.1);
    assert_int_equal(c->state, CAUSE_UNTOLD); /* nearly half of it is not known */
    const struct cause_place *lock = place(c, "lock of web-#");
    assert_non_null(lock);
    assert_true(fabs(lock->share - 0.5) < 0.01);
    assert_true(fabs(lock->onset_s - 6) <= 1); /* the high stage begins then */
    const struct cause_place *idle = place(c, "condition of web-#");
    assert_true(idle && idle->spare); /* threads that found work are no loss */
    story_close();
}

/* The time of the miss against what came before it, in one and the same hour. */
static void of_a_watch(void **state)
{
    (void)state;
    const struct cause *c = story_watch(&half_seen);
    assert_non_null(c);
    assert_int_equal(c->good, 0);
    assert_int_equal(c->bad, 1); /* in the place of the drain */
    /* It is missed a second or two after it began, and held again some seconds after it was over.
     */
    assert_true(c->good_n >= 1 && c->good_n < 6);
    assert_true(c->bad_n > 20 && c->bad_n <= 30);
    const struct cause_place *lock = place(c, "lock of web-#");
    assert_non_null(lock);
    assert_true(lock->after > 8 && lock->before < 3);
    struct story well = half_seen;
    well.high = well.low;
    c = story_watch(&well);
    assert_int_equal(c->state, CAUSE_NONE);
    story_close();
}

static const struct story charged_once = {
    "a thread that waits for the database is in the database",
    {50, 10, 0.5, 0},
    {80, 200, 16, 0},
    {{"api", "waiting", "peer 127.0.0.1:5432 of db-#", SERIES_WAITING, 0.4, 15.4},
     {"db", "db.sessions", "CPU", SERIES_WAITING, 0.3, 10},
     {"db", "db.sessions", "IO:DataFileRead", SERIES_WAITING, 0, 4},
     /* The same sessions as processes: not counted again. */
     {"db", "cpu", "", SERIES_CORES, 0.3, 2},
     {"db", "waiting", "disk 16384 of postgres", SERIES_WAITING, 0, 4}}};

static void charged_at_the_deepest_place(void **state)
{
    (void)state;
    const struct cause *c = story_tell(&charged_once);
    assert_true(fabs(grown(c) + c->unexplained - 15.5) < 0.1);
    const struct cause_place *between = place(c, "peer 127.0.0.1:5432 of db-#");
    assert_non_null(between);
    assert_true(fabs(between->after - 1.4) < 0.01);
    assert_null(place(c, "disk 16384 of postgres"));
    story_close();
}

static const struct story in_the_middle = {
    "one stage, in the middle of which somebody became slow",
    {100, 10, 1, 0},
    {100, 300, 30, 0},
    {{"api", "cpu", "", SERIES_CORES, 0.1, 0.1},
     {"api", "waiting", "peer 10.0.0.9:80 of web-#", SERIES_WAITING, 0.9, 29}}};

static void one_stage_is_cut(void **state)
{
    (void)state;
    const struct cause *c = story_tell_alone(&in_the_middle);
    assert_int_equal(c->state, CAUSE_FOUND);
    assert_string_equal(c->suspects[0].id, "downstream");
    assert_string_equal(c->good_name, "low until 6 s");
    assert_string_equal(c->bad_name, "low from 6 s on");
    assert_true(fabs(c->good_n - 1) < 0.01 && fabs(c->bad_n - 30) < 0.01);
    story_close();
    struct story even = in_the_middle; /* slow all the time: there is nothing to hold it against */
    even.low = even.high;
    even.samples[1].low = even.samples[1].high;
    c = story_tell_alone(&even);
    assert_true(isnan(c->cut_s));
    assert_int_equal(c->good, PLAN_NO_INDEX);
    story_close();
}

static void the_same_words(void **state)
{
    (void)state;
    struct cause first = *story_tell(&half_seen);
    const struct cause *again = story_tell(&half_seen);
    assert_string_equal(first.sentence, again->sentence);
    for (uint32_t i = 0; i < first.suspect_count; i++) {
        assert_string_equal(first.suspects[i].title, again->suspects[i].title);
        assert_string_equal(first.suspects[i].evidence[0], again->suspects[i].evidence[0]);
    }
    story_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_watch), cmocka_unit_test(what_is_left_is_said),
        cmocka_unit_test(charged_at_the_deepest_place), cmocka_unit_test(one_stage_is_cut),
        cmocka_unit_test(the_same_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
