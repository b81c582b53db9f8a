/* Points of metrics become samples of just the time that they are of. */
#include "observe/otlp_metrics.h"

#include <math.h>

#include "base/attr.h"
#include "base/ns.h"
#include "check.h"

#define S NS_PER_S
#define SERVICE BYTES_LIT("api")

static struct arena arena;
static struct otlp_metrics metrics;
static struct slip slip;
static struct sample samples[SLIP_SAMPLES];
static uint32_t sample_count;

static int begin(void **state)
{
    (void)state;
    bool open = arena_open(&arena, (size_t)64 << 20, NULL);
    return open && slip_open(&slip, &arena) && otlp_metrics_open(&metrics, &arena) ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    slip_close(&slip);
    arena_close(&arena);
    return 0;
}

static void take(const struct otlp_point *p)
{
    assert_false(otlp_metrics_take(&metrics, SERVICE, p, NULL));
}

static void put(void)
{
    uint32_t known;
    slip_begin(&slip, 0, 0);
    otlp_metrics_put(&metrics, &slip);
    sample_count = slip_take_samples(&slip, samples, SLIP_SAMPLES, &known);
}

/* The only sample of that name since the last put(). */
static const struct sample *sample_of(const char *name, const char *label)
{
    const struct sample *found = NULL;
    for (uint32_t i = 0; i < sample_count; i++) {
        const struct slip_series *s = &slip.series[samples[i].series];
        if (!bytes_is(s->name, name) || !bytes_is(s->label, label)) continue;
        assert_null(found);
        found = &samples[i];
    }
    return found;
}

static void check(const char *name, double want, uint64_t from_s, uint64_t to_s)
{
    const struct sample *s = sample_of(name, "");
    CHECK(name, s != NULL);
    CHECK_U64(name, s->from_ns, from_s * S);
    CHECK_U64(name, s->to_ns, to_s * S);
    CHECK(name, fabs(s->value - want) < 1e-4 * (1 + fabs(want)));
}

static struct otlp_point sum_of(double value, uint64_t start_s, uint64_t end_s)
{
    return (struct otlp_point){.kind = OTLP_SUM,
                               .name = BYTES_LIT("jobs"),
                               .monotonic = true,
                               .start_ns = start_s * S,
                               .end_ns = end_s * S,
                               .value = value};
}

static void sums_become_rates(void **state)
{
    (void)state;
    struct otlp_point p = sum_of(100, 1, 10);
    take(&p);
    put();
    CHECK_U64("the first is a start only", sample_count, 0);
    p = sum_of(160, 1, 40);
    take(&p);
    take(&p); /* sent again */
    put();
    check("metrics.jobs", 2, 10, 40);
    p = sum_of(5, 41, 45); /* another start: the service began anew */
    take(&p);
    put();
    CHECK_U64("a restart is a gap", sample_count, 0);
    p = sum_of(10, 41, 50);
    take(&p);
    put();
    check("metrics.jobs", 1, 45, 50);
    p = sum_of(30, 50, 60);
    p.delta = true;
    p.label = BYTES_LIT("kind=b");
    take(&p);
    put();
    CHECK("since the point before", sample_of("metrics.jobs", "kind=b")->value == 3);
}

static void levels_are_what_they_are(void **state)
{
    (void)state;
    struct otlp_point p = {
        .kind = OTLP_GAUGE, .name = BYTES_LIT("depth"), .end_ns = 7 * S, .value = -3};
    take(&p);
    p.name = BYTES_LIT("open");
    p.kind = OTLP_SUM; /* up and down */
    take(&p);
    put();
    check("metrics.depth", -3, 7, 7);
    check("metrics.open", -3, 7, 7);
}

/* One of a histogram in protobuf: little-endian words. */
static struct bytes words_of(const uint64_t *counts, uint32_t count, char *room)
{
    memcpy(room, counts, count * sizeof *counts);
    return (struct bytes){room, count * sizeof *counts};
}

static void histograms_have_percentiles(void **state)
{
    (void)state;
    static const double bounds[] = {1, 2, 4};
    char counts[2][4 * sizeof(uint64_t)];
    struct otlp_point p = {.kind = OTLP_HISTOGRAM,
                           .name = BYTES_LIT("wait"),
                           .start_ns = S,
                           .end_ns = 10 * S,
                           .count = 50,
                           .sum = 50,
                           .has_sum = true,
                           .counts = words_of((uint64_t[]){50, 0, 0, 0}, 4, counts[0]),
                           .bounds = {(const char *)bounds, sizeof bounds}};
    take(&p);
    p.end_ns = 20 * S;
    p.count = 150;
    p.sum = 350;
    p.counts = words_of((uint64_t[]){50, 50, 45, 5}, 4, counts[1]);
    take(&p);
    put();
    check("metrics.wait.rate", 10, 10, 20);
    check("metrics.wait.mean", 3, 10, 20);
    check("metrics.wait.p50", 2, 10, 20);
    check("metrics.wait.p95", 4, 10, 20);
    check("metrics.wait.p99", 4, 10, 20); /* at least: its bucket is endless */
    p.end_ns = 30 * S;                    /* fewer than before in a bucket: somebody else */
    p.counts = words_of((uint64_t[]){60, 40, 45, 5}, 4, counts[0]);
    take(&p);
    put();
    CHECK_U64("a gap", sample_count, 0);
}

/* What it counted before is not known: the first with few enough tells of no time. */
static void too_many_buckets_begin_anew(void **state)
{
    (void)state;
    enum { MANY = OTLP_METRICS_BUCKETS + 2 };
    static double bounds[MANY - 1];
    static uint64_t counts[MANY];
    char few[4 * sizeof(uint64_t)];
    struct otlp_point p = {.kind = OTLP_HISTOGRAM,
                           .name = BYTES_LIT("wait"),
                           .start_ns = S,
                           .end_ns = 10 * S,
                           .count = MANY,
                           .counts = {(const char *)counts, sizeof counts},
                           .bounds = {(const char *)bounds, sizeof bounds}};
    for (int i = 0; i < MANY; i++) counts[i] = 1;
    for (int i = 0; i < MANY - 1; i++) bounds[i] = i + 1;
    take(&p);
    p.bounds.len = 3 * sizeof bounds[0];
    for (uint64_t i = 1; i <= 2; i++) {
        p.end_ns = (10 + 10 * i) * S;
        p.count = 1000 + 10 * i;
        p.counts = words_of((uint64_t[]){1000 + 10 * i, 0, 0, 0}, 4, few);
        take(&p);
        put();
        if (i == 1) CHECK_U64("of no time", sample_count, 0);
    }
    check("metrics.wait.rate", 1, 20, 30);
}

static void secrets_are_not_shown(void **state)
{
    (void)state;
    struct otlp_point p = {.kind = OTLP_GAUGE,
                           .name = BYTES_LIT("size"),
                           .label = BYTES_LIT("http.url=http://x/reset?token=tell-nobody"),
                           .end_ns = S,
                           .value = 1};
    take(&p);
    put();
    assert_int_equal(sample_count, 1);
    struct bytes label = slip.series[samples[0].series].label;
    assert_true(bytes_find(label, BYTES_LIT("tell-nobody")) == SIZE_MAX);
    assert_true(bytes_starts(label, BYTES_LIT("http.url=http://x/reset")));
}

/* More series than there is room for: those there were go on. */
static void a_flood_is_bounded(void **state)
{
    (void)state;
    char name[32];
    for (uint32_t i = 0; i < 3 * OTLP_METRICS_MAX; i++) {
        struct text t = text_in(name, sizeof name);
        text_addf(&t, "m%u", i);
        struct otlp_point p = {
            .kind = OTLP_GAUGE, .name = text_bytes(&t), .end_ns = S, .value = (double)i};
        take(&p);
    }
    put();
    CHECK_U64("kept", sample_count, OTLP_METRICS_MAX);
    CHECK_U64("counted", metrics.refused, 2 * OTLP_METRICS_MAX);
    for (uint32_t i = 0; i < 2 * OTLP_METRICS_READY; i++) {
        struct otlp_point p = {
            .kind = OTLP_GAUGE, .name = BYTES_LIT("m0"), .end_ns = 2 * S + i, .value = 1};
        take(&p);
    }
    CHECK_U64("nobody took them", metrics.lost, OTLP_METRICS_READY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_become_rates, begin, end),
        cmocka_unit_test_setup_teardown(levels_are_what_they_are, begin, end),
        cmocka_unit_test_setup_teardown(histograms_have_percentiles, begin, end),
        cmocka_unit_test_setup_teardown(too_many_buckets_begin_anew, begin, end),
        cmocka_unit_test_setup_teardown(secrets_are_not_shown, begin, end),
        cmocka_unit_test_setup_teardown(a_flood_is_bounded, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
