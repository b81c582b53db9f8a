/* address.h - a name and port made into what connect(2) takes.
 *
 * Why: names are looked up before the start, never on the hot path.
 * Source: getaddrinfo(3), unix(7).  Thread: any.  Memory: in place. */
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

/* The longest path of a unix socket: what sun_path holds beside its NUL. */
#define ADDRESS_PATH_MAX 107

/* An IPv4 or IPv6 address (without brackets) or `unix:/path`; false: `host` is none of them. */
MUST_USE bool address_literal(struct address *out, struct bytes host, uint16_t port);
/* All addresses of a name, at most `size`, in the order to try them. 0, or what getaddrinfo()
 * returned; then `*count` is 0. */
int address_find(struct address *out, uint32_t size, uint32_t *count, struct bytes host,
                 uint16_t port);
/* One connect, given up at `deadline_ns`: 0 and a socket that doesn't block in `*fd`, or the errno.
 * `from`: own address, NULL for any. */
int address_try(const struct address *to, const struct address *from, uint64_t deadline_ns,
                int *fd);
/* Whether an address of this machine; asked of the kernel. */
bool address_is_own(const struct address *address);
bool address_same(const struct address *a, const struct address *b);
/* What a failed look-up or connect is, with a cure; returns false. */
bool address_not_found(struct err *err, int failed, struct bytes host);
bool address_refused(struct err *err, int error, const char *where, uint64_t timeout_ns);
/* Looks `host` up and takes the first address that accepts a TCP connection within `timeout_ns`
 * (an IPv6 and an IPv4 loopback often differ in who listens). On failure `err` is ERR_PREFLIGHT and
 * says whether the name was not found, the connection refused, or the time ran out, and what to do.
 */
MUST_USE bool address_reach(struct address *out, struct bytes host, uint16_t port,
                            uint64_t timeout_ns, struct err *err);
/* "127.0.0.1:8080", "[::1]:8080", "unix:/run/app.sock" */
void address_print(struct text *out, const struct address *address);
/* A TCP port on 127.0.0.1 that was free a moment ago; 0 when there is none. */
uint16_t address_free_port(void);
