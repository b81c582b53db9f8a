#include "load/timers.h"

#include "base/attr.h"
#include "base/rng.h"
#include "check.h"

enum { SIZE = 300, OPERATIONS = 20000, SEEDS = 12 };

/* The same by looking at every slot. */
struct naive {
    bool set[SIZE];
    uint64_t due_ns[SIZE];
};

static uint64_t naive_next(const struct naive *n)
{
    uint64_t next = TIMERS_NONE;
    for (uint32_t i = 0; i < SIZE; i++) {
        if (n->set[i] && n->due_ns[i] < next) next = n->due_ns[i];
    }
    return next;
}

static void pop_and_compare(struct timers *t, struct naive *n, uint64_t now_ns)
{
    uint32_t id = UINT32_MAX;
    uint64_t next = naive_next(n);
    bool popped = timers_pop(t, now_ns, &id);
    CHECK("pops when something is due", popped == (next <= now_ns));
    if (!popped) return;
    assert_true(id < SIZE);
    CHECK("one that was set", n->set[id]);
    CHECK_U64("the earliest", n->due_ns[id], next);
    CHECK("and is no longer", !timers_is_set(t, id));
    n->set[id] = false;
}

static void random_operations_match_a_naive_model(void **state)
{
    (void)state;
    static struct naive n;
    struct arena arena;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct timers t;
        struct rng_stream r = rng_stream_at((struct rng_key){seed, 0, RNG_DATA}, 0);
        /* Few different deadlines on odd seeds: ties are the rule. */
        uint64_t range = seed % 2 ? 20 : 1000000, now = 0;
        arena_reset(&arena);
        timers_init(&t, &arena, SIZE);
        n = (struct naive){0};
        for (uint32_t i = 0; i < OPERATIONS; i++) {
            uint32_t id = (uint32_t)(rng_next(&r) % SIZE), what = (uint32_t)(rng_next(&r) % 8);
            if (what < 4) {
                uint64_t due = now + rng_next(&r) % range;
                timers_set(&t, id, due);
                n.set[id] = true;
                n.due_ns[id] = due;
            } else if (what == 4) {
                timers_clear(&t, id);
                n.set[id] = false;
            } else {
                now += rng_next(&r) % (range / 10 + 1);
                pop_and_compare(&t, &n, now);
            }
            CHECK_U64("next", timers_next_ns(&t), naive_next(&n));
            CHECK("set or not", timers_is_set(&t, id) == n.set[id]);
            if (n.set[id]) CHECK_U64("its deadline", timers_due(&t, id), n.due_ns[id]);
        }
        while (naive_next(&n) != TIMERS_NONE) pop_and_compare(&t, &n, UINT64_MAX);
        CHECK_U64("empty", t.count, 0);
    }
    arena_close(&arena);
}

static void edges(void **state)
{
    (void)state;
    struct arena arena;
    struct timers t;
    uint32_t id;
    assert_true(arena_open(&arena, 1 << 16, NULL));
    timers_init(&t, &arena, 2);
    CHECK_U64("none set", timers_next_ns(&t), TIMERS_NONE);
    CHECK("nothing to pop", !timers_pop(&t, UINT64_MAX, &id));
    timers_clear(&t, 1); /* not set: no effect */
    timers_set(&t, 0, 50);
    CHECK("not before its time", !timers_pop(&t, 49, &id));
    timers_set(&t, 0, 10); /* earlier */
    timers_set(&t, 1, 20);
    timers_set(&t, 0, 30); /* and later */
    CHECK("due", timers_pop(&t, 30, &id));
    CHECK_U64("the other is first", id, 1);
    CHECK("at its very instant", timers_pop(&t, 30, &id));
    CHECK_U64("the moved one", id, 0);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_a_naive_model),
        cmocka_unit_test(edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
