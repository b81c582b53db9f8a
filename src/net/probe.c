#include "net/probe.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/address.h"
#include "wire/h1.h"

#define REQUEST_MAX 4096

/* Waits for `events`; false when `deadline_ns` is past (errno ETIMEDOUT) or poll fails. */
static bool wait_for(int fd, short events, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now = clock_now_ns();
        if (now >= deadline_ns) break;
        uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, left_ms > 60000 ? 60000 : (int)left_ms);
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
    }
    errno = ETIMEDOUT;
    return false;
}

/* A connection to the address that answers; -1 and `err` when there is none. */
static int reach(struct bytes host, uint16_t port, uint64_t within_ns, struct err *err)
{
    struct address address;
    if (!address_reach(&address, host, port, within_ns, err)) return -1;
    const struct sockaddr *to = (const struct sockaddr *)&address.storage;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int cause = fd < 0 ? errno : 0;
    if (fd >= 0 && connect(fd, to, address.storage_len) != 0 && errno != EINPROGRESS) cause = errno;
    if (cause == 0) return fd;
    if (fd >= 0) close(fd);
    err_set(err, ERR_PREFLIGHT, cause, "no connection to port %u", port);
    return -1;
}

static bool send_all(int fd, struct bytes left, uint64_t deadline_ns)
{
    while (left.len > 0) {
        ssize_t n = send(fd, left.at, left.len, MSG_NOSIGNAL);
        if (n > 0) {
            left = bytes_from(left, (size_t)n);
        } else if (errno == EAGAIN || errno == ENOTCONN) { /* still connecting */
            if (!wait_for(fd, POLLOUT, deadline_ns)) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Decodes until the final status line; -1: bad, 0: more is needed, 1: p->status is there. */
static int decode(struct h1_resp *p, struct bytes *in)
{
    struct h1_event event;
    enum h1_step step = h1_resp_step(p, in, &event);
    if (step == H1_BAD) return -1;
    return step == H1_EVENT || step == H1_DONE ? 1 : 0;
}

static bool read_status(int fd, uint64_t deadline_ns, uint32_t *status, struct err *err)
{
    char buffer[H1_MAX_LINE + 1];
    size_t len = 0;
    struct h1_resp p;
    h1_resp_init(&p, false);
    for (;;) {
        ssize_t n = recv(fd, buffer + len, sizeof buffer - len, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) {
            if (wait_for(fd, POLLIN, deadline_ns)) continue;
            return err_set(err, ERR_PREFLIGHT, 0, "connected, but no reply came");
        }
        if (n < 0) return err_set(err, ERR_PREFLIGHT, errno, "connected, but no reply came");
        if (n == 0) {
            if (h1_resp_eof(&p) == H1_DONE) break; /* cannot be without a status */
            return err_set(err, ERR_PREFLIGHT, 0, "%s", h1_bad_text(p.bad));
        }
        len += (size_t)n;
        struct bytes in = {buffer, len};
        int got = decode(&p, &in);
        if (got < 0) return err_set(err, ERR_PREFLIGHT, 0, "%s", h1_bad_text(p.bad));
        if (got > 0) break;
        memmove(buffer, in.at, in.len); /* the decoder wants the rest again, with more behind it */
        len = in.len;
    }
    *status = p.status;
    return true;
}

bool probe_http(const struct probe_request *request, uint64_t within_ns, uint32_t *status,
                struct err *err)
{
    uint64_t deadline_ns = clock_now_ns() + within_ns;
    char array[REQUEST_MAX];
    struct text head = text_in(array, sizeof array);
    bool v6 = bytes_find(request->host, BYTES_LIT(":")) != SIZE_MAX;
    text_addf(&head, "%.*s %.*s HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n", BYTES_ARG(request->method),
              BYTES_ARG(request->path), v6 ? "[" : "", BYTES_ARG(request->host), v6 ? "]" : "",
              request->port);
    text_adds(&head, "User-Agent: prony\r\nAccept: */*\r\nConnection: close\r\n\r\n");
    if (head.cut) return err_set(err, ERR_PREFLIGHT, 0, "the path is longer than 4 KiB");
    int fd = reach(request->host, request->port, within_ns, err);
    if (fd < 0) return false;
    bool ok = send_all(fd, text_bytes(&head), deadline_ns);
    if (!ok) err_set(err, ERR_PREFLIGHT, errno, "connected, but the request could not be sent");
    else ok = read_status(fd, deadline_ns, status, err);
    close(fd);
    return ok;
}
