#include "net/route.h"

#include <errno.h>
#include <netdb.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define FOUND_MAX 16

/* What stands in the place of that number. False: another stands there by now. */
static bool see(const struct route *r, uint64_t number, struct address *out)
{
    const struct route_place *place = &r->places[number % ROUTE_ADDRESSES];
    uint64_t words[ROUTE_WORDS];
    if (shared_see(&place->number) != number) return false;
    for (uint32_t i = 0; i < ROUTE_WORDS; i++) words[i] = shared_see(&place->words[i]);
    if (shared_see(&place->number) != number) return false; /* written meanwhile */
    memcpy(out, words, sizeof *out);
    return true;
}

/* The number of `address`, which where it is new is put into the place that is longest out of use.
 * The one in use was used last, so whoever reads finds it whole. */
static uint64_t keep(struct route *r, const struct address *address)
{
    uint64_t words[ROUTE_WORDS];
    uint32_t at = 0;
    for (uint32_t i = 0; i < ROUTE_ADDRESSES; i++) {
        struct address known;
        uint64_t number = shared_see(&r->places[i].number);
        if (number > 0 && see(r, number, &known) && address_same(&known, address)) return number;
        if (r->places[i].used < r->places[at].used) at = i;
    }
    struct route_place *place = &r->places[at];
    uint64_t number = ++r->count * ROUTE_ADDRESSES + at;
    memcpy(words, address, sizeof words);
    shared_publish(&place->number, 0);
    for (uint32_t i = 0; i < ROUTE_WORDS; i++) shared_publish(&place->words[i], words[i]);
    shared_publish(&place->number, number);
    return number;
}

static void use(struct route *r, const struct address *address)
{
    uint64_t number = keep(r, address);
    r->places[number % ROUTE_ADDRESSES].used = ++r->looks;
    shared_publish(&r->current, number);
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
    if (!check_sources(s, err)) return false;
    if (!find(s, found, &count, err)) return s->anyhow;
    for (uint32_t i = 0; i < count; i++) {
        if (!has_source(s, &found[i])) continue;
        error = try_all(out, s, &found[i], facts, err);
        if (error > 0) continue;
        if (error < 0) break;
        use(out, &found[i]);
        return true;
    }
    if (s->anyhow) {
        use(out, &found[0]);
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

bool route_address(struct route *r, struct address *out)
{
    if (r->named && !shared_see(&r->wanted)) shared_publish(&r->wanted, 1);
    for (;;) { /* again only where the name moved since the number was read */
        uint64_t current = shared_see(&r->current);
        if (current == 0) return false;
        if (see(r, current, out)) return true;
    }
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
    struct address current;
    if (failed) {
        shared_publish(&r->trouble, (uint64_t)-failed);
        shared_publish(&r->current, 0);
        return;
    }
    bool known = see(r, shared_see(&r->current), &current);
    for (uint32_t i = 0; i < count && known; i++) {
        if (address_same(&found[i], &current)) return;
    }
    use(r, &found[0]);
}
