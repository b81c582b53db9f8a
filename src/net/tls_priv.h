/* tls_priv.h - one TLS connection over a socket that doesn't block.
 *
 * Why: stream_linux.c hands every call of a TLS stream on to these; nobody outside net/ sees them.
 * Source: SSL_do_handshake(3), SSL_read(3), SSL_write(3), BIO_meth_new(3).
 * Thread: the stream's.  Memory: OpenSSL's heap, given back by tls_channel_close(). */
#pragma once

#include "net/stream.h"
#include "net/tls.h"

/* NULL: OpenSSL has no memory. `fd` stays the caller's. */
struct tls_channel *tls_channel_open(struct tls_peer *peer, int fd);
/* Says goodbye where that is still possible. */
void tls_channel_close(struct tls_channel *c);
/* Goes on with the handshake. */
enum stream_status tls_channel_shake(struct tls_channel *c, bool *wants_write);
/* When the handshake began, 0: it has not. */
uint64_t tls_channel_began(const struct tls_channel *c);
bool tls_channel_resumed(const struct tls_channel *c);
enum stream_status tls_channel_send(struct tls_channel *c, const char *at, size_t len,
                                    size_t *sent);
enum stream_status tls_channel_receive(struct tls_channel *c, int64_t wall_offset_ns, char *at,
                                       size_t size, struct stream_arrival *out);
const char *tls_channel_why(const struct tls_channel *c);
/* After the handshake: fills all of `out`. */
void tls_channel_facts(const struct tls_channel *c, struct tls_facts *out);
/* Whether the server asked for a certificate of ours. */
bool tls_channel_was_asked(const struct tls_channel *c);
