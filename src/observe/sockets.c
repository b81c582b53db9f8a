#include "observe/sockets.h"

#include "base/attr.h"
#include "base/clock.h"
#include "net/sock_diag.h"
#include "net/sock_table.h"
#include "observe/inode_set.h"
#include "observe/netns.h"

#define LISTENERS_MAX 16 /* ports and paths of a service; what is beyond is not told */
#define LABEL_BYTES 80
#define LISTENING (1u << SOCK_LISTENING)
#define DEAR_SHARE 1000 /* what is dear is done so seldom that it takes 1/1000 of a core */
#define PORTS 65536
#define PEERS_MAX 16     /* that a service asks; what is beyond is not told */
#define AGAIN_SLOTS 8192 /* connections that had to send again: hash */

/* A port, or the path of a unix socket. Several sockets may share it (SO_REUSEPORT). */
struct listener {
    char label[LABEL_BYTES];
    uint16_t port;           /* 0: unix */
    uint64_t queued, limits; /* both summed up over the glances since the last look, ... */
    uint32_t seen;           /* ... of which it was there in so many, ... */
    uint32_t last;           /* ... in this one last */
};

/* Somebody that a service asks. */
struct asked {
    char label[LABEL_BYTES]; /* as a thread's place has it: "peer 127.0.0.1:5432" */
    uint32_t awaited;
};

struct own {
    struct sockets_of of;
    struct inode_set inodes;
    struct listener listeners[LISTENERS_MAX];
    uint32_t listener_count;
    uint64_t members; /* of the family when its descriptors were read: a sum that tells a change */
    uint64_t due_ns;
    uint32_t connections[SOCK_STATES];
    bool met[SOCK_STATES];
    struct asked asked[PEERS_MAX];
    uint32_t asked_count;
    uint64_t again; /* segments, since the last count */
    struct netns at;
    struct sock_diag diag; /* of its network, where that is not ours */
    bool told_elsewhere, told_denied;
};

/* What a connection had sent again so far. */
struct again {
    uint32_t inode, count;
};

struct again_map {
    struct again *slots; /* [AGAIN_SLOTS] */
    uint32_t count;
    bool full;
};

struct sockets {
    struct sock_diag diag;
    struct own *owns;
    uint32_t own_count;
    uint8_t *owner_of_port; /* [PORTS]: place in owns + 1 */
    uint32_t glances;
    struct again_map before, now;
    bool has_before;
    uint64_t due_ns, counted_ns; /* all sockets */
};

/* Whose sockets a question is about. */
struct scope {
    struct sockets *s;
    struct own *only; /* who lives in another network; NULL: all who live in ours */
};

/* ---- whose ---- */

static uint64_t members_of(const struct family *f)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f->process_count; i++) {
        sum += ((uint64_t)f->processes[i].pid << 32) ^ f->processes[i].start;
    }
    return sum;
}

static void tell_of(struct own *own, struct slip *slip)
{
    if (own->at.other && own->diag.fd < 0 && !own->told_elsewhere) {
        own->told_elsewhere = true;
        slip_say(slip,
                 "the sockets of %.*s are not seen: it has a network namespace of its own; give "
                 "prony CAP_SYS_ADMIN, or start it there: nsenter -t %d -n",
                 BYTES_ARG(own->of.service), own->at.pid);
    }
    if (own->inodes.denied && !own->told_denied) {
        own->told_denied = true;
        slip_say(slip,
                 "not all sockets of %.*s are seen: its descriptors may not be read; it takes the "
                 "same user, or what prony doctor says",
                 BYTES_ARG(own->of.service));
    }
}

static void look_whose(struct own *own, struct slip *slip, uint64_t now_ns)
{
    uint64_t members = members_of(own->of.family);
    if (members == own->members && now_ns < own->due_ns) return;
    uint64_t began_ns = clock_thread_cpu_ns();
    own->members = members;
    if (netns_look(&own->at, own->of.family)) {
        sock_diag_close(&own->diag);
        if (own->at.other) IGNORE(sock_diag_open_in(&own->diag, own->at.pid, NULL));
    }
    inode_set_look(&own->inodes, own->of.family);
    own->due_ns = now_ns + (clock_thread_cpu_ns() - began_ns) * DEAR_SHARE;
    tell_of(own, slip);
}

static bool is_own(const struct own *own, const struct sock_entry *entry)
{
    bool by_port = own->inodes.denied && !entry->is_unix && own->of.port != 0
                   && entry->local_port == own->of.port;
    return by_port || inode_set_has(&own->inodes, entry->inode);
}

static struct own *owner_of(const struct scope *scope, const struct sock_entry *entry)
{
    struct sockets *s = scope->s;
    if (scope->only) return is_own(scope->only, entry) ? scope->only : NULL;
    for (uint32_t i = 0; i < s->own_count && s->owns; i++) {
        if (!s->owns[i].at.other && is_own(&s->owns[i], entry)) return &s->owns[i];
    }
    return NULL;
}

/* Who listens at a port; NULL: none of the services. */
static struct own *listens_at(const struct scope *scope, uint16_t port)
{
    uint8_t place = scope->s->owner_of_port[port];
    if (!scope->only) return place > 0 ? &scope->s->owns[place - 1] : NULL;
    for (uint32_t i = 0; i < scope->only->listener_count; i++) {
        const struct listener *l = &scope->only->listeners[i];
        if (port > 0 && l->port == port) return scope->only;
    }
    return NULL;
}

/* ---- those that listen ---- */

static struct listener *find_listener(struct own *own, const struct sock_entry *entry)
{
    char array[LABEL_BYTES];
    struct text label = text_in(array, sizeof array);
    if (!entry->is_unix) text_addf(&label, "port %u", entry->local_port);
    else text_adds(&label, entry->path[0] ? entry->path : "unix socket");
    for (uint32_t i = 0; i < own->listener_count; i++) {
        if (strcmp(own->listeners[i].label, array) == 0) return &own->listeners[i];
    }
    if (own->listener_count == LISTENERS_MAX) return NULL;
    struct listener *listener = &own->listeners[own->listener_count++];
    *listener = (struct listener){.port = entry->is_unix ? 0 : entry->local_port};
    memcpy(listener->label, array, sizeof listener->label);
    return listener;
}

static void glance_one(void *ctx, const struct sock_entry *entry)
{
    const struct scope *scope = ctx;
    struct sockets *s = scope->s;
    struct own *own = owner_of(scope, entry);
    struct listener *listener = own ? find_listener(own, entry) : NULL;
    if (!listener) return;
    listener->queued += entry->queued;
    listener->limits += entry->limit;
    listener->seen += listener->seen == 0 || listener->last != s->glances;
    listener->last = s->glances;
    if (listener->port > 0 && !scope->only)
        s->owner_of_port[listener->port] = (uint8_t)(own - s->owns + 1);
}

static bool glance_at(const struct sock_diag *diag, struct scope *scope)
{
    if (diag->fd < 0 || !sock_diag_tcp(diag, LISTENING, false, glance_one, scope, NULL)) {
        return false;
    }
    sock_diag_unix(diag, LISTENING, glance_one, scope);
    return true;
}

/* The kernel walks a table that is made for many sockets, however few there are. */
static void glance(void *ctx)
{
    struct sockets *s = ctx;
    if (!glance_at(&s->diag, &(struct scope){s, NULL})) return;
    for (uint32_t i = 0; i < s->own_count; i++) {
        IGNORE(glance_at(&s->owns[i].diag, &(struct scope){s, &s->owns[i]}));
    }
    s->glances++;
}

static void put_listeners(struct sockets *s, struct slip *slip)
{
    for (uint32_t i = 0; i < s->own_count && s->glances > 0; i++) {
        struct own *own = &s->owns[i];
        for (uint32_t j = 0; j < own->listener_count; j++) {
            struct listener *l = &own->listeners[j];
            struct bytes label = bytes_of(l->label);
            if (l->seen == 0) continue; /* it listens no more */
            slip_put(slip, slip_series(slip, own->of.service, SERIES_OF_ACCEPT_QUEUE, label),
                     (double)l->queued / s->glances);
            slip_put(slip, slip_series(slip, own->of.service, SERIES_OF_ACCEPT_QUEUE_LIMIT, label),
                     (double)l->limits / l->seen);
        }
    }
}

static void reset_listeners(struct sockets *s)
{
    s->glances = 0;
    for (uint32_t i = 0; i < s->own_count; i++) {
        for (uint32_t j = 0; j < s->owns[i].listener_count; j++) {
            struct listener *l = &s->owns[i].listeners[j];
            l->queued = l->limits = l->seen = 0;
        }
    }
}

/* ---- all of them ---- */

static struct again *again_slot(const struct again_map *map, uint32_t inode)
{
    uint32_t at = (inode * UINT32_C(2654435761)) % AGAIN_SLOTS; /* Knuth, TAOCP 3, 6.4 */
    while (map->slots[at].inode != 0 && map->slots[at].inode != inode) at = (at + 1) % AGAIN_SLOTS;
    return &map->slots[at];
}

/* How many more a connection has sent again. */
static uint32_t more_again(struct sockets *s, const struct sock_entry *entry)
{
    if (entry->retransmits == 0 || entry->inode == 0) return 0;
    if (s->now.count < AGAIN_SLOTS / 2) {
        struct again *slot = again_slot(&s->now, entry->inode);
        s->now.count += slot->inode == 0;
        *slot = (struct again){entry->inode, entry->retransmits};
    } else {
        s->now.full = true;
    }
    if (!s->has_before) return 0;
    const struct again *was = again_slot(&s->before, entry->inode);
    if (was->inode == 0) return s->before.full ? 0 : entry->retransmits;
    return entry->retransmits >= was->count ? entry->retransmits - was->count : entry->retransmits;
}

static void count_awaited(struct own *own, const struct sock_entry *entry)
{
    char array[LABEL_BYTES];
    struct text label = text_in(array, sizeof array);
    text_adds(&label, "peer ");
    sock_table_address(entry, &label);
    for (uint32_t i = 0; i < own->asked_count; i++) {
        if (strcmp(own->asked[i].label, array) != 0) continue;
        own->asked[i].awaited++;
        return;
    }
    if (own->asked_count == PEERS_MAX) return;
    struct asked *asked = &own->asked[own->asked_count++];
    *asked = (struct asked){.awaited = 1};
    memcpy(asked->label, array, sizeof asked->label);
}

static void count_one(void *ctx, const struct sock_entry *entry)
{
    const struct scope *scope = ctx;
    uint32_t again = more_again(scope->s, entry);
    if (entry->state == SOCK_LISTENING || entry->state >= SOCK_STATES) return;
    struct own *listens = listens_at(scope, entry->local_port);
    struct own *own = listens ? listens : owner_of(scope, entry);
    if (!own) return;
    uint32_t state = entry->state == SOCK_HALF_OPEN ? SOCK_SYN_RECEIVED : entry->state;
    own->connections[state]++;
    if (!listens && entry->awaits) count_awaited(own, entry);
    own->again += again;
}

static void put_connections(struct sockets *s, struct slip *slip, double seconds)
{
    for (uint32_t i = 0; i < s->own_count; i++) {
        struct own *own = &s->owns[i];
        struct bytes service = own->of.service;
        bool blind = own->at.other && own->diag.fd < 0;
        if (blind || own->of.family->process_count == 0) continue;
        own->met[SOCK_ESTABLISHED] = true;
        for (uint32_t state = 1; state < SOCK_STATES; state++) {
            own->met[state] = own->met[state] || own->connections[state] > 0;
            if (!own->met[state]) continue;
            struct bytes label = bytes_of(sock_diag_state_name(state));
            slip_put_level(slip, slip_series(slip, service, SERIES_OF_CONNECTIONS, label),
                           own->connections[state]);
        }
        for (uint32_t k = 0; k < own->asked_count; k++) {
            struct bytes label = bytes_of(own->asked[k].label);
            slip_put_level(slip, slip_series(slip, service, SERIES_OF_AWAITING, label),
                           own->asked[k].awaited);
        }
        if (seconds <= 0) continue;
        slip_put(slip, slip_series(slip, service, SERIES_OF_RETRANSMITS, (struct bytes){0}),
                 (double)own->again / seconds);
    }
}

static bool count_all(struct sockets *s, struct slip *slip, uint64_t now_ns, struct err *err)
{
    if (now_ns < s->due_ns) return true;
    uint64_t began_ns = clock_thread_cpu_ns();
    struct again_map old = s->before;
    memset(old.slots, 0, AGAIN_SLOTS * sizeof *old.slots);
    s->before = s->now;
    s->now = (struct again_map){.slots = old.slots};
    for (uint32_t i = 0; i < s->own_count; i++) {
        memset(s->owns[i].connections, 0, sizeof s->owns[i].connections);
        s->owns[i].again = 0;
        for (uint32_t k = 0; k < s->owns[i].asked_count; k++) s->owns[i].asked[k].awaited = 0;
    }
    struct scope ours = {s, NULL};
    if (!sock_diag_tcp(&s->diag, ~0u, true, count_one, &ours, err)) return false;
    for (uint32_t i = 0; i < s->own_count; i++) {
        struct own *own = &s->owns[i];
        struct scope theirs = {s, own};
        if (own->diag.fd < 0 || sock_diag_tcp(&own->diag, ~0u, true, count_one, &theirs, NULL)) {
            continue;
        }
        sock_diag_close(&own->diag);
        own->at = (struct netns){0}; /* opened anew by the next look */
        own->members = 0;
    }
    put_connections(s, slip, s->has_before ? (double)(now_ns - s->counted_ns) / 1e9 : 0);
    s->has_before = true;
    s->counted_ns = now_ns;
    s->due_ns = now_ns + (clock_thread_cpu_ns() - began_ns) * DEAR_SHARE;
    return true;
}

/* ---- the source ---- */

/* A question that was not answered to the end leaves its rest behind, so it is asked anew. */
static bool begin_anew(struct sockets *s, struct err *err)
{
    if (s->diag.fd >= 0) return true;
    s->has_before = false;
    s->due_ns = 0;
    memset(s->now.slots, 0, AGAIN_SLOTS * sizeof *s->now.slots);
    return sock_diag_open(&s->diag, err);
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct sockets *s = ctx;
    if (!begin_anew(s, err)) return false;
    put_listeners(s, slip);
    reset_listeners(s);
    for (uint32_t i = 0; i < s->own_count; i++) look_whose(&s->owns[i], slip, when->now_ns);
    memset(s->owner_of_port, 0, PORTS);
    glance(s); /* the ports, before connections are told by them */
    reset_listeners(s);
    if (count_all(s, slip, when->now_ns, err)) return true;
    sock_diag_close(&s->diag);
    return false;
}

static void close_source(void *ctx)
{
    struct sockets *s = ctx;
    sock_diag_close(&s->diag);
    for (uint32_t i = 0; i < s->own_count; i++) sock_diag_close(&s->owns[i].diag);
}

bool sockets_source(struct source *out, struct arena *arena, const struct sockets_of *of,
                    uint32_t count)
{
    struct sockets *s = ARENA_NEW(arena, struct sockets);
    if (!s) return false;
    *s = (struct sockets){.diag.fd = -1,
                          .owns = ARENA_ARRAY(arena, count, struct own),
                          .own_count = count,
                          .owner_of_port = ARENA_ARRAY(arena, PORTS, uint8_t),
                          .before.slots = ARENA_ARRAY(arena, AGAIN_SLOTS, struct again),
                          .now.slots = ARENA_ARRAY(arena, AGAIN_SLOTS, struct again)};
    if (!arena_ok(arena)) return false;
    for (uint32_t i = 0; i < count; i++) {
        s->owns[i].of = of[i];
        s->owns[i].diag.fd = -1;
        if (!inode_set_open(&s->owns[i].inodes, arena)) return false;
    }
    *out = (struct source){.ctx = s,
                           .look = look,
                           .glance = glance,
                           .close = close_source,
                           .glance_share = DEAR_SHARE};
    struct text name = text_in(out->name, sizeof out->name);
    text_adds(&name, "sockets");
    return true;
}
