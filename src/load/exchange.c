/* Connections: which one a request takes, what is written, what comes back. A response is taken
 * apart where it lies in the worker's buffer; only a line that is cut, or a body that a check must
 * see whole, is copied to the connection. */
#include <string.h>

#include "base/clock.h"
#include "load/exchange_priv.h"
#include "load/flow_priv.h"
#include "load/gather_priv.h"
#include "load/mishap_priv.h"
#include "load/pool_priv.h"
#include "load/record_priv.h"
#include "load/worker_priv.h"

#define READS_A_TURN 16 /* of one connection: 1 MiB */
#define ID_BITS 20u     /* of the index in a poller's id; the rest tells reuses of it apart */

static_assert(MAX_CONNECTIONS >> ID_BITS <= 1, "an index fits its bits");

static uint32_t poll_id(const struct worker *w, const struct connection *c)
{
    return (uint32_t)(c - w->connections) | c->generation << ID_BITS;
}

static void end_request(struct worker *w, struct flow *f, enum outcome outcome, const char *why,
                        struct bytes sample)
{
    uint64_t now = clock_now_ns();
    struct ending ending = {
        .outcome = outcome, .read_ns = now, .kernel_ns = now, .why = why, .sample = sample};
    f->connection = NOBODY;
    flow_request_ended(w, f, &ending);
}

/* --- one goes --- */

static void discard(struct worker *w, struct connection *c)
{
    assert(c->state != CONNECTION_FREE);
    if (c->state == CONNECTION_IDLE) pool_unlink_idle(w, c);
    if (c->stream.fd >= 0) stream_close(&c->stream);
    gather_drop(w, c);
    c->state = CONNECTION_FREE;
    w->pools[c->target].open--;
    c->generation = (c->generation + 1) & ((1u << (32 - ID_BITS)) - 1);
    c->next_free = w->connection_free;
    w->connection_free = (uint32_t)(c - w->connections);
}

void exchange_close_all(struct worker *w)
{
    for (uint32_t i = 0; i < w->connection_fresh; i++) {
        if (w->connections[i].state != CONNECTION_FREE) discard(w, &w->connections[i]);
    }
}

static void fail_connection(struct worker *w, struct connection *c, enum outcome outcome,
                            const char *why, struct bytes sample)
{
    struct flow *f = &w->flows[c->flow];
    discard(w, c);
    end_request(w, f, outcome, why, sample);
}

/* --- making connections --- */

static const struct address *next_source(struct worker *w)
{
    if (w->setting.source_count == 0) return NULL;
    return &w->setting.sources[w->next_source++ % w->setting.source_count];
}

static void connect_for(struct worker *w, struct flow *f)
{
    uint32_t id = w->connection_free;
    if (id == NOBODY) id = w->connection_fresh++;
    else w->connection_free = w->connections[id].next_free;
    struct connection *c = &w->connections[id];
    c->stream.fd = -1;
    c->state = CONNECTION_MAKING;
    c->target = f->target;
    w->pools[c->target].open++;
    c->flow = flow_id(w, f);
    c->shaking = c->ended = c->blocked = false;
    c->began_ns = clock_now_ns();
    f->state = FLOW_CONNECTING;
    f->connection = id;
    struct route *route = &w->setting.routes[f->target];
    struct address to;
    struct stream_way way = {.to = route_address(route, &to) ? &to : NULL, .from = next_source(w)};
    if (route->tls) way.tls = &w->peers[f->target];
    enum outcome outcome = OUTCOME_DNS;
    const char *why = way.to ? NULL : route_trouble(route);
    if (way.to) {
        enum stream_status status = stream_connect(&c->stream, &w->poller, &way, poll_id(w, c));
        if (status == STREAM_AGAIN) {
            flow_watch(w, f);
            return;
        }
        outcome = mishap_connecting(status, &w->peers[f->target], &why);
    }
    f->ready_ns = clock_now_ns();
    fail_connection(w, c, outcome, why, (struct bytes){0});
}

static bool has_room(const struct worker *w)
{
    return w->connection_free != NOBODY || w->connection_fresh < w->connection_count;
}

/* Room for a new connection: a free place, or that of an idle connection to another target. */
static bool make_room(struct worker *w)
{
    for (uint32_t i = 0; !has_room(w) && i < w->setting.plan->target_count; i++) {
        if (w->pools[i].idle != NOBODY) discard(w, &w->connections[w->pools[i].idle]);
    }
    return has_room(w);
}

/* Flows that wait get connections while there is room. */
static void serve_queues(struct worker *w)
{
    struct pool *pool;
    if (w->leaving) return; /* who waits is about to be cut */
    while ((pool = pool_neediest(w)) && make_room(w)) {
        struct flow *f = &w->flows[pool->queue_head];
        pool_unqueue(w, f);
        connect_for(w, f);
    }
}

/* --- sending --- */

/* A connection that served a request and is of no more use. */
static void fail_lost(struct worker *w, struct connection *c, enum stream_status status)
{
    const char *why;
    enum outcome outcome = mishap_talking(status, &c->stream, &why);
    fail_connection(w, c, outcome, why, (struct bytes){0});
    serve_queues(w);
}

/* What it waits for. What can be read already is told of again. */
static void watch(struct worker *w, struct connection *c)
{
    bool writable = c->unsent_len > 0 || c->blocked;
    stream_want_write(&c->stream, &w->poller, poll_id(w, c), writable);
}

/* A constant request, and in it the trace of this one. */
static inline struct bytes mark(struct worker *w, struct flow *f, const struct constant *constant)
{
    f->sampled = false;
    if (constant->trace_at == 0) return constant->text;
    uint64_t low = flow_trace(w, f);
    char *own = w->constants + constant->own_at;
    f->sampled = trace_sampled(&w->setting.program->trace, low);
    trace_patch(own + constant->trace_at, low, f->sampled);
    return (struct bytes){own, constant->text.len};
}

static void send_rest(struct worker *w, struct connection *c)
{
    size_t sent = 0;
    struct flow *f = &w->flows[c->flow];
    const struct operation *op = flow_operation(w, f);
    if (op->constant) mark(w, f, &op->constant[f->target]); /* others were sent meanwhile */
    enum stream_status status = stream_send(&c->stream, c->unsent, c->unsent_len, &sent);
    if (status != STREAM_OK && status != STREAM_AGAIN) {
        fail_lost(w, c, status);
        return;
    }
    c->unsent += sent;
    c->unsent_len -= sent;
    if (c->unsent_len == 0) watch(w, c);
}

static NO_INLINE bool render_varying(struct worker *w, struct flow *f, struct bytes *request,
                                     const char **why)
{
    const struct operation *op = flow_operation(w, f);
    struct values values = flow_values(w, f);
    f->sampled = op->traced && trace_sampled(&w->setting.program->trace, flow_trace(w, f));
    uint32_t target = f->target;
    size_t len = 0;
    enum render_status status = render_request(w->setting.program, op, &values, &target, w->out,
                                               w->setting.program->request_limit, &len);
    *request = (struct bytes){w->out, len};
    *why = render_status_text(status);
    f->target = target;
    return status == RENDER_OK;
}

/* The usual request is constant but for its trace. */
static inline bool render(struct worker *w, struct flow *f, const struct operation *op,
                          struct bytes *request, const char **why)
{
    if (!op->constant) return render_varying(w, f, request, why);
    *request = mark(w, f, &op->constant[f->target]);
    return true;
}

/* The request stands in w->out, if it varies. */
static void send_rendered(struct worker *w, struct flow *f, struct connection *c,
                          struct bytes request)
{
    const struct operation *op = flow_operation(w, f);
    c->state = CONNECTION_BUSY;
    c->flow = flow_id(w, f);
    c->unsent_len = 0;
    h1_resp_init(&c->response, op->head_request);
    f->state = FLOW_TALKING;
    f->connection = (uint32_t)(c - w->connections);
    if (w->setting.tap) w->setting.tap->sent(w->setting.tap->ctx, request);
    size_t sent = 0;
    f->sent_ns = clock_now_ns();
    enum stream_status status = stream_send(&c->stream, request.at, request.len, &sent);
    if (status != STREAM_OK && status != STREAM_AGAIN) {
        fail_lost(w, c, status);
        return;
    }
    if (sent < request.len) {
        c->unsent_len = request.len - sent;
        c->unsent = request.at + sent;
        if (!op->constant) { /* w->out is the next request's */
            char *own = w->sends + (size_t)f->connection * w->setting.program->request_limit;
            memcpy(own, c->unsent, c->unsent_len);
            c->unsent = own;
        }
        watch(w, c);
    }
    flow_watch(w, f);
}

static void send_request(struct worker *w, struct flow *f, struct connection *c)
{
    const char *why = NULL;
    struct bytes request;
    bool rendered = render(w, f, flow_operation(w, f), &request, &why);
    assert(rendered); /* exchange_begin() tried it, and it is a pure function */
    UNUSED(rendered);
    send_rendered(w, f, c, request);
}

/* --- connections made --- */

static void connected(struct worker *w, struct connection *c)
{
    struct flow *f = &w->flows[c->flow];
    struct stream_handshake handshake;
    enum stream_status status = stream_connected(&c->stream, &w->poller, poll_id(w, c), &handshake);
    c->shaking = c->stream.tls && status == STREAM_AGAIN;
    if (status == STREAM_AGAIN) return;
    f->ready_ns = clock_now_ns();
    f->connect_ns = f->ready_ns - c->began_ns;
    if (status != STREAM_OK) {
        const char *why = NULL;
        enum outcome outcome = mishap_connecting(status, &w->peers[c->target], &why);
        fail_connection(w, c, outcome, why, (struct bytes){0});
        serve_queues(w);
        return;
    }
    if (handshake.began_ns > 0) {
        f->tls_ns = f->ready_ns - handshake.began_ns;
        f->connect_ns -= f->tls_ns;
    }
    record_connect(w, f, handshake.resumed);
    send_request(w, f, c);
}

void exchange_begin(struct worker *w, struct flow *f)
{
    const struct operation *op = flow_operation(w, f);
    const char *why = NULL;
    struct bytes request;
    if (op->fixed_target > 0) f->target = op->fixed_target - 1;
    if (!render(w, f, op, &request, &why)) {
        end_request(w, f, OUTCOME_CHECK, why, (struct bytes){0});
        return;
    }
    struct pool *pool = &w->pools[f->target];
    if (pool->idle != NOBODY && !op->step->new_connection) {
        struct connection *c = &w->connections[pool->idle];
        pool->idle = c->next_idle;
        send_rendered(w, f, c, request);
        return;
    }
    /* What went before is lag, what comes now is wait. */
    f->taken_ns = f->ready_ns = clock_now_ns();
    if (pool->queue_head == NOBODY && make_room(w)) connect_for(w, f);
    else pool_enqueue(w, f);
}

/* A connection whose reply is complete: to the flow that waits longest, else it is idle. */
static void release(struct worker *w, struct connection *c, uint64_t now_ns)
{
    struct pool *pool = &w->pools[c->target];
    gather_drop(w, c);
    if (!c->response.keep_alive || c->ended || pool_gives_way(w, pool)
        || pool_next_wants_new(w, pool)) {
        discard(w, c);
        serve_queues(w);
    } else if (pool->queue_head != NOBODY) {
        struct flow *f = &w->flows[pool->queue_head];
        pool_unqueue(w, f);
        f->ready_ns = now_ns;
        send_request(w, f, c);
    } else {
        c->state = CONNECTION_IDLE;
        c->next_idle = pool->idle;
        pool->idle = (uint32_t)(c - w->connections);
        /* Somebody may wait for a place to connect to another target from. */
        if (w->setting.plan->target_count > 1) serve_queues(w);
    }
}

void exchange_abandon(struct worker *w, struct flow *f)
{
    if (f->state == FLOW_QUEUED) {
        pool_unqueue(w, f);
        f->ready_ns = clock_now_ns();
        return;
    }
    assert(f->state == FLOW_CONNECTING || f->state == FLOW_TALKING);
    if (f->state == FLOW_CONNECTING) f->ready_ns = clock_now_ns();
    discard(w, &w->connections[f->connection]);
    f->connection = NOBODY;
    serve_queues(w);
}

/* --- receiving --- */

/* What one read brought. */
struct chunk {
    struct bytes in;   /* kept bytes and new ones */
    struct bytes all;  /* the same, whole: for the sample of an error */
    struct bytes body; /* the body, as long as it is one piece of this chunk */
    uint64_t read_ns, kernel_ns;
};

/* The limit that the kernel's stamps say was not kept; NULL: all were. */
static const char *late_by(const struct flow *f, const struct operation *op,
                           const struct ending *ending)
{
    if (ending->kernel_ns > f->response_due_ns) return FLOW_LATE;
    uint64_t first_ns = op->step->timeout.first_byte_ns;
    return first_ns > 0 && f->first_byte_ns > f->sent_ns + first_ns ? FLOW_FIRST_LATE : NULL;
}

static void reply_complete(struct worker *w, struct connection *c, struct chunk *chunk)
{
    struct flow *f = &w->flows[c->flow];
    const struct operation *op = flow_operation(w, f);
    struct ending ending = {.outcome = OUTCOME_OK,
                            .read_ns = chunk->read_ns,
                            .kernel_ns = chunk->kernel_ns,
                            .status = c->response.status,
                            .sample = chunk->all};
    if (chunk->in.len > 0) {
        ending.outcome = OUTCOME_PROTOCOL;
        ending.why = "bytes behind the reply that nobody asked for";
        c->response.keep_alive = false;
    } else if (!op->reads_head && !op->reads_body && !op->tests_status) {
        /* The usual case, without a look at checks: 2xx and 3xx are ok. */
        if (ending.status < 200 || ending.status > 399) ending.outcome = OUTCOME_STATUS;
    } else if (c->no_room) {
        ending.outcome = OUTCOME_CHECK;
        ending.no_room = true;
        ending.why = GATHER_NO_ROOM;
    } else {
        struct bytes body = chunk->body;
        if (c->body_len > 0) body = (struct bytes){c->body, c->body_len};
        struct values values = flow_values(w, f);
        struct captured captured = flow_captured(w, f);
        ending.verdict =
            verify_reply(&w->verifier, op, &values, &captured, ending.status, body, &f->marks);
        if (ending.verdict.status == VERIFY_STATUS) ending.outcome = OUTCOME_STATUS;
        if (ending.verdict.status == VERIFY_CHECK) ending.outcome = OUTCOME_CHECK;
        if (ending.outcome == OUTCOME_CHECK && c->body_cut) {
            ending.why = "checks see the first MiB of a body, and this one is longer";
        }
    }
    if (c->unsent_len > 0) c->response.keep_alive = false; /* the rest of the request is owed */
    if (op->step->new_connection) c->response.keep_alive = false;
    const char *late = late_by(f, op, &ending);
    if (ending.outcome == OUTCOME_OK && late) {
        ending.outcome = OUTCOME_TIMEOUT; /* read before its timer could ring */
        ending.why = late;
    }
    flow_request_ended(w, f, &ending);
    /* After the books, or what this makes happen would stand in them before it. */
    release(w, c, chunk->read_ns);
}

static enum h1_step read_events(struct worker *w, struct connection *c, struct chunk *chunk,
                                struct h1_seen *seen)
{
    struct flow *f = &w->flows[c->flow];
    const struct operation *op = flow_operation(w, f);
    if (!op->reads_head) {
        enum h1_step head = h1_resp_skip_head(&c->response, &chunk->in, seen);
        if (head != H1_EVENT) return head;
    }
    struct values values = flow_values(w, f);
    struct captured captured = flow_captured(w, f);
    struct h1_event event;
    enum h1_step step;
    while ((step = h1_resp_step(&c->response, &chunk->in, &event)) == H1_EVENT) {
        if (event.kind == H1_HEADER && op->reads_head) {
            verify_header(&w->verifier, op, &values, &captured, event.name, event.value, &f->marks);
        } else if (event.kind == H1_BODY && op->reads_body) {
            bool first = c->body_len == 0 && chunk->body.len == 0;
            if (first) {
                chunk->body = event.body;
                continue;
            }
            /* A second piece: from now on the body is gathered in a place of its own. */
            if (c->body_len == 0) gather_body(w, c, chunk->body);
            gather_body(w, c, event.body);
        }
    }
    /* The buffer is the next reply's: what of the body lies in it must move. */
    if (step == H1_MORE && c->body_len == 0) gather_body(w, c, chunk->body);
    return step;
}

/* Not even the line at hand can be kept. */
static void fail_room(struct worker *w, struct connection *c, const struct chunk *chunk)
{
    struct flow *f = &w->flows[c->flow];
    struct ending ending = {.outcome = OUTCOME_CHECK,
                            .read_ns = chunk->read_ns,
                            .kernel_ns = chunk->kernel_ns,
                            .no_room = true,
                            .why = GATHER_NO_ROOM};
    discard(w, c);
    f->connection = NOBODY;
    flow_request_ended(w, f, &ending);
    serve_queues(w);
}

/* True: more of this reply is to come. */
static bool feed(struct worker *w, struct connection *c, struct chunk *chunk)
{
    struct flow *f = &w->flows[c->flow];
    const struct operation *op = flow_operation(w, f);
    bool reads = op->reads_head || op->reads_body;
    /* A look at the clock saved, where nothing takes long. */
    if (!reads) w->just_ns = chunk->read_ns;
    struct h1_seen *seen = &w->heads_seen[op - w->setting.program->operations];
    enum h1_step step =
        reads ? read_events(w, c, chunk, seen) : h1_resp_skip(&c->response, &chunk->in, seen);
    switch (step) {
    case H1_DONE:
        reply_complete(w, c, chunk);
        return false;
    case H1_EVENT:
    case H1_BAD:
        fail_connection(w, c, OUTCOME_PROTOCOL, h1_bad_text(c->response.bad), chunk->all);
        serve_queues(w);
        return false;
    case H1_MORE:
        break;
    }
    if (gather_put_line(w, c, chunk->in)) return true;
    fail_room(w, c, chunk);
    return false;
}

static void lost(struct worker *w, struct connection *c, enum stream_status status,
                 uint64_t read_ns)
{
    struct chunk chunk = {.read_ns = read_ns, .kernel_ns = read_ns};
    if (status == STREAM_EOF && h1_resp_eof(&c->response) == H1_DONE) {
        c->response.keep_alive = false;
        reply_complete(w, c, &chunk);
        return;
    }
    fail_lost(w, c, status);
}

/* The kernel's stamp, between sending and reading: a stepped wall clock could put it out. */
static uint64_t bounded_stamp(const struct flow *f, uint64_t kernel_ns, uint64_t read_ns)
{
    if (kernel_ns == 0 || kernel_ns > read_ns) return read_ns;
    return kernel_ns < f->sent_ns ? f->sent_ns : kernel_ns;
}

static enum stream_status take(struct worker *w, struct connection *c, char *at,
                               struct stream_arrival *out)
{
    enum stream_status status = stream_receive(&c->stream, &w->poller, at, IN_SIZE, out);
    if (out->wants_write != c->blocked) { /* told once, like all that is new */
        c->blocked = out->wants_write;
        watch(w, c);
    }
    return status;
}

static void receive(struct worker *w, struct connection *c)
{
    struct flow *f = &w->flows[c->flow];
    for (uint32_t reads = 0; reads < READS_A_TURN; reads++) {
        struct chunk chunk = {0};
        struct stream_arrival arrival;
        char *at = w->in + KEEP_SIZE;
        enum stream_status status = take(w, c, at, &arrival);
        if (status == STREAM_AGAIN && (!c->ended || c->blocked)) return;
        /* A TLS record in part, and the end behind it, which is not told of again. */
        if (status == STREAM_AGAIN) continue;
        chunk.read_ns = clock_now_ns();
        if (status != STREAM_OK) {
            lost(w, c, status, chunk.read_ns);
            return;
        }
        if (w->setting.tap)
            w->setting.tap->received(w->setting.tap->ctx, (struct bytes){at, arrival.len});
        chunk.kernel_ns = bounded_stamp(f, arrival.kernel_ns, chunk.read_ns);
        if (f->first_byte_ns == 0) f->first_byte_ns = chunk.kernel_ns;
        size_t kept = gather_back(w, c, at);
        chunk.in = chunk.all = (struct bytes){at - kept, arrival.len + kept};
        if (!feed(w, c, &chunk) || (!arrival.more && !c->ended)) return;
    }
    /* A peer that sends as fast as we read must not keep the others, and what is due, waiting: the
     * poller tells of the rest in the next turn. */
    watch(w, c);
}

bool exchange_look(struct worker *w, struct flow *f)
{
    struct connection *c = &w->connections[f->connection];
    uint32_t generation = c->generation;
    assert(f->state == FLOW_TALKING && c->state == CONNECTION_BUSY);
    receive(w, c);
    /* A flow never goes straight on to its next request, so this is still the same one. */
    return f->state != FLOW_TALKING || c->generation != generation;
}

/* TLS may have to say something that is no data: a ticket for the next session, a new key. */
static bool is_quiet(struct worker *w, struct connection *c)
{
    struct stream_arrival arrival;
    return take(w, c, w->in, &arrival) == STREAM_AGAIN;
}

void exchange_ready(struct worker *w, const struct ready *ready)
{
    struct connection *c = &w->connections[ready->id & ((1u << ID_BITS) - 1)];
    if (ready->id >> ID_BITS != c->generation) return; /* of a connection that is gone */
    c->ended |= ready->ended;
    switch (c->state) {
    case CONNECTION_FREE:
        return;
    case CONNECTION_MAKING:
        if (ready->writable || c->shaking) connected(w, c);
        return;
    case CONNECTION_IDLE: /* closed by the peer, or it talks unasked: of no more use */
        if (c->stream.tls && !c->ended && is_quiet(w, c)) return;
        discard(w, c);
        serve_queues(w);
        return;
    case CONNECTION_BUSY:
        if (c->unsent_len > 0 && ready->writable) {
            send_rest(w, c);
            if (c->state != CONNECTION_BUSY || ready->id != poll_id(w, c)) return;
        }
        if (ready->readable || c->blocked) receive(w, c);
        return;
    }
}
