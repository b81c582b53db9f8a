#include "net/sock_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/attr.h"

#define SLOTS (2 * SOCK_TABLE_MAX)
#define REPLY_BYTES 32768
#define PATIENCE_S 1
#define ATTR_HEAD ((sizeof(struct nlattr) + 3) / 4 * 4) /* NLA_HDRLEN, without its signed sum */

bool sock_table_open(struct sock_table *t, struct arena *arena, struct err *err)
{
    *t = (struct sock_table){.fd = -1,
                             .entries = ARENA_ARRAY(arena, SOCK_TABLE_MAX, struct sock_entry),
                             .slots = ARENA_ARRAY(arena, SLOTS, uint32_t)};
    if (!arena_ok(arena)) return err_set(err, ERR_LIMIT, 0, "no memory for a table of sockets");
    t->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (t->fd < 0) return err_set(err, ERR_IO, errno, "the kernel tells nothing of sockets");
    struct timeval patience = {.tv_sec = PATIENCE_S};
    return setsockopt(t->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0
           || err_set(err, ERR_IO, errno, "cannot wait for the kernel's sockets");
}

void sock_table_close(struct sock_table *t)
{
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

/* ---- taking them up ---- */

static uint32_t slot_of(uint32_t inode)
{
    return (inode * UINT32_C(2654435761)) % SLOTS; /* Knuth, TAOCP 3, 6.4 */
}

/* The place for one more; NULL: none is left. */
static struct sock_entry *add(struct sock_table *t, uint32_t inode)
{
    if (t->count == SOCK_TABLE_MAX) {
        t->beyond++;
        return NULL;
    }
    struct sock_entry *entry = &t->entries[t->count++];
    *entry = (struct sock_entry){.inode = inode};
    uint32_t at = slot_of(inode);
    while (t->slots[at] > 0) at = (at + 1) % SLOTS;
    t->slots[at] = t->count;
    return entry;
}

static uint32_t retransmits_of(const struct nlattr *attr)
{
    struct tcp_info info = {0};
    size_t len = (size_t)attr->nla_len - ATTR_HEAD;
    memcpy(&info, (const char *)attr + ATTR_HEAD, len < sizeof info ? len : sizeof info);
    return info.tcpi_total_retrans;
}

static const struct nlattr *attr_of(const void *start, size_t len, uint16_t type)
{
    const char *at = start;
    while (len >= ATTR_HEAD) {
        const struct nlattr *attr = (const struct nlattr *)(const void *)at;
        if (attr->nla_len < ATTR_HEAD || attr->nla_len > len) return NULL;
        if ((attr->nla_type & NLA_TYPE_MASK) == type) return attr;
        size_t step = ((size_t)attr->nla_len + 3) / 4 * 4;
        if (step >= len) return NULL;
        at += step;
        len -= step;
    }
    return NULL;
}

static void take_tcp(struct sock_table *t, const struct nlmsghdr *head)
{
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) return;
    const struct inet_diag_msg *msg = NLMSG_DATA(head);
    struct sock_entry *entry = msg->idiag_inode ? add(t, msg->idiag_inode) : NULL;
    if (!entry) return; /* of none: closed by its process already */
    entry->state = msg->idiag_state;
    entry->v6 = msg->idiag_family == AF_INET6;
    entry->local_port = ntohs(msg->id.idiag_sport);
    entry->remote_port = ntohs(msg->id.idiag_dport);
    memcpy(entry->remote, msg->id.idiag_dst, sizeof entry->remote);
    if (entry->state == SOCK_LISTENING) {
        entry->queued = msg->idiag_rqueue;
        entry->limit = msg->idiag_wqueue;
    }
    size_t len = head->nlmsg_len - NLMSG_LENGTH(sizeof *msg);
    const struct nlattr *info = attr_of(msg + 1, len, INET_DIAG_INFO);
    if (info) entry->retransmits = retransmits_of(info);
}

static void take_unix(struct sock_table *t, const struct nlmsghdr *head)
{
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg))) return;
    const struct unix_diag_msg *msg = NLMSG_DATA(head);
    struct sock_entry *entry = add(t, msg->udiag_ino);
    if (!entry) return;
    entry->is_unix = true;
    entry->state = msg->udiag_state;
    size_t len = head->nlmsg_len - NLMSG_LENGTH(sizeof *msg);
    const struct nlattr *name = attr_of(msg + 1, len, UNIX_DIAG_NAME);
    const struct nlattr *peer = attr_of(msg + 1, len, UNIX_DIAG_PEER);
    if (peer && peer->nla_len >= ATTR_HEAD + sizeof entry->peer_inode) {
        memcpy(&entry->peer_inode, (const char *)peer + ATTR_HEAD, sizeof entry->peer_inode);
    }
    if (!name) return;
    struct text path = text_in(entry->path, sizeof entry->path);
    text_add_safe(&path, (struct bytes){(const char *)name + ATTR_HEAD, name->nla_len - ATTR_HEAD});
}

/* ---- asking ---- */

static bool ask(struct sock_table *t, const void *request, size_t len, struct err *err)
{
    char array[256] = {0};
    struct nlmsghdr head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                            .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
    memcpy(array, &head, sizeof head);
    memcpy(array + NLMSG_HDRLEN, request, len);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent =
        sendto(t->fd, array, head.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    return sent == (ssize_t)head.nlmsg_len
           || err_set(err, ERR_IO, errno, "the kernel takes no question about sockets");
}

/* All answers to one question. */
static bool take_all(struct sock_table *t, bool unix_sockets, struct err *err)
{
    for (;;) {
        _Alignas(struct nlmsghdr) char array[REPLY_BYTES];
        ssize_t got = recv(t->fd, array, sizeof array, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return err_set(err, ERR_IO, errno, "the kernel does not tell of sockets");
        uint32_t left = (uint32_t)got;
        struct nlmsghdr *head = (struct nlmsghdr *)(void *)array;
        for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left)) {
            if (head->nlmsg_type == NLMSG_DONE) return true;
            if (head->nlmsg_type == NLMSG_ERROR) {
                const struct nlmsgerr *error = NLMSG_DATA(head);
                return err_set(err, ERR_IO, -error->error, "the kernel tells nothing of sockets");
            }
            if (unix_sockets) take_unix(t, head);
            else take_tcp(t, head);
        }
    }
}

bool sock_table_look(struct sock_table *t, struct err *err)
{
    memset(t->slots, 0, SLOTS * sizeof *t->slots);
    t->count = t->beyond = 0;
    const unsigned char families[] = {AF_INET, AF_INET6};
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        struct inet_diag_req_v2 request = {.sdiag_family = families[i],
                                           .sdiag_protocol = IPPROTO_TCP,
                                           .idiag_ext = 1 << (INET_DIAG_INFO - 1),
                                           .idiag_states = ~0u};
        if (!ask(t, &request, sizeof request, err) || !take_all(t, false, err)) return false;
    }
    struct unix_diag_req request = {.sdiag_family = AF_UNIX,
                                    .udiag_states = ~0u,
                                    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER};
    /* A kernel without it is blind there only. */
    if (ask(t, &request, sizeof request, NULL)) IGNORE(take_all(t, true, NULL));
    return true;
}

/* ---- reading ---- */

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

void sock_table_peer(const struct sock_table *t, const struct sock_entry *entry, struct text *out)
{
    if (entry->is_unix) {
        const struct sock_entry *peer = sock_table_find(t, entry->peer_inode);
        const char *path = peer && peer->path[0] ? peer->path : entry->path;
        text_adds(out, path[0] ? path : "unix socket");
        return;
    }
    char array[INET6_ADDRSTRLEN];
    const char *at = inet_ntop(entry->v6 ? AF_INET6 : AF_INET, entry->remote, array, sizeof array);
    text_addf(out, entry->v6 ? "[%s]:%u" : "%s:%u", at ? at : "?", entry->remote_port);
}
