/* sock_table.h - the sockets of this network namespace, by inode: who is at the other end.
 *
 * Why: a thread of the service waits on descriptor 12; that this is the database is known by the
 * socket behind it.
 * Source: sock_diag.h.
 * Thread: one owner.  Memory: the arena given, fixed; one descriptor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/sock_diag.h"

#define SOCK_TABLE_MAX 16384 /* sockets; beyond them `beyond` counts */

struct sock_table {
    struct sock_diag diag;
    struct sock_entry *entries; /* [SOCK_TABLE_MAX], in no order */
    uint32_t *slots;            /* hash of inodes: place + 1 */
    uint32_t count, beyond;
};

/* False: `err` says why nothing is seen; or no memory, which arena_ok() tells. */
bool sock_table_open(struct sock_table *t, struct arena *arena, struct err *err);
/* All sockets of processes as they are now: TCP of both families, and unix. */
bool sock_table_look(struct sock_table *t, struct err *err);
/* NULL: it was not there. */
const struct sock_entry *sock_table_find(const struct sock_table *t, uint64_t inode);
/* A listening socket of ours has this port: a connection of it came from a client. */
bool sock_table_listens(const struct sock_table *t, uint16_t port);
/* The other end: "127.0.0.1:5432", "[::1]:6379", "/run/db.sock", "unix socket". */
void sock_table_peer(const struct sock_table *t, const struct sock_entry *entry, struct text *out);
/* Of a TCP socket that is in no table. */
void sock_table_address(const struct sock_entry *entry, struct text *out);
void sock_table_close(struct sock_table *t);
