/* socket_priv.h - the few system calls that streams are made of.
 *
 * Why: plain streams and TLS (which reads and writes below OpenSSL) must do the same to a socket,
 * with the same stamps and the same reading of errno.
 * Source: socket(7) SO_TIMESTAMPNS, ip(7) IP_BIND_ADDRESS_NO_PORT.
 * Thread: the stream's.  Memory: none. */
#pragma once

#include "net/stream.h"

/* What an errno means for a stream; 0: STREAM_OK. */
enum stream_status socket_status(int error);
/* A socket that doesn't block, bound to way->from where that is given, and its connect begun.
 * STREAM_OK or STREAM_AGAIN: `*fd` is the caller's to close; else it is -1. */
enum stream_status socket_connect(const struct stream_way *way, int *fd);
/* One recvmsg: the bytes read, 0 at the end, -1 with errno. `*kernel_ns`: see stream_receive(). */
int64_t socket_receive(int fd, int64_t wall_offset_ns, char *at, size_t size, uint64_t *kernel_ns);
/* One send: the bytes taken, -1 with errno. */
int64_t socket_send(int fd, const char *at, size_t len);
