/* http.h - the HTTP server: libmicrohttpd on 127.0.0.1.
 *
 * A few threads run event loops over all connections. A request that has to wait, for the database
 * or a commit, is suspended: it costs memory, not a thread, and is resumed by whoever answers it.
 * Thread: start, quiet and stop in main; suspend in `handle`; resume any. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "listener.h"
#include "request.h"

#define HTTP_BODY_MAX ((size_t)16 * 1024) /* a job is far smaller */

struct MHD_Daemon;

struct http {
    struct app *app; /* goes into each request */
    /* Sets the reply and returns true, or suspends the request, hands it on and returns false. */
    bool (*handle)(struct request *request);
    struct plant *plant;
    bool copy;                /* REUSE=0: copy each body once more, as most frameworks do */
    atomic_bool closing;      /* answers ask clients to close their connections */
    struct listener listener; /* its port is the service's */
    struct MHD_Daemon *daemon;
};

/* Listens on `port` (0 = a free one); the first four fields are the caller's, and listener.fd is
 * -1. False: the reason is on stderr. */
bool http_start(struct http *http, uint16_t port);

/* Accepts no more connections and lets go of the port. */
void http_quiet(struct http *http);

/* Waits a little for the last answers to leave, then closes. All requests must be resumed. */
void http_stop(struct http *http);

/* An argument of the query, decoded; NULL if it is not there. */
const char *http_argument(const struct request *request, const char *name);

void http_suspend(struct request *request);

/* Sends request->reply; the caller must not touch the request afterwards. */
void http_resume(struct request *request);
