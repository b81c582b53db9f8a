/* Known truths: the whole engine and the judge before services whose response times theory knows.
 *
 *     queues_sim [--seeds N] [--first SEED] [--show]
 *
 * Arrivals are Poisson, service is exponential or constant, one, two or four requests are served at
 * once and the others wait first come first served: at the service, or at prony, which may have
 * only so many connections. Formulas: L. Kleinrock, Queueing Systems 1 (1975): M/M/1 3.2 and 5.7,
 * M/M/c 3.5, the mean of M/G/1 by Pollaczek and Khinchine 5.6; the waiting time of M/D/1 by A. K.
 * Erlang (1909), in H. C. Tijms, A First Course in Stochastic Models (2003) 9.5.
 *
 * What is measured differs from theory by chance only, and how much chance there is the runs tell
 * themselves: each seed is a run of its own that begins (after `settle`) in a steady state, so what
 * they measure are independent values, and their mean lies within 4 standard errors (of Student's
 * t) of the truth. Percentiles are compared by the share of requests that lie beyond the true one:
 * a share is unbiased however much the requests of a run depend on each other, a percentile is not.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "check.h"
#include "judge/judge.h"
#include "run_sim.h"
#include "stats/interval.h"

#define SERVICE_NS (10 * NS_PER_MS) /* times the number of servers: 100 a second fill any */
#define ERRORS_MOST 4
#define SEEDS_TOLD 12 /* fewer do not know their own error: they are run and not compared */
#define SEEDS_MANY 50
#define START_NS (1000 * NS_PER_S + 20 * NS_PER_MS) /* world time of run time 0 */

static struct {
    uint64_t seeds, first;
    bool show;
} options = {.seeds = 16, .first = 1};

struct system {
    const char *name;
    enum service_law law;
    uint32_t servers;
    bool at_client; /* as many connections as servers; the service takes any number at once */
};

static const struct system systems[] = {
    {"M/M/1", SERVICE_EXPONENTIAL, 1, false},
    {"M/M/1 behind one connection", SERVICE_EXPONENTIAL, 1, true},
    {"M/D/1", SERVICE_CONSTANT, 1, false},
    {"M/M/2", SERVICE_EXPONENTIAL, 2, false},
    {"M/M/4 behind four connections", SERVICE_EXPONENTIAL, 4, true},
};

/* How full, and for how many seconds: the fuller, the longer are waves. */
static const struct load {
    double rho;
    uint32_t settle_s, length_s;
} loads[] = {{0.5, 2, 30}, {0.7, 4, 60}, {0.9, 20, 100}};

/* -- theory; times in service times --------------------------------------------------------- */

/* That an arrival has to wait, with `a` servers' worth of load on `c`: Erlang's C by his B. */
static double erlang_c(uint32_t c, double a)
{
    double b = 1;
    for (uint32_t k = 1; k <= c; k++) b = a * b / (k + a * b);
    return b / (1 - a / c * (1 - b));
}

/* P(W > t) of M/D/1: an alternating sum, exact for the times that are asked for here. */
static double waits_constant(double rho, double t)
{
    if (t < 0) return 1;
    long double sum = 0;
    for (uint32_t k = 0; (double)k <= t; k++) {
        long double x = (long double)rho * ((long double)t - k), term = expl(x);
        for (uint32_t i = 1; i <= k; i++) term *= -x / i;
        sum += term;
    }
    return 1 - (1 - rho) * (double)sum;
}

/* P(response > t). */
static double tail_of(const struct system *s, double rho, double t)
{
    if (s->law == SERVICE_CONSTANT) return waits_constant(rho, t - 1);
    double wait = erlang_c(s->servers, rho * s->servers), rest = s->servers * (1 - rho);
    /* A wait is exponential with this rate; behind it comes a service. */
    double both =
        fabs(rest - 1) < 1e-9 ? (1 + t) * exp(-t) : (rest * exp(-t) - exp(-rest * t)) / (rest - 1);
    return (1 - wait) * exp(-t) + wait * both;
}

static double mean_of(const struct system *s, double rho)
{
    if (s->law == SERVICE_CONSTANT) return 1 + rho / (2 * (1 - rho));
    return 1 + erlang_c(s->servers, rho * s->servers) / (s->servers * (1 - rho));
}

static double percentile_of(const struct system *s, double rho, double p)
{
    double low = 0, high = s->law == SERVICE_CONSTANT ? 40 : 400; /* the sum has its digits there */
    for (uint32_t i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (tail_of(s, rho, middle) > 1 - p) low = middle;
        else high = middle;
    }
    return high;
}

/* Against what the books print, so that the formulas are not believed blindly. */
static void theory_is_that_of_the_books(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t system;
        double rho, mean, t, tail;
    } cases[] = {
        {"M/M/1: 1 / (1 - rho), e^(-(1 - rho) t)", 0, 0.9, 10, 23.025851, 0.1},
        {"M/M/1, half full", 0, 0.5, 2, 1.3862944, 0.5},
        {"M/D/1: rho / 2 (1 - rho) of waiting", 2, 0.9, 5.5, 1, 0.9},
        {"M/D/1: no wait of a service time: (1 - rho) e^rho", 2, 0.5, 1.5, 2, 0.1756394},
        {"M/M/2: C = 1 / 3 at a half", 3, 0.5, 4.0 / 3, 1, 0.4905059},
        {"M/M/4: C = 0.4287 at 0.7 (table)", 4, 0.7, 1.357215, 1e9, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct system *s = &systems[cases[i].system];
        CHECK(cases[i].name, fabs(mean_of(s, cases[i].rho) / cases[i].mean - 1) < 1e-4);
        CHECK(cases[i].name, fabs(tail_of(s, cases[i].rho, cases[i].t) - cases[i].tail) < 1e-6);
    }
}

/* -- runs ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    double p; /* 0: the mean */
} asked[] = {{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"avg", 0}};

enum { ASKED = COUNT_OF(asked) };

static const char *plan_of(const struct system *s, const struct load *load)
{
    static char yaml[2048];
    struct text t = text_in(yaml, sizeof yaml);
    text_adds(&t, "plan: 1\nname: queue\ntarget: http://127.0.0.1:1\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
                  "load:\n  max_in_flight: 20000\n  timeout: { response: 600s }\n");
    text_addf(&t, "  seed: %llu\n", (unsigned long long)world_draw());
    if (s->at_client) text_addf(&t, "  connections: %u\n", s->servers);
    text_addf(&t, "  stages: [ { name: a, rate: %g/s, for: %us, settle: %us } ]\n", 100 * load->rho,
              load->settle_s + load->length_s, load->settle_s);
    text_adds(&t, "objectives: [ p50 < 9s, p90 < 9s, p95 < 9s, p99 < 9s, avg < 9s ]\n");
    assert_false(t.cut);
    return yaml;
}

/* What the runs of one system under one load measured. */
struct asked_of {
    double sum, squares;
};

static void add(struct asked_of *s, double value)
{
    s->sum += value;
    s->squares += value * value;
}

struct outcome_of {
    struct asked_of measured[ASKED];   /* shares beyond the true percentile; the mean */
    double truth[ASKED], value[ASKED]; /* what is to be measured; the percentile, in services */
    uint32_t inside[ASKED];            /* of printed intervals: contain the truth */
};

static double service_of(const struct system *s)
{
    return (double)SERVICE_NS * s->servers;
}

static void measure(struct outcome_of *o, const struct result *r, double service)
{
    const struct hist *answered = r->stages[0].answered;
    double count = (double)answered->count;
    for (uint32_t i = 0; i < ASKED; i++) {
        const struct objective_result *said = &r->objectives[i];
        double truth_ns = round(o->value[i] * service); /* a whole number, but for rounding */
        bool below = isnan(said->lo) || said->lo <= truth_ns;
        bool above = isnan(said->hi) || said->hi >= truth_ns;
        o->inside[i] += below && above;
        if (asked[i].p > 0) {
            add(&o->measured[i], (double)hist_count_above(answered, (uint64_t)truth_ns) / count);
        } else {
            add(&o->measured[i], (double)answered->sum_ns / count / service);
        }
    }
}

static void play(const struct system *s, const struct load *load, uint64_t seed,
                 struct outcome_of *o)
{
    static const struct world_costs none;
    struct judge *judge;
    struct bus quiet; /* nobody takes results: only the last one is made */
    bus_init(&quiet);
    assert_true(judge_open(&judge, &quiet, NULL));
    struct sink sink = judge_sink(judge);
    world_open(seed, &none);
    struct run_setup setup = {.seed = seed, .threads = 1, .sink = &sink};
    setup.yaml = plan_of(s, load);
    setup.law = (struct target_law){.law = s->law, .service_ns = (uint64_t)service_of(s)};
    if (!s->at_client) setup.law.servers = s->servers;
    world_name(s->name);
    struct run_outcome out = run_sim(&setup);
    MUST(out.ledger->outcomes[OUTCOME_OK] == out.ledger->requests_ended, "all is answered");
    measure(o, judge_result(judge), service_of(s));
    judge_close(judge);
}

/* The truth at the top of a bucket, so that the share beyond it is exact. */
static void find_truths(const struct system *s, double rho, struct outcome_of *o)
{
    double service = service_of(s);
    for (uint32_t i = 0; i < ASKED; i++) {
        double p = asked[i].p;
        o->value[i] = p > 0 ? percentile_of(s, rho, p) : mean_of(s, rho);
        o->truth[i] = o->value[i];
        if (p == 0) continue;
        uint64_t top_ns = hist_bucket_top(hist_bucket((uint64_t)(o->value[i] * service)));
        o->value[i] = (double)top_ns / service;
        o->truth[i] = tail_of(s, rho, o->value[i]);
    }
}

/* Of a queue that is nearly full a few busy periods in each run decide how many lie beyond the p99:
 * a dozen runs can't tell how far that varies. */
static bool is_told(const struct load *load, uint32_t what)
{
    return asked[what].p < 0.99 || load->rho < 0.9 || options.seeds >= SEEDS_MANY;
}

/* Within the sampling error, and that of the mean small enough to tell one theory from another. */
static void check_one(const char *row, const struct outcome_of *o, uint32_t i)
{
    double n = (double)options.seeds, mean = o->measured[i].sum / n;
    double variance = fmax(0, o->measured[i].squares / n - mean * mean) * n / (n - 1);
    double error = sqrt(variance / n);
    double most = ERRORS_MOST * interval_student(options.seeds - 1) / INTERVAL_Z * error;
    if (options.show) {
        printf("# %-44s %.5g, want %.5g: %+.1f errors of %.2g %%; %u of %llu intervals\n", row,
               mean, o->truth[i], (mean - o->truth[i]) / error, 100 * error / o->truth[i],
               o->inside[i], (unsigned long long)options.seeds);
    }
    if (options.seeds < SEEDS_TOLD) return;
    CHECK(row, fabs(mean - o->truth[i]) <= most);
    CHECK(row, asked[i].p > 0 || most < 0.3 * o->truth[i]);
}

static void queues_are_those_of_theory(void **state)
{
    (void)state;
    uint32_t inside[ASKED] = {0}, all = 0, printed = 0;
    for (size_t s = 0; s < COUNT_OF(systems); s++) {
        for (size_t l = 0; l < COUNT_OF(loads); l++) {
            struct outcome_of o = {0};
            find_truths(&systems[s], loads[l].rho, &o);
            for (uint64_t k = 0; k < options.seeds; k++) {
                play(&systems[s], &loads[l], (options.first + k) * 100 + s * 10 + l, &o);
            }
            printed += (uint32_t)options.seeds;
            for (uint32_t i = 0; i < ASKED; i++) {
                char row[128];
                struct text t = text_in(row, sizeof row);
                text_addf(&t, "%s, %.0f %% full, %s", systems[s].name, 100 * loads[l].rho,
                          asked[i].name);
                if (is_told(&loads[l], i)) check_one(row, &o, i);
                inside[i] += o.inside[i];
            }
        }
    }
    for (uint32_t i = 0; i < ASKED && options.seeds >= SEEDS_TOLD; i++) {
        if (options.show) printf("# %s: %u of %u intervals\n", asked[i].name, inside[i], printed);
        CHECK(asked[i].name, inside[i] >= 0.9 * printed);
        all += inside[i];
    }
    CHECK("of all intervals", options.seeds < SEEDS_TOLD || all >= 0.93 * ASKED * printed);
}

/* -- a server that is stopped --------------------------------------------------------------- */

/* 1,000/s for 10 s, evenly; from 5 s on the service stands still for a second. What the k-th
 * request of those held up takes is arithmetic: with a connection for each all are answered a
 * service time after the stop; with c of them c are answered in each service time. */
static uint64_t held_up_ns(uint32_t k, uint32_t connections, uint64_t service_ns)
{
    uint64_t due_ns = k * NS_PER_MS + NS_PER_MS / 2; /* after the stop began */
    uint64_t rounds = connections > 0 ? k / connections + 1 : 1;
    uint64_t end_ns = NS_PER_S + rounds * service_ns;
    return end_ns > due_ns + service_ns ? end_ns - due_ns : service_ns;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void a_second_without_a_server(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        uint32_t connections;
        uint64_t service_ns;
        double p95_ms, p99_ms, max_ms; /* as if it went on steadily, not c at a time */
        bool hidden;                   /* in service time the stop is not to be seen */
    } cases[] = {
        {"as many connections as needed", "", 0, NS_PER_MS, 500.5, 900.5, 1000.5, false},
        {"ten connections, twice as fast as needed", "  connections: 10\n", 10, 5 * NS_PER_MS,
         754.5, 954.5, 1004.5, true},
        {"two, hardly fast enough", "  connections: 2\n", 2, 1900 * NS_PER_US, 976.4, 996.4, 1001.4,
         true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        static uint64_t want_ns[10000];
        char yaml[1024];
        struct text t = text_in(yaml, sizeof yaml);
        text_addf(&t,
                  "plan: 1\nname: stop\ntarget: http://127.0.0.1:1\n"
                  "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                  "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
                  "load:\n%s"
                  "  stages: [ { name: a, rate: 1000/s, for: 10s, arrivals: even } ]\n",
                  cases[i].load);
        struct run_setup setup = {.yaml = yaml, .threads = 1};
        setup.law = (struct target_law){.service_ns = cases[i].service_ns,
                                        .stall_at_ns = START_NS + 5 * NS_PER_S,
                                        .stall_ns = NS_PER_S};
        world_name(cases[i].name);
        struct run_outcome out = run_sim(&setup);
        for (uint32_t k = 0; k < 10000; k++) {
            want_ns[k] = cases[i].service_ns;
            if (k >= 5000) want_ns[k] = held_up_ns(k - 5000, cases[i].connections, want_ns[k]);
            bool after = cases[i].connections == 0 && k >= 6000;
            if (after) want_ns[k] = cases[i].service_ns;
        }
        qsort(want_ns, 10000, sizeof want_ns[0], by_size);
        const struct hist *got = &out.ledger->requests[0][0][0].measures[MEASURE_OK];
        const double by_hand_ms[] = {cases[i].p95_ms, cases[i].p99_ms, cases[i].max_ms};
        static const uint32_t per_million[] = {950000, 990000, 1000000};
        CHECK_U64(cases[i].name, got->count, 10000);
        for (uint32_t k = 0; k < 3; k++) {
            uint64_t value = 0, want = want_ns[hist_rank(10000, per_million[k]) - 1];
            CHECK(cases[i].name, hist_quantile(got, per_million[k], &value));
            CHECK(cases[i].name, value + 10 >= want && value <= want + want / 128 + 10);
            double step_ms = (double)cases[i].service_ns / 1e6; /* c are answered at once */
            CHECK(cases[i].name, fabs((double)want / 1e6 - by_hand_ms[k]) <= step_ms);
        }
        CHECK(cases[i].name,
              got->max_ns + 10 >= want_ns[9999] && got->max_ns <= want_ns[9999] + 10);
        uint64_t service = 0;
        const struct hist *served = &out.ledger->requests[0][0][0].measures[MEASURE_SERVICE];
        CHECK(cases[i].name, hist_quantile(served, 990000, &service));
        CHECK(cases[i].name, (service < 2 * cases[i].service_ns) == cases[i].hidden);
    }
}

static uint64_t number_after(int argc, char **argv, const char *flag, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        uint64_t value;
        if (strcmp(argv[i], flag) == 0 && bytes_to_u64(bytes_of(argv[i + 1]), &value)) return value;
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    options.seeds = number_after(argc, argv, "--seeds", options.seeds);
    options.first = number_after(argc, argv, "--first", options.first);
    for (int i = 1; i < argc; i++) options.show = options.show || strcmp(argv[i], "--show") == 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(theory_is_that_of_the_books),
        cmocka_unit_test(a_second_without_a_server),
        cmocka_unit_test(queues_are_those_of_theory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
