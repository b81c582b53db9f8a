/* The engine under virtual time, one story a test: what a load tester must not get wrong. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/text.h"
#include "check.h"
#include "story.h"
#include "truth.h"

#define START_NS (1000 * NS_PER_S + 20 * NS_PER_MS) /* world time of run time 0 */
#define ALL 1000000u

static uint64_t quantile(const struct run_outcome *run, enum cell_measure m, uint32_t per_million)
{
    uint64_t value = 0;
    assert_true(hist_quantile(story_measure(run, m), per_million, &value));
    return value;
}

/* The service stands still for a second in twenty. A tester that waits for replies before it sends
 * would send a handful of requests meanwhile and see a p99 of 5 ms; users that come anyway wait. */
static void a_stall_is_in_the_tail(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        bool one_connection;
    } cases[] = {
        {"as many connections as needed",
         "  stages: [ { name: a, rate: 100/s, for: 20s, arrivals: even } ]\n", false},
        {"one connection: service time hides it",
         "  connections: 1\n"
         "  stages: [ { name: a, rate: 100/s, for: 20s, arrivals: even } ]\n",
         true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {.yaml = story_plan("", cases[i].load),
                                  .law = {.service_ns = 5 * NS_PER_MS,
                                          .stall_at_ns = START_NS + 5 * NS_PER_S,
                                          .stall_ns = NS_PER_S}};
        struct run_outcome out = story_run(cases[i].name, setup);
        truth_of_instant(&out);
        CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_OK], 2000);
        uint64_t p50 = quantile(&out, MEASURE_OK, 500000), p99 = quantile(&out, MEASURE_OK, 990000);
        CHECK(cases[i].name, p50 <= 5100 * NS_PER_US);
        CHECK(cases[i].name, p99 >= 780 * NS_PER_MS && p99 <= NS_PER_S + 20 * NS_PER_MS);
        uint64_t service = quantile(&out, MEASURE_SERVICE, 990000);
        if (cases[i].one_connection) CHECK(cases[i].name, service <= 5100 * NS_PER_US);
        else CHECK(cases[i].name, service >= 780 * NS_PER_MS);
    }
}

static uint32_t stalls_told;
static struct stall stall_told;

static void hear_stalls(void *ctx, const struct tick *tick)
{
    (void)ctx;
    stalls_told += tick->stall_count;
    if (tick->stall_count > 0) stall_told = tick->stalls[0];
}

static void hear_begin(void *ctx, const struct run_header *header)
{
    (void)ctx;
    (void)header;
}

static void hear_end(void *ctx, const struct run_end *end)
{
    (void)ctx;
    (void)end;
}

/* What was answered before it is known for 17 s, and such a tick ends 21 s behind it. */
static void a_stall_is_told_however_long_ticks_are(void **state)
{
    (void)state;
    static const char load[] = "  stages: [ { name: a, rate: 200/s, for: 40s, arrivals: even } ]\n";
    static const struct sink sink = {.begin = hear_begin, .tick = hear_stalls, .end = hear_end};
    for (uint64_t tick_s = 1; tick_s <= 24; tick_s += 23) {
        stalls_told = 0;
        story_run("a stall", (struct run_setup){.yaml = story_plan("", load),
                                                .tick_ns = tick_s * NS_PER_S,
                                                .sink = &sink,
                                                .law = {.service_ns = 5 * NS_PER_MS,
                                                        .stall_at_ns = START_NS + 2 * NS_PER_S,
                                                        .stall_ns = NS_PER_S}});
        assert_int_equal(stalls_told, 1);
        assert_int_equal(stall_told.start_ns / (100 * NS_PER_MS), 20);
        assert_int_equal(stall_told.others, 0);
        assert_int_equal(stall_told.worker, 0);
    }
}

/* Nobody answers: as many as may be in flight wait for their timeout, all others are dropped and
 * counted; the schedule does not slow down. */
static void beyond_max_in_flight_arrivals_are_dropped(void **state)
{
    (void)state;
    static const char load[] = "  max_in_flight: 60\n  timeout: { response: 30s }\n"
                               "  stages: [ { name: a, rate: 100/s, for: 10s, arrivals: even } ]\n";
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct run_setup setup = {.yaml = story_plan("", load), .threads = threads};
        setup.law.per_million[REPLY_NEVER] = ALL;
        struct run_outcome out = story_run("dropped", setup);
        const struct ledger *l = out.ledger;
        CHECK_U64("planned", l->iterations_begun, 1000);
        CHECK_U64("waited", l->outcomes[OUTCOME_TIMEOUT], 60);
        CHECK_U64("dropped", l->outcomes[OUTCOME_DROPPED], 940);
        CHECK_U64("dropped iterations", l->walks[OUTCOME_DROPPED], 940);
        CHECK_U64("taken up all the same", l->taken, 1000);
        const struct hist *ages = story_measure(&out, MEASURE_TIMEOUT_AGE);
        CHECK_U64("each as old as its timeout", ages->max_ns, 30 * NS_PER_S);
        CHECK_U64("each as old as its timeout", ages->sum_ns, 60 * 30 * NS_PER_S);
        for (uint32_t i = 0; i < l->tick_count; i++) {
            double most = 60.0 * (double)(l->ticks[i].end_ns - l->ticks[i].start_ns);
            CHECK("never more in flight", l->ticks[i].iterations[0] <= most);
        }
    }
}

/* The place of one that has ended is free again. */
static void places_in_flight_are_given_back(void **state)
{
    (void)state;
    static const char load[] = "  max_in_flight: 1\n"
                               "  stages: [ { name: a, rate: 100/s, for: 10s, arrivals: even } ]\n";
    struct run_setup setup = {.yaml = story_plan("", load), .law = {.service_ns = 9 * NS_PER_MS}};
    struct run_outcome out = story_run("in turn", setup);
    truth_of_instant(&out);
    CHECK_U64("none dropped", out.ledger->outcomes[OUTCOME_OK], 1000);
}

static void timeouts_are_told_apart_and_kept_to(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        struct target_law law;
        uint64_t age_ns;
    } cases[] = {
        {"no connection",
         "  timeout: { connect: 300ms, response: 2s }\n",
         {.ignores = ALL},
         300 * NS_PER_MS},
        {"no connection, response first",
         "  timeout: { connect: 3s, response: 2s }\n",
         {.ignores = ALL},
         2 * NS_PER_S},
        {"no reply",
         "  timeout: { response: 1700ms }\n",
         {.per_million = {[REPLY_NEVER] = ALL}},
         1700 * NS_PER_MS},
        {"no first byte",
         "  timeout: { first_byte: 250ms, response: 2s }\n",
         {.per_million = {[REPLY_NEVER] = ALL}},
         250 * NS_PER_MS},
        {"too slow", "  timeout: { response: 1s }\n", {.service_ns = 1001 * NS_PER_MS}, NS_PER_S},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char load[512];
        struct text t = text_in(load, sizeof load);
        text_adds(&t, cases[i].load);
        text_adds(&t, "  stages: [ { name: a, rate: 50/s, for: 4s, arrivals: exact } ]\n");
        struct run_setup setup = {.yaml = story_plan("", load), .law = cases[i].law};
        struct run_outcome out = story_run(cases[i].name, setup);
        CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_TIMEOUT], 200);
        const struct hist *ages = story_measure(&out, MEASURE_TIMEOUT_AGE);
        CHECK_U64(cases[i].name, ages->sum_ns, 200 * cases[i].age_ns);
        CHECK_U64(cases[i].name, ages->max_ns, cases[i].age_ns);
        CHECK_U64(cases[i].name, story_measure(&out, MEASURE_OK)->count, 0);
    }
    /* A reply that comes in time is not one, even by a millisecond. */
    struct run_setup setup = {
        .yaml = story_plan("", "  timeout: { response: 1s }\n"
                               "  stages: [ { name: a, rate: 50/s, for: 4s, arrivals: exact } ]\n"),
        .law = {.service_ns = 999 * NS_PER_MS}};
    struct run_outcome out = story_run("just in time", setup);
    CHECK_U64("just in time", out.ledger->outcomes[OUTCOME_OK], 200);
}

/* Waiting for a place in the queue counts: the timeout runs from the intended time. */
static void waiting_for_a_connection_counts(void **state)
{
    (void)state;
    static const char load[] = "  connections: 2\n  timeout: { response: 500ms }\n"
                               "  stages: [ { name: a, rate: 100/s, for: 5s, arrivals: even } ]\n";
    /* Two connections, 100 ms each: 20/s of the 100/s. */
    struct run_setup setup = {.yaml = story_plan("", load), .law = {.service_ns = 100 * NS_PER_MS}};
    struct run_outcome out = story_run("queue", setup);
    const struct ledger *l = out.ledger;
    CHECK_U64("no more than allowed", target_counts()->open_most, 2);
    CHECK_U64("all", l->outcomes[OUTCOME_OK] + l->outcomes[OUTCOME_TIMEOUT], 500);
    CHECK("most time out", l->outcomes[OUTCOME_TIMEOUT] > 350);
    CHECK_U64("at their limit", story_measure(&out, MEASURE_TIMEOUT_AGE)->max_ns, 500 * NS_PER_MS);
    CHECK("who got through had waited", story_measure(&out, MEASURE_OK)->max_ns > 400 * NS_PER_MS);
    CHECK_U64("on the service's side it is quick", story_measure(&out, MEASURE_SERVICE)->max_ns,
              100 * NS_PER_MS);
}

/* Two targets under more load than their connections carry: each has its share of the limit, and
 * once it has, connections are kept. One alone is handed to and fro, in the order of waiting. */
static void targets_share_the_connections(void **state)
{
    (void)state;
    static const struct {
        const char *name, *connections;
        uint64_t least; /* percent of the replies for either target */
        uint64_t connects_most;
    } cases[] = {
        {"one", "1", 49, 1200},
        {"two", "2", 49, 3},
        {"three", "3", 30, 6},
        {"eight", "8", 49, 12},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char yaml[1024];
        struct text t = text_in(yaml, sizeof yaml);
        text_adds(&t, "plan: 1\ntarget: [ http://127.0.0.1:1, http://127.0.0.1:2 ]\n"
                      "scenarios:\n  s:\n    steps:\n      - get: /x\n        name: n0\n"
                      "        headers: { X-Seq: $seq, X-User: $user, X-Name: n0 }\n"
                      "load:\n  timeout: { response: 300s }\n");
        text_addf(&t, "  connections: %s\n", cases[i].connections);
        text_adds(&t, "  stages: [ { name: a, rate: 200/s, for: 6s, arrivals: even } ]\n");
        struct run_setup setup = {.yaml = yaml, .law = {.service_ns = 50 * NS_PER_MS}};
        struct run_outcome out = story_run(cases[i].name, setup);
        uint64_t answered[2] = {0}; /* while both queues were there */
        for (uint32_t k = 0; k < target_exchange_count(); k++) {
            const struct exchange *x = target_exchange(k);
            bool early = x->read_ns > 0 && x->read_ns < START_NS + 6 * NS_PER_S;
            answered[x->seq % 2] += early; /* arrivals take the targets in turn */
        }
        uint64_t least = (answered[0] + answered[1]) * cases[i].least / 100;
        CHECK_U64(cases[i].name, out.ledger->outcomes[OUTCOME_OK], 1200);
        CHECK(cases[i].name, answered[0] >= least && answered[1] >= least);
        CHECK(cases[i].name, target_counts()->connects <= cases[i].connects_most);
    }
}

/* The newest idle connection is taken first, so a trickle needs one. */
static void connections_are_kept(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t closes; /* per million: the reply says that it is the last */
        uint64_t least, most;
    } cases[] = {{"kept", 0, 1, 1}, {"closed by each reply", ALL, 100, 100}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {
            .yaml =
                story_plan("", "  stages: [ { name: a, rate: 10/s, for: 10s, arrivals: even } ]\n"),
            .law = {.service_ns = NS_PER_MS}};
        setup.law.per_million[REPLY_LAST] = cases[i].closes;
        struct run_outcome out = story_run(cases[i].name, setup);
        truth_of_instant(&out);
        uint64_t connects = target_counts()->connects;
        CHECK(cases[i].name, connects >= cases[i].least && connects <= cases[i].most);
    }
}

static void failures_have_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum reply_kind kind;
        enum outcome want;
    } cases[] = {
        {"500", REPLY_500, OUTCOME_STATUS},
        {"404", REPLY_404, OUTCOME_STATUS},
        {"wrong", REPLY_WRONG, OUTCOME_CHECK},
        {"garbage", REPLY_GARBAGE, OUTCOME_PROTOCOL},
        {"surplus", REPLY_SURPLUS, OUTCOME_PROTOCOL},
        {"cut", REPLY_CUT, OUTCOME_RESET},
        {"500 and surplus", REPLY_500_SURPLUS, OUTCOME_PROTOCOL},
        {"reset", REPLY_RESET, OUTCOME_RESET},
        {"never", REPLY_NEVER, OUTCOME_TIMEOUT},
        {"chunked", REPLY_CHUNKED, OUTCOME_OK},
        {"till the end", REPLY_CLOSE, OUTCOME_OK},
        {"the last", REPLY_LAST, OUTCOME_OK},
    };
    static const char load[] = "  timeout: { response: 400ms }\n"
                               "  stages: [ { name: a, rate: 50/s, for: 2s, arrivals: exact } ]\n";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {.yaml =
                                      story_plan("        check: [ json .good == true ]\n", load),
                                  .law = {.service_ns = NS_PER_MS, .drips = ALL / 2}};
        setup.law.per_million[cases[i].kind] = ALL;
        struct run_outcome out = story_run(cases[i].name, setup);
        CHECK_U64(cases[i].name, out.ledger->outcomes[cases[i].want], 100);
        CHECK_U64(cases[i].name, out.ledger->walks[cases[i].want], 100);
    }
    struct run_setup refused = {.yaml = story_plan("", load), .law = {.refuses = ALL}};
    CHECK_U64("refused", story_run("refused", refused).ledger->outcomes[OUTCOME_REFUSED], 100);
}

/* Our own want of ports or descriptors is not the target's refusal: it is told as ours. */
static void want_of_ports_is_ours(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t no_port; /* per million of connects */
        uint32_t notes;   /* one a stage */
    } cases[] = {{"never", 0, 0}, {"now and then", 300000, 2}, {"always", ALL, 2}};
    static const char load[] = "  stages:\n    - { name: a, rate: 50/s, for: 2s }\n"
                               "    - { name: b, rate: 50/s, for: 2s }\n";
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run_setup setup = {.yaml = story_plan("", load),
                                  .law = {.service_ns = NS_PER_MS, .no_port = cases[i].no_port}};
        setup.law.per_million[REPLY_LAST] = ALL;
        struct run_outcome out = story_run(cases[i].name, setup);
        const struct ledger *l = out.ledger;
        CHECK_U64(cases[i].name, l->outcomes[OUTCOME_REFUSED], 0);
        CHECK_U64(cases[i].name, l->outcomes[OUTCOME_DROPPED], target_counts()->no_port);
        CHECK_U64(cases[i].name, l->unsent, target_counts()->no_port);
        CHECK_U64(cases[i].name, l->walks[OUTCOME_DROPPED], target_counts()->no_port);
        CHECK_U64(cases[i].name, l->notes, cases[i].notes);
    }
}

/* A reply that is there as fast as it can be read is read in turns, and whole. */
static void a_flood_is_read_in_turns(void **state)
{
    (void)state;
    struct run_setup setup = {
        .yaml = story_plan("", "  stages: [ { name: a, rate: 20/s, for: 2s, arrivals: even } ]\n"),
        .law = {.service_ns = NS_PER_MS, .flood_bytes = UINT64_C(64) << 20},
        .costs = {.call_ns = 20 * NS_PER_US}};
    struct run_outcome out = story_run("flood", setup);
    truth_of_good(&out);
    CHECK_U64("all are read to their end", out.ledger->outcomes[OUTCOME_OK], 40);
    CHECK("a turn is bounded", target_counts()->reads_most <= 16);
}

/* As TLS may have to: where it can't, whoever reads is told when it can, and no reply is lost. */
static void reads_that_must_write_first_go_on(void **state)
{
    (void)state;
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct run_setup setup = {
            .yaml =
                story_plan("", "  stages: [ { name: a, rate: 200/s, for: 3s, arrivals: even } ]\n"),
            .law = {.service_ns = NS_PER_MS, .blocks = 1000000, .drips = 300000},
            .threads = threads};
        setup.law.per_million[REPLY_LAST] = 200000;
        struct run_outcome out = story_run("reads that write", setup);
        CHECK_U64("all are read to their end", out.ledger->outcomes[OUTCOME_OK], 600);
        CHECK("and soon", ledger_end_ns(out.ledger) < 3200 * NS_PER_MS);
    }
}

/* Before a stage by count came arrivals that are answered seconds later, all through it. Those
 * answered between its last request and the edge, which needs notice, are not its throughput. */
static void a_stage_by_count_is_judged_to_its_last_request(void **state)
{
    (void)state;
    static const char load[] =
        "  stages:\n    - { name: late, rate: 500/s, for: 2s, arrivals: even }\n"
        "    - { name: count, users: 4, requests: 6 }\n";
    for (uint32_t threads = 1; threads <= 3; threads++) {
        struct run_setup setup = {.yaml = story_plan("", load),
                                  .law = {.law = SERVICE_EXPONENTIAL, .service_ns = NS_PER_S},
                                  .threads = threads};
        struct run_outcome out = story_run("late replies of a stage before", setup);
        const struct ledger *l = out.ledger;
        uint64_t over_ns = 0, judged_ns = 0;
        truth_of_instant(&out); /* each reply stands in the tick in which it came */
        for (uint32_t i = 0; i < target_exchange_count(); i++) {
            const struct exchange *x = target_exchange(i);
            bool counted = x->seq >= out.sequence_base[1] && x->read_ns - out.origin_ns > over_ns;
            if (counted) over_ns = x->read_ns - out.origin_ns;
        }
        for (uint32_t i = 0; i < l->tick_count; i++) {
            if (l->ticks[i].stage == 1 && l->ticks[i].judged) judged_ns = l->ticks[i].end_ns;
        }
        CHECK_U64("judged to its last reply", judged_ns, over_ns);
    }
}

/* Nothing is answered for ten seconds; what was offered is told second by second all the same. */
static void what_is_offered_is_known_before_replies(void **state)
{
    (void)state;
    static const char load[] = "  timeout: { response: 60s }\n"
                               "  stages: [ { name: a, rate: 100/s, for: 5s, arrivals: even } ]\n";
    struct run_setup setup = {.yaml = story_plan("", load), .law = {.service_ns = 10 * NS_PER_S}};
    struct run_outcome out = story_run("slow replies", setup);
    truth_of_instant(&out);
    for (uint32_t i = 0; i < 5; i++) {
        CHECK_U64("arrivals", out.ledger->ticks[i].planned, 100);
        CHECK_U64("requests", out.ledger->ticks[i].begun, 100);
        CHECK_U64("none is done", out.ledger->ticks[i].done, 0);
    }
}

/* Ctrl-Z for three minutes: thousands of arrivals are late at once. All is counted, nothing fails.
 */
static void a_frozen_host_loses_no_count(void **state)
{
    (void)state;
    struct run_setup setup = {
        .yaml =
            story_plan("", "  stages: [ { name: a, rate: 60/s, for: 250s, arrivals: even } ]\n"),
        .law = {.service_ns = NS_PER_MS},
        .costs = {.freeze_at_ns = START_NS + 20 * NS_PER_S, .freeze_ns = 180 * NS_PER_S},
        .threads = 2};
    struct run_outcome out = story_run("frozen", setup);
    const struct ledger *l = out.ledger;
    CHECK_U64("all arrivals", l->iterations_begun, 15000);
    CHECK_U64("all ended", l->requests_ended, 15000);
    CHECK("lag says so", l->stages[0][0].measures[STAGE_LAG].max_ns > 170 * NS_PER_S);
}

static uint64_t most(const struct run_outcome *run, enum cell_measure m)
{
    return story_measure(run, m)->max_ns;
}

/* A name is not found any more, and found again: new connections end by dns meanwhile, at once and
 * as what they are; those that are kept go on. */
static void a_name_that_is_lost_ends_new_connections(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t closes;      /* per million of replies */
        uint64_t least, most; /* end by dns, of 100 a second in three seconds */
    } cases[] = {
        {"a connection for each request", ALL, 285, 315},
        {"connections are kept", 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint32_t threads = 1; threads <= 3; threads++) {
            struct run_setup setup = {
                .yaml = story_plan("", "  stages: [ { name: a, rate: 100/s, for: 20s,"
                                       " arrivals: even } ]\n"),
                .threads = threads,
                .law = {.service_ns = 5 * NS_PER_MS,
                        .per_million = {[REPLY_LAST] = cases[i].closes}},
                .nameless_at_ns = 5 * NS_PER_S,
                .nameless_ns = 3 * NS_PER_S};
            struct run_outcome out = story_run(cases[i].name, setup);
            const struct ledger *l = out.ledger;
            uint64_t lost = l->outcomes[OUTCOME_DNS];
            CHECK(cases[i].name, lost >= cases[i].least && lost <= cases[i].most);
            CHECK_U64(cases[i].name, l->outcomes[OUTCOME_OK] + lost, 2000);
            CHECK_U64(cases[i].name, most(&out, MEASURE_NOT_OK), 0); /* at once */
            CHECK_U64(cases[i].name, most(&out, MEASURE_OK), 5 * NS_PER_MS);
        }
    }
}

/* Replies come while the worker does not run, or while it reads others: the kernel has stamped
 * them, so to the last ns they took what they take, and what was late is lag. Without the stamps
 * nobody could tell, which is why they are read. */
static void what_is_read_late_is_lag(void **state)
{
    (void)state;
    static const struct {
        const char *name, *load;
        uint64_t freeze_ns, call_ns;
        uint32_t unstamped;
        uint64_t service_ns; /* the longest, at most */
        uint64_t lag_ns;     /* the longest, at least; both just so where no call takes time */
    } cases[] = {
        {"it stands still for 50 ms", "rate: 100/s, for: 20s, arrivals: even", 50 * NS_PER_MS, 0, 0,
         7300 * NS_PER_US, 50 * NS_PER_MS},
        {"it stands still for 0.8 s", "rate: 100/s, for: 20s, arrivals: even", 800 * NS_PER_MS, 0,
         0, 7300 * NS_PER_US, 800 * NS_PER_MS},
        {"a stamp is missing", "rate: 100/s, for: 20s, arrivals: even", 800 * NS_PER_MS, 0, ALL,
         807300 * NS_PER_US, 797300 * NS_PER_US},
        {"forty replies at once, of which it reads one after the other", "users: 40, for: 5s", 0,
         2 * NS_PER_MS, 0, 9300 * NS_PER_US, 20 * NS_PER_MS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char load[200];
        struct text t = text_in(load, sizeof load);
        text_addf(&t, "  stages: [ { name: a, %s } ]\n", cases[i].load);
        /* One is under way when it stands still: sent at 5.005 s, its reply comes at 5.0123 s. */
        struct run_setup setup = {
            .yaml = story_plan("", load),
            .law = {.service_ns = 7300 * NS_PER_US, .unstamped = cases[i].unstamped},
            .costs = {.freeze_at_ns = START_NS + 5006 * NS_PER_MS,
                      .freeze_ns = cases[i].freeze_ns,
                      .call_ns = cases[i].call_ns}};
        struct run_outcome out = story_run(cases[i].name, setup);
        uint64_t service_ns = most(&out, MEASURE_SERVICE);
        uint64_t lag_ns = out.ledger->stages[0][0].measures[STAGE_LAG].max_ns;
        CHECK(cases[i].name, service_ns <= cases[i].service_ns);
        CHECK(cases[i].name, lag_ns >= cases[i].lag_ns);
        if (cases[i].call_ns > 0) continue;
        CHECK_U64(cases[i].name, service_ns, cases[i].service_ns);
        CHECK_U64(cases[i].name, lag_ns, cases[i].lag_ns);
        CHECK_U64(cases[i].name, most(&out, MEASURE_OK), 7300 * NS_PER_US + cases[i].freeze_ns);
        CHECK_U64(cases[i].name, most(&out, MEASURE_OK_LESS_LAG), cases[i].service_ns);
    }
}

/* What passes between a reply and the next take-up, a connection closed or another's request sent,
 * is prony's: lag, and none of the wait for a connection that comes after it. */
static void what_precedes_a_take_up_is_lag(void **state)
{
    (void)state;
    static const struct {
        const char *name, *step, *load;
        uint64_t lag_ns; /* on average, at least: a call of the host takes half a ms */
    } cases[] = {
        {"a connection is closed first", "        connection: new\n", "", 900 * NS_PER_US},
        {"another's request is sent first", "", "  connections: 4\n", 900 * NS_PER_US},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char load[200];
        struct text t = text_in(load, sizeof load);
        text_addf(&t, "%s  stages: [ { name: a, users: %d, for: 20s } ]\n", cases[i].load,
                  cases[i].load[0] ? 40 : 4);
        struct run_setup setup = {.yaml = story_plan(cases[i].step, load),
                                  .law = {.service_ns = 20 * NS_PER_MS},
                                  .costs = {.call_ns = NS_PER_MS}};
        struct run_outcome out = story_run(cases[i].name, setup);
        const struct hist *lag = &out.ledger->stages[0][0].measures[STAGE_LAG];
        CHECK(cases[i].name, lag->sum_ns >= lag->count * cases[i].lag_ns);
    }
}

/* The host lets fewer threads start than the plan wants: said, and those that run are ended. */
static void a_worker_that_cannot_start_is_said(void **state)
{
    (void)state;
    static const char load[] = "  stages: [ { name: a, rate: 100/s, for: 2s } ]\n";
    for (uint32_t most = 1; most < 4; most++) {
        struct run_setup setup = {
            .yaml = story_plan("", load), .threads = 4, .costs = {.threads_most = most}};
        struct err err = {0};
        char words[64];
        struct text text = text_in(words, sizeof words);
        text_addf(&text, "cannot start worker thread %u of 4", most + 1);
        world_name("too few threads");
        run_sim_refused(&setup, &err);
        CHECK_U64("exit 6", err.kind, ERR_LIMIT);
        CHECK(words, strstr(err.msg, words) != NULL);
        CHECK("the cure", strstr(err.hint, "ulimit -u") != NULL);
    }
}

/* What the hot path asserts only in debug builds is compiled into the simulation. */
static void hot_asserts_are_in(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit no_core = {0};
        int failed = setrlimit(RLIMIT_CORE, &no_core);
        failed |= close(STDERR_FILENO);
        _exit(failed ? 1 : (int)rng_between(1, 2, 1));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stall_is_in_the_tail),
        cmocka_unit_test(a_stall_is_told_however_long_ticks_are),
        cmocka_unit_test(beyond_max_in_flight_arrivals_are_dropped),
        cmocka_unit_test(places_in_flight_are_given_back),
        cmocka_unit_test(timeouts_are_told_apart_and_kept_to),
        cmocka_unit_test(waiting_for_a_connection_counts),
        cmocka_unit_test(targets_share_the_connections),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(failures_have_their_names),
        cmocka_unit_test(want_of_ports_is_ours),
        cmocka_unit_test(a_flood_is_read_in_turns),
        cmocka_unit_test(reads_that_must_write_first_go_on),
        cmocka_unit_test(a_stage_by_count_is_judged_to_its_last_request),
        cmocka_unit_test(what_is_offered_is_known_before_replies),
        cmocka_unit_test(a_frozen_host_loses_no_count),
        cmocka_unit_test(a_name_that_is_lost_ends_new_connections),
        cmocka_unit_test(what_is_read_late_is_lag),
        cmocka_unit_test(what_precedes_a_take_up_is_lag),
        cmocka_unit_test(a_worker_that_cannot_start_is_said),
        cmocka_unit_test(hot_asserts_are_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
