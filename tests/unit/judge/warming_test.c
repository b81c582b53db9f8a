#include "judge/warming.h"

#include <math.h>

#include "base/rng.h"
#include "check.h"
#include "scene.h"

#define AT_MOST_S 60

/* A service as it warms up: response times come down, or replies come at last. */
struct law {
    double above, tau_s; /* times are e^(above e^(-t/tau)) times as long */
    double growth;       /* and e^(growth t) */
    uint32_t silent_s;   /* nothing is answered so long */
    uint32_t per_second;
};

static double normal(struct rng_stream *s)
{
    double radius = sqrt(-2 * log(rng_unit(rng_next(s))));
    return radius * cos(2 * 3.14159265358979 * rng_unit(rng_next(s)));
}

static void warm_second(struct scene *s, const struct law *law, uint32_t at, struct rng_stream *rng)
{
    double level = law->growth * at;
    if (law->tau_s > 0) level += law->above * exp(-(double)at / law->tau_s);
    scene_tick(s, 0, 1000);
    for (uint32_t i = 0; i < 20; i++) { /* twenty different times, each some requests */
        double ms = 10 * exp(level + 0.3 * normal(rng));
        enum outcome outcome = at < law->silent_s ? OUTCOME_REFUSED : OUTCOME_OK;
        scene_requests(s, 0, outcome, law->per_second / 20, (uint64_t)(ms * 1e6));
    }
    scene_put(s);
}

/* The second after which the next stage was asked for; 0: never. */
static uint32_t warmed_after(struct scene *s, const struct law *law, uint64_t seed)
{
    struct rng_stream rng = rng_stream_at((struct rng_key){.seed = seed}, 0);
    uint32_t count = 0;
    uint32_t stage;
    for (uint32_t t = 0; t < AT_MOST_S; t++) {
        warm_second(s, law, t, &rng);
        if (bus_ended_stage(&s->bus, &count, &stage)) {
            assert_int_equal(stage, 0);
            return t + 1;
        }
    }
    return 0;
}

static void open_warmup(struct scene *s, enum model model)
{
    scene_open(s);
    struct stage *warmup = scene_stage(s, "warmup", model, false);
    warmup->warmup = warmup->until_steady = true;
    warmup->length_ns = AT_MOST_S * SECOND;
    scene_stage(s, "hold", MODEL_OPEN, true);
    scene_objective(s, "p95 < 100ms");
    scene_begin(s);
}

static const struct trust_reason *unsteady(const struct scene *s)
{
    const struct result *result = scene_result(s);
    for (uint32_t i = 0; i < result->reason_count; i++) {
        if (strcmp(result->reasons[i].code, "warmup-unsteady") == 0) return &result->reasons[i];
    }
    return NULL;
}

static void ends_when_the_service_is_warm(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct law law;
        uint32_t from_s, to_s; /* the next stage is asked for between; 0: never */
    } cases[] = {
        {"warm from the start", {.per_second = 1000}, 10, 45},
        {"a cache fills", {.above = 2, .tau_s = 4, .per_second = 1000}, 15, 50},
        {"it never stops filling", {.above = 3, .tau_s = 60, .per_second = 1000}, 0, 0},
        {"it gets slower and slower", {.growth = 0.02, .per_second = 1000}, 0, 0},
        {"no answer for 10 s", {.silent_s = 10, .per_second = 1000}, 20, 45},
        {"no answer at all", {.silent_s = 99, .per_second = 1000}, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint64_t seed = 1; seed <= 5; seed++) {
            struct scene s;
            open_warmup(&s, MODEL_OPEN);
            uint32_t at = warmed_after(&s, &cases[i].law, seed);
            if (at < cases[i].from_s || at > cases[i].to_s) print_error("after %u s\n", at);
            CHECK(cases[i].name, at >= cases[i].from_s && at <= cases[i].to_s);
            scene_second(&s, 1, 100, 10 * MS);
            scene_end(&s, RUN_COMPLETE);
            /* Where it was left behind unsteady that is said; and nowhere else. */
            CHECK(cases[i].name, (unsteady(&s) != NULL) == (at == 0));
            CHECK_STR(cases[i].name, result_trust_name(scene_result(&s)->trust),
                      at == 0 ? "suspect" : "valid");
            scene_close(&s);
        }
    }
}

/* In a closed stage a service that speeds up shows in the throughput. */
static void throughput_of_users(void **state)
{
    (void)state;
    struct scene s;
    open_warmup(&s, MODEL_CLOSED);
    uint32_t count = 0;
    uint32_t stage;
    for (uint32_t t = 0; t < AT_MOST_S; t++) {
        scene_tick(&s, 0, 1000);
        scene_requests(&s, 0, OUTCOME_OK, 100 + 20 * t, 10 * MS);
        scene_put(&s);
        assert_false(bus_ended_stage(&s.bus, &count, &stage));
    }
    scene_second(&s, 1, 100, 10 * MS);
    scene_end(&s, RUN_COMPLETE);
    const struct trust_reason *told = unsteady(&s);
    assert_non_null(told);
    assert_non_null(strstr(told->text, "the throughput still moves by +"));
    assert_non_null(strstr(told->text, "Give it longer (--set load.warmup.at_most=120s), or more"));
    scene_close(&s);
}

/* Times that jump about: no direction is claimed where there may be none. */
static void what_may_be_at_rest_is_not_said_to_move(void **state)
{
    (void)state;
    struct scene s;
    open_warmup(&s, MODEL_OPEN);
    const struct law law = {.per_second = 20};
    struct rng_stream rng = rng_stream_at((struct rng_key){.seed = 23}, 0);
    for (uint32_t t = 0; t < AT_MOST_S; t++) {
        struct law now = law;
        now.growth = t > 0 ? normal(&rng) / t : 0; /* a level of its own each second */
        warm_second(&s, &now, t, &rng);
    }
    scene_second(&s, 1, 100, 10 * MS);
    scene_end(&s, RUN_COMPLETE);
    const struct trust_reason *told = unsteady(&s);
    assert_non_null(told);
    assert_null(strstr(told->text, "still moves"));
    assert_non_null(strstr(told->text, "cannot be told to be at rest (-"));
    assert_non_null(strstr(told->text, " may not be warm."));
    scene_close(&s);
}

/* It was not given its time: nothing is said of it. */
static void cut_short_is_not_unsteady(void **state)
{
    (void)state;
    struct scene s;
    open_warmup(&s, MODEL_OPEN);
    for (uint32_t t = 0; t < 5; t++) scene_second(&s, 0, 100, 10 * MS);
    scene_end(&s, RUN_INTERRUPTED);
    assert_null(unsteady(&s));
    scene_close(&s);
}

/* A warm-up of fixed length is none of its business. */
static void a_fixed_one_is_left_alone(void **state)
{
    (void)state;
    struct scene s;
    scene_open(&s);
    struct stage *warmup = scene_stage(&s, "warmup", MODEL_OPEN, false);
    warmup->warmup = true;
    scene_stage(&s, "hold", MODEL_OPEN, true);
    scene_begin(&s);
    uint32_t count = 0;
    uint32_t stage;
    for (uint32_t t = 0; t < 30; t++) scene_second(&s, 0, 100, 10 * MS);
    assert_false(bus_ended_stage(&s.bus, &count, &stage));
    scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_when_the_service_is_warm),
        cmocka_unit_test(throughput_of_users),
        cmocka_unit_test(what_may_be_at_rest_is_not_said_to_move),
        cmocka_unit_test(cut_short_is_not_unsteady),
        cmocka_unit_test(a_fixed_one_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
