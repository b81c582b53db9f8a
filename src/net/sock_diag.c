#include "net/sock_diag.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REPLY_BYTES 32768
#define PATIENCE_S 1
#define ATTR_HEAD ((sizeof(struct nlattr) + 3) / 4 * 4) /* NLA_HDRLEN, without its signed sum */

/* As in ss(8); the last is of a connection whose handshake is not done. */
static const char *const states[SOCK_STATES] = {
    "unknown", "established", "syn-sent", "syn-recv",  "fin-wait-1", "fin-wait-2", "time-wait",
    "closed",  "close-wait",  "last-ack", "listening", "closing",    "syn-recv"};

const char *sock_diag_state_name(uint32_t state)
{
    return states[state < SOCK_STATES ? state : 0];
}

bool sock_diag_open(struct sock_diag *d, struct err *err)
{
    d->fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (d->fd < 0) return err_set(err, ERR_IO, errno, "the kernel tells nothing of sockets");
    struct timeval patience = {.tv_sec = PATIENCE_S};
    return setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0
           || err_set(err, ERR_IO, errno, "cannot wait for the kernel's sockets");
}

struct entering {
    struct sock_diag *diag;
    pid_t pid;
    struct err *err;
    bool done;
};

static void *enter(void *ctx)
{
    struct entering *e = ctx;
    char array[64];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "/proc/%d/ns/net", e->pid);
    int fd = open(array, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) {
        err_set(e->err, ERR_DENIED, errno, "the network of process %d may not be entered", e->pid);
    } else {
        e->done = sock_diag_open(e->diag, e->err);
    }
    if (fd >= 0) close(fd);
    return NULL;
}

/* By a thread of its own, which alone moves there and ends: a socket stays where it was made. */
bool sock_diag_open_in(struct sock_diag *d, pid_t pid, struct err *err)
{
    pthread_t thread;
    struct entering entering = {d, pid, err, false};
    d->fd = -1;
    int failed = pthread_create(&thread, NULL, enter, &entering);
    if (failed) return err_set(err, ERR_LIMIT, failed, "no thread to look into another network");
    failed = pthread_join(thread, NULL);
    assert(failed == 0);
    return failed == 0 && entering.done;
}

void sock_diag_close(struct sock_diag *d)
{
    if (d->fd >= 0) close(d->fd);
    d->fd = -1;
}

/* ---- reading an answer ---- */

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

/* As much of a structure as the kernel knows of it; the rest is 0. */
static void copy_attr(const struct nlattr *attr, void *into, size_t size)
{
    memset(into, 0, size);
    if (!attr) return;
    size_t len = (size_t)attr->nla_len - ATTR_HEAD;
    memcpy(into, (const char *)attr + ATTR_HEAD, len < size ? len : size);
}

/* Times are ms ago, and as coarse as the kernel's tick: who is asked again at once has sent in the
 * tick in which it received. Then what came last is that the peer has taken the question. */
static bool is_asked(const struct tcp_info *info)
{
    if (info->tcpi_data_segs_in == 0) return info->tcpi_data_segs_out > 0;
    return info->tcpi_last_data_sent < info->tcpi_last_data_recv
           || info->tcpi_last_ack_recv < info->tcpi_last_data_recv;
}

static bool read_tcp(struct nlmsghdr *head, struct sock_entry *out)
{
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct inet_diag_msg))) return false;
    const struct inet_diag_msg *msg = NLMSG_DATA(head);
    *out = (struct sock_entry){.inode = msg->idiag_inode,
                               .state = msg->idiag_state,
                               .v6 = msg->idiag_family == AF_INET6,
                               .local_port = ntohs(msg->id.idiag_sport),
                               .remote_port = ntohs(msg->id.idiag_dport)};
    memcpy(out->remote, msg->id.idiag_dst, sizeof out->remote);
    if (out->state == SOCK_LISTENING) {
        out->queued = msg->idiag_rqueue;
        out->limit = msg->idiag_wqueue;
    }
    struct tcp_info info;
    copy_attr(attr_of(msg + 1, head->nlmsg_len - NLMSG_LENGTH(sizeof *msg), INET_DIAG_INFO), &info,
              sizeof info);
    out->retransmits = info.tcpi_total_retrans;
    out->awaits = out->state == SOCK_SYN_SENT
                  || (out->state == SOCK_ESTABLISHED && msg->idiag_rqueue == 0 && is_asked(&info));
    return true;
}

/* A path comes with its NUL; a name that begins with one is of no file, "@name" as in ss(8). */
static void read_path(const struct nlattr *name, struct sock_entry *out)
{
    struct bytes path = {(const char *)name + ATTR_HEAD, name->nla_len - ATTR_HEAD};
    bool abstract = path.len > 0 && path.at[0] == '\0';
    if (abstract) path = bytes_from(path, 1);
    else if (path.len > 0 && path.at[path.len - 1] == '\0') path.len--;
    struct text text = text_in(out->path, sizeof out->path);
    if (abstract) text_adds(&text, "@");
    text_add_safe(&text, path);
}

static bool read_unix(struct nlmsghdr *head, struct sock_entry *out)
{
    if (head->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg))) return false;
    const struct unix_diag_msg *msg = NLMSG_DATA(head);
    *out = (struct sock_entry){.inode = msg->udiag_ino, .state = msg->udiag_state, .is_unix = true};
    size_t len = head->nlmsg_len - NLMSG_LENGTH(sizeof *msg);
    copy_attr(attr_of(msg + 1, len, UNIX_DIAG_PEER), &out->peer_inode, sizeof out->peer_inode);
    if (out->state == SOCK_LISTENING) {
        struct unix_diag_rqlen queue;
        copy_attr(attr_of(msg + 1, len, UNIX_DIAG_RQLEN), &queue, sizeof queue);
        out->queued = queue.udiag_rqueue;
        out->limit = queue.udiag_wqueue;
    }
    const struct nlattr *name = attr_of(msg + 1, len, UNIX_DIAG_NAME);
    if (name) read_path(name, out);
    return true;
}

/* ---- asking ---- */

static bool ask(const struct sock_diag *d, uint16_t type, const void *request, size_t len,
                struct err *err)
{
    char array[256] = {0};
    struct nlmsghdr head = {.nlmsg_len = (uint32_t)NLMSG_LENGTH(len),
                            .nlmsg_type = type,
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
    memcpy(array, &head, sizeof head);
    memcpy(array + NLMSG_HDRLEN, request, len);
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    ssize_t sent =
        sendto(d->fd, array, head.nlmsg_len, 0, (const struct sockaddr *)&kernel, sizeof kernel);
    return sent == (ssize_t)head.nlmsg_len
           || err_set(err, ERR_IO, errno, "the kernel takes no question about sockets");
}

/* All answers to one question. */
static bool take_all(const struct sock_diag *d, bool of_unix, sock_visit *visit, void *ctx,
                     struct err *err)
{
    for (;;) {
        _Alignas(struct nlmsghdr) char array[REPLY_BYTES];
        ssize_t got = recv(d->fd, array, sizeof array, 0);
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
            struct sock_entry entry;
            if (of_unix ? read_unix(head, &entry) : read_tcp(head, &entry)) visit(ctx, &entry);
        }
    }
}

/* Both families by the older question, whose answer takes one walk through the kernel's table: most
 * of what it costs where there are few sockets, since the table is sized for many. */
bool sock_diag_tcp(const struct sock_diag *d, uint32_t states_asked, bool details,
                   sock_visit *visit, void *ctx, struct err *err)
{
    struct inet_diag_req request = {.idiag_family = AF_INET, .idiag_states = states_asked};
    if (details) request.idiag_ext = 1 << (INET_DIAG_INFO - 1);
    return ask(d, TCPDIAG_GETSOCK, &request, sizeof request, err)
           && take_all(d, false, visit, ctx, err);
}

static void pass_by(void *ctx, const struct sock_entry *entry)
{
    UNUSED(ctx);
    UNUSED(entry);
}

bool sock_diag_listens(const struct sock_diag *d, struct err *err)
{
    return sock_diag_tcp(d, 1u << SOCK_LISTENING, false, pass_by, NULL, err);
}

void sock_diag_unix(const struct sock_diag *d, uint32_t states_asked, sock_visit *visit, void *ctx)
{
    struct unix_diag_req request = {.sdiag_family = AF_UNIX,
                                    .udiag_states = states_asked,
                                    .udiag_show =
                                        UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN};
    if (ask(d, SOCK_DIAG_BY_FAMILY, &request, sizeof request, NULL)) {
        IGNORE(take_all(d, true, visit, ctx, NULL));
    }
}
