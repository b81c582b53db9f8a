#include "campaign/conduct.h"

#include <errno.h>

#include "base/clock.h"
#include "base/file.h"
#include "campaign/calibrate.h"
#include "campaign/vigil.h"
#include "explain/explain.h"
#include "judge/exit_code.h"
#include "judge/judge.h"
#include "observe/observer.h"
#include "observe/otlp_hub.h"
#include "show/result_json.h"
#include "store/recorder.h"
#include "store/retention.h"
#include "store/run_file.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define EVENTS_MAX 128
#define REACH_WITHIN_NS (2 * NS_PER_S) /* the one connect to each target before the start */
#define MEMORY_FLOOR_BYTES (UINT64_C(48) << 20) /* less than this left: the run ends itself */

PRINTF_LIKE(2, 3) static void say(const struct conduct *c, const char *format, ...)
{
    if (!c->options->say) return;
    char array[400];
    struct text line = text_in(array, sizeof array);
    va_list args;
    va_start(args, format);
    text_addv(&line, format, args);
    va_end(args);
    c->options->say(c->options->say_ctx, array);
}

/* -- Before the start ----------------------------------------------------------------------- */

static uint64_t planned_ns(const struct plan *plan)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *stage = &plan->stages[i];
        /* By count: its length is the longest it may take, and hardly ever what it takes. */
        if (stage->model == MODEL_CLOSED && stage->requests > 0) continue;
        sum += stage->length_ns;
    }
    return sum;
}

/* The tightest limit on a response time, 0 without one. */
static uint64_t response_limit_ns(const struct plan *plan)
{
    double least = 0;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        bool latency =
            o->metric == METRIC_AVG || o->metric == METRIC_QUANTILE || o->metric == METRIC_MAX;
        bool limit = o->op == OP_LT || o->op == OP_LE;
        if (!latency || !limit || o->scope == SCOPE_SCENARIO) continue;
        if (least == 0 || o->value < least) least = o->value;
    }
    return (uint64_t)least;
}

static void fill_header(struct conduct *c)
{
    const struct plan *plan = c->options->plan;
    struct run_header *h = &c->header;
    h->tick_ns = run_file_tick_ns(planned_ns(plan));
    if (c->options->vigil) {
        h->tick_ns = NS_PER_S; /* what a kill may cost */
        h->watch_ns = c->options->vigil->window_ns;
    }
    h->plan = plan;
    h->command = c->options->command;
    h->version = c->options->version;
    h->host = bytes_of(c->machine.name);
    h->kernel = bytes_of(c->machine.kernel);
    h->cpu = bytes_of(c->machine.cpu);
    h->cores = c->machine.cores;
    h->memory_bytes = c->machine.memory_bytes;
    h->budget_bytes = c->needs.memory_bytes;
    h->response_limit_ns = response_limit_ns(plan);
    h->wall_start_ns = clock_wall_ns();
}

static uint64_t run_time_ns(const struct conduct *c)
{
    uint64_t now = clock_now_ns();
    uint64_t origin = engine_origin_ns(c->engine);
    return now > origin ? now - origin : 0;
}

/* Reads the signals; a request for the status is answered at once. The number of the others. */
static uint32_t look_at_signals(struct conduct *c)
{
    uint32_t signals = interrupt_look(&c->interrupt);
    if (c->interrupt.asked == c->asked_done) return signals;
    c->asked_done = c->interrupt.asked;
    uint64_t now_ns = c->engine ? run_time_ns(c) : 0;
    if (c->options->status) c->options->status(c->options->status_ctx, now_ns);
    return signals;
}

static bool cancelled(void *ctx)
{
    return look_at_signals(ctx) > 0;
}

static void pass_on(void *ctx, const char *line)
{
    const struct conduct *c = ctx;
    say(c, "%s", line);
}

/* Folder, recorder, judge: from here on the run exists, whatever becomes of it. */
static bool open_run(struct conduct *c, struct err *err)
{
    const struct conduct_options *o = c->options;
    bus_init(&c->bus);
    if (!runs_create(o->runs_folder, &c->arena, c->header.id, &c->folder, err)
        || !recorder_open(&c->recorder, c->folder, err)) {
        if (err->kind == ERR_LIMIT) return false; /* of memory: another folder would not help */
        err->kind = ERR_PREFLIGHT;
        if (err->sys == ENOSPC) return false; /* its hint says more */
        return err_hint(err, "choose another folder with --runs-dir");
    }
    if (o->vigil && !retention_mark(c->folder, o->plan->name, err)) return false;
    c->header.series_index = o->series_index;
    c->header.series_count = o->series_count;
    if (o->series_count > 0) {
        memcpy(c->header.series, o->series ? o->series : c->header.id, sizeof c->header.series);
    }
    if (!judge_open(&c->judge, &c->bus, err) || !explain_open(&c->explain, err)) return false;
    bus_add(&c->bus, judge_sink(c->judge));
    bus_add(&c->bus, explain_sink(c->explain));
    bus_add(&c->bus, recorder_sink(c->recorder));
    for (uint32_t i = 0; i < o->sink_count; i++) bus_add(&c->bus, o->sinks[i]);
    c->events = ARENA_ARRAY(&c->arena, EVENTS_MAX, struct event);
    return arena_ok(&c->arena) || err_set(err, ERR_LIMIT, 0, "no memory for the run");
}

/* What this host can do, before there is a run. False: `err`, or somebody wants it to end. */
static bool calibrate(struct conduct *c, struct err *err)
{
    struct calibration *found = &c->header.calibration;
    say(c, "calibrating: two seconds against a server that answers at once");
    if (!calibrate_run(found, c->header.threads, cancelled, c, err)) return false;
    say(c, "this host: an instant answer takes %.3f ms (p50), %.3f ms (p99); at most %.0f/s",
        (double)found->floor_p50_ns / 1e6, (double)found->floor_p99_ns / 1e6, found->ceiling_per_s);
    double share;
    if (calibrate_too_much(found, c->options->plan, &share)) {
        say(c,
            "warning: the plan asks for %.0f%% of that (up to %.0f%% is fine): prony itself may be "
            "what is measured. Lower the rate, or give it more threads or a larger machine",
            share * 100, CALIBRATE_SHARE_MOST * 100);
    }
    return true;
}

static void add_event(struct conduct *c, enum event_kind kind, struct bytes words)
{
    if (c->event_count == EVENTS_MAX) return;
    struct event *e = &c->events[c->event_count++];
    *e = (struct event){.at_ns = run_time_ns(c), .kind = kind};
    struct text text = text_in(e->text, sizeof e->text);
    text_add_safe(&text, words);
}

static uint64_t wall_start_ns(const struct conduct *c)
{
    return (uint64_t)((int64_t)engine_origin_ns(c->engine) + clock_wall_offset_ns());
}

static bool watch_services(struct conduct *c, struct err *err)
{
    if (c->options->blind) return true;
    pid_t *pids = ARENA_ARRAY(&c->arena, c->options->plan->service_count + 1, pid_t);
    if (!pids) return err_set(err, ERR_LIMIT, 0, "no memory for the run");
    for (uint32_t i = 0; i < c->services.count; i++) pids[i] = c->services.items[i].child.pid;
    const struct vigil_options *vigil = c->options->vigil;
    struct observer_options options = {.plan = c->options->plan,
                                       .pids = pids,
                                       .folder = vigil ? *vigil->services_folder : c->folder,
                                       .origin_ns = engine_origin_ns(c->engine),
                                       .wall_start_ns = wall_start_ns(c),
                                       .otlp = c->otlp,
                                       .cells = vigil && !vigil->probes};
    if (vigil) c->vigil = vigil_open(vigil, c->options->plan, &c->arena);
    if (vigil && !c->vigil) return err_set(err, ERR_LIMIT, 0, "no memory for the watch");
    if (!observer_start(&c->observer, &options, err)) return false;
    if (!vigil || vigil->probes || observer_hears_requests(c->observer)) return true;
    say(c, "nothing tells of requests, and nothing is sent: only objectives about services and "
           "the host are judged (--probe 1/s sends a little)");
    return true;
}

/* Those of a watch outlive this file of it. */
static bool start_services(struct conduct *c, struct err *err)
{
    const struct vigil_options *vigil = c->options->vigil;
    struct services_options services = {.plan = c->options->plan,
                                        .folder = c->folder.at,
                                        .cancelled = cancelled,
                                        .say = pass_on,
                                        .ctx = c};
    if (!vigil) return services_start(&c->services, &c->arena, &services, err);
    if (!*vigil->services_started) {
        if (!services_start(vigil->services, vigil->services_arena, &services, err)) return false;
        *vigil->services_started = true;
        *vigil->services_folder = arena_copy(vigil->services_arena, c->folder);
    }
    vigil->services->say = pass_on;
    vigil->services->ctx = c;
    c->services = *vigil->services;
    return true;
}

static void stop_services(struct conduct *c)
{
    if (!c->options->vigil) services_stop(&c->services);
}

static bool start_load(struct conduct *c, struct err *err)
{
    const struct plan *plan = c->options->plan;
    const struct vigil_options *vigil = c->options->vigil;
    struct err trouble = {.msg = ""};
    struct targets_options targets = {.plan = plan,
                                      .idle = vigil && !vigil->probes,
                                      .anyhow = vigil && vigil->again,
                                      .within_ns = REACH_WITHIN_NS,
                                      .cancelled = cancelled,
                                      .say = pass_on,
                                      .ctx = c};
    if (!c->options->blind && !observer_check(plan, err)) return false;
    if (c->options->calibrate && !calibrate(c, err)) return false;
    if (!c->options->blind && !otlp_hub_listen(&c->otlp, plan, &trouble, err)) return false;
    if (!start_services(c, err)) return false;
    if (!observer_check_pages(plan, err)) return false;
    if (!targets_open(&c->targets, &targets, err)) return false;
    struct engine_options engine = {.header = &c->header,
                                    .stages = c->options->stages,
                                    .routes = c->targets.routes,
                                    .sources = c->targets.sources,
                                    .source_count = c->targets.source_count};
    if (!engine_start(&c->engine, &engine, err)) return false;
    c->header.threads = engine_worker_count(c->engine);
    if (!watch_services(c, err)) return false;
    if (trouble.msg[0]) add_event(c, EVENT_SOURCE, bytes_of(trouble.msg));
    host_open(&c->host, "", &c->machine.affinity);
    c->header.wall_start_ns = wall_start_ns(c);
    return true;
}

/* -- While it runs -------------------------------------------------------------------------- */

/* A signal asks to stop, a second one to leave; so may the plan, or another process. */
static void look_for_commands(struct conduct *c)
{
    uint32_t signals = look_at_signals(c);
    if (signals > c->interrupts_done) {
        c->interrupts_done = signals;
        bus_command(&c->bus, signals == 1 ? COMMAND_STOP : COMMAND_LEAVE, NULL);
    }
    enum command other = recorder_commanded(c->recorder);
    if (other != COMMAND_NONE) bus_command(&c->bus, other, "another process asked for it");
}

/* What somebody asked for at the keys, or the judge; the engine says in an event what became of
 * it. */
static void steer(struct conduct *c)
{
    uint32_t per_mille;
    for (; c->holds_done < bus_holds(&c->bus); c->holds_done++) {
        if (c->obeyed == COMMAND_NONE) engine_hold(c->engine);
    }
    uint32_t stage;
    bool end = bus_ended_stage(&c->bus, &c->ends_done, &stage);
    if (end && c->obeyed == COMMAND_NONE) engine_end_stage(c->engine, stage, c->bus.why);
    bool asked = bus_rated(&c->bus, &c->rates_done, &per_mille);
    if (asked && c->obeyed == COMMAND_NONE) engine_rate(c->engine, per_mille);
}

/* What else is known of the end, a service that died, stands behind it. */
static void note_key(struct conduct *c)
{
    char array[sizeof c->end.reason];
    struct text before = text_in(array, sizeof array);
    text_adds(&before, c->end.reason);
    struct text reason = text_in(c->end.reason, sizeof c->end.reason);
    text_adds(&reason, RUN_BY_KEY);
    if (before.len > 0) text_addf(&reason, ": %s", array);
}

static void obey(struct conduct *c)
{
    enum command wanted = bus_commanded(&c->bus);
    if (wanted <= c->obeyed) return;
    enum command before = c->obeyed;
    c->obeyed = wanted;
    const char *words = wanted == COMMAND_STOP    ? "stop: no new arrivals, open ones are drained"
                        : wanted == COMMAND_LEAVE ? "leave: what is open is cut"
                                                  : "abort: ";
    char array[300];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, words);
    if (wanted == COMMAND_ABORT) text_adds(&text, c->bus.reason);
    add_event(c, EVENT_COMMAND, text_bytes(&text));
    if (wanted == COMMAND_LEAVE) {
        engine_leave(c->engine);
    } else if (before == COMMAND_NONE) {
        engine_stop(c->engine);
    }
    if (c->end.ended == RUN_PREFLIGHT) return;
    if (wanted == COMMAND_ABORT && before == COMMAND_NONE) {
        c->end.ended = RUN_ABORTED;
        struct text reason = text_in(c->end.reason, sizeof c->end.reason);
        text_adds(&reason, c->bus.reason);
    } else {
        c->end.ended = RUN_INTERRUPTED;
        c->end.signal = c->interrupt.signal ? c->interrupt.signal : SIGTERM;
        if (before == COMMAND_NONE && c->interrupt.own) note_key(c);
    }
}

static void look_at_services(struct conduct *c)
{
    char array[200];
    struct text text = text_in(array, sizeof array);
    while (services_next_death(&c->services, &text)) {
        add_event(c, EVENT_SERVICE, text_bytes(&text));
        struct text reason = text_in(c->end.reason, sizeof c->end.reason);
        text_add_safe(&reason, text_bytes(&text));
        text_clear(&text);
    }
}

static void look_at_recorder(struct conduct *c)
{
    struct text text = text_in(c->trouble, sizeof c->trouble);
    if (recorder_trouble(c->recorder, &text)) add_event(c, EVENT_RECORDER, text_bytes(&text));
}

static void look_at_sinks(struct conduct *c)
{
    char array[200];
    struct text text = text_in(array, sizeof array);
    bool any = c->options->trouble && c->options->trouble(c->options->trouble_ctx, &text);
    if (any) add_event(c, EVENT_NOTE, text_bytes(&text));
}

static void look_at_memory(struct conduct *c)
{
    uint64_t left = machine_free_memory_bytes();
    if (left == 0 || left >= MEMORY_FLOOR_BYTES) return; /* 0: this system does not say */
    bus_command(&c->bus, COMMAND_ABORT, "this host is nearly out of memory");
}

/* What the judge found of a watch's objectives; it goes into the next tick. */
static void look_at_objectives(struct conduct *c)
{
    char array[200];
    struct text text = text_in(array, sizeof array);
    for (; c->vigil && judge_news(c->judge, &text); text_clear(&text)) {
        add_event(c, EVENT_OBJECTIVE, text_bytes(&text));
    }
}

/* A target that answers nothing at all: going on would measure nothing. But a watch tells of it. */
static void look_for_answers(struct conduct *c, const struct tick *tick)
{
    if (c->vigil) return;
    char array[300];
    struct text unwelcome = text_in(array, sizeof array);
    answers_take(&c->answers, tick);
    if (answers_unwelcome(&c->answers, &unwelcome)) say(c, "%s", array);
    if (c->end.ended != RUN_COMPLETE || !answers_none(&c->answers, tick)) return;
    c->end.ended = RUN_PREFLIGHT;
    struct text reason = text_in(c->end.reason, sizeof c->end.reason);
    answers_say(&c->answers, &reason);
    if (!tick->last) bus_command(&c->bus, COMMAND_LEAVE, NULL);
}

/* Workers have their threads for the whole run, and all of them when the first tick is over. */
static void look_at_host(struct conduct *c, struct strain *out)
{
    for (; c->thread_count < HOST_THREADS_MAX; c->thread_count++) {
        uint32_t id = engine_thread_id(c->engine, c->thread_count);
        if (id == 0) break;
        c->thread_ids[c->thread_count] = id;
    }
    host_look(&c->host, c->thread_ids, c->thread_count, out);
}

/* Told once, whatever number of workers saw it; the result has it in full. */
static void look_at_stalls(struct conduct *c, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->stall_count; i++) {
        const struct stall *s = &tick->stalls[i];
        if (s->start_ns < c->stalled_ns) continue;
        c->stalled_ns = s->end_ns;
        char array[160];
        struct text text = text_in(array, sizeof array);
        /* One worker of several knows nothing of the others' connections. */
        bool whole = s->others == 0 && c->header.threads == 1;
        if (whole) text_adds(&text, "nothing was answered");
        else text_addf(&text, "%u of %u connections got no reply", s->held, s->open);
        text_addf(&text, " for %.2f s from %.2f s on", (double)(s->end_ns - s->start_ns) / 1e9,
                  (double)s->start_ns / 1e9);
        add_event(c, EVENT_NOTE, text_bytes(&text));
    }
}

static void take_tick(struct conduct *c, const struct tick *from)
{
    look_at_stalls(c, from);
    struct tick tick = *from;
    look_at_host(c, &tick.strain);
    /* Events of the engine first, then those that happened meanwhile. */
    uint32_t own = c->event_count;
    uint32_t room = EVENTS_MAX - own;
    uint32_t theirs = from->event_count < room ? from->event_count : room;
    memmove(c->events + theirs, c->events, own * sizeof *c->events);
    memcpy(c->events, from->events, theirs * sizeof *c->events);
    for (uint32_t i = 0; i < own; i++) c->events[theirs + i].stage = from->stage;
    tick.events = c->events;
    tick.event_count = theirs + own;
    if (c->observer) observer_take(c->observer, &tick, c->events, EVENTS_MAX);
    if (c->vigil) vigil_take(c->vigil, c->observer, &tick);
    bus_tick(&c->bus, &tick);
    c->event_count = 0;
    look_at_objectives(c);
    look_for_answers(c, &tick);
    look_at_memory(c);
    c->end.at_ns = tick.end_ns;
}

static void run_ticks(struct conduct *c)
{
    struct tick tick;
    for (;;) {
        enum engine_step step = engine_next_tick(c->engine, &tick);
        if (step == ENGINE_END) break;
        look_at_services(c);
        look_at_recorder(c);
        if (step == ENGINE_TICK) look_at_sinks(c);
        look_for_commands(c);
        if (c->options->look) c->options->look(c->options->look_ctx);
        if (step == ENGINE_TICK) take_tick(c, &tick);
        obey(c);
        steer(c);
    }
}

/* -- The end -------------------------------------------------------------------------------- */

/* Said at once, and in the summary: what is lost must not be looked for. */
static void add_trouble(struct conduct *c, const char *what, const struct err *err)
{
    struct text trouble = {.at = c->trouble, .len = strlen(c->trouble), .size = sizeof c->trouble};
    say(c, "prony: %s", err->msg);
    if (trouble.len > 0) text_adds(&trouble, "; ");
    if (what) text_addf(&trouble, "%s: ", what);
    text_add_safe(&trouble, bytes_of(err->msg));
}

static void write_result(struct conduct *c)
{
    struct err err = {0};
    char array[4096];
    struct text path = text_in(array, sizeof array);
    struct bytes json = result_json_make(&c->arena, judge_result(c->judge));
    if (!json.at) {
        say(c, "prony: result.json is not written: it is too large");
        return;
    }
    recorder_put_result(c->recorder, json);
    text_addf(&path, "%.*s/result.json", BYTES_ARG(c->folder));
    /* The verdict does not hang on this file: stdout and the run file have it too. */
    if (!file_write(array, json, &err)) add_trouble(c, "result.json is not there", &err);
}

static void say_kept(struct conduct *c)
{
    const struct plan *plan = c->options->plan;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct service *s = &plan->services[i];
        if (!s->keep || s->dir.len == 0 || !file_is_folder(s->dir.at)) continue;
        say(c, "service %.*s: kept %.*s", BYTES_ARG(s->name), BYTES_ARG(s->dir));
    }
}

/* A server of TLS that gets plain HTTP mostly hangs up without a word: now that nothing is sent any
 * more, it is asked in its own language. */
static void look_for_tls(struct conduct *c)
{
    if (c->end.ended != RUN_PREFLIGHT || !answers_leave_open(&c->answers)) return;
    if (!targets_speak_tls(&c->targets, c->options->plan, REACH_WITHIN_NS)) return;
    c->answers.tls = true;
    struct text reason = text_in(c->end.reason, sizeof c->end.reason);
    answers_say(&c->answers, &reason);
}

static void finish(struct conduct *c)
{
    look_for_tls(c);
    c->end.generator_cpu_ns = clock_process_cpu_ns();
    c->end.max_rss_bytes = machine_resident_peak_bytes();
    bus_end(&c->bus, &c->end);
    if (c->otlp) otlp_hub_end(c->otlp); /* who sends when it is told to stop is answered still */
    observer_stop(c->observer);
    c->observer = NULL;
    stop_services(c);
    say_kept(c);
    write_result(c);
    struct err err = {0};
    bool whole = recorder_close(c->recorder, &err);
    c->recorder = NULL;
    if (!whole) add_trouble(c, NULL, &err);
}

/* There is no run yet, so nothing is left of it. */
static void take_back(struct conduct *c)
{
    if (c->recorder && !recorder_close(c->recorder, NULL)) c->trouble[0] = '\0';
    c->recorder = NULL;
    if (c->folder.len == 0 || !file_remove_tree(c->folder.at, NULL)) return;
    c->folder = (struct bytes){0};
}

/* The run exists but could not start: its file and result say why, and end as the process does. */
static bool finish_early(struct conduct *c, const struct err *err)
{
    struct text reason = text_in(c->end.reason, sizeof c->end.reason);
    text_adds(&reason, err->msg);
    bool stopped = interrupt_look(&c->interrupt) > 0;
    bool refused = exit_code_of_err(err->kind) == exit_code_of_err(ERR_LIMIT);
    c->end.ended = stopped ? RUN_INTERRUPTED : refused ? RUN_REFUSED : RUN_PREFLIGHT;
    c->end.signal = c->interrupt.signal;
    if (!c->began) bus_begin(&c->bus, &c->header);
    c->began = true;
    finish(c);
    return stopped;
}

bool conduct_run(struct conduct *c, const struct conduct_options *options, struct err *err)
{
    const struct plan *plan = options->plan;
    *c = (struct conduct){.options = options, .interrupt.fd = -1};
    if (!interrupt_open(&c->interrupt, err) || !arena_open(&c->arena, ARENA_LIMIT, err)) {
        return false;
    }
    machine_look(&c->machine);
    c->header.threads = plan->threads ? plan->threads : engine_default_threads();
    const char *much = run_too_large(plan);
    if (much) return err_set(err, ERR_PLAN, 0, "the plan has too many %s to be judged", much);
    if (!engine_measure_needs(plan, c->header.threads, &c->needs, err)) return false;
    if (!machine_fit(&c->machine, &c->needs, plan, err)) return false;
    fill_header(c);
    if (!open_run(c, err)) {
        take_back(c);
        return false;
    }
    if (!start_load(c, err)) return finish_early(c, err);
    bus_begin(&c->bus, &c->header);
    c->began = true;
    run_ticks(c);
    engine_close(c->engine);
    c->engine = NULL;
    finish(c);
    return true;
}

const struct result *conduct_result(const struct conduct *c)
{
    return c->began ? judge_result(c->judge) : NULL;
}

const struct cause *conduct_cause(const struct conduct *c)
{
    return c->began ? explain_cause(c->explain) : NULL;
}

void conduct_close(struct conduct *c)
{
    explain_close(c->explain);
    if (c->engine) engine_close(c->engine);
    targets_close(&c->targets);
    if (c->otlp) otlp_hub_end(c->otlp);
    observer_stop(c->observer);
    stop_services(c);
    otlp_hub_close(c->otlp);
    struct err err;
    if (c->recorder && !recorder_close(c->recorder, &err)) say(c, "prony: %s", err.msg);
    judge_close(c->judge);
    arena_close(&c->arena);
    interrupt_close(&c->interrupt);
}
