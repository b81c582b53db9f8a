/* sock_table.h - the sockets of this network namespace, by inode: who is at the other end.
 *
 * Why: a thread of the service waits on descriptor 12; that this is the database is known by the
 * socket behind it. The kernel is asked for all sockets at once over netlink, which takes some ns a
 * socket and no lock for long, where /proc/net/tcp walks its hash table line by line.
 * Source: sock_diag(7); linux/inet_diag.h, linux/unix_diag.h.
 * Thread: one owner.  Memory: the arena given, fixed; one descriptor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#define SOCK_TABLE_MAX 16384 /* sockets; beyond them `beyond` counts */
#define SOCK_NAME_BYTES 64

enum sock_state { /* of linux/tcp_states.h; of a unix socket 1 or 10 */
                  SOCK_ESTABLISHED = 1,
                  SOCK_LISTENING = 10
};

struct sock_entry {
    uint32_t inode; /* 0: none */
    uint8_t state;
    bool is_unix, v6;
    uint16_t local_port, remote_port; /* TCP */
    unsigned char remote[16];
    uint32_t peer_inode;    /* unix: of the other end, 0: none */
    uint32_t queued, limit; /* listening: connections that wait to be accepted, and how many may */
    uint32_t retransmits;   /* so far on this connection; where the kernel tells */
    char path[SOCK_NAME_BYTES]; /* unix: its name, cut */
};

struct sock_table {
    int fd;                     /* below 0: none */
    struct sock_entry *entries; /* [SOCK_TABLE_MAX], in no order */
    uint32_t *slots;            /* hash of inodes: place + 1 */
    uint32_t count, beyond;
};

/* False: `err` says why nothing is seen; or no memory, which arena_ok() tells. */
bool sock_table_open(struct sock_table *t, struct arena *arena, struct err *err);
/* All sockets as they are now: TCP of both families, and unix. */
bool sock_table_look(struct sock_table *t, struct err *err);
/* NULL: it was not there. */
const struct sock_entry *sock_table_find(const struct sock_table *t, uint64_t inode);
/* A listening socket of ours has this port: a connection of it came from a client. */
bool sock_table_listens(const struct sock_table *t, uint16_t port);
/* The other end: "127.0.0.1:5432", "[::1]:6379", "/run/db.sock", "unix socket". */
void sock_table_peer(const struct sock_table *t, const struct sock_entry *entry, struct text *out);
void sock_table_close(struct sock_table *t);
