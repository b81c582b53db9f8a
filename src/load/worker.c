#include "load/worker.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/arrivals_priv.h"
#include "load/exchange_priv.h"
#include "load/flow_priv.h"
#include "load/record_priv.h"
#include "load/worker_priv.h"

#define READY_MAX 256
/* Room for what is kept of replies, all workers together: lines that two reads cut, and bodies. */
#define ROOM_LINES_BYTES ((uint64_t)8 << 20)
#define ROOM_BODIES_BYTES ((uint64_t)256 << 20)
#define CUT_LINE_BYTES ((uint64_t)4096)     /* of a line on each connection at once, in any case */
#define SLACK_BYTES ((size_t)1 << 20)       /* the verifier's buffers, the stack, alignment */
#define LOOK_UP_NS (TIMELINE_NOTICE_NS / 2) /* longest sleep: a moved edge must be seen in time */

static uint32_t share(uint64_t total, uint32_t index, uint32_t count)
{
    uint64_t part = total / count + (index < total % count);
    return part < UINT32_MAX ? (uint32_t)part : UINT32_MAX;
}

static uint32_t flow_count(const struct plan *plan, uint32_t index, uint32_t worker_count)
{
    uint64_t users = 0;
    bool open = false;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *stage = &plan->stages[i];
        open = open || stage->model == MODEL_OPEN;
        if (stage->model == MODEL_OPEN) continue;
        /* Users of one stage may still be finishing when those of the next start. */
        uint32_t most = stage->users_from > stage->users_to ? stage->users_from : stage->users_to;
        users += share(most, index, worker_count);
    }
    if (open) users += share(plan->max_in_flight, index, worker_count) + 1; /* one to be dropped */
    return users < UINT32_MAX / 2 ? (uint32_t)users : UINT32_MAX / 2;
}

uint32_t worker_connections_each(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *s = &plan->scenarios[i];
        for (uint32_t k = 0; k < s->step_count; k++) {
            if (s->steps[k].new_connection) return 2;
        }
    }
    return 1;
}

/* With `connection: new` anywhere twice as many: the new ones leave those that are kept alone. */
static uint32_t connection_count(const struct plan *plan, uint32_t index, uint32_t worker_count)
{
    uint32_t most = flow_count(plan, index, worker_count) * worker_connections_each(plan);
    uint32_t count = plan->connections > 0 ? share(plan->connections, index, worker_count) : most;
    if (count == 0) count = 1;
    if (count > most && most > 0) count = most;
    return count < MAX_CONNECTIONS ? count : MAX_CONNECTIONS;
}

static uint32_t room_chunks(const struct worker_setting *s, uint64_t connections)
{
    uint64_t most = s->program->reads_body ? ROOM_BODIES_BYTES : ROOM_LINES_BYTES;
    uint64_t each = s->program->reads_body ? BODY_READ_MAX + KEEP_SIZE : KEEP_SIZE;
    uint64_t bytes = connections * each;
    if (bytes > most / s->worker_count) bytes = most / s->worker_count;
    /* A slow target may cut a line on every connection at once: each has a piece of its own. */
    if (bytes < connections * CUT_LINE_BYTES) bytes = connections * CUT_LINE_BYTES;
    return (uint32_t)((bytes + ROOM_CHUNK - 1) / ROOM_CHUNK);
}

static size_t flow_bytes(const struct program *program)
{
    size_t capture = CAPTURE_MAX + sizeof(uint16_t) + sizeof(bool);
    return sizeof(struct flow) + sizeof(struct timer_entry) + sizeof(uint32_t)
           + program->capture_slots * capture + program->unique_count * sizeof(uint32_t);
}

static size_t connection_bytes(const struct program *program)
{
    return sizeof(struct connection) + (program->varies ? program->request_limit : 0);
}

struct worker_sizes worker_measure(const struct worker_setting *s, uint32_t index)
{
    const struct program *program = s->program;
    struct worker_sizes out = {.flows = flow_count(s->plan, index, s->worker_count),
                               .connections = connection_count(s->plan, index, s->worker_count)};
    for (uint32_t i = 0; i < s->plan->stage_count; i++) {
        uint32_t limit = schedule_block_limit(&s->plan->stages[i]);
        if (limit > out.due_size) out.due_size = limit;
    }
    out.room_chunks = room_chunks(s, out.connections);
    size_t bytes = out.flows * flow_bytes(program) + room_pool_bytes(out.room_chunks);
    bytes += out.connections * connection_bytes(program) + out.due_size * sizeof(uint64_t);
    bytes += (size_t)s->shape.name_count * s->shape.stage_count * sizeof(uint64_t);
    bytes += s->shape.name_count * sizeof(uint32_t) + s->shape.scenario_count * sizeof(uint32_t);
    bytes += s->plan->target_count * (sizeof(struct pool) + sizeof(struct tls_peer));
    bytes += program->operation_count * sizeof(struct h1_seen);
    bytes += stall_watch_bytes(s->shape.name_count);
    bytes += KEEP_SIZE + IN_SIZE + program->request_limit + program->own_bytes + SLACK_BYTES;
    out.reserved_bytes = bytes + WORKER_SHEETS * sheet_bytes(&s->shape);
    out.touched_bytes = bytes + WORKER_SHEETS * sheet_touched_bytes(&s->shape) + VERIFY_STACK_MAX;
    out.user_bytes =
        flow_bytes(program) + worker_connections_each(s->plan) * connection_bytes(program);
    return out;
}

/* Those that each request changes in a place. */
static void copy_constants(struct worker *w)
{
    const struct program *program = w->setting.program;
    for (uint32_t i = 0; w->constants && i < program->operation_count; i++) {
        const struct operation *op = &program->operations[i];
        for (uint32_t k = 0; op->constant && op->traced && k < program->plan->target_count; k++) {
            const struct constant *c = &op->constant[k];
            memcpy(w->constants + c->own_at, c->text.at, c->text.len);
        }
    }
}

static void lay_out(struct worker *w, uint32_t room_chunks)
{
    const struct worker_setting *s = &w->setting;
    struct arena *a = &w->arena;
    size_t slots = s->program->capture_slots;
    w->flows = ARENA_ARRAY(a, w->flow_count, struct flow);
    w->captures = arena_array(a, w->flow_count, slots * CAPTURE_MAX);
    w->capture_len = ARENA_ARRAY(a, w->flow_count * slots, uint16_t);
    w->capture_is_text = ARENA_ARRAY(a, w->flow_count * slots, bool);
    w->rows = ARENA_ARRAY(a, (size_t)w->flow_count * s->program->unique_count, uint32_t);
    w->connections = ARENA_ARRAY(a, w->connection_count, struct connection);
    room_pool_init(&w->room, a, room_chunks);
    if (s->program->varies)
        w->sends = arena_array(a, w->connection_count, s->program->request_limit);
    w->pools = ARENA_ARRAY(a, s->plan->target_count, struct pool);
    w->peers = ARENA_ARRAY(a, s->plan->target_count, struct tls_peer);
    w->heads_seen = ARENA_ARRAY(a, s->program->operation_count, struct h1_seen);
    w->in = arena_alloc(a, KEEP_SIZE + IN_SIZE);
    w->out = arena_alloc(a, s->program->request_limit);
    w->constants = arena_alloc(a, s->program->own_bytes);
    copy_constants(w);
    w->dues_ns = ARENA_ARRAY(a, w->due_size, uint64_t);
    w->requests_now = ARENA_ARRAY(a, s->shape.name_count, uint32_t);
    w->iterations_now = ARENA_ARRAY(a, s->shape.scenario_count, uint32_t);
    w->error_seen = ARENA_ARRAY(a, (size_t)s->shape.name_count * s->shape.stage_count, uint64_t);
    stall_watch_open(&w->stalls, s->shape.name_count, a);
    timers_init(&w->timers, a, w->flow_count);
    for (uint32_t i = 0; i < WORKER_SHEETS; i++) sheet_init(&w->sheets[i], &s->shape, a);
}

static void open_targets(struct worker *w)
{
    w->flow_free = w->connection_free = NOBODY;
    for (uint32_t i = 0; i < w->setting.plan->target_count; i++) {
        w->pools[i] = (struct pool){0, NOBODY, NOBODY, NOBODY};
        const struct route *route = &w->setting.routes[i];
        w->peers[i] = (struct tls_peer){.tls = route->tls, .name = route->server_name};
    }
    w->now_head = w->now_tail = NOBODY;
}

bool worker_open(struct worker **out, const struct worker_setting *setting, uint32_t index,
                 struct err *err)
{
    struct arena own;
    *out = NULL;
    if (!arena_open(&own, sizeof(struct worker) + 4096, err)) return false;
    struct worker *w = ARENA_NEW(&own, struct worker);
    w->own = own;
    w->setting = *setting;
    w->index = index;
    w->poller.fd = -1;
    struct worker_sizes sizes = worker_measure(setting, index);
    w->flow_count = sizes.flows;
    w->connection_count = sizes.connections;
    w->due_size = sizes.due_size;
    w->max_in_flight = share(setting->plan->max_in_flight, index, setting->worker_count);
    if (!arena_open(&w->arena, sizes.reserved_bytes, err) || !poller_open(&w->poller, err)) {
        worker_close(w);
        return false;
    }
    lay_out(w, sizes.room_chunks);
    bool ok = arena_ok(&w->arena) && verify_open(&w->verifier, setting->program, &w->arena, err);
    assert(arena_ok(&w->arena)); /* worker_measure() counts what lay_out() takes */
    if (!ok) {
        worker_close(w);
        return false;
    }
    open_targets(w);
    arena_seal(&w->arena);
    w->sheet = &w->sheets[0];
    w->tick_start_ns = w->turned_ns = setting->origin_ns;
    w->slow_ns = UINT64_MAX;
    record_expect(w);
    *out = w;
    return true;
}

void worker_close(struct worker *w)
{
    verify_close(&w->verifier);
    poller_close(&w->poller);
    for (uint32_t i = 0; w->peers && i < w->setting.plan->target_count; i++) {
        tls_peer_close(&w->peers[i]);
    }
    arena_close(&w->arena);
    struct arena own = w->own;
    arena_close(&own);
}

struct worker_board *worker_board(struct worker *worker)
{
    return &worker->board;
}

struct sheet *worker_sheet(struct worker *worker, uint64_t tick)
{
    return &worker->sheets[tick % WORKER_SHEETS];
}

static void wake_timers(struct worker *w, uint64_t now_ns)
{
    uint32_t id;
    while (timers_pop(&w->timers, now_ns, &id)) {
        /* One that is woken already has its turn below; this timer is of its request before. */
        if (!w->flows[id].woken) flow_timer(w, &w->flows[id], clock_now_ns());
    }
}

/* The time, for a flow that is due at once: of the reply that it is due by, where that was just
 * now. What passes until the next is sent is lag in any case; one that has to wait for a connection
 * is told the time anew, in exchange_begin(). */
static uint64_t just_now(const struct worker *w, const struct flow *f)
{
    bool known = w->just_ns >= f->intended_ns && w->just_ns >= w->tick_start_ns;
    return known ? w->just_ns : clock_now_ns();
}

/* Flows that go on at once. Only those here already: one that fails without waiting, and is here
 * again, must not keep the others from being read. */
static void wake_due_now(struct worker *w)
{
    uint32_t last = w->now_tail;
    for (bool more = w->now_head != NOBODY; more;) {
        uint32_t id = w->now_head;
        struct flow *f = &w->flows[id];
        w->now_head = f->next_due;
        if (w->now_head == NOBODY) w->now_tail = NOBODY;
        more = id != last;
        f->woken = false;
        flow_timer(w, f, just_now(w, f));
    }
}

static void see_timeline(struct worker *w)
{
    uint64_t held = shared_see(&w->setting.timeline->held);
    if (held != UINT64_MAX) {
        record_await(w, clock_now_ns());
        record_expect(w); /* it may come while what is ready is read */
    }
    uint64_t version = shared_see(&w->setting.timeline->version);
    if (version == w->version) return;
    w->version = version;
    record_expect(w);
    flow_stages_moved(w);
}

static uint64_t leave_at(const struct worker *w)
{
    return w->setting.origin_ns + shared_see(&w->setting.timeline->leave);
}

/* How long to wait for `due_ns`. What was done since `now_ns` is of no account where it is far off:
 * a turn takes less than LOOK_UP_NS, or all is late in any case. */
static uint64_t left_until(uint64_t due_ns, uint64_t now_ns)
{
    if (due_ns > now_ns + 2 * LOOK_UP_NS) return LOOK_UP_NS;
    uint64_t now = clock_now_ns();
    return due_ns > now ? due_ns - now : 0;
}

/* One turn: what is due is started, then what is ready is read. */
static void turn(struct worker *w, uint64_t now_ns)
{
    struct ready ready[READY_MAX];
    uint64_t due = arrivals_pump(w, now_ns);
    wake_timers(w, now_ns);
    w->just_ns = 0; /* a timer may have looked for a reply */
    wake_due_now(w);
    bool over = w->stage == w->setting.plan->stage_count && w->open_flows == 0;
    if (over) shared_publish(&w->board.idle, 1);
    if (timers_next_ns(&w->timers) < due) due = timers_next_ns(&w->timers);
    if (w->tick_end_ns < due) due = w->tick_end_ns;
    if (leave_at(w) < due) due = leave_at(w);
    if (w->now_head != NOBODY) due = now_ns;
    uint32_t count = poller_wait(&w->poller, ready, READY_MAX, left_until(due, now_ns));
    see_timeline(w); /* it may have been held up there, and what comes now is of another tick */
    for (uint32_t i = 0; i < count; i++) {
        exchange_ready(w, &ready[i]);
        /* Send the next before the next is read: the target works meanwhile. */
        wake_due_now(w);
        w->just_ns = 0;
    }
    /* A long tick's end would be too late. What was ready is read, unless there was too much. */
    if (w->stalls.group.held > 0 && count < READY_MAX) record_quiet(w, now_ns);
}

/* What is still open is cut, and the last sheet published. */
static void leave(struct worker *w, uint64_t now_ns)
{
    uint64_t end = leave_at(w);
    record_reach(w, now_ns); /* a worker that was held up has ticks to close before */
    w->leaving = true;
    w->look_ns = UINT64_MAX; /* what is cut now belongs to the last tick */
    arrivals_cut(w, now_ns);
    for (uint32_t i = 0; i < w->flow_fresh && w->open_flows > 0; i++) {
        flow_cut(w, &w->flows[i], now_ns);
    }
    exchange_close_all(w);
    w->tick_end_ns = end > w->tick_start_ns ? end : w->tick_start_ns + 1;
    record_close(w);
}

void *worker_run(void *arg)
{
    struct worker *w = arg;
    /* The default slack of 50 us would be lag in every arrival. */
    int slack = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    UNUSED(slack);
    poller_own_descriptors();
    w->cpu_ns = clock_thread_cpu_ns();
    shared_publish(&w->board.thread_id, (uint64_t)gettid());
    clock_sleep_until(w->setting.origin_ns);
    for (;;) {
        uint64_t now = clock_now_ns();
        if (now < w->setting.origin_ns) {
            clock_sleep_until(w->setting.origin_ns);
            continue;
        }
        record_turn(w, now);
        see_timeline(w);
        if (now >= leave_at(w)) {
            leave(w, now);
            return NULL;
        }
        record_reach(w, now);
        poller_refresh(&w->poller, now);
        turn(w, now);
    }
}
