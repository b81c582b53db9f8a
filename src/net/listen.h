/* listen.h - an HTTP server for what other programs of this host send to prony.
 *
 * Why libmicrohttpd behind one wrapper: whoever listens is asked by anybody who can reach the port,
 * and by any web page that a browser of this host shows. So the checks stand here once, before
 * anything is handed on: only POST; a Host that is ours and no Origin, so that no page can write
 * by a name of its own; caps on heads, bodies, what a body inflates to, connections and time.
 * Source: RFC 9110; libmicrohttpd 0.9.75.
 * Thread: one of its own, which calls `handle`; the rest main's.
 * Memory: the arena given, planned: bodies at once times their cap, touched as far as used; the
 * library's own 32 KiB for each connection. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#define LISTEN_BODIES 8 /* being received at once; whoever comes then is asked to come again */

struct listen_request {
    struct bytes path;         /* without query */
    struct bytes content_type; /* in small letters, without parameters */
    struct bytes body;         /* inflated */
};

struct listen_reply {
    unsigned status;
    const char *content_type; /* static */
    struct text *body;
};

struct listen_options {
    struct bytes host; /* a loopback address; NUL-terminated */
    uint16_t port;     /* 0: any that is free */
    size_t body_max, inflated_max;
    uint32_t connections;
    uint32_t idle_s; /* a connection on which nothing comes for so long is closed */
    void (*handle)(void *ctx, const struct listen_request *request, struct listen_reply *reply);
    void *ctx;
    /* What is refused before that: appends a body for its content type, and says which type that
     * is (static). */
    const char *(*refuse)(struct text *out, struct bytes content_type, const char *why);
};

struct listener;

/* False: `err` says why it cannot listen there. */
MUST_USE bool listen_open(struct listener **out, struct arena *arena,
                          const struct listen_options *options, struct err *err);
uint16_t listen_port(const struct listener *l);
/* Requests refused before they were handed on. Any thread. */
uint64_t listen_refused(const struct listener *l);
/* Ends its thread; `handle` is not called any more. NULL is none. */
void listen_close(struct listener *l);
