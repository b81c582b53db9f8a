#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket_priv.h"
#include "net/tls_priv.h"

static_assert(sizeof(struct sockaddr_storage) == 128,
              "addresses are stored as the kernel has them");

enum stream_status stream_connect(struct stream *s, struct poller *p, const struct stream_way *way,
                                  uint32_t id)
{
    s->tls = NULL;
    enum stream_status status = socket_connect(way, &s->fd);
    if (status != STREAM_OK && status != STREAM_AGAIN) return status;
    if (way->tls) s->tls = tls_channel_open(way->tls, s->fd);
    if ((way->tls && !s->tls) || !poller_add(p, s->fd, id)) {
        stream_close(s);
        return STREAM_NO_PORT;
    }
    return STREAM_AGAIN; /* also when it is there at once: one path, reported as writable */
}

enum stream_status stream_connected(struct stream *s, struct poller *p, uint32_t id,
                                    struct stream_handshake *out)
{
    *out = (struct stream_handshake){0};
    bool standing = s->tls && tls_channel_began(s->tls) > 0;
    if (!standing) {
        int error = 0;
        socklen_t len = sizeof error;
        int failed = getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &len);
        assert(failed == 0);
        enum stream_status status = socket_status(error);
        if (status != STREAM_OK) return status;
    }
    if (s->tls) {
        bool wants_write = false;
        enum stream_status status = tls_channel_shake(s->tls, &wants_write);
        if (status == STREAM_AGAIN) poller_watch(p, s->fd, id, wants_write);
        if (status != STREAM_OK) return status;
        out->began_ns = tls_channel_began(s->tls);
        out->resumed = tls_channel_resumed(s->tls);
    }
    stream_want_write(s, p, id, false);
    return STREAM_OK;
}

enum stream_status stream_send(struct stream *s, const char *at, size_t len, size_t *sent)
{
    if (s->tls) return tls_channel_send(s->tls, at, len, sent);
    int64_t n = socket_send(s->fd, at, len);
    *sent = n > 0 ? (size_t)n : 0;
    return socket_status(n < 0 ? errno : 0);
}

void stream_want_write(struct stream *s, struct poller *p, uint32_t id, bool want)
{
    poller_watch(p, s->fd, id, want);
}

enum stream_status stream_receive(struct stream *s, struct poller *p, char *at, size_t size,
                                  struct stream_arrival *out)
{
    *out = (struct stream_arrival){0};
    if (s->tls) return tls_channel_receive(s->tls, p->wall_offset_ns, at, size, out);
    int64_t n = socket_receive(s->fd, p->wall_offset_ns, at, size, &out->kernel_ns);
    if (n < 0) return socket_status(errno);
    if (n == 0) return STREAM_EOF;
    out->len = (size_t)n;
    out->more = out->len == size;
    return STREAM_OK;
}

const char *stream_tls_why(const struct stream *s)
{
    return s->tls ? tls_channel_why(s->tls) : "";
}

void stream_close(struct stream *s)
{
    if (s->tls) tls_channel_close(s->tls);
    s->tls = NULL;
    if (s->fd < 0) return;
    int failed = close(s->fd);
    UNUSED(failed); /* EINTR and EIO leave the descriptor closed on Linux: nothing to do */
    s->fd = -1;
}

bool stream_look(const struct stream *s, struct stream_facts *out)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0) return false; /* unix(7) */
    *out = (struct stream_facts){.rtt_ns = (uint64_t)info.tcpi_rtt * 1000,
                                 .resent = info.tcpi_total_retrans,
                                 .unanswered = info.tcpi_unacked};
    return true;
}
