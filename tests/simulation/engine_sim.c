/* The engine under virtual time: properties that hold for every seed.
 *
 *     engine_sim [--seeds N] [--first SEED] [--kind NAME] [--show]
 *
 * A seed is a plan, a service, a host and a number of threads. What fails is printed with the way
 * to run it again; --show prints the plan. TAP: one test a kind of world. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "random_plan.h"
#include "truth.h"

#define RARELY 15000 /* per million */

struct kind {
    const char *name;
    uint32_t share; /* of a thousand seeds */
    void (*run)(uint64_t seed);
};

static uint64_t ms(uint64_t lo, uint64_t hi)
{
    return world_between(lo * NS_PER_MS, hi * NS_PER_MS);
}

static bool shows;

static const char *plan_for(const struct plan_wish *wish, uint64_t seed)
{
    const char *yaml = random_plan(wish, seed);
    if (shows) printf("%s", yaml);
    return yaml;
}

static struct target_law draw_law(void)
{
    struct target_law law = {.law = (enum service_law)world_between(0, 2),
                             .service_ns = world_between(100 * NS_PER_US, 30 * NS_PER_MS),
                             .trip_ns = world_between(0, 2 * NS_PER_MS),
                             .polls = (uint32_t)world_between(0, 4)};
    if (world_chance(500000)) law.servers = (uint32_t)world_between(1, 60);
    if (world_chance(300000)) {
        law.stall_at_ns = world_now_ns() + ms(0, 4000);
        law.stall_ns = ms(100, 1500);
    }
    law.per_million[REPLY_CHUNKED] = 200000;
    law.per_million[REPLY_LAST] = world_chance(500000) ? 100000 : 0;
    law.drips = world_chance(500000) ? 100000 : 0;
    law.sends_part = world_chance(500000) ? 50000 : 0;
    law.large = world_chance(300000) ? 20000 : 0;
    return law;
}

static void add_faults(struct target_law *law)
{
    for (uint32_t k = REPLY_CLOSE; k < REPLY_KIND_COUNT; k++) {
        if (world_chance(500000)) law->per_million[k] = RARELY;
    }
    law->unstamped = world_chance(300000) ? 300000 : 0;
    law->refuses = world_chance(300000) ? 200000 : 0;
    law->ignores = world_chance(300000) ? 100000 : 0;
    law->no_port = world_chance(200000) ? 100000 : 0;
    law->idle_ns = world_chance(300000) ? ms(1, 300) : 0;
    law->open_max = world_chance(200000) ? (uint32_t)world_between(1, 50) : 0;
    law->blocks = world_chance(200000) ? 100000 : 0;
}

static struct run_setup draw_setup(uint64_t seed)
{
    static const struct world_costs none;
    world_open(seed, &none); /* the plan and the service are drawn before the run */
    return (struct run_setup){.seed = seed, .threads = (uint32_t)world_between(1, 3)};
}

/* Nothing costs anything and all is answered: the engine must be exact to the nanosecond. */
static void run_instant(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 200};
    setup.law = draw_law();
    setup.yaml = plan_for(&wish, seed);
    struct run_outcome run = run_sim(&setup);
    truth_of_instant(&run);
    MUST(run.last_action_ns < ledger_end_ns(run.ledger), "a send after the end");
}

/* Calls cost time, wake-ups come late, the host pauses: lag, and nothing but lag. */
static void run_good(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 300};
    setup.law = draw_law();
    setup.law.per_million[REPLY_CLOSE] = world_chance(500000) ? 50000 : 0;
    setup.law.unstamped = world_chance(300000) ? 300000 : 0;
    setup.costs = (struct world_costs){.call_ns = world_between(100, 20000),
                                       .wake_ns = world_between(0, 200 * NS_PER_US),
                                       .pause_ns = 40 * NS_PER_MS,
                                       .pause_per_million = world_chance(500000) ? 2000 : 0};
    setup.yaml = plan_for(&wish, seed);
    struct run_outcome run = run_sim(&setup);
    truth_of_good(&run);
}

/* Everything goes wrong that can: the sums must come out even all the same. */
static void run_rough(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 300, .tight = true};
    setup.law = draw_law();
    add_faults(&setup.law);
    bool slow = world_chance(200000); /* a turn of the loop takes longer than an edge's notice */
    setup.costs = (struct world_costs){.call_ns = slow ? ms(1, 20) : world_between(0, 20000),
                                       .wake_ns = world_between(0, 300 * NS_PER_US),
                                       .pause_ns = ms(10, 2000),
                                       .pause_per_million = world_chance(500000) ? 1000 : 0};
    if (world_chance(100000)) {
        setup.costs.freeze_at_ns = world_now_ns() + ms(0, 5000);
        setup.costs.freeze_ns = ms(100, 200000);
    }
    if (world_chance(300000)) {
        setup.costs.late_ns = ms(1, 500);
        setup.costs.late_per_million = 300000;
    }
    if (world_chance(300000)) setup.stop_at_ns = ms(1, 6000);
    if (world_chance(300000)) setup.leave_at_ns = ms(1, 6000);
    if (world_chance(200000)) {
        setup.nameless_at_ns = ms(0, 5000);
        setup.nameless_ns = ms(1, 3000);
    }
    setup.response_limit_ns = 50 * NS_PER_MS;
    setup.yaml = plan_for(&wish, seed);
    struct run_outcome run = run_sim(&setup);
    truth_of_any(&run);
}

/* Somebody holds stages, lets them go, ends them and changes the rate, on a host that may be late:
 * arrivals are those of the schedule all the same, each in its stage. Nothing costs any in every
 * third one.
 */
static void run_steered(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 150};
    setup.law = draw_law();
    bool instant = world_chance(300000);
    bool late = !instant && world_chance(500000);
    if (!instant) setup.costs.call_ns = world_between(0, 20000);
    if (late) setup.costs.late_ns = ms(1, 500);
    if (late) setup.costs.late_per_million = 300000;
    setup.key_count = (uint32_t)world_between(1, RUN_KEYS);
    uint64_t at_ns = 0;
    for (uint32_t i = 0; i < setup.key_count; i++) {
        at_ns += ms(1, 2500);
        bool holds = world_chance(500000);
        bool ends = world_chance(200000);
        uint32_t per_mille = (uint32_t)world_between(300, 1500);
        setup.keys[i] = (struct run_key){at_ns, ends ? RUN_KEY_NEXT : holds ? 0 : per_mille};
    }
    setup.stop_at_ns = at_ns + ms(1, 4000); /* else what is held lasts for a day */
    setup.yaml = plan_for(&wish, seed);
    struct run_outcome run = run_sim(&setup);
    if (instant) truth_of_instant(&run);
    else if (!late) truth_of_good(&run);
    else truth_of_any(&run); /* an edge that is held for long may be passed by what a call costs */
}

/* The run is left in the middle of it: everything is cut at that instant, and nothing more is sent.
 */
static void run_left(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 300, .tight = true};
    setup.law = draw_law();
    add_faults(&setup.law);
    setup.leave_at_ns = ms(1, 5000);
    setup.costs.call_ns = 200; /* else users who are refused at once would come again for ever */
    setup.yaml = plan_for(&wish, seed);
    struct run_outcome run = run_sim(&setup);
    truth_of_any(&run);
    MUST(run.last_action_ns < ledger_end_ns(run.ledger), "a send or connect after the end");
}

/* An hour of a small service under a small load: what made-up time costs at the least. */
static void run_hour(uint64_t seed)
{
    struct run_setup setup = draw_setup(seed);
    setup.threads = 1;
    setup.law = (struct target_law){.law = SERVICE_EXPONENTIAL, .service_ns = 20 * NS_PER_MS};
    setup.yaml = "plan: 1\nname: hour\ntarget: http://127.0.0.1:1\n"
                 "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                 "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
                 "load: { stages: [ { name: a, rate: 2/s, for: 3600s } ] }\n";
    struct run_outcome run = run_sim(&setup);
    truth_of_good(&run);
}

/* The same load from one worker, two, three and eight: the same requests, byte for byte. */
static void run_shared(uint64_t seed)
{
    static const uint32_t workers[] = {1, 2, 3, 8};
    struct run_setup setup = draw_setup(seed);
    struct plan_wish wish = {.rate_most = 200, .no_connections_limit = true};
    setup.law = draw_law();
    setup.yaml = plan_for(&wish, seed);
    uint64_t digest = 0, planned[LEDGER_STAGES] = {0};
    for (uint32_t i = 0; i < COUNT_OF(workers); i++) {
        setup.threads = workers[i];
        struct run_outcome run = run_sim(&setup);
        uint64_t got = truth_digest(&run);
        truth_of_good(&run);
        for (uint32_t s = 0; s < run.plan->stage_count; s++) {
            uint64_t begun = 0;
            for (uint32_t k = 0; k < 2 * run.plan->scenario_count; k++) {
                begun += run.ledger->iterations[s][k % 2][k / 2].begun;
            }
            bool closed = run.plan->stages[s].model == MODEL_CLOSED;
            MUST(setup.threads == 1 || closed || begun == planned[s], "another number of arrivals");
            planned[s] = begun;
        }
        MUST(setup.threads == 1 || got == digest, "%u workers send other requests", setup.threads);
        digest = got;
    }
}

static const struct kind kinds[] = {{"instant", 300, run_instant}, {"good", 200, run_good},
                                    {"rough", 200, run_rough},     {"left", 100, run_left},
                                    {"steered", 100, run_steered}, {"shared", 100, run_shared},
                                    {"hour", 1, run_hour}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Of this process, so that others on the machine do not count. */
static double cpu_s(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) return 0;
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* How much made-up time is tried in a second of processor: what a change of the engine costs. */
static void tell_speed(double passed_s, double took_s)
{
    printf("# %.2f hours of made-up time in %.2f s of processor: %.2f hours a second\n",
           passed_s / 3600, took_s, took_s > 0 ? passed_s / 3600 / took_s : 0);
}

static void run_kind(const struct kind *kind, uint64_t first, uint64_t count, const char *program)
{
    char replay[512];
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct text t = text_in(replay, sizeof replay);
        text_addf(&t, "%s --kind %s --first %llu --seeds 1", program, kind->name,
                  (unsigned long long)seed);
        world_name(replay);
        kind->run(seed);
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
    uint64_t seeds = number_after(argc, argv, "--seeds", 1000);
    uint64_t first = number_after(argc, argv, "--first", 1);
    const char *only = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--show") == 0) shows = true;
        if (strcmp(argv[i], "--kind") == 0 && i + 1 < argc) only = argv[i + 1];
    }
    printf("1..%d\n", KINDS);
    for (uint32_t k = 0; k < KINDS; k++) {
        if (only && strcmp(only, kinds[k].name) != 0) {
            printf("ok %u - %s # SKIP not asked for\n", k + 1, kinds[k].name);
            continue;
        }
        uint64_t count = only ? seeds : (seeds * kinds[k].share + 999) / 1000;
        double began_s = cpu_s(), passed_s = (double)world_passed_ns() / (double)NS_PER_S;
        run_kind(&kinds[k], first, count, argv[0]);
        tell_speed((double)world_passed_ns() / (double)NS_PER_S - passed_s, cpu_s() - began_s);
        printf("ok %u - %s: %llu seeds from %llu\n", k + 1, kinds[k].name,
               (unsigned long long)count, (unsigned long long)first);
        fflush(stdout);
    }
    return 0;
}
