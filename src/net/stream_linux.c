#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static_assert(sizeof(struct sockaddr_storage) == 128,
              "addresses are stored as the kernel has them");

static enum stream_status status_of(int error)
{
    switch (error) {
    case 0:
        return STREAM_OK;
    case EAGAIN:
    case EINPROGRESS:
    case EINTR:
        return STREAM_AGAIN;
    case ECONNREFUSED:
        return STREAM_REFUSED;
    case EADDRNOTAVAIL:
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

enum stream_status stream_connect(struct poller *p, const struct address *to, uint32_t id, int *fd)
{
    const struct sockaddr *address = (const struct sockaddr *)&to->storage;
    *fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0) return status_of(errno);
    set_option(*fd, IPPROTO_TCP, TCP_NODELAY);
    set_option(*fd, SOL_SOCKET, SO_TIMESTAMPNS);
    int failed = connect(*fd, address, to->storage_len);
    enum stream_status status = status_of(failed ? errno : 0);
    if (status != STREAM_OK && status != STREAM_AGAIN) {
        stream_close(*fd);
        *fd = -1;
        return status;
    }
    poller_add(p, *fd, id);
    return STREAM_AGAIN; /* also when it is there at once: one path, reported as writable */
}

enum stream_status stream_connected(struct poller *p, int fd, uint32_t id)
{
    int error = 0;
    socklen_t len = sizeof error;
    int failed = getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    assert(failed == 0);
    enum stream_status status = status_of(error);
    if (status == STREAM_OK) stream_want_write(p, fd, id, false);
    return status;
}

enum stream_status stream_send(int fd, const char *at, size_t len, size_t *sent)
{
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    *sent = n > 0 ? (size_t)n : 0;
    return status_of(n < 0 ? errno : 0);
}

void stream_want_write(struct poller *p, int fd, uint32_t id, bool want)
{
    poller_watch(p, fd, id, want);
}

/* The kernel stamps with the wall clock; what we keep is monotonic. */
static uint64_t stamp_of(struct poller *p, struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        struct timespec ts;
        memcpy(&ts, CMSG_DATA(c), sizeof ts);
        int64_t wall = (int64_t)ts.tv_sec * (int64_t)NS_PER_S + ts.tv_nsec;
        return wall > p->wall_offset_ns ? (uint64_t)(wall - p->wall_offset_ns) : 0;
    }
    return 0;
}

enum stream_status stream_receive(struct poller *p, int fd, char *at, size_t size, size_t *received,
                                  uint64_t *kernel_ns)
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
    *received = 0;
    *kernel_ns = 0;
    ssize_t n = recvmsg(fd, &message, 0);
    if (n < 0) return status_of(errno);
    if (n == 0) return STREAM_EOF;
    *received = (size_t)n;
    *kernel_ns = stamp_of(p, &message);
    return STREAM_OK;
}

void stream_close(int fd)
{
    int failed = close(fd);
    UNUSED(failed); /* EINTR and EIO leave the descriptor closed on Linux: nothing to do */
}
