#include "net/talk.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/address.h"

#define ADDRESSES_MAX 8

void talk_init(struct talk *t, char *buffer, size_t size)
{
    *t = (struct talk){.fd = -1, .size = size};
    t->buffer = buffer;
}

void talk_close(struct talk *t)
{
    if (t->fd >= 0) close(t->fd);
    t->fd = -1;
}

bool talk_open(struct talk *t, struct bytes host, uint16_t port, uint64_t within_ns,
               struct err *err)
{
    struct address all[ADDRESSES_MAX];
    uint32_t count = 0;
    uint64_t deadline_ns = clock_now_ns() + within_ns;
    assert(t->fd < 0);
    t->len = t->taken = 0;
    int failed = 0;
    if (address_literal(&all[0], host, port)) count = 1;
    else failed = address_find(all, ADDRESSES_MAX, &count, host, port);
    if (count == 0) return address_not_found(err, failed, host);
    for (uint32_t i = 0; i < count; i++) {
        failed = address_try(&all[i], NULL, deadline_ns, &t->fd);
        if (failed == 0) return true;
        t->fd = -1;
    }
    char array[160];
    struct text where = text_in(array, sizeof array);
    address_print(&where, &all[0]);
    return address_refused(err, failed, array, within_ns);
}

/* Waits until the socket is ready; false: errno is 0 where the deadline has passed. */
static bool wait_for(int fd, short events, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        errno = 0;
        if (now_ns >= deadline_ns) return false;
        struct pollfd p = {.fd = fd, .events = events};
        int ready = poll(&p, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

static bool give_up(struct talk *t, struct err *err)
{
    int cause = errno;
    talk_close(t);
    if (cause != 0) return err_set(err, ERR_IO, cause, "the connection is gone");
    return err_set(err, ERR_IO, 0, "it does not answer in time");
}

bool talk_say(struct talk *t, struct bytes text, uint64_t deadline_ns, struct err *err)
{
    assert(t->fd >= 0);
    while (text.len > 0) {
        ssize_t sent = send(t->fd, text.at, text.len, MSG_NOSIGNAL);
        if (sent > 0) {
            text = bytes_from(text, (size_t)sent);
        } else if (errno == EAGAIN) {
            if (!wait_for(t->fd, POLLOUT, deadline_ns)) return give_up(t, err);
        } else if (errno != EINTR) {
            return give_up(t, err);
        }
    }
    return true;
}

/* More bytes behind those that are there; false: closed. */
static bool read_more(struct talk *t, uint64_t deadline_ns, struct err *err)
{
    for (;;) {
        if (!wait_for(t->fd, POLLIN, deadline_ns)) return give_up(t, err);
        ssize_t got = recv(t->fd, t->buffer + t->len, t->size - t->len, 0);
        if (got > 0) {
            t->len += (size_t)got;
            return true;
        }
        if (got == 0) {
            talk_close(t);
            return err_set(err, ERR_IO, 0, "it closed the connection");
        }
        if (errno != EINTR && errno != EAGAIN) return give_up(t, err);
    }
}

bool talk_hear(struct talk *t, size_t (*whole)(struct bytes in), uint64_t deadline_ns,
               struct bytes *out, struct err *err)
{
    assert(t->fd >= 0);
    t->len -= t->taken;
    memmove(t->buffer, t->buffer + t->taken, t->len);
    t->taken = 0;
    *out = (struct bytes){0};
    for (;;) {
        struct bytes in = {t->buffer, t->len};
        size_t len = whole(in);
        if (len == SIZE_MAX) {
            *out = in;
            talk_close(t);
            return err_set(err, ERR_IO, 0, "its answer is not understood");
        }
        if (len > 0) {
            t->taken = len;
            *out = (struct bytes){t->buffer, len};
            return true;
        }
        if (t->len == t->size) {
            talk_close(t);
            return err_set(err, ERR_LIMIT, 0, "its answer is longer than %zu KiB", t->size >> 10);
        }
        if (!read_more(t, deadline_ns, err)) return false;
    }
}
