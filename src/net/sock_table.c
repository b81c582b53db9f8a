#include "net/sock_table.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/attr.h"

#define SLOTS 32768u /* a hash that is at most half full */
static_assert(SLOTS >= 2 * SOCK_TABLE_MAX, "half full");

bool sock_table_open(struct sock_table *t, struct arena *arena, struct err *err)
{
    *t = (struct sock_table){.diag.fd = -1,
                             .entries = ARENA_ARRAY(arena, SOCK_TABLE_MAX, struct sock_entry),
                             .slots = ARENA_ARRAY(arena, SLOTS, uint32_t)};
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "no memory for a table of sockets");
    return sock_diag_open(&t->diag, err);
}

void sock_table_close(struct sock_table *t)
{
    sock_diag_close(&t->diag);
}

static uint32_t slot_of(uint32_t inode)
{
    return (inode * UINT32_C(2654435761)) % SLOTS; /* Knuth, TAOCP 3, 6.4 */
}

static void add(void *ctx, const struct sock_entry *entry)
{
    struct sock_table *t = ctx;
    if (entry->inode == 0) return;
    if (t->count == SOCK_TABLE_MAX) {
        t->beyond++;
        return;
    }
    t->entries[t->count++] = *entry;
    uint32_t at = slot_of(entry->inode);
    while (t->slots[at] > 0) at = (at + 1) % SLOTS;
    t->slots[at] = t->count;
}

bool sock_table_look(struct sock_table *t, struct err *err)
{
    memset(t->slots, 0, SLOTS * sizeof *t->slots);
    t->count = t->beyond = 0;
    if (!sock_diag_tcp(&t->diag, ~0u, false, add, t, err)) return false;
    sock_diag_unix(&t->diag, ~0u, add, t);
    return true;
}

const struct sock_entry *sock_table_find(const struct sock_table *t, uint64_t inode)
{
    if (inode == 0 || inode > UINT32_MAX || t->count == 0) return NULL;
    for (uint32_t at = slot_of((uint32_t)inode); t->slots[at] > 0; at = (at + 1) % SLOTS) {
        const struct sock_entry *entry = &t->entries[t->slots[at] - 1];
        if (entry->inode == inode) return entry;
    }
    return NULL;
}

bool sock_table_listens(const struct sock_table *t, uint16_t port)
{
    for (uint32_t i = 0; i < t->count; i++) {
        const struct sock_entry *entry = &t->entries[i];
        if (entry->state == SOCK_LISTENING && !entry->is_unix && entry->local_port == port) {
            return true;
        }
    }
    return false;
}

void sock_table_address(const struct sock_entry *entry, struct text *out)
{
    char array[INET6_ADDRSTRLEN];
    const char *at = inet_ntop(entry->v6 ? AF_INET6 : AF_INET, entry->remote, array, sizeof array);
    text_addf(out, entry->v6 ? "[%s]:%u" : "%s:%u", at ? at : "?", entry->remote_port);
}

void sock_table_peer(const struct sock_table *t, const struct sock_entry *entry, struct text *out)
{
    if (entry->is_unix) {
        const struct sock_entry *peer = sock_table_find(t, entry->peer_inode);
        const char *path = peer && peer->path[0] ? peer->path : entry->path;
        text_adds(out, path[0] ? path : "unix socket");
        return;
    }
    sock_table_address(entry, out);
}
