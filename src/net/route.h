/* route.h - where a target is and how it is spoken to, looked up before the start and again.
 *
 * Why: a name may move while a run lasts. Workers must not wait for a name server: resolver.h looks
 * again in a thread of its own, and they take what is known. A name that is not found any more ends
 * new connections with outcome dns. The address in use is a number; the place that was out of use
 * for longest takes the next new one, and says so, so that who is just reading it reads again.
 * Source: getaddrinfo(3), RFC 6724 (order of addresses).
 * Deviation: of several addresses the first that accepted a connection is used as long as the name
 * still has it. Thread: made by main; then looked at by workers and written by the resolver's
 * thread. Memory: in place; names are the caller's, who must outlive it. */
#pragma once

#include "base/bytes.h"
#include "base/shared.h"
#include "net/address.h"
#include "net/tls.h"

#define ROUTE_ADDRESSES 64
#define ROUTE_WORDS (sizeof(struct address) / sizeof(uint64_t))
static_assert(sizeof(struct address) % sizeof(uint64_t) == 0, "an address is so many words");

/* A place for an address, written by one thread while others read it. */
struct route_place {
    struct shared number; /* of the address in it: see struct route; 0: of none, or half of one */
    struct shared words[ROUTE_WORDS];
    uint64_t used; /* the resolver's: at which of its looks it was last in use */
};

struct route {
    struct bytes host; /* a name or an address without brackets; NUL-terminated */
    uint16_t port;
    bool named;              /* may be looked up again */
    struct tls *tls;         /* NULL: plain; keeps */
    const char *server_name; /* with tls: what its certificate must be for */
    struct shared current;   /* number of the address in use: how many there were up to it, times
                                ROUTE_ADDRESSES, and its place; 0: the name is not found */
    struct shared trouble;   /* then: why, as -getaddrinfo() */
    struct shared wanted;    /* 1: connections were made since the last look */
    uint64_t count;          /* addresses so far, each new; the resolver's */
    uint64_t looks;          /* the resolver's */
    struct route_place places[ROUTE_ADDRESSES];
};

/* How a target is to be reached. */
struct route_setting {
    struct bytes host; /* keeps; NUL-terminated */
    uint16_t port;
    struct bytes at;          /* an address or unix:/path instead of a look-up; empty: none */
    struct tls *tls;          /* keeps */
    struct bytes server_name; /* instead of the host; empty: none. keeps; NUL-terminated */
    const struct address *sources;
    uint32_t source_count;
    uint64_t timeout_ns;
    bool anyhow; /* nobody who accepts, or no such name now, is no error: it may come back */
};

/* Looks the host up and takes the first address that accepts a connection (an IPv6 and an IPv4
 * loopback often differ in who listens), from each source where there are any; with TLS also a
 * handshake, which fills `facts`. False: `err` has cause and cure. */
MUST_USE bool route_open(struct route *out, const struct route_setting *setting,
                         struct tls_facts *facts, struct err *err);
/* The address for a new connection; false: the name is not found any more. */
MUST_USE bool route_address(struct route *r, struct address *out);
/* Why route_address() gave none; static. */
const char *route_trouble(const struct route *r);
/* Looks a named route up again: one look, which may take seconds. */
void route_look_again(struct route *r);
