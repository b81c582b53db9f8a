/* stream.h - connections without blocking, plain or TLS, and what is read and written on them.
 *
 * Why: the engine's only door to the network; a simulated twin takes its place at link time, so
 * there is no virtual call. Reads bring the kernel's receive stamp with them, so a reader that
 * comes late is seen as lag and never as the target's time.
 * Source: tcp(7), unix(7), epoll(7), socket(7) SO_TIMESTAMPNS; TLS in net/tls.h.
 * Thread: each poller and its streams belong to one worker.
 * Memory: none beyond the kernel's; with TLS, OpenSSL's own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/address.h"
#include "net/poller.h"

struct tls_channel;
struct tls_peer;

enum stream_status {
    STREAM_OK,
    STREAM_AGAIN, /* would block */
    STREAM_EOF,   /* the peer closed, in TLS by its close_notify */
    STREAM_REFUSED,
    STREAM_RESET,    /* reset, aborted or broken pipe */
    STREAM_NO_ROUTE, /* unreachable, or timed out by the kernel */
    STREAM_NO_PORT,  /* no free local port, descriptor or watch: ours, not the target's */
    STREAM_TLS,      /* not to be trusted, or not TLS: stream_tls_why() */
    STREAM_CUT       /* TLS: closed without close_notify, so something may be missing */
};

struct stream {
    int fd;                  /* -1: none */
    struct tls_channel *tls; /* NULL: plain */
};

/* Where to, and how. */
struct stream_way {
    const struct address *to;
    const struct address *from; /* own address; NULL, or one of another family: any */
    struct tls_peer *tls;       /* NULL: plain; keeps */
};

/* How a TLS handshake went. */
struct stream_handshake {
    bool resumed;
    uint64_t began_ns; /* when the connection stood; 0: no TLS */
};

/* What a read brought. */
struct stream_arrival {
    size_t len;
    uint64_t kernel_ns; /* when the last of it reached the kernel on the monotonic clock; 0: it did
                           not say */
    bool more;          /* a further read may bring something that the poller told of already */
    bool wants_write;   /* TLS must say something before it can read on: read again when writable */
};

/* Starts to connect; STREAM_AGAIN is the usual answer, the stream is then ready when there is more
 * to do. `id` comes back in struct ready. On STREAM_AGAIN `s` is the caller's to close. */
enum stream_status stream_connect(struct stream *s, struct poller *p, const struct stream_way *way,
                                  uint32_t id);
/* Goes on with a connect that became ready. STREAM_AGAIN: TLS is still shaking hands. STREAM_OK:
 * from now on only reads are reported, and `out` is filled. */
enum stream_status stream_connected(struct stream *s, struct poller *p, uint32_t id,
                                    struct stream_handshake *out);
/* Hands bytes to the kernel; `*sent` may be less than asked for with STREAM_OK. What was not taken
 * must come first in the next call. */
enum stream_status stream_send(struct stream *s, const char *at, size_t len, size_t *sent);
/* Asks for `writable` reports, or ends them; what can be read already is reported again. */
void stream_want_write(struct stream *s, struct poller *p, uint32_t id, bool want);
/* Takes what is there. With TLS `size` must be 64 KiB or more. Fills all of `out`. */
enum stream_status stream_receive(struct stream *s, struct poller *p, char *at, size_t size,
                                  struct stream_arrival *out);
/* What the kernel knows of a TCP connection. */
struct stream_facts {
    uint64_t rtt_ns;     /* smoothed round trip */
    uint32_t resent;     /* segments sent again since it was made */
    uint32_t unanswered; /* segments sent and not acknowledged */
};

/* A system call of about a microsecond. False: it is none of TCP. */
bool stream_look(const struct stream *s, struct stream_facts *out);
/* After STREAM_TLS: one clause, valid until the next call for the same struct tls_peer. */
const char *stream_tls_why(const struct stream *s);
/* Says goodbye in TLS where that is still possible; once more is nothing. */
void stream_close(struct stream *s);
