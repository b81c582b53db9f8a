#include "net/socket_priv.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum stream_status socket_status(int error)
{
    switch (error) {
    case 0:
        return STREAM_OK;
    case EAGAIN:
    case EINPROGRESS:
    case EINTR:
        return STREAM_AGAIN;
    case ECONNREFUSED:
    case ENOENT: /* of a unix socket: nobody made it */
        return STREAM_REFUSED;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return STREAM_NO_PORT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
        return STREAM_NO_ROUTE;
    default:
        return STREAM_RESET;
    }
}

static void set_option(int fd, int level, int name)
{
    int on = 1;
    int failed = setsockopt(fd, level, name, &on, sizeof on);
    assert(failed == 0);
}

/* The port is chosen when the connect knows the other end, so that one local port can serve
 * connections to several targets. */
static bool bind_to(int fd, const struct address *from)
{
    set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    return bind(fd, (const struct sockaddr *)&from->storage, from->storage_len) == 0;
}

enum stream_status socket_connect(const struct stream_way *way, int *fd)
{
    const struct sockaddr *to = (const struct sockaddr *)&way->to->storage;
    *fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) return socket_status(errno);
    if (to->sa_family != AF_UNIX) set_option(*fd, IPPROTO_TCP, TCP_NODELAY);
    set_option(*fd, SOL_SOCKET, SO_TIMESTAMPNS);
    bool bound =
        !way->from || way->from->storage.ss_family != to->sa_family || bind_to(*fd, way->from);
    int error = bound && connect(*fd, to, way->to->storage_len) == 0 ? 0 : errno;
    /* A unix socket whose queue is full says EAGAIN, and is not told of later: it is refused. */
    if (to->sa_family == AF_UNIX && error == EAGAIN) error = ECONNREFUSED;
    enum stream_status status = socket_status(error);
    if (status == STREAM_OK || status == STREAM_AGAIN) return status;
    close(*fd);
    *fd = -1;
    return status;
}

/* The kernel stamps with the wall clock; what we keep is monotonic. */
static uint64_t stamp_of(int64_t wall_offset_ns, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec ts;
        memcpy(&ts, CMSG_DATA(c), sizeof ts);
        int64_t wall = (int64_t)ts.tv_sec * (int64_t)NS_PER_S + ts.tv_nsec;
        return wall > wall_offset_ns ? (uint64_t)(wall - wall_offset_ns) : 0;
    }
    return 0;
}

/* recvmsg() and send() of the C library are points at which a thread may be cancelled, which costs
 * four locked instructions a request. Nobody cancels ours, so the kernel is called without them. */

int64_t socket_receive(int fd, int64_t wall_offset_ns, char *at, size_t size, uint64_t *kernel_ns)
{
    union {
        char bytes[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_len = size};
    part.iov_base = at;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    long n = syscall(SYS_recvmsg, fd, &message, 0);
    if (n > 0) *kernel_ns = stamp_of(wall_offset_ns, &message);
    return n;
}

int64_t socket_send(int fd, const char *at, size_t len)
{
    return syscall(SYS_sendto, fd, at, len, MSG_NOSIGNAL, NULL, 0);
}
