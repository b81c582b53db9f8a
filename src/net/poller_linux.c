#include "net/poller.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define READY_MAX 256
/* The wall clock may be slewed by NTP at up to 500 ppm: 10 ms keep the stamps within 5 us. */
#define OFFSET_KEPT_NS (10 * NS_PER_MS)

bool poller_open(struct poller *p, struct err *err)
{
    p->fd = epoll_create1(EPOLL_CLOEXEC);
    if (p->fd < 0) return err_set(err, ERR_LIMIT, errno, "cannot create an epoll descriptor");
    p->offset_read_ns = clock_now_ns();
    p->wall_offset_ns = clock_wall_offset_ns();
    return true;
}

void poller_close(struct poller *p)
{
    if (p->fd < 0) return;
    int failed = close(p->fd);
    UNUSED(failed); /* the descriptor is gone in any case */
    p->fd = -1;
}

void poller_part(struct poller *p)
{
    if (SANITIZED_THREADS) return; /* it takes equal numbers for one descriptor: false races */
    unsigned fd = (unsigned)p->fd;
    int failed = close_range(fd + 1, ~0u, CLOSE_RANGE_UNSHARE);
    if (failed || fd <= STDERR_FILENO + 1) return;
    failed = close_range(STDERR_FILENO + 1, fd - 1, 0);
    UNUSED(failed); /* they would stay open until the thread ends: no harm */
}

uint32_t poller_wait(struct poller *p, struct ready *out, uint32_t size, uint64_t deadline_ns)
{
    struct epoll_event events[READY_MAX];
    if (size > READY_MAX) size = READY_MAX;
    uint64_t now = clock_now_ns();
    int count;
    if (deadline_ns <= now) {
        count = epoll_wait(p->fd, events, (int)size, 0);
    } else {
        uint64_t left = deadline_ns - now;
        struct timespec ts = {.tv_sec = (time_t)(left / NS_PER_S),
                              .tv_nsec = (long)(left % NS_PER_S)};
        count = epoll_pwait2(p->fd, events, (int)size, &ts, NULL);
    }
    if (count < 0) {
        assert(errno == EINTR);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        uint32_t bits = events[i].events;
        out[i].id = events[i].data.u32;
        out[i].readable = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        out[i].writable = (bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    }
    return (uint32_t)count;
}

void poller_refresh(struct poller *p, uint64_t now_ns)
{
    if (now_ns - p->offset_read_ns < OFFSET_KEPT_NS) return;
    p->offset_read_ns = now_ns;
    p->wall_offset_ns = clock_wall_offset_ns();
}

static void control(struct poller *p, int operation, int fd, uint32_t id, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u32 = id};
    int failed = epoll_ctl(p->fd, operation, fd, &event);
    assert(failed == 0);
}

void poller_add(struct poller *p, int fd, uint32_t id)
{
    control(p, EPOLL_CTL_ADD, fd, id, EPOLLOUT | EPOLLRDHUP);
}

void poller_watch(struct poller *p, int fd, uint32_t id, bool writable)
{
    uint32_t events = EPOLLIN | EPOLLRDHUP;
    if (writable) events |= EPOLLOUT;
    control(p, EPOLL_CTL_MOD, fd, id, events);
}
