#include "target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/text.h"
#include "world.h"

#define SERVERS_MAX 256
#define TABLE_SIZE (EXCHANGES_MAX * 2)

struct last {
    uint64_t seq;      /* 1 + its number, 0: free */
    uint32_t exchange; /* the iteration's last */
};

static struct {
    struct target_law law;
    struct target_counts counts;
    struct exchange *exchanges;
    struct last *table;
    uint32_t exchange_count;
    uint64_t free_ns[SERVERS_MAX];
} target;

static void *pages(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MUST(at != MAP_FAILED, "no memory for the model");
    return at;
}

void target_open(const struct target_law *law)
{
    if (!target.exchanges) {
        target.exchanges = pages(EXCHANGES_MAX * sizeof(struct exchange));
        target.table = pages(TABLE_SIZE * sizeof(struct last));
    }
    target.law = *law;
    target.counts = (struct target_counts){0};
    target.exchange_count = 0;
    for (uint32_t i = 0; i < SERVERS_MAX; i++) target.free_ns[i] = 0;
}

void target_close(void)
{
    /* Only what was used: emptying all would cost more than most runs. */
    for (uint32_t i = 0; i < target.exchange_count; i++) {
        uint64_t at = target.exchanges[i].seq * UINT64_C(0x9e3779b97f4a7c15) >> 32;
        for (uint32_t k = 0; k < TABLE_SIZE; k++) {
            struct last *l = &target.table[(at + k) % TABLE_SIZE];
            if (l->seq == 0) break;
            l->seq = 0;
        }
    }
    target.exchange_count = 0;
}

const struct target_law *target_law(void)
{
    return &target.law;
}

struct target_counts *target_counts(void)
{
    return &target.counts;
}

struct exchange *target_exchange(uint32_t index)
{
    return &target.exchanges[index];
}

uint32_t target_exchange_count(void)
{
    return target.exchange_count;
}

static struct last *find_last(uint64_t seq)
{
    uint64_t at = seq * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    for (uint32_t k = 0;; k++) {
        struct last *l = &target.table[(at + k) % TABLE_SIZE];
        if (l->seq == seq + 1 || l->seq == 0) return l;
    }
}

uint32_t target_last_of(uint64_t seq)
{
    const struct last *l = find_last(seq);
    return l->seq == 0 ? NO_EXCHANGE : l->exchange;
}

enum welcome target_connect(uint64_t now_ns, uint64_t *at_ns)
{
    struct target_counts *c = &target.counts;
    c->connects++;
    c->last_action_ns = now_ns;
    *at_ns = now_ns + 2 * target.law.trip_ns;
    if (world_chance(target.law.no_port)) {
        c->no_port++;
        return WELCOME_NO_PORT;
    }
    bool full = target.law.open_max > 0 && c->open >= target.law.open_max;
    if (full || world_chance(target.law.refuses)) {
        c->refused++;
        return WELCOME_REFUSED;
    }
    if (world_chance(target.law.ignores)) {
        c->ignored++;
        return WELCOME_NEVER;
    }
    c->accepted++;
    c->open++;
    if (c->open > c->open_most) c->open_most = c->open;
    return WELCOME_YES;
}

/* --- the request --- */

static struct bytes header_of(struct bytes head, const char *name)
{
    size_t len = strlen(name);
    for (size_t at = 0; at + len + 2 < head.len; at++) {
        if (head.at[at] != '\n' || head.at[at + 1 + len] != ':') continue;
        if (strncasecmp(head.at + at + 1, name, len) != 0) continue;
        size_t from = at + 2 + len, to = from;
        while (to < head.len && head.at[to] != '\r') to++;
        return bytes_trim((struct bytes){head.at + from, to - from});
    }
    return (struct bytes){0};
}

static uint64_t number_of(struct bytes text)
{
    uint64_t value = UINT64_MAX;
    MUST(bytes_to_u64(text, &value), "a number was wanted, not '%.*s'", BYTES_ARG(text));
    return value;
}

static uint64_t hash_of(struct bytes b)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < b.len; i++) {
        hash = (hash ^ (unsigned char)b.at[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* What a reply hands out and the next request must bring: different for each iteration. */
static void add_id(struct text *t, uint64_t seq)
{
    text_addf(t, "id-%llx", (unsigned long long)(seq * UINT64_C(0x9e3779b97f4a7c15)));
}

static enum reply_kind draw_kind(void)
{
    uint64_t at = world_between(0, 999999);
    for (uint32_t k = 0; k < REPLY_KIND_COUNT; k++) {
        if (at < target.law.per_million[k]) return (enum reply_kind)k;
        at -= target.law.per_million[k];
    }
    return REPLY_LENGTH;
}

static struct exchange *note(struct link *link, struct bytes request)
{
    MUST(target.exchange_count < EXCHANGES_MAX, "more requests than the model can note");
    size_t head_len = bytes_find(request, BYTES_LIT("\r\n\r\n"));
    struct bytes head = {request.at, head_len + 2}, name = header_of(head, "X-Name");
    struct bytes row = header_of(head, "X-Row");
    link->exchange = target.exchange_count++;
    struct exchange *x = &target.exchanges[link->exchange];
    *x = (struct exchange){.seq = number_of(header_of(head, "X-Seq")),
                           .user = number_of(header_of(head, "X-User")),
                           .name = (uint32_t)number_of(bytes_from(name, 1)),
                           .sent_ns = link->request_began_ns,
                           .hash = hash_of(request),
                           .row = row.at ? (uint32_t)number_of(row) : UINT32_MAX,
                           .before = NO_EXCHANGE,
                           .id_matches = true};
    struct last *last = find_last(x->seq);
    if (last->seq > 0) x->before = last->exchange;
    *last = (struct last){x->seq + 1, link->exchange};
    struct bytes id = header_of(head, "X-Id");
    if (id.at) {
        char want[64];
        struct text t = text_in(want, sizeof want);
        add_id(&t, x->seq);
        x->id_empty = id.len == 0;
        x->id_matches =
            bytes_equal(id, text_bytes(&t))
            && bytes_find((struct bytes){head.at, strcspn(head.at, "\r")}, id) != SIZE_MAX;
    }
    return x;
}

/* --- the reply --- */

static uint64_t draw_service(void)
{
    const struct target_law *law = &target.law;
    double unit = rng_unit(world_draw());
    switch (law->law) {
    case SERVICE_CONSTANT:
        return law->service_ns;
    case SERVICE_EXPONENTIAL:
        return (uint64_t)(-log(unit) * (double)law->service_ns);
    case SERVICE_TWO_WAYS:
        return unit < 0.95 ? law->service_ns / 2 : law->service_ns * 10;
    }
    return 0;
}

/* When the service has the reply ready: first come, first served by the server free first. */
static uint64_t serve(uint64_t arrived_ns)
{
    const struct target_law *law = &target.law;
    uint64_t start_ns = arrived_ns;
    uint32_t first = 0;
    for (uint32_t i = 1; i < law->servers; i++) {
        if (target.free_ns[i] < target.free_ns[first]) first = i;
    }
    if (law->servers > 0 && target.free_ns[first] > start_ns) start_ns = target.free_ns[first];
    bool stalled = start_ns >= law->stall_at_ns && start_ns < law->stall_at_ns + law->stall_ns;
    if (stalled) start_ns = law->stall_at_ns + law->stall_ns;
    uint64_t done_ns = start_ns + draw_service();
    if (law->servers > 0) target.free_ns[first] = done_ns;
    return done_ns;
}

static void add_body(struct text *t, const struct exchange *x, size_t padding)
{
    bool wrong = x->kind == REPLY_WRONG;
    text_adds(t, "{\"id\":\"");
    add_id(t, x->seq);
    text_addf(t, "\",\"good\":%s,\"state\":\"%s\",\"pad\":\"", wrong ? "false" : "true",
              x->done ? "done" : "open");
    text_addc(t, 'p', padding);
    text_adds(t, "\"}");
}

static bool has_surplus(enum reply_kind kind)
{
    return kind == REPLY_SURPLUS || kind == REPLY_500_SURPLUS;
}

static void add_head(struct text *t, const struct exchange *x, size_t body_len)
{
    bool broken = x->kind == REPLY_500 || x->kind == REPLY_500_SURPLUS;
    const char *status = broken                 ? "500 Internal Server Error"
                         : x->kind == REPLY_404 ? "404 Not Found"
                                                : "200 OK";
    if (x->seq % 17 == 0) text_adds(t, "HTTP/1.1 100 Continue\r\n\r\n");
    text_addf(t, "HTTP/1.1 %s\r\nServer: model\r\n", status);
    if (x->kind == REPLY_LAST) text_adds(t, "Connection: close\r\n");
    if (x->kind == REPLY_CHUNKED) text_adds(t, "Transfer-Encoding: chunked\r\n");
    else if (x->kind != REPLY_CLOSE) text_addf(t, "Content-Length: %zu\r\n", body_len);
    text_adds(t, "\r\n");
}

static void write_reply(struct link *link, const struct exchange *x)
{
    static char body[REPLY_MAX];
    struct text b = text_in(body, sizeof body), t = text_in(link->reply, sizeof link->reply);
    size_t padding = world_chance(target.law.large) ? 70000 : (size_t)world_between(0, 300);
    add_body(&b, x, padding);
    link->reply_len = 0;
    link->flood_left = 0;
    if (x->kind == REPLY_NEVER) return;
    if (x->kind == REPLY_GARBAGE) {
        text_adds(&t, "SSH-2.0-hello\r\n");
    } else if (x->kind == REPLY_CHUNKED) {
        add_head(&t, x, 0);
        size_t half = b.len / 2;
        text_addf(&t, "%zx\r\n%.*s\r\n%zX;x=y\r\n%s\r\n0\r\nTrailer: t\r\n\r\n", half, (int)half,
                  body, b.len - half, body + half);
    } else if (target.law.flood_bytes > 0) {
        link->flood_left = target.law.flood_bytes;
        add_head(&t, x, link->flood_left);
    } else {
        add_head(&t, x, b.len);
        text_add(&t, text_bytes(&b));
    }
    if (has_surplus(x->kind)) text_adds(&t, "HTTP/1.1 200 OK\r\n");
    MUST(!t.cut && !b.cut, "the model's reply is too long for the model");
    link->reply_len = t.len;
    if (x->kind == REPLY_CUT || x->kind == REPLY_RESET) {
        link->reply_len = (size_t)world_between(0, t.len - 1);
    }
}

/* In one part, or in many; never cut where the model's truth would depend on where. */
static void time_parts(struct link *link, const struct exchange *x, uint64_t at_ns)
{
    bool whole = has_surplus(x->kind) || x->kind == REPLY_GARBAGE;
    uint32_t count = 1;
    if (!whole && world_chance(target.law.drips)) count = (uint32_t)world_between(2, PARTS_MAX);
    link->part_count = link->part_next = 0;
    link->reply_read = 0;
    for (uint32_t i = 0; i < count && link->reply_len > 0; i++) {
        size_t before = i > 0 ? link->parts[i - 1].end : 0, end = link->reply_len;
        /* Often byte by byte, now and then in larger pieces. */
        if (i + 1 < count) end = before + (size_t)world_between(1, world_chance(700000) ? 3 : 300);
        if (end > link->reply_len) end = link->reply_len;
        if (end == before) break;
        link->parts[link->part_count++] = (struct part){at_ns, end};
        if (count > 1) at_ns += world_between(0, 2 * NS_PER_MS);
    }
    link->closed_after = x->kind == REPLY_CLOSE || x->kind == REPLY_LAST || x->kind == REPLY_CUT
                         || x->kind == REPLY_GARBAGE;
    link->reset_after = x->kind == REPLY_RESET;
    link->end_ns = at_ns + world_between(0, NS_PER_MS);
    bool idles_out = target.law.idle_ns > 0 && !link->closed_after && !link->reset_after
                     && x->kind != REPLY_NEVER;
    if (idles_out) {
        link->closed_after = true;
        link->end_ns = at_ns + target.law.idle_ns;
    }
}

/* The whole of a request that lies at the front of what came; 0: not yet. */
static size_t request_len(const struct link *link)
{
    struct bytes all = {link->request, link->request_len};
    size_t head = bytes_find(all, BYTES_LIT("\r\n\r\n"));
    if (head == SIZE_MAX) return 0;
    struct bytes length = header_of((struct bytes){all.at, head + 2}, "Content-Length");
    size_t len = head + 4 + (length.at ? (size_t)number_of(length) : 0);
    MUST(all.len <= len, "bytes behind a request: %zu of %zu", all.len, len);
    return all.len < len ? 0 : len;
}

void target_take(struct link *link, struct bytes in, uint64_t now_ns)
{
    MUST(in.len <= REQUEST_MAX - link->request_len, "a request too long for the model");
    MUST(link->exchange == NO_EXCHANGE, "a request before the reply to the one before");
    if (in.len > 0) memcpy(link->request + link->request_len, in.at, in.len);
    link->request_len += in.len;
    size_t len = request_len(link);
    if (len == 0) return;
    struct exchange *x = note(link, (struct bytes){link->request, len});
    link->request_len = 0;
    link->sending = false;
    x->kind = draw_kind();
    uint32_t tries = 1;
    for (uint32_t b = x->before; b != NO_EXCHANGE; b = target.exchanges[b].before) {
        if (target.exchanges[b].name == x->name) tries++;
    }
    x->done = target.law.polls == 0 || tries > x->seq % target.law.polls;
    uint64_t done_ns = serve(now_ns + target.law.trip_ns) + target.law.trip_ns;
    write_reply(link, x);
    time_parts(link, x, done_ns);
}

void target_left(struct link *link, uint64_t now_ns)
{
    target.counts.open--;
    if (link->exchange != NO_EXCHANGE) target.exchanges[link->exchange].closed_ns = now_ns;
}
