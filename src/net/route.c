#include "net/route.h"

#include <errno.h>
#include <netdb.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define FOUND_MAX 16

/* Index of `address` in the list, added where it is new; when the list is full, the last of it. */
static uint32_t keep(struct route *r, const struct address *address)
{
    for (uint32_t i = 0; i < r->count; i++) {
        if (address_same(&r->addresses[i], address)) return i;
    }
    if (r->count == ROUTE_ADDRESSES) return r->count - 1;
    r->addresses[r->count] = *address;
    return r->count++;
}

static void add_where(struct text *out, const struct route_setting *s, const struct address *to)
{
    if (s->at.len == 0) {
        bool v6 = bytes_find(s->host, BYTES_LIT(":")) != SIZE_MAX;
        text_addf(out, v6 ? "[%.*s]:%u" : "%.*s:%u", BYTES_ARG(s->host), s->port);
        return;
    }
    address_print(out, to);
}

/* One connect, and with TLS its handshake. The errno; -1: `err` is told. */
static int try_one(struct route *out, const struct route_setting *s, const struct address *to,
                   const struct address *from, struct tls_facts *facts, struct err *err)
{
    int fd = -1;
    uint64_t deadline_ns = clock_now_ns() + s->timeout_ns;
    int error = address_try(to, from, deadline_ns, &fd);
    if (error) return error;
    struct tls_peer peer = {.tls = s->tls, .name = out->server_name};
    bool ok = !s->tls || tls_probe(&peer, fd, deadline_ns, facts, err);
    tls_peer_close(&peer);
    close(fd);
    return ok ? 0 : -1;
}

/* The address must do from everywhere that connections are to come from. */
static int try_all(struct route *out, const struct route_setting *s, const struct address *to,
                   struct tls_facts *facts, struct err *err)
{
    int error = 0;
    bool bound = s->source_count > 0 && to->storage.ss_family != AF_UNIX;
    if (!bound) return try_one(out, s, to, NULL, facts, err);
    for (uint32_t i = 0; i < s->source_count && error == 0; i++) {
        if (s->sources[i].storage.ss_family != to->storage.ss_family) continue;
        error = try_one(out, s, to, &s->sources[i], facts, err);
    }
    return error;
}

static bool check_sources(const struct route_setting *s, struct err *err)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        if (address_is_own(&s->sources[i])) continue;
        char array[80];
        struct text text = text_in(array, sizeof array);
        address_print(&text, &s->sources[i]);
        err_set(err, ERR_DENIED, errno, "cannot send from the source address %s", array);
        return err_hint(err, "it must be an address of this machine: ip address");
    }
    return true;
}

/* Whether any source can be used with an address of that family; none given: always. */
static bool has_source(const struct route_setting *s, const struct address *to)
{
    for (uint32_t i = 0; i < s->source_count; i++) {
        if (s->sources[i].storage.ss_family == to->storage.ss_family) return true;
    }
    return s->source_count == 0 || to->storage.ss_family == AF_UNIX;
}

static bool find(const struct route_setting *s, struct address *found, uint32_t *count,
                 struct err *err)
{
    struct bytes literal = s->at.len > 0 ? s->at : s->host;
    *count = 1;
    if (address_literal(&found[0], literal, s->port)) return true;
    int failed = address_find(found, FOUND_MAX, count, s->host, s->port);
    return failed == 0 || address_not_found(err, failed, s->host);
}

bool route_open(struct route *out, const struct route_setting *s, struct tls_facts *facts,
                struct err *err)
{
    struct address found[FOUND_MAX];
    struct address literal;
    uint32_t count;
    int error = EADDRNOTAVAIL;
    *facts = (struct tls_facts){.resumed = false};
    *out = (struct route){.host = s->host, .port = s->port, .tls = s->tls};
    out->server_name = s->server_name.len > 0 ? s->server_name.at : s->host.at;
    out->named = s->at.len == 0 && !address_literal(&literal, s->host, s->port);
    if (!check_sources(s, err) || !find(s, found, &count, err)) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!has_source(s, &found[i])) continue;
        error = try_all(out, s, &found[i], facts, err);
        if (error > 0) continue;
        if (error < 0) break;
        shared_publish(&out->current, 1 + (uint64_t)keep(out, &found[i]));
        return true;
    }
    char array[400];
    struct text where = text_in(array, sizeof array);
    add_where(&where, s, &found[0]);
    if (error < 0) return err_context(err, "%s", array);
    if (error == EADDRNOTAVAIL && s->source_count > 0) {
        err_set(err, ERR_PREFLIGHT, error, "no source address goes with %s", array);
        return err_hint(err, "an IPv6 target wants an IPv6 source, IPv4 an IPv4 one");
    }
    return address_refused(err, error, array, s->timeout_ns);
}

const struct address *route_address(struct route *r)
{
    if (r->named && !shared_see(&r->wanted)) shared_publish(&r->wanted, 1);
    uint64_t current = shared_see(&r->current);
    return current > 0 ? &r->addresses[current - 1] : NULL;
}

const char *route_trouble(const struct route *r)
{
    return gai_strerror(-(int)shared_see(&r->trouble));
}

void route_look_again(struct route *r)
{
    struct address found[FOUND_MAX];
    uint32_t count;
    int failed = address_find(found, FOUND_MAX, &count, r->host, r->port);
    uint64_t current = shared_see(&r->current);
    if (failed) {
        shared_publish(&r->trouble, (uint64_t)-failed);
        shared_publish(&r->current, 0);
        return;
    }
    for (uint32_t i = 0; i < count && current > 0; i++) {
        if (address_same(&found[i], &r->addresses[current - 1])) return;
    }
    shared_publish(&r->current, 1 + (uint64_t)keep(r, &found[0]));
}
