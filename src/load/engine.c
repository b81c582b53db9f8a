#include "load/engine.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "base/clock.h"
#include "base/text.h"
#include "load/collect.h"
#include "load/steer.h"
#include "load/worker.h"

#define WORKERS_MAX STALL_WORKERS
#define START_AHEAD_NS (20 * NS_PER_MS)   /* so that every worker waits at the line at run time 0 */
#define LOOK_NS (20 * NS_PER_MS)          /* between looks for stages by count and for the end */
#define LOOK_CLOSELY_NS (500 * NS_PER_US) /* when a tick's end has come */
#define IDLE_NS (50 * NS_PER_MS)
#define PLAN_BYTES ((size_t)64 << 20)
#define PROCESS_BYTES ((uint64_t)32 << 20) /* code, libraries, run file, judge without sums */
#define TICK_LONG_NS (60 * NS_PER_S)       /* of a run of days */
#define EVENTS_MAX 32
#define SLOT_SLACK 600 /* 60 s of lateness beside the longest timeout */

struct engine {
    struct arena arena;
    struct worker_setting setting;
    struct program program;
    struct timeline timeline;
    struct steer steer;
    struct deal deal;
    bool *rows_told; /* [unique_count] */
    struct collector collector;
    struct worker *workers[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    uint32_t started;
    uint32_t stage;       /* of the tick given out last, ... */
    uint64_t tick_end_ns; /* ... and where it ended, in run time */
    bool any_tick, ended, stopped;
    uint64_t cpu_ns;
    int64_t wall_offset_ns;
    struct event events[EVENTS_MAX];
    uint32_t event_count;
    uint32_t tick_index;
    uint32_t short_stages[SHORTAGE_COUNT]; /* 1 + the last stage that it was told of */
};

static uint32_t usable_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count > 0 ? (uint32_t)count : 1;
}

uint32_t engine_default_threads(void)
{
    uint32_t cores = usable_cores();
    /* One is left for the target and for the kernel's side of the connections. */
    uint32_t threads = cores > 1 ? cores - 1 : 1;
    return threads < WORKERS_MAX ? threads : WORKERS_MAX;
}

static uint32_t slot_size(const struct plan *plan, uint64_t tick_ns)
{
    uint64_t need = (timeline_drain_ns(plan) + tick_ns) / SLOT_NS * 2 + SLOT_SLACK;
    uint32_t size = 1024;
    while (size < need && size < 1u << 24) size *= 2;
    return size;
}

static uint64_t flight_bound(const struct plan *plan, const struct stage *stage)
{
    if (stage->model == MODEL_CLOSED) {
        return stage->users_from > stage->users_to ? stage->users_from : stage->users_to;
    }
    /* Little's law with the longest time an iteration may take: no more can be in flight. */
    double rate = stage->rate_from > stage->rate_to ? stage->rate_from : stage->rate_to;
    double longest_s = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        double s = 0;
        for (uint32_t j = 0; j < plan->scenarios[i].step_count; j++) {
            const struct step *step = &plan->scenarios[i].steps[j];
            uint64_t ns = step->until ? step->within_ns : 0;
            s += (double)(ns + step->timeout.response_ns + step->think.hi_ns) / (double)NS_PER_S;
        }
        if (s > longest_s) longest_s = s;
    }
    double bound = rate * longest_s + 1;
    return bound < (double)plan->max_in_flight ? (uint64_t)bound : plan->max_in_flight;
}

static struct sheet_shape shape_of(const struct plan *plan, uint64_t tick_ns)
{
    return (struct sheet_shape){.stage_count = plan->stage_count + 1,
                                .name_count = plan->name_count,
                                .scenario_count = plan->scenario_count,
                                .slot_size = slot_size(plan, tick_ns)};
}

/* Limits are dealt to the workers, and each must get at least one. */
static uint32_t fit_threads(const struct plan *plan, uint32_t threads)
{
    if (threads > plan->max_in_flight) threads = (uint32_t)plan->max_in_flight;
    if (plan->connections > 0 && threads > plan->connections) threads = plan->connections;
    if (threads > WORKERS_MAX) threads = WORKERS_MAX;
    return threads > 0 ? threads : 1;
}

static uint64_t tls_bytes(const struct plan *plan, uint64_t connections)
{
    for (uint32_t i = 0; i < plan->target_count; i++) {
        if (plan->targets[i].tls) return connections * TLS_CONNECTION_BYTES;
    }
    return 0;
}

/* What the workers touch, and what others keep of their counts. */
static void measure_memory(const struct plan *plan, uint32_t threads, const struct program *program,
                           struct engine_needs *out)
{
    struct worker_setting setting = {.plan = plan,
                                     .program = program,
                                     .worker_count = fit_threads(plan, threads),
                                     .shape = shape_of(plan, TICK_LONG_NS)};
    out->memory_bytes = PROCESS_BYTES + tls_bytes(plan, out->connections);
    for (uint32_t i = 0; i < setting.worker_count; i++) {
        struct worker_sizes sizes = worker_measure(&setting, i);
        out->memory_bytes += sizes.touched_bytes;
        out->user_bytes = sizes.user_bytes;
    }
    if (tls_bytes(plan, 1) > 0)
        out->user_bytes += worker_connections_each(plan) * TLS_CONNECTION_BYTES;
    /* The tick being merged, the one being written, and the judge's sums of each stage. */
    uint64_t cells = (uint64_t)plan->name_count + plan->scenario_count + 1;
    cells *= plan->stage_count + UINT64_C(3);
    out->memory_bytes += cells * MEASURE_COUNT * SHEET_HIST_TOUCHED_BYTES;
}

bool engine_measure_needs(const struct plan *plan, uint32_t threads, struct engine_needs *out,
                          struct err *err)
{
    *out = (struct engine_needs){0};
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        uint64_t bound = flight_bound(plan, &plan->stages[i]);
        if (bound > out->slots) out->slots = bound;
    }
    out->connections = out->slots * worker_connections_each(plan);
    if (plan->connections > 0 && plan->connections < out->connections)
        out->connections = plan->connections;
    out->descriptors = out->connections + threads; /* a poller each */
    struct arena arena;
    struct program program;
    if (!arena_open(&arena, PLAN_BYTES, err)) return false;
    bool ok = program_build(&program, plan, &arena, err);
    if (ok) {
        measure_memory(plan, threads, &program, out);
        program_close(&program);
    }
    arena_close(&arena);
    return ok;
}

uint64_t engine_origin_ns(const struct engine *engine)
{
    return engine->setting.origin_ns;
}

uint32_t engine_worker_count(const struct engine *engine)
{
    return engine->setting.worker_count;
}

uint32_t engine_thread_id(const struct engine *engine, uint32_t worker)
{
    if (worker >= engine->setting.worker_count) return 0;
    return (uint32_t)shared_see(&worker_board(engine->workers[worker])->thread_id);
}

static void add_event(struct engine *e, enum event_kind kind, uint64_t at_ns, uint32_t stage,
                      struct bytes a, const char *b)
{
    if (e->event_count == EVENTS_MAX) return;
    struct event *event = &e->events[e->event_count++];
    *event = (struct event){.at_ns = at_ns, .kind = kind, .stage = stage};
    struct text text = text_in(event->text, sizeof event->text);
    text_add_safe(&text, a);
    text_adds(&text, b);
}

static bool open_workers(struct engine *e, struct err *err)
{
    for (uint32_t i = 0; i < e->setting.worker_count; i++) {
        if (!worker_open(&e->workers[i], &e->setting, i, err)) return false;
    }
    return collect_open(&e->collector, &e->setting, e->workers, err);
}

/* What a thread brings on itself: blocked, the kernel would end prony without asking who handles
 * it, and the terminal would stay as the live view left it. */
static const int own_faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

/* Those from `count` on have no thread: the rest is what is drained, collected and joined. */
static void drop_workers(struct engine *e, uint32_t count)
{
    for (uint32_t i = count; i < e->setting.worker_count; i++) {
        worker_close(e->workers[i]);
        e->workers[i] = NULL;
    }
    e->setting.worker_count = count;
}

static bool start_threads(struct engine *e, struct err *err)
{
    sigset_t all;
    sigset_t old;
    sigfillset(&all);
    for (size_t i = 0; i < COUNT_OF(own_faults); i++) sigdelset(&all, own_faults[i]);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are the conductor's alone */
    int failed = 0;
    for (uint32_t i = 0; failed == 0 && i < e->setting.worker_count; i++) {
        failed = pthread_create(&e->threads[i], NULL, worker_run, e->workers[i]);
        if (failed == 0) e->started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed == 0) return true;
    err_set(err, ERR_LIMIT, failed, "cannot start worker thread %u of %u", e->started + 1,
            e->setting.worker_count);
    drop_workers(e, e->started);
    return err_hint(err, "allow more (ulimit -u, pids.max of the cgroup), or give fewer `threads`");
}

static bool prepare(struct engine *e, const struct engine_options *options, struct err *err)
{
    const struct run_header *header = options->header;
    const struct plan *plan = header->plan;
    if (!program_build(&e->program, plan, &e->arena, err)) return false;
    timeline_init(&e->timeline, plan, header->tick_ns, &e->arena);
    steer_open(&e->steer, &e->timeline, options->stages);
    struct quota *quotas = ARENA_ARRAY(&e->arena, plan->stage_count, struct quota);
    e->rows_told = ARENA_ARRAY(&e->arena, e->program.unique_count, bool);
    if (!deal_open(&e->deal, &e->program, &e->arena))
        return err_set(err, ERR_LIMIT, 0, "the plan is too large");
    uint32_t threads = header->threads > 0 ? header->threads : engine_default_threads();
    threads = fit_threads(plan, threads);
    e->setting = (struct worker_setting){
        .plan = plan,
        .program = &e->program,
        .timeline = &e->timeline,
        .quotas = quotas,
        .deal = &e->deal,
        .tap = options->tap,
        .routes = options->routes,
        .sources = options->sources,
        .source_count = options->source_count,
        .over_ns = header->response_limit_ns > 0 ? header->response_limit_ns : UINT64_MAX,
        .worker_count = threads,
        .shape = shape_of(plan, header->tick_ns)};
    e->setting.origin_ns = clock_now_ns() + START_AHEAD_NS;
    return open_workers(e, err) && start_threads(e, err);
}

bool engine_start(struct engine **out, const struct engine_options *options, struct err *err)
{
    struct arena arena;
    *out = NULL;
    if (!arena_open(&arena, PLAN_BYTES, err)) return false;
    struct engine *e = ARENA_NEW(&arena, struct engine);
    e->arena = arena;
    e->cpu_ns = clock_process_cpu_ns();
    e->wall_offset_ns = clock_wall_offset_ns();
    if (!prepare(e, options, err)) {
        engine_close(e);
        return false;
    }
    *out = e;
    return true;
}

static uint64_t run_now(const struct engine *e)
{
    uint64_t now = clock_now_ns();
    return now > e->setting.origin_ns ? now - e->setting.origin_ns : 0;
}

/* The instant that an edge is moved to, held until timeline_release(). Where this thread was held
 * up itself some worker may have passed it before; so the clock is read once more. */
static uint64_t hold_ahead(struct engine *e)
{
    for (;;) {
        uint64_t at_ns = run_now(e) + TIMELINE_NOTICE_NS;
        timeline_hold(&e->timeline, at_ns);
        if (run_now(e) + TIMELINE_NOTICE_NS / 2 <= at_ns) return at_ns;
        timeline_release(&e->timeline);
    }
}

/* Run time at which the stage by count was over; UINT64_MAX: it is not, or is no such stage. */
static uint64_t stage_over(const struct engine *e, uint32_t stage)
{
    if (stage >= e->setting.plan->stage_count) return UINT64_MAX;
    return quota_over(&e->setting.quotas[stage]);
}

/* As soon as can be. False: by then it is over anyhow. */
static bool end_stage(struct engine *e, uint32_t stage)
{
    uint64_t edge_ns = timeline_end(&e->timeline, stage);
    if (run_now(e) + TIMELINE_NOTICE_NS >= edge_ns) return false;
    uint64_t at_ns = hold_ahead(e);
    bool ahead = at_ns < edge_ns;
    if (ahead) timeline_end_stage(&e->timeline, stage, at_ns);
    timeline_release(&e->timeline);
    return ahead;
}

static void watch_quota(struct engine *e, uint64_t now_ns)
{
    uint32_t stage = timeline_stage(&e->timeline, now_ns);
    uint64_t over_ns = stage_over(e, stage);
    if (over_ns == UINT64_MAX || !end_stage(e, stage)) return;
    add_event(e, EVENT_COMMAND, over_ns, stage, e->setting.plan->stages[stage].name,
              ": all requests are done");
}

void engine_end_stage(struct engine *e, uint32_t stage, const char *words)
{
    uint64_t now_ns = run_now(e);
    bool on = stage < e->setting.plan->stage_count /* the drain ends by itself */
              && timeline_stage(&e->timeline, now_ns) == stage;
    if (!on || e->steer.held != STEER_NOBODY || !end_stage(e, stage)) return;
    add_event(e, EVENT_COMMAND, now_ns, stage, e->setting.plan->stages[stage].name, words);
}

static void watch_idle(struct engine *e, uint64_t now_ns)
{
    if (now_ns < timeline_start(&e->timeline, e->setting.plan->stage_count)) return;
    for (uint32_t i = 0; i < e->setting.worker_count; i++) {
        if (!shared_see(&worker_board(e->workers[i])->idle)) return;
    }
    if (now_ns + TIMELINE_NOTICE_NS >= shared_see(&e->timeline.leave)) return;
    timeline_leave(&e->timeline, hold_ahead(e));
    timeline_release(&e->timeline);
}

/* Those of a source's rows are told by their source. */
static const char *const shortage_words[SHORTAGE_COUNT] = {
    [SHORTAGE_PORTS] = " not sent: prony had no local port or descriptor left",
    [SHORTAGE_TRIES] = " not decided, so failed: a regular expression ran into its limit",
    [SHORTAGE_ROOM] = " not decided, so failed: prony had no room left for a body to check",
    [SHORTAGE_LATE] = " dropped: prony took up too many at once, late, for the places in flight",
    [SHORTAGE_VALUE] = " never sent, so failed: a value cannot stand where it is used",
};

/* Said once a stage; how many they were in all stands in the result. */
static void say_shortages(struct engine *e, const struct tick *tick)
{
    for (uint32_t i = 0; i < SHORTAGE_COUNT; i++) {
        uint64_t count = 0;
        for (uint32_t j = 0; j < tick->cell_count; j++) {
            if (tick->cells[j].kind == CELL_STAGE) count += tick->cells[j].shortages[i];
        }
        if (!shortage_words[i] || count == 0 || e->short_stages[i] == tick->stage + 1) continue;
        e->short_stages[i] = tick->stage + 1;
        char array[40];
        struct text words = text_in(array, sizeof array);
        text_addf(&words, "%llu request%s", (unsigned long long)count, count == 1 ? "" : "s");
        add_event(e, EVENT_NOTE, tick->start_ns, tick->stage, text_bytes(&words),
                  shortage_words[i]);
    }
}

/* Once for each source. */
static void say_rows(struct engine *e, const struct tick *tick)
{
    for (uint32_t i = 0; i < e->program.unique_count; i++) {
        if (e->rows_told[i] || !deal_is_short(&e->deal, i)) continue;
        const struct data_source *data = &e->setting.plan->data[e->program.unique_data[i]];
        e->rows_told[i] = true;
        char array[160];
        struct text words = text_in(array, sizeof array);
        text_addf(&words, ": all %u rows are used (pick: unique); from now on arrivals that need ",
                  data->row_count);
        text_adds(&words, "one are dropped, and users leave");
        add_event(e, EVENT_NOTE, tick->start_ns, tick->stage, data->name, array);
    }
}

/* Both clocks are slewed alike: only a step moves them against each other. */
static void look_at_clocks(struct engine *e, struct tick *out)
{
    int64_t offset_ns = clock_wall_offset_ns();
    int64_t step_ns = offset_ns - e->wall_offset_ns;
    e->wall_offset_ns = offset_ns;
    if (step_ns > 0) out->strain.of[STRAIN_FORWARD] = (uint64_t)step_ns;
    if (step_ns < 0) out->strain.of[STRAIN_BACK] = (uint64_t)-step_ns;
    uint64_t cpu = clock_process_cpu_ns();
    out->generator_cpu_ns = cpu - e->cpu_ns;
    e->cpu_ns = cpu;
}

static void finish_tick(struct engine *e, struct tick *out)
{
    const struct plan *plan = e->setting.plan;
    uint32_t stage = out->stage;
    e->tick_end_ns = out->end_ns;
    e->ended = out->end_ns >= shared_see(&e->timeline.leave);
    out->last = e->ended;
    /* From the last request of a stage by count to the edge, which needs notice, is nobody's time:
     * the workers ended a tick there. */
    bool over = stage_over(e, stage) <= out->start_ns;
    out->judged = stage < plan->stage_count && plan->stages[stage].judged && !over
                  && !timeline_settling(&e->timeline, stage, out->start_ns);
    if (!e->any_tick || stage != e->stage) {
        struct bytes name =
            stage < plan->stage_count ? plan->stages[stage].name : BYTES_LIT("drain");
        add_event(e, EVENT_STAGE, out->start_ns, stage, name, " begins");
    }
    say_shortages(e, out);
    say_rows(e, out);
    e->any_tick = true;
    e->stage = stage;
    out->events = e->events;
    out->event_count = e->event_count;
    e->event_count = 0;
    look_at_clocks(e, out);
    out->index = e->tick_index++;
}

/* Workers publish right after the tick's edge, so the collector sleeps up to there. */
static uint64_t next_look_ns(const struct engine *e, uint64_t now_ns, uint64_t run_ns)
{
    uint64_t edge_ns = timeline_tick_end(&e->timeline, e->tick_end_ns);
    if (run_ns >= edge_ns) return now_ns + LOOK_CLOSELY_NS;
    uint64_t ahead_ns = edge_ns - run_ns + LOOK_CLOSELY_NS / 2;
    return now_ns + (ahead_ns < LOOK_NS ? ahead_ns : LOOK_NS);
}

enum engine_step engine_next_tick(struct engine *e, struct tick *out)
{
    if (e->ended) return ENGINE_END;
    uint64_t give_up = clock_now_ns() + IDLE_NS;
    while (!collect_ready(&e->collector)) {
        uint64_t now = clock_now_ns();
        if (now >= give_up) return ENGINE_IDLE;
        uint64_t run = now > e->setting.origin_ns ? now - e->setting.origin_ns : 0;
        watch_quota(e, run);
        watch_idle(e, run);
        clock_sleep_until(next_look_ns(e, now, run));
    }
    collect_tick(&e->collector, out);
    finish_tick(e, out);
    return ENGINE_TICK;
}

void engine_stop(struct engine *e)
{
    if (e->stopped) return;
    e->stopped = true;
    timeline_stop(&e->timeline, hold_ahead(e));
    timeline_release(&e->timeline);
}

void engine_hold(struct engine *e)
{
    char array[200];
    struct text words = text_in(array, sizeof array);
    uint64_t at_ns = hold_ahead(e);
    steer_hold(&e->steer, at_ns, &words);
    timeline_release(&e->timeline);
    add_event(e, EVENT_COMMAND, at_ns, timeline_stage(&e->timeline, at_ns), BYTES_LIT(""), array);
}

void engine_rate(struct engine *e, uint32_t per_mille)
{
    char array[200];
    struct text words = text_in(array, sizeof array);
    uint64_t at_ns = hold_ahead(e);
    steer_rate(&e->steer, at_ns, per_mille, &words);
    timeline_release(&e->timeline);
    add_event(e, EVENT_COMMAND, at_ns, timeline_stage(&e->timeline, at_ns), BYTES_LIT(""), array);
}

void engine_leave(struct engine *e)
{
    uint64_t at = hold_ahead(e);
    e->stopped = true;
    timeline_stop(&e->timeline, at);
    timeline_leave(&e->timeline, at + 1);
    timeline_release(&e->timeline);
}

void engine_close(struct engine *e)
{
    if (e->started > 0 && !e->ended) {
        struct tick rest;
        engine_leave(e);
        while (engine_next_tick(e, &rest) != ENGINE_END) {
        }
    }
    for (uint32_t i = 0; i < e->started; i++) pthread_join(e->threads[i], NULL);
    for (uint32_t i = 0; i < e->setting.worker_count; i++) {
        if (e->workers[i]) worker_close(e->workers[i]);
    }
    if (e->collector.workers) collect_close(&e->collector);
    program_close(&e->program);
    struct arena arena = e->arena;
    arena_close(&arena);
}
