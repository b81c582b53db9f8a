/* mishap_priv.h - what a connection that failed means for the request on it.
 *
 * Why: outcomes and their words are what a report shows; exchange.c only moves bytes.
 * Source: docs/glossary.md.
 * Thread: the worker's.  Memory: none; words are static or the TLS peer's. */
#pragma once

#include "net/stream.h"
#include "net/tls.h"
#include "tick/tick.h"

/* Of a connection that was being made, by TLS to `peer`. */
enum outcome mishap_connecting(enum stream_status status, const struct tls_peer *peer,
                               const char **why);
/* Of one that stood, and had a request on it. */
enum outcome mishap_talking(enum stream_status status, const struct stream *stream,
                            const char **why);
