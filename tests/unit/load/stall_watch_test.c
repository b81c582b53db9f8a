#include "load/stall_watch.h"

#include <math.h>
#include <stdlib.h>

#include "base/attr.h"
#include "base/ns.h"
#include "base/rng.h"
#include "check.h"

/* A service that answers requests as they come, but not while it stands still. */
struct law {
    double rate;                  /* requests a second */
    uint32_t connections;         /* others are sent when one is free */
    double stop_at_s, stop_for_s; /* it answers nothing then; 0: never */
    uint32_t stopped;             /* of the connections only so many; 0: all */
    uint32_t at_once;             /* then it lets go so many each 30 ms; 0: all */
    double tail_share;            /* of requests that take a hundred times as long */
    double slow_from_s;           /* from then on each takes 50 times as long */
};

#define RUN_S 20
#define SEEDS 50
#define STALLS_MOST 64
#define STEP_NS (30 * NS_PER_MS)

struct seen {
    struct stall stalls[STALLS_MOST];
    uint32_t count;
};

struct request {
    uint64_t sent_ns, answered_ns;
};

static int by_answer(const void *a, const void *b)
{
    const struct request *x = a;
    const struct request *y = b;
    return (x->answered_ns > y->answered_ns) - (x->answered_ns < y->answered_ns);
}

static uint64_t service_ns(const struct law *law, double at_s, struct rng_stream *rng)
{
    double ms = -2 * log(rng_unit(rng_next(rng)));
    if (rng_unit(rng_next(rng)) < law->tail_share) ms *= 100;
    if (law->slow_from_s > 0 && at_s >= law->slow_from_s) ms *= 50;
    return (uint64_t)(ms * 1e6);
}

/* All requests of a run, in the order of their answers. */
static uint32_t play(const struct law *law, uint64_t seed, struct request *out, uint32_t most)
{
    struct rng_stream rng = rng_stream_at((struct rng_key){.seed = seed}, 0);
    uint64_t *free_ns = calloc(law->connections, sizeof *free_ns);
    assert_non_null(free_ns);
    uint64_t stop_ns = (uint64_t)(law->stop_at_s * 1e9);
    uint64_t go_ns = stop_ns + (uint64_t)(law->stop_for_s * 1e9);
    uint32_t stopped = law->stopped ? law->stopped : law->connections;
    uint32_t count = 0;
    uint32_t held_count = 0;
    double at_s = 0;
    while (count < most) {
        at_s += -log(rng_unit(rng_next(&rng))) / law->rate;
        if (at_s >= RUN_S) break;
        uint32_t c = 0;
        for (uint32_t i = 1; i < law->connections; i++) {
            if (free_ns[i] < free_ns[c]) c = i;
        }
        uint64_t sent = (uint64_t)(at_s * 1e9);
        if (free_ns[c] > sent) sent = free_ns[c];
        uint64_t answered = sent + service_ns(law, at_s, &rng);
        bool held = law->stop_for_s > 0 && c < stopped && answered >= stop_ns && sent < go_ns;
        if (held && law->at_once > 0) answered = go_ns + held_count / law->at_once * STEP_NS;
        else if (held) answered = go_ns + (answered - sent) / 100;
        held_count += held;
        free_ns[c] = answered;
        out[count++] = (struct request){sent, answered};
    }
    free(free_ns);
    qsort(out, count, sizeof out[0], by_answer);
    return count;
}

static void watch(const struct law *law, uint64_t seed, struct seen *out)
{
    static struct request requests[60000];
    struct arena arena;
    struct stall_watch s;
    struct stall stall;
    out->count = 0;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    stall_watch_open(&s, 1, &arena);
    uint32_t count = play(law, seed, requests, COUNT_OF(requests));
    for (uint32_t i = 0; i < count && out->count < STALLS_MOST; i++) {
        bool found = stall_watch_reply(&s, 0, requests[i].sent_ns, requests[i].answered_ns, &stall);
        if (found) out->stalls[out->count++] = stall;
    }
    if (stall_watch_idle(&s, UINT64_C(100) * NS_PER_S, &stall)) out->stalls[out->count++] = stall;
    arena_close(&arena);
}

/* Whether it is the one that there was, where it was. */
static bool is_right(const struct law *law, const struct stall *s, bool others)
{
    double start_s = (double)s->start_ns / 1e9;
    double length_s = (double)(s->end_ns - s->start_ns) / 1e9;
    return fabs(start_s - law->stop_at_s) < 0.03 && fabs(length_s - law->stop_for_s) < 0.03
           && (s->others > 0) == others && s->held >= 2 && s->held <= law->connections;
}

static void finds_what_stood_still(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct law law;
        bool others; /* replies came meanwhile */
    } cases[] = {
        {"a second, many connections",
         {.rate = 1000, .connections = 64, .stop_at_s = 5, .stop_for_s = 1},
         false},
        {"a second, few connections",
         {.rate = 500, .connections = 4, .stop_at_s = 5, .stop_for_s = 1},
         false},
        {"a tenth of a second",
         {.rate = 1000, .connections = 64, .stop_at_s = 5, .stop_for_s = 0.1},
         false},
        {"12 of 64 connections",
         {.rate = 3000, .connections = 64, .stop_at_s = 5, .stop_for_s = 0.4, .stopped = 12},
         true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct seen seen;
            watch(&cases[i].law, seed, &seen);
            CHECK(cases[i].name, seen.count == 1);
            CHECK(cases[i].name, is_right(&cases[i].law, &seen.stalls[0], cases[i].others));
        }
    }
}

/* A stop of a second, behind which all that waited is let go in little groups, and of which each of
 * four workers has its share: every group is told as a part of that second. */
static void what_is_let_go_bit_by_bit_is_one(void **state)
{
    (void)state;
    const struct law law = {
        .rate = 400, .connections = 16, .stop_at_s = 5, .stop_for_s = 1, .at_once = 3};
    for (uint64_t worker = 0; worker < 4; worker++) {
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct seen seen;
            watch(&law, 1000 * worker + seed, &seen);
            assert_in_range(seen.count, 5, 6); /* 16 in threes, of which one may be alone */
            uint32_t held = 0;
            for (uint32_t i = 0; i < seen.count; i++) {
                assert_true(is_right(&law, &seen.stalls[i], false));
                held += seen.stalls[i].held;
            }
            assert_in_range(held, 15, 16);
        }
    }
}

struct quiet {
    struct arena arena;
    struct stall_watch watch;
    uint32_t found;
};

static void open_quiet(struct quiet *q)
{
    q->found = 0;
    assert_true(arena_open(&q->arena, 1 << 20, NULL));
    stall_watch_open(&q->watch, 1, &q->arena);
}

static void reply(struct quiet *q, uint64_t sent_ms, uint64_t answered_ms)
{
    struct stall stall;
    q->found +=
        stall_watch_reply(&q->watch, 0, sent_ms * NS_PER_MS, answered_ms * NS_PER_MS, &stall);
}

/* Each reply takes longer than the one before, so they come two by two, at twice the distance, and
 * all are late: but there never was a silence. */
static void late_replies_are_replies(void **state)
{
    (void)state;
    struct quiet q;
    open_quiet(&q);
    for (uint64_t at = 22; at < 8000; at += 22) {
        uint64_t late = at < 5000 ? 0 : at < 5300 ? at - 5000 : 300;
        for (int i = 0; i < 2; i++) reply(&q, at, at + 2 + late);
    }
    assert_int_equal(q.found, 0);
    arena_close(&q.arena);
}

/* Forty late ones a second are usual here; that there were none for a while after the last of them
 * makes those no stall. */
static void held_against_its_own_time(void **state)
{
    (void)state;
    struct quiet q;
    open_quiet(&q);
    for (uint64_t at = 1; at < 25000; at++) {
        if (at % 10 == 0) reply(&q, at - 2, at);
        bool bursts = at > 2500 && at < 12000;
        if (at == 10500) q.found = 0; /* until then they were news */
        if (bursts && at % 1000 < 600 && at % 15 == 0) reply(&q, at - 2000, at);
    }
    reply(&q, 24000, 25000);
    assert_int_equal(q.found, 0);
    arena_close(&q.arena);
}

/* Replies that are late by themselves (where all become slower at once there is a silence): in so
 * many runs of 20 s at most something is found. */
static void leaves_alone_what_is_slow(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct law law;
        double most;
    } cases[] = {
        {"even", {.rate = 1000, .connections = 64}, 0},
        {"a long tail", {.rate = 1000, .connections = 400, .tail_share = 0.01}, 0.01},
        {"half of the time in it", {.rate = 1000, .connections = 1000, .tail_share = 0.1}, 0.02},
        {"50 times slower at once", {.rate = 300, .connections = 400, .slow_from_s = 8}, 0.2},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t wrong = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct seen seen;
            watch(&cases[i].law, seed, &seen);
            wrong += seen.count > 0;
        }
        double share = (double)wrong / SEEDS;
        if (share > cases[i].most) print_error("%s: %.3f\n", cases[i].name, share);
        CHECK(cases[i].name, share <= cases[i].most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_stood_still),
        cmocka_unit_test(what_is_let_go_bit_by_bit_is_one),
        cmocka_unit_test(late_replies_are_replies),
        cmocka_unit_test(held_against_its_own_time),
        cmocka_unit_test(leaves_alone_what_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
