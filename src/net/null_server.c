#include "net/null_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_A_TURN 64
#define READ_BYTES 16384
#define ANSWERS_A_SEND 64

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
static const char head_end[] = "\r\n\r\n";

static bool watch(struct null_server *s, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(s->poll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void accept_all(struct null_server *s)
{
    for (;;) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int on = 1;
        int set = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (set != 0 || fd >= NULL_SERVER_CONNECTIONS || !watch(s, fd)) {
            close(fd);
            continue;
        }
        s->matched[fd] = 0;
    }
}

/* Heads that end in these bytes; requests without a body are all that is expected. */
static uint32_t count_requests(uint8_t *matched, const char *at, size_t len)
{
    uint32_t count = 0;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == head_end[*matched]) (*matched)++;
        else *matched = at[i] == '\r';
        if (*matched < sizeof head_end - 1) continue;
        *matched = 0;
        count++;
    }
    return count;
}

/* False: it is over with this connection. */
static bool serve(struct null_server *s, int fd)
{
    char in[READ_BYTES];
    ssize_t n = recv(fd, in, sizeof in, 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    if (n == 0) return false;
    uint32_t count = count_requests(&s->matched[fd], in, (size_t)n);
    char out[ANSWERS_A_SEND * (sizeof answer - 1)];
    while (count > 0) {
        size_t len = 0;
        for (; count > 0 && len < sizeof out; count--, len += sizeof answer - 1) {
            memcpy(out + len, answer, sizeof answer - 1);
        }
        /* Whoever does not read so little is not measured here. */
        if (send(fd, out, len, MSG_NOSIGNAL) != (ssize_t)len) return false;
    }
    return true;
}

static void *run(void *arg)
{
    struct null_server *s = arg;
    struct epoll_event events[EVENTS_A_TURN];
    for (;;) {
        int count = epoll_wait(s->poll, events, EVENTS_A_TURN, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == s->stop) return NULL;
            if (fd == s->listener) accept_all(s);
            else if (!serve(s, fd)) close(fd);
        }
        if (count < 0 && errno != EINTR) return NULL;
    }
}

static bool listen_at(struct null_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (const struct sockaddr *)&at, sizeof at) != 0
        || listen(s->listener, NULL_SERVER_CONNECTIONS) != 0
        || getsockname(s->listener, (struct sockaddr *)&at, &len) != 0) {
        return false;
    }
    s->port = ntohs(at.sin_port);
    return true;
}

static void close_all(struct null_server *s)
{
    if (s->listener >= 0) close(s->listener);
    if (s->poll >= 0) close(s->poll);
    if (s->stop >= 0) close(s->stop);
}

bool null_server_open(struct null_server *s, struct err *err)
{
    *s = (struct null_server){.listener = -1, .stop = -1};
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    s->stop = eventfd(0, EFD_CLOEXEC);
    int cause = 0;
    if (s->poll < 0 || s->stop < 0 || !listen_at(s) || !watch(s, s->listener) || !watch(s, s->stop))
        cause = errno;
    if (cause == 0) cause = pthread_create(&s->thread, NULL, run, s);
    if (cause == 0) return true;
    close_all(s);
    return err_set(err, ERR_LIMIT, cause, "cannot start a server to calibrate against");
}

void null_server_close(struct null_server *s)
{
    uint64_t one = 1;
    ssize_t told = write(s->stop, &one, sizeof one);
    if (told == (ssize_t)sizeof one) pthread_join(s->thread, NULL);
    close_all(s);
}
