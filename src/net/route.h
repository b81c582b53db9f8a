/* route.h - where a target is and how it is spoken to, looked up before the start and again.
 *
 * Why: a name may move while a run lasts. Workers must not wait for a name server: resolver.h looks
 * again in a thread of its own, and they take what is known. A name that is not found any more ends
 * new connections with outcome dns. Addresses are only ever added, and the one in use is a number:
 * so nothing read is ever written. Source: getaddrinfo(3), RFC 6724 (order of addresses).
 * Deviation: of several addresses the first that accepted a connection is used as long as the name
 * still has it. Thread: made by main; then looked at by workers and written by the resolver's
 * thread. Memory: in place; names are the caller's, who must outlive it. */
#pragma once

#include "base/bytes.h"
#include "base/shared.h"
#include "net/address.h"
#include "net/tls.h"

#define ROUTE_ADDRESSES 64

struct route {
    struct bytes host; /* a name or an address without brackets; NUL-terminated */
    uint16_t port;
    bool named;              /* may be looked up again */
    struct tls *tls;         /* NULL: plain; keeps */
    const char *server_name; /* with tls: what its certificate must be for */
    struct shared current;   /* 1 + index of the address in use; 0: the name is not found */
    struct shared trouble;   /* then: why, as -getaddrinfo() */
    struct shared wanted;    /* 1: connections were made since the last look */
    uint32_t count;          /* of addresses; the resolver's */
    struct address addresses[ROUTE_ADDRESSES];
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
};

/* Looks the host up and takes the first address that accepts a connection (an IPv6 and an IPv4
 * loopback often differ in who listens), from each source where there are any; with TLS also a
 * handshake, which fills `facts`. False: `err` has cause and cure. */
MUST_USE bool route_open(struct route *out, const struct route_setting *setting,
                         struct tls_facts *facts, struct err *err);
/* The address for a new connection, NULL: the name is not found any more. */
const struct address *route_address(struct route *r);
/* Why route_address() gave none; static. */
const char *route_trouble(const struct route *r);
/* Looks a named route up again: one look, which may take seconds. */
void route_look_again(struct route *r);
