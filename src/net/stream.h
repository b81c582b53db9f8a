/* stream.h - TCP connections without blocking, and the wait for them.
 *
 * Why: the engine's only door to the network; a simulated twin takes its place at link time, so
 * there is no virtual call. Reads bring the kernel's receive stamp with them, so a reader that
 * comes late is seen as lag and never as the target's time.
 * Source: tcp(7), epoll(7), socket(7) SO_TIMESTAMPNS.
 * Thread: each poller and its streams belong to one worker.  Memory: none beyond the kernel's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "net/address.h"
#include "net/poller.h"

enum stream_status {
    STREAM_OK,
    STREAM_AGAIN, /* would block */
    STREAM_EOF,   /* the peer closed */
    STREAM_REFUSED,
    STREAM_RESET,    /* reset, aborted or broken pipe */
    STREAM_NO_ROUTE, /* unreachable, or timed out by the kernel */
    STREAM_NO_PORT,  /* no free local port or descriptor: ours, not the target's */
};

/* Starts to connect; STREAM_AGAIN is the usual answer, the stream is then writable when done.
 * `id` comes back in struct ready. On STREAM_OK and STREAM_AGAIN `*fd` is the caller's to close. */
enum stream_status stream_connect(struct poller *p, const struct address *to, uint32_t id, int *fd);
/* How a connect that became writable ended. STREAM_OK: from now on only reads are reported. */
enum stream_status stream_connected(struct poller *p, int fd, uint32_t id);
/* Hands bytes to the kernel; `*sent` may be less than asked for with STREAM_OK. */
enum stream_status stream_send(int fd, const char *at, size_t len, size_t *sent);
/* Asks for `writable` reports, or ends them. */
void stream_want_write(struct poller *p, int fd, uint32_t id, bool want);
/* Takes what is there. `*kernel_ns` is when the last of it reached the kernel on the monotonic
 * clock, 0 where the kernel did not say. */
enum stream_status stream_receive(struct poller *p, int fd, char *at, size_t size, size_t *received,
                                  uint64_t *kernel_ns);
void stream_close(int fd);
