#include "judge/recovery.h"

#include <math.h>

#include "check.h"
#include "scene.h"

#define EACH 20 /* requests in 100 ms */

/* What happens behind the spike, by tenths of a second. */
struct course {
    uint32_t seconds;                           /* until the last stage ends */
    uint32_t bad_from, bad_to, again, again_to; /* tenths in which requests are bad */
    uint32_t over, failed;                      /* of EACH, in those; over counts failed ones too */
    uint32_t drain_to;   /* tenths: a queue that is worked off, all of it over at first */
    uint32_t slow_ticks; /* seconds in which request b takes 80 ms, told by their ticks */
    uint32_t hang_ticks; /* seconds in which none of five requests b ends; then they do */
};

static bool is_bad(const struct course *c, uint32_t tenth)
{
    return (tenth >= c->bad_from && tenth < c->bad_to)
           || (tenth >= c->again && tenth < c->again_to);
}

static void tenth_of(struct scene *s, const struct course *c, uint32_t tenth, uint32_t at)
{
    uint32_t over = 0;
    uint32_t failed = 0;
    if (is_bad(c, tenth)) {
        over = c->over;
        failed = c->failed;
    }
    if (tenth < c->drain_to) over = EACH - EACH * tenth / c->drain_to;
    scene_slot(s, at, EACH, EACH, EACH - failed);
    s->slots[s->tick.slot_count - 1].over = over;
    s->slots[s->tick.slot_count - 1].failed = failed;
}

/* Begun in the first second, ended behind the last of those in which none does. */
static void hang(struct scene *s, const struct course *c, uint32_t second)
{
    struct scene_part none = {.stage = 2, .name = 1, .outcome = OUTCOME_STATUS, .not_begun = true};
    struct scene_part all = {.stage = 2,
                             .name = 1,
                             .outcome = OUTCOME_OK,
                             .count = 5,
                             .ns = c->hang_ticks * SECOND,
                             .not_begun = true};
    scene_add(s, second == c->hang_ticks ? &all : &none);
    if (second == 0) s->cells[s->tick.cell_count - 1].begun = 5;
}

/* `calm` for 2 s, `spike` for 2 s, in which nothing is kept, then `rest`. */
static void play(struct scene *s, const struct course *c, enum run_ended ended)
{
    s->header.response_limit_ns = 100 * MS;
    scene_begin(s);
    for (uint32_t i = 0; i < 4; i++) {
        scene_tick(s, i / 2, 1000);
        for (uint32_t k = 0; k < 10; k++) {
            scene_slot(s, k, EACH, EACH, EACH);
            if (i >= 2) s->slots[s->tick.slot_count - 1].over = EACH;
        }
        scene_put(s);
    }
    for (uint32_t i = 0; i < c->seconds; i++) {
        scene_tick(s, 2, 1000);
        for (uint32_t k = 0; k < 10; k++) tenth_of(s, c, i * 10 + k, k);
        if (i < c->slow_ticks) {
            struct scene_part part = {
                .stage = 2, .name = 1, .outcome = OUTCOME_OK, .count = 5, .ns = 80 * MS};
            scene_add(s, &part);
        }
        if (c->hang_ticks > 0) hang(s, c, i);
        scene_put(s);
    }
    scene_end(s, ended);
}

static void open(struct scene *s, const char *limit)
{
    scene_open(s);
    scene_stage(s, "calm", MODEL_OPEN, true);
    scene_stage(s, "spike", MODEL_OPEN, false)->length_ns = 2 * SECOND;
    scene_stage(s, "rest", MODEL_OPEN, true);
    scene_objective(s, limit);
}

static const struct {
    const char *name, *limit, *sentence;
    struct course course;
    enum verdict verdict;
    double seconds; /* below 0: none */
    bool at_least;
} recovery_rows[] = {
    {"nothing was missed",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 20},
     VERDICT_HOLDS,
     0,
     false},
    {"all are late for 3 s",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 30, .over = EACH},
     VERDICT_HOLDS,
     3,
     false},
    {"and that is too long",
     "p95 < 100ms",
     "recovery after spike < 3s",
     {.seconds = 20, .bad_to = 30, .over = EACH},
     VERDICT_MISSED,
     3,
     false},
    {"to the tenth",
     "p95 < 100ms",
     "recovery after spike <= 3100ms",
     {.seconds = 20, .bad_from = 30, .bad_to = 31, .over = EACH},
     VERDICT_HOLDS,
     3.1,
     false},
    {"one in twenty is allowed",
     "p95 < 100ms",
     "recovery after spike < 1s",
     {.seconds = 20, .bad_to = 200, .over = 1},
     VERDICT_HOLDS,
     0,
     false},
    {"two are not, and it never ends",
     "p95 < 100ms",
     "recovery after spike < 10s",
     {.seconds = 20, .bad_to = 200, .over = 2},
     VERDICT_MISSED,
     20,
     true},
    {"who would wait for longer can't know",
     "p95 < 100ms",
     "recovery after spike < 30s",
     {.seconds = 20, .bad_to = 200, .over = 2},
     VERDICT_INCONCLUSIVE,
     20,
     true},
    {"back within 5 s",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 20, .again = 65, .again_to = 66, .over = EACH},
     VERDICT_MISSED,
     6.6,
     false},
    {"back later",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 20, .again = 71, .again_to = 72, .over = EACH},
     VERDICT_HOLDS,
     2,
     false},
    /* Of a window of ten tenths in which the share falls evenly more than 5 % are over until
     * its own mean is: 1 - (t + 0.45) / 12 <= 0.05. */
    {"a queue is worked off",
     "p95 < 100ms",
     "recovery after spike < 12s",
     {.seconds = 20, .drain_to = 120},
     VERDICT_HOLDS,
     11.2,
     false},
    {"errors, too",
     "errors < 10%",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 25, .failed = 4},
     VERDICT_HOLDS,
     2.1,
     false},
    {"seconds without an answer",
     "availability by time > 99%",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 25, .failed = EACH},
     VERDICT_HOLDS,
     1.6,
     false},
    {"what slots can't tell, by ticks",
     "p95 of b < 50ms",
     "recovery after spike < 5s",
     {.seconds = 20, .slow_ticks = 3},
     VERDICT_HOLDS,
     3,
     false},
    {"none ends, which is not kept",
     "p95 of b < 60ms",
     "recovery after spike < 6s",
     {.seconds = 20, .hang_ticks = 4},
     VERDICT_HOLDS,
     5,
     false},
    {"none ends, to the end",
     "p95 of b < 60ms",
     "recovery after spike < 5s",
     {.seconds = 20, .hang_ticks = 30},
     VERDICT_MISSED,
     20,
     true},
    {"a limit that is no matter of seconds",
     "throughput > 1/s",
     "recovery after spike < 5s",
     {.seconds = 20, .bad_to = 200, .over = EACH, .failed = EACH},
     VERDICT_HOLDS,
     0,
     false},
    {"too short to say",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 4},
     VERDICT_INCONCLUSIVE,
     -1,
     false},
    {"late to the end",
     "p95 < 100ms",
     "recovery after spike < 5s",
     {.seconds = 8, .bad_to = 40, .over = EACH},
     VERDICT_INCONCLUSIVE,
     4,
     true},
};

static void it_is_the_first_instant_from_which_all_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof recovery_rows / sizeof recovery_rows[0]; i++) {
        struct scene s;
        open(&s, recovery_rows[i].limit);
        scene_objective(&s, recovery_rows[i].sentence);
        play(&s, &recovery_rows[i].course, RUN_COMPLETE);
        const struct objective_result *said = scene_said(&s, 1);
        CHECK_U64(recovery_rows[i].name, said->verdict, recovery_rows[i].verdict);
        CHECK(recovery_rows[i].name,
              recovery_rows[i].seconds < 0
                  ? isnan(said->value)
                  : fabs(said->value / 1e9 - recovery_rows[i].seconds) < 1e-6);
        CHECK_U64(recovery_rows[i].name, said->at_least, recovery_rows[i].at_least);
        CHECK_U64(recovery_rows[i].name, said->stage, 1);
        scene_close(&s);
    }
}

static void it_says_what_was_last(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct course course;
        enum run_ended ended;
        const char *note;
    } rows[] = {
        {"recovered",
         {.seconds = 20, .bad_to = 30, .over = EACH},
         RUN_COMPLETE,
         "the last to be kept again: p95 < 100ms"},
        {"never",
         {.seconds = 20, .bad_to = 200, .over = EACH},
         RUN_COMPLETE,
         "not recovered in the 20.0 s that were left: p95 < 100ms"},
        {"short",
         {.seconds = 4},
         RUN_COMPLETE,
         "nothing was missed in the 4.0 s behind it, but that takes 5 s"},
        {"well", {.seconds = 9}, RUN_COMPLETE, ""},
        {"not reached",
         {.seconds = 0},
         RUN_INTERRUPTED,
         "nothing was missed in the 0.0 s behind it, but that takes 5 s"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene s;
        open(&s, "p95 < 100ms");
        scene_objective(&s, "recovery after spike < 9s");
        play(&s, &rows[i].course, rows[i].ended);
        CHECK_STR(rows[i].name, scene_said(&s, 1)->note, rows[i].note);
        scene_close(&s);
    }
}

/* A limit that only warns need not be kept; nor one of the stage that is recovered from. */
static void what_only_warns_does_not_count(void **state)
{
    (void)state;
    struct scene s;
    struct course course = {.seconds = 20, .bad_to = 100, .over = EACH, .failed = EACH};
    open(&s, "p95 < 100ms");
    s.objectives[0].warn = true;
    scene_objective(&s, "recovery after spike < 5s");
    scene_objective(&s, "errors in spike < 1%");
    play(&s, &course, RUN_COMPLETE);
    CHECK("warns only", scene_said(&s, 1)->value == 0);
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_first_instant_from_which_all_is_kept),
        cmocka_unit_test(it_says_what_was_last),
        cmocka_unit_test(what_only_warns_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
