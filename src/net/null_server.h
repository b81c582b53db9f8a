/* null_server.h - a server in this process that answers at once and does nothing else.
 *
 * Why: what a generator can measure at the least, and send at the most, is a property of the host
 * it runs on. A peer that costs next to nothing shows it.
 * Source: docs/method.md, "Calibration".
 * Thread: one of its own, with the signal mask of who opens it; open and close on one other.
 * Memory: in place. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define NULL_SERVER_CONNECTIONS 1024 /* descriptors beyond are closed at once */

struct null_server {
    int listener, poll, stop;
    pthread_t thread;
    uint16_t port;                            /* on 127.0.0.1 */
    uint8_t matched[NULL_SERVER_CONNECTIONS]; /* by descriptor: of the end of a head, so far */
};

/* Listens and starts its thread. False: `err`, and nothing is left. */
MUST_USE bool null_server_open(struct null_server *s, struct err *err);
/* Ends the thread and closes all connections. */
void null_server_close(struct null_server *s);
