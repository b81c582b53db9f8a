#include "plan/trace.h"

#include "base/attr.h"
#include "check.h"

static struct trace trace_of(uint64_t seed, double share)
{
    struct plan plan = {.seed = seed, .telemetry.trace.share = share};
    struct trace trace;
    trace_init(&trace, &plan);
    return trace;
}

/* As the recommendation has it; a service that finds it malformed would begin a trace of its own.
 */
static void a_value_is_well_formed(void **state)
{
    (void)state;
    struct trace trace = trace_of(7, 1);
    char value[TRACE_VALUE_LEN + 1] = "";
    for (uint32_t i = 0; i < 1000; i++) {
        struct trace_place place = {i, i % 3, i % 5, i % 2};
        struct trace_id id;
        uint64_t span;
        struct trace_id want = {trace.high, trace_low(&trace, &place)};
        trace_write(value, &trace, &place);
        CHECK("version", memcmp(value, "00-", 3) == 0);
        CHECK("trace id", trace_id_get((struct bytes){value + 3, TRACE_ID_DIGITS}, &id));
        CHECK("its numbers", trace_id_equal(id, want));
        CHECK("between", value[35] == '-' && value[52] == '-');
        CHECK("span id", trace_id_get64((struct bytes){value + 36, SPAN_ID_DIGITS}, &span));
        CHECK_U64("that of the request", span, want.low);
        CHECK_STR("flags", value + 53, "01");
    }
    struct trace none = trace_of(7, 0);
    struct trace_place place = {5, 0, 0, 0};
    trace_write(value, &none, &place);
    CHECK_STR("nobody is asked", value + 53, "00");
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Neighbours in every direction have ids of their own: of the open stages' requests, and of users
 * whose number stands in the upper half of the index. */
static void no_two_requests_share_an_id(void **state)
{
    (void)state;
    enum { EACH = 20, ALL = EACH * EACH * EACH * EACH * 2 };
    static uint64_t ids[ALL];
    struct trace trace = trace_of(1, 0.01);
    uint32_t count = 0;
    for (uint32_t i = 0; i < ALL; i++) {
        uint32_t rest = i / EACH / EACH / EACH;
        uint64_t index = rest < EACH ? rest : (uint64_t)(rest - EACH + 1) << 32;
        struct trace_place place = {index, i / EACH / EACH % EACH, i / EACH % EACH, i % EACH};
        ids[count++] = trace_low(&trace, &place);
    }
    qsort(ids, count, sizeof ids[0], compare);
    for (uint32_t i = 1; i < count; i++) CHECK("apart", ids[i] != ids[i - 1]);
}

/* The share of the plan, in each of two hundred stretches of the schedule: within five standard
 * deviations of its mean. */
static void so_many_are_sampled(void **state)
{
    (void)state;
    static const double shares[] = {0.01, 0.25, 0.5};
    enum { STRETCH = 10000 };
    for (size_t s = 0; s < COUNT_OF(shares); s++) {
        struct trace trace = trace_of(42 + s, shares[s]);
        uint64_t index = 0;
        for (uint32_t stretch = 0; stretch < 200; stretch++) {
            double sampled = 0;
            for (uint32_t i = 0; i < STRETCH; i++, index++) {
                struct trace_place place = {index, 1, stretch % 4, 0};
                sampled += trace_sampled(&trace, trace_low(&trace, &place));
            }
            double off = sampled - STRETCH * shares[s];
            CHECK("near", off * off < 25 * STRETCH * shares[s] * (1 - shares[s]));
        }
    }
}

static void another_seed_is_another_trace(void **state)
{
    (void)state;
    struct trace a = trace_of(1, 0.01);
    struct trace b = trace_of(2, 0.01);
    struct trace same = trace_of(1, 0.5);
    struct trace_place place = {3, 1, 0, 0};
    CHECK("the run's half", a.high != b.high && a.high == same.high);
    CHECK("the request's", trace_low(&a, &place) != trace_low(&b, &place));
    CHECK_U64("not by the share", trace_low(&a, &place), trace_low(&same, &place));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_well_formed),
        cmocka_unit_test(no_two_requests_share_an_id),
        cmocka_unit_test(so_many_are_sampled),
        cmocka_unit_test(another_seed_is_another_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
