/* fetch.h - one answer of somebody's HTTP server, whole, in time and no longer than planned for.
 *
 * Why libcurl: what prony asks or tells besides its load (pages of metrics; later alerts and
 * exports) needs TLS, redirects and inflating, but neither exact times nor many connections. Why
 * one wrapper: the rules are the same for all of it. Nothing goes to a host that was not named: no
 * proxy of the environment is used, and a redirect is followed only where it came from. An answer
 * may drip or never end: there is a limit on its time, and on its bytes as they are when inflated.
 * Source: libcurl's easy interface; RFC 9110.
 * Thread: one at a time; blocks up to the limit.  Memory: the caller's buffer, and libcurl's heap:
 * 60 KiB for a handle with its connection, besides OpenSSL's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/err.h"
#include "net/tls.h"

#define FETCH_TYPE_BYTES 160

struct fetch;

/* All texts are NUL-terminated. */
struct fetch_setting {
    struct bytes url;            /* http:// or https://, without a user */
    const struct bytes *headers; /* "Name: value" */
    uint32_t header_count;
    struct tls_setting tls;
    struct bytes server_name; /* to ask for and to verify instead of the host; empty: the host */
};

struct fetch_reply {
    uint32_t status;
    struct bytes body;           /* in the buffer, until the next call */
    bool cut;                    /* there was more of it */
    char type[FETCH_TYPE_BYTES]; /* as the server says it; "" where it does not */
};

/* Nothing is sent yet. Copies the setting into `arena`, keeps `buffer`. False: no memory, or a
 * file of `tls` that is no good. */
MUST_USE bool fetch_open(struct fetch **out, struct arena *arena,
                         const struct fetch_setting *setting, char *buffer, size_t size,
                         struct err *err);
/* GET, on the connection of the last time where that is still open. False: `err` says in a clause
 * why there is no whole answer; no word of it holds a header or what stands behind the host. */
MUST_USE bool fetch_get(struct fetch *f, uint64_t within_ns, struct fetch_reply *out,
                        struct err *err);
/* NULL is none. */
void fetch_close(struct fetch *f);
