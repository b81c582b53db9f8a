#include "run_sim.h"

#include <netdb.h>

#include "base/clock.h"
#include "little_plan.h"
#include "load/engine.h"
#include "load/program.h"
#include "load/timeline.h"
#include "plan/by_hand.h"
#include "stream_sim.h"

#define LATE_NS (400 * NS_PER_S) /* a run may end so much after its plan */

static struct little_plan little;
static struct arena arena;
static struct program program;
static struct route routes[4];
static bool any;

/* A program of our own: where the numbers of `$seq` begin in each stage. */
static void compile(void)
{
    struct err err = {0};
    arena_reset(&arena);
    bool ok = program_build(&program, &little.plan, &arena, &err);
    MUST(ok, "%s", err.msg);
    program_close(&program); /* the numbers stay in the arena */
}

static void open_plan(const char *yaml, const char *csv, bool steered)
{
    if (any) little_plan_close(&little);
    else MUST(arena_open(&arena, (size_t)64 << 20, NULL), "no memory");
    any = true;
    little_plan_open(&little, yaml, csv);
    bool kept = !steered || by_hand_reserve(&little.plan, &little.arena);
    MUST(kept, "no memory for stages by hand");
    compile();
}

static void set_limit(void)
{
    uint64_t length_ns = timeline_drain_ns(&little.plan) + LATE_NS;
    for (uint32_t i = 0; i < little.plan.stage_count; i++) {
        length_ns += little.plan.stages[i].length_ns;
    }
    world_limit(world_now_ns() + length_ns);
}

/* What resolver.h does when a name server knows a target no more, and when it does again. */
static void lose_names(bool lost)
{
    for (uint32_t i = 0; i < COUNT_OF(routes); i++) {
        shared_publish(&routes[i].trouble, lost ? (uint64_t)-EAI_NONAME : 0);
        shared_publish(&routes[i].current, lost ? 0 : 1);
    }
}

static void press(struct engine *engine, const struct run_key *key, uint32_t stage)
{
    if (key->per_mille == RUN_KEY_NEXT) engine_end_stage(engine, stage, ": ends early");
    else if (key->per_mille == 0) engine_hold(engine);
    else engine_rate(engine, key->per_mille);
}

static void walk(struct engine *engine, const struct run_setup *setup, struct ledger *ledger)
{
    struct tick tick;
    uint64_t origin_ns = engine_origin_ns(engine);
    uint32_t key = 0;
    uint32_t stage = 0; /* of the tick before */
    for (;;) {
        uint64_t run_ns = world_now_ns() > origin_ns ? world_now_ns() - origin_ns : 0;
        if (setup->stop_at_ns > 0 && run_ns >= setup->stop_at_ns) engine_stop(engine);
        for (; key < setup->key_count && run_ns >= setup->keys[key].at_ns; key++)
            press(engine, &setup->keys[key], stage);
        if (setup->leave_at_ns > 0 && run_ns >= setup->leave_at_ns) engine_leave(engine);
        uint64_t lost_ns = run_ns - setup->nameless_at_ns; /* before, it is very much */
        if (setup->nameless_ns > 0) lose_names(lost_ns < setup->nameless_ns);
        switch (engine_next_tick(engine, &tick)) {
        case ENGINE_TICK:
            if (setup->sealing) setup->sealing(tick.index == 0, tick.last);
            ledger_add(ledger, &tick);
            stage = tick.stage;
            if (setup->sink) setup->sink->tick(setup->sink->ctx, &tick);
            break;
        case ENGINE_IDLE:
            break;
        case ENGINE_END:
            return;
        }
    }
}

static bool start(const struct run_setup *setup, struct engine **engine, struct err *err)
{
    for (uint32_t i = 0; i < COUNT_OF(routes); i++) { /* an address that nobody looks at */
        shared_publish(&routes[i].places[1].number, 1);
    }
    lose_names(false);
    world_open(setup->seed, &setup->costs);
    open_plan(setup->yaml, setup->csv, setup->key_count > 0);
    target_close();
    target_open(&setup->law);
    stream_sim_open();
    set_limit();
    static struct run_header header;
    header = (struct run_header){.plan = &little.plan,
                                 .tick_ns = setup->tick_ns > 0 ? setup->tick_ns : NS_PER_S,
                                 .threads = setup->threads,
                                 .response_limit_ns = setup->response_limit_ns};
    if (setup->sink) setup->sink->begin(setup->sink->ctx, &header);
    struct engine_options options = {.header = &header,
                                     .stages = setup->key_count > 0 ? little.plan.stages : NULL,
                                     .routes = routes};
    return engine_start(engine, &options, err);
}

void run_sim_refused(const struct run_setup *setup, struct err *err)
{
    struct engine *engine;
    bool started = start(setup, &engine, err);
    MUST(!started, "this run should not start");
    MUST(stream_sim_open_count() == 0, "%u connections are still open", stream_sim_open_count());
    MUST(world_running() == 0, "%u threads still run", world_running());
}

struct run_outcome run_sim(const struct run_setup *setup)
{
    struct engine *engine;
    struct err err = {0};
    bool started = start(setup, &engine, &err);
    MUST(started, "%s", err.msg);
    uint64_t tick_ns = setup->tick_ns > 0 ? setup->tick_ns : NS_PER_S;
    struct run_outcome out = {.ledger = ledger_open(&little.plan, tick_ns),
                              .plan = &little.plan,
                              .origin_ns = engine_origin_ns(engine),
                              .threads = engine_worker_count(engine),
                              .nameless = setup->nameless_ns > 0,
                              .sequence_base = program.sequence_base};
    walk(engine, setup, out.ledger);
    engine_close(engine);
    ledger_balance(out.ledger);
    struct run_end end = {.ended = RUN_COMPLETE, .at_ns = ledger_end_ns(out.ledger)};
    if (setup->sink) setup->sink->end(setup->sink->ctx, &end);
    MUST(stream_sim_open_count() == 0, "%u connections are still open", stream_sim_open_count());
    uint64_t last_ns = target_counts()->last_action_ns;
    out.last_action_ns = last_ns > out.origin_ns ? last_ns - out.origin_ns : 0;
    return out;
}
