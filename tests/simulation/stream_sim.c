/* The simulated twin of src/net/stream_linux.c. Since the model knows all of a reply when it has
 * the request, a socket is a list of bytes with the instants at which they arrive; waiting is
 * looking for the next such instant. Edge-triggered, like epoll as we use it. */
#include "stream_sim.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "load/timers.h"
#include "net/stream.h"
#include "target.h"
#include "world.h"

#define POLLERS_MAX 16
#define FIRST_POLLER 100000 /* descriptors from here on are pollers */

enum socket_state { SOCKET_CONNECTING, SOCKET_OPEN };

struct socket {
    struct link link;
    enum socket_state state;
    enum welcome welcome;
    uint64_t connected_ns;
    uint32_t id, poller;
    bool want_write;
    uint64_t told_ns;     /* what came until then was reported */
    uint64_t room_ns;     /* from then on a send is taken again */
    uint64_t blocked_ns;  /* until then a read must write first, as with TLS; 0: none does */
    uint64_t wait, reads; /* how often it was read since the wait of this number */
};

static struct {
    struct socket *sockets; /* [LINKS_MAX] */
    struct arena arena;
    struct timers events[POLLERS_MAX]; /* by socket */
    uint32_t poller_count, open_count;
    uint64_t waits;
} net;

void stream_sim_open(void)
{
    if (!net.sockets) {
        void *at = mmap(NULL, LINKS_MAX * sizeof(struct socket), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        MUST(at != MAP_FAILED, "no memory for the network");
        net.sockets = at;
        MUST(arena_open(&net.arena, (size_t)16 << 20, NULL), "no memory for the network");
    }
    arena_reset(&net.arena);
    net.poller_count = 0;
    for (uint32_t i = 0; i < LINKS_MAX && net.open_count > 0; i++) {
        if (net.sockets[i].link.used) net.open_count--;
        net.sockets[i].link.used = false;
    }
}

uint32_t stream_sim_open_count(void)
{
    return net.open_count;
}

bool poller_open(struct poller *p, struct err *err)
{
    if (net.poller_count == POLLERS_MAX) return err_set(err, ERR_LIMIT, 0, "too many pollers");
    p->fd = (int)(FIRST_POLLER + net.poller_count);
    timers_init(&net.events[net.poller_count++], &net.arena, LINKS_MAX);
    MUST(arena_ok(&net.arena), "no memory for the network");
    return true;
}

void poller_own_descriptors(void)
{
    /* One table, as on a kernel that can't copy it. */
}

void poller_close(struct poller *p)
{
    p->fd = -1;
}

static uint32_t poller_index(const struct poller *p)
{
    return (uint32_t)(p->fd - FIRST_POLLER);
}

static bool has_end(const struct link *l)
{
    return l->closed_after || l->reset_after;
}

/* When something can next be read: the next part, or after the last the end. */
static uint64_t readable_ns(const struct socket *s)
{
    const struct link *l = &s->link;
    if (s->state != SOCKET_OPEN) return UINT64_MAX;
    if (l->part_next < l->part_count) return l->parts[l->part_next].at_ns;
    if (l->flood_left > 0) return l->parts[l->part_count - 1].at_ns;
    return has_end(l) ? l->end_ns : UINT64_MAX;
}

static uint64_t writable_ns(const struct socket *s)
{
    if (s->state == SOCKET_CONNECTING) return s->connected_ns;
    if (!s->want_write) return UINT64_MAX;
    return s->room_ns > s->blocked_ns ? s->room_ns : s->blocked_ns;
}

static uint64_t earlier(uint64_t at_ns, uint64_t than_ns)
{
    return at_ns < than_ns ? at_ns : than_ns;
}

/* The next instant at which something comes that was not reported. */
static uint64_t next_edge_ns(const struct socket *s)
{
    const struct link *l = &s->link;
    uint64_t edge = writable_ns(s) > s->told_ns ? writable_ns(s) : UINT64_MAX;
    if (s->state != SOCKET_OPEN) return edge;
    if (readable_ns(s) > s->told_ns) edge = earlier(readable_ns(s), edge);
    for (uint32_t i = l->part_next; i < l->part_count; i++) {
        if (l->parts[i].at_ns > s->told_ns) edge = earlier(l->parts[i].at_ns, edge);
    }
    if (has_end(l) && l->end_ns > s->told_ns) edge = earlier(l->end_ns, edge);
    return edge;
}

static void plan_event(struct socket *s)
{
    uint64_t at = next_edge_ns(s);
    struct timers *events = &net.events[s->poller];
    uint32_t index = (uint32_t)(s - net.sockets);
    if (at == UINT64_MAX) timers_clear(events, index);
    else timers_set(events, index, at);
}

uint32_t poller_wait(struct poller *p, struct ready *out, uint32_t size, uint64_t left_ns)
{
    uint64_t deadline_ns = world_now_ns() + left_ns;
    struct timers *events = &net.events[poller_index(p)];
    uint32_t index, found[256], count = 0;
    world_call();
    net.waits++;
    for (;;) {
        uint64_t now = world_now_ns(), next = timers_next_ns(events);
        if (next <= now || deadline_ns <= now) break;
        world_sleep_until(next < deadline_ns ? next : deadline_ns);
    }
    while (count < size && count < 256 && timers_pop(events, world_now_ns(), &index)) {
        found[count++] = index;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct socket *s = &net.sockets[found[i]];
        bool taken = s->blocked_ns > 0; /* what there was lies with TLS, no more in the kernel */
        out[i] = (struct ready){.id = s->id,
                                .readable = !taken && readable_ns(s) <= world_now_ns(),
                                .writable = writable_ns(s) <= world_now_ns(),
                                .ended = s->state == SOCKET_OPEN && has_end(&s->link)
                                         && s->link.end_ns <= world_now_ns()};
        s->told_ns = world_now_ns();
        plan_event(s);
    }
    return count;
}

void poller_refresh(struct poller *p, uint64_t now_ns)
{
    p->offset_read_ns = now_ns;
}

static struct socket *socket_at(int fd)
{
    MUST(fd >= 0 && fd < LINKS_MAX && net.sockets[fd].link.used, "descriptor %d is not open", fd);
    return &net.sockets[fd];
}

enum stream_status stream_connect(struct stream *out, struct poller *p,
                                  const struct stream_way *way, uint32_t id)
{
    uint64_t at_ns;
    MUST(!way->tls, "the model speaks no TLS");
    world_call();
    *out = (struct stream){.fd = -1};
    enum welcome welcome = target_connect(world_now_ns(), &at_ns);
    if (welcome == WELCOME_NO_PORT) return STREAM_NO_PORT;
    /* A refusal is known at once now and then, as on loopback. */
    if (welcome == WELCOME_REFUSED && world_chance(300000)) return STREAM_REFUSED;
    uint32_t index = 0;
    while (index < LINKS_MAX && net.sockets[index].link.used) index++;
    MUST(index < LINKS_MAX, "more connections than the simulation has");
    struct socket *s = &net.sockets[index];
    s->state = SOCKET_CONNECTING;
    s->welcome = welcome;
    s->connected_ns = welcome == WELCOME_NEVER ? UINT64_MAX : at_ns;
    s->id = id;
    s->poller = poller_index(p);
    s->want_write = false;
    s->told_ns = s->room_ns = s->blocked_ns = 0;
    struct link *l = &s->link;
    l->used = true;
    l->reset_after = l->closed_after = l->sending = false;
    l->exchange = NO_EXCHANGE;
    l->request_len = l->reply_len = l->reply_read = 0;
    l->part_count = l->part_next = 0;
    l->flood_left = 0;
    net.open_count++;
    plan_event(s);
    out->fd = (int)index;
    return STREAM_AGAIN;
}

enum stream_status stream_connected(struct stream *stream, struct poller *p, uint32_t id,
                                    struct stream_handshake *out)
{
    struct socket *s = socket_at(stream->fd);
    *out = (struct stream_handshake){0};
    world_call();
    MUST(s->id == id && s->poller == poller_index(p), "a connect of somebody else");
    MUST(s->state == SOCKET_CONNECTING && s->connected_ns <= world_now_ns(), "not connected yet");
    if (s->welcome == WELCOME_REFUSED) return STREAM_REFUSED;
    s->state = SOCKET_OPEN;
    s->told_ns = 0; /* the poller is told anew what to look for */
    plan_event(s);
    return STREAM_OK;
}

enum stream_status stream_send(struct stream *stream, const char *at, size_t len, size_t *sent)
{
    struct socket *s = socket_at(stream->fd);
    struct link *l = &s->link;
    uint64_t began_ns = world_now_ns();
    MUST(s->state == SOCKET_OPEN, "a send before the connection");
    *sent = 0;
    target_counts()->last_action_ns = began_ns;
    world_call();
    uint64_t now = world_now_ns();
    bool ended = has_end(l) && l->part_next == l->part_count;
    if (ended && l->end_ns <= now) {
        target_counts()->late++;
        if (l->reset_after) return STREAM_RESET;
        *sent = len; /* the kernel takes it; the peer answers with a reset */
        return STREAM_OK;
    }
    if (!l->sending) {
        l->sending = true;
        l->request_began_ns = began_ns;
        l->closed_after = false; /* it was to be closed when idle, and is no longer */
    }
    if (s->room_ns > now) return STREAM_AGAIN;
    size_t taken = len;
    if (world_chance(target_law()->sends_part)) {
        taken = (size_t)world_between(0, len - 1);
        s->room_ns = now + world_between(0, 3 * NS_PER_MS);
    }
    target_take(l, (struct bytes){at, taken}, now);
    if (readable_ns(s) <= s->told_ns) s->told_ns = readable_ns(s) - 1; /* a reply at once */
    *sent = taken;
    plan_event(s);
    return taken == 0 ? STREAM_AGAIN : STREAM_OK;
}

void stream_want_write(struct stream *stream, struct poller *p, uint32_t id, bool want)
{
    struct socket *s = socket_at(stream->fd);
    world_call();
    MUST(s->id == id && s->poller == poller_index(p), "somebody else's connection");
    s->want_write = want;
    s->told_ns = 0;
    plan_event(s);
}

/* What the model notes of a read, and whether that was the end of the exchange. */
static void note_read(struct socket *s, uint64_t stamp_ns, bool ended)
{
    struct link *l = &s->link;
    if (l->exchange == NO_EXCHANGE) return;
    struct exchange *x = target_exchange(l->exchange);
    bool by_end = x->kind == REPLY_CLOSE || x->kind == REPLY_CUT || x->kind == REPLY_RESET;
    if (x->first_ns == 0 && !ended) x->first_ns = stamp_ns;
    if (by_end ? !ended : l->reply_read < l->reply_len || l->flood_left > 0) return;
    x->last_ns = stamp_ns;
    x->read_ns = world_now_ns();
    l->exchange = NO_EXCHANGE;
}

static void count_read(struct socket *s)
{
    struct target_counts *counts = target_counts();
    s->reads = s->wait == net.waits ? s->reads + 1 : 1;
    s->wait = net.waits;
    if (s->reads > counts->reads_most) counts->reads_most = s->reads;
}

const char *stream_tls_why(const struct stream *stream)
{
    UNUSED(stream);
    return "";
}

enum stream_status stream_receive(struct stream *stream, struct poller *p, char *at, size_t size,
                                  struct stream_arrival *out)
{
    struct socket *s = socket_at(stream->fd);
    struct link *l = &s->link;
    world_call();
    uint64_t now = world_now_ns(), last_ns = 0;
    MUST(s->poller == poller_index(p), "somebody else's connection");
    count_read(s);
    *out = (struct stream_arrival){0};
    if (readable_ns(s) > now) return STREAM_AGAIN;
    if (s->blocked_ns == 0 && world_chance(target_law()->blocks)) {
        s->blocked_ns = now + world_between(1, 3 * NS_PER_MS);
    }
    out->wants_write = s->blocked_ns > now;
    if (out->wants_write) return STREAM_AGAIN;
    s->blocked_ns = 0;
    if (l->part_next == l->part_count && l->flood_left == 0) {
        note_read(s, now, true);
        return l->reset_after ? STREAM_RESET : STREAM_EOF;
    }
    while (l->part_next < l->part_count && l->parts[l->part_next].at_ns <= now && out->len < size) {
        size_t len = l->parts[l->part_next].end - l->reply_read;
        if (len > size - out->len) len = size - out->len;
        memcpy(at + out->len, l->reply + l->reply_read, len);
        out->len += len;
        l->reply_read += len;
        last_ns = l->parts[l->part_next].at_ns;
        if (l->reply_read == l->parts[l->part_next].end) l->part_next++;
    }
    if (l->part_next == l->part_count && l->flood_left > 0) {
        size_t len = size - out->len < l->flood_left ? size - out->len : (size_t)l->flood_left;
        memset(at + out->len, 'p', len);
        out->len += len;
        l->flood_left -= len;
        last_ns = l->parts[l->part_count - 1].at_ns;
    }
    bool stamped = !world_chance(target_law()->unstamped);
    out->kernel_ns = stamped ? last_ns : 0;
    out->more = out->len == size;
    note_read(s, stamped ? last_ns : now, false);
    plan_event(s);
    return STREAM_OK;
}

void stream_close(struct stream *stream)
{
    int fd = stream->fd;
    struct socket *s = socket_at(fd);
    world_call();
    if (s->welcome == WELCOME_YES) target_left(&s->link, world_now_ns());
    timers_clear(&net.events[s->poller], (uint32_t)fd);
    s->link.used = false;
    net.open_count--;
    stream->fd = -1;
}

/* Nothing is lost here on its way. */
bool stream_look(const struct stream *stream, struct stream_facts *out)
{
    UNUSED(stream);
    UNUSED(out);
    return false;
}
