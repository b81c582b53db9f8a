/* address.h - a name and port made into what connect(2) takes.
 *
 * Why: names are looked up before the start, never on the hot path.
 * Source: getaddrinfo(3).  Thread: main.  Memory: in place. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"

struct address {
    struct sockaddr_storage storage;
    uint32_t storage_len;
};

/* Looks `host` up and takes the first address that accepts a TCP connection within `timeout_ns`
 * (an IPv6 and an IPv4 loopback often differ in who listens). On failure `err` is ERR_PREFLIGHT and
 * says whether the name was not found, the connection refused, or the time ran out, and what to do.
 */
MUST_USE bool address_reach(struct address *out, struct bytes host, uint16_t port,
                            uint64_t timeout_ns, struct err *err);
/* "127.0.0.1:8080", "[::1]:8080" */
void address_print(struct text *out, const struct address *address);
/* A TCP port on 127.0.0.1 that was free a moment ago; 0 when there is none. */
uint16_t address_free_port(void);
