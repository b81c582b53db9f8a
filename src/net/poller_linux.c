#include "net/poller.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define READY_MAX 256
/* The wall clock may be slewed by NTP at up to 500 ppm: 10 ms keep the stamps within 5 us. */
#define OFFSET_KEPT_NS (10 * NS_PER_MS)

/* epoll_pwait2(2) is of Linux 5.11, and the filters of some containers do not know it (ENOSYS,
 * EPERM). Asked for once, here: on the path of a request only one of the two ways is tried. */
static bool waits_exactly(int fd)
{
    struct epoll_event event;
    const struct timespec now = {0};
    return epoll_pwait2(fd, &event, 1, &now, NULL) >= 0 || errno == EINTR;
}

bool poller_open(struct poller *p, struct err *err)
{
    *p = (struct poller){.fd = epoll_create1(EPOLL_CLOEXEC)};
    if (p->fd < 0) return err_set(err, ERR_LIMIT, errno, "cannot create an epoll descriptor");
    p->exact = waits_exactly(p->fd);
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

void poller_own_descriptors(void)
{
    if (SANITIZED_THREADS) return; /* it takes equal numbers for one descriptor: false races */
    int failed = unshare(CLONE_FILES);
    UNUSED(failed); /* then it stays shared */
}

/* As epoll_pwait2(). epoll_wait() knows milliseconds only: rounded up it would oversleep, down it
 * would spin. But a poller can itself be polled, and that wait is as fine. */
static int wait_for(const struct poller *p, struct epoll_event *events, int size, uint64_t left_ns)
{
    const struct timespec left = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                                  .tv_nsec = (long)(left_ns % NS_PER_S)};
    if (p->exact) return epoll_pwait2(p->fd, events, size, &left, NULL);
    struct pollfd self = {.fd = p->fd, .events = POLLIN};
    int any = ppoll(&self, 1, &left, NULL);
    return any > 0 ? epoll_wait(p->fd, events, size, 0) : any;
}

#define DOUBT_MOST 10 /* tried at least once in 2^10 waits */

/* Looks on for a while. Afterwards `*left_ns` is what is left of the wait. */
static int stay_awake(struct poller *p, struct epoll_event *events, int size, uint64_t *left_ns)
{
    uint64_t most_ns = *left_ns < POLLER_AWAKE_NS ? *left_ns : POLLER_AWAKE_NS;
    uint64_t from_ns = clock_now_ns();
    uint64_t spent_ns;
    int count;
    do {
        count = epoll_wait(p->fd, events, size, 0);
        spent_ns = clock_now_ns() - from_ns;
    } while (count == 0 && spent_ns < most_ns);
    p->awake_ns += spent_ns < POLLER_AWAKE_NS ? spent_ns : POLLER_AWAKE_NS; /* or it was held up */
    *left_ns -= spent_ns < *left_ns ? spent_ns : *left_ns;
    if (count != 0 || *left_ns == 0) {
        p->doubt -= p->doubt > 0;
    } else {
        p->doubt += p->doubt < DOUBT_MOST;
        p->sleeps = (1u << p->doubt) - 1;
    }
    return count;
}

static int wait_awhile(struct poller *p, struct epoll_event *events, int size, uint64_t left_ns)
{
    if (p->sleeps > 0) {
        p->sleeps--;
        return wait_for(p, events, size, left_ns);
    }
    int count = epoll_wait(p->fd, events, size, 0);
    if (count == 0) count = stay_awake(p, events, size, &left_ns);
    return count == 0 && left_ns > 0 ? wait_for(p, events, size, left_ns) : count;
}

uint32_t poller_wait(struct poller *p, struct ready *out, uint32_t size, uint64_t left_ns)
{
    struct epoll_event events[READY_MAX];
    if (size > READY_MAX) size = READY_MAX;
    int count = left_ns == 0 ? epoll_wait(p->fd, events, (int)size, 0)
                             : wait_awhile(p, events, (int)size, left_ns);
    if (count < 0) {
        assert(errno == EINTR);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        uint32_t bits = events[i].events;
        out[i].id = events[i].data.u32;
        out[i].readable = (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        out[i].writable = (bits & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
        out[i].ended = (bits & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    }
    return (uint32_t)count;
}

void poller_refresh(struct poller *p, uint64_t now_ns)
{
    if (now_ns - p->offset_read_ns < OFFSET_KEPT_NS) return;
    p->offset_read_ns = now_ns;
    p->wall_offset_ns = clock_wall_offset_ns();
}

static bool control(struct poller *p, int operation, int fd, uint32_t id, uint32_t events)
{
    struct epoll_event event = {.events = events | EPOLLRDHUP | EPOLLET, .data.u32 = id};
    return epoll_ctl(p->fd, operation, fd, &event) == 0;
}

bool poller_add(struct poller *p, int fd, uint32_t id)
{
    if (control(p, EPOLL_CTL_ADD, fd, id, EPOLLOUT)) return true;
    assert(errno == ENOSPC || errno == ENOMEM); /* max_user_watches; the kernel's memory */
    return false;
}

void poller_watch(struct poller *p, int fd, uint32_t id, bool writable)
{
    uint32_t events = EPOLLIN;
    if (writable) events |= EPOLLOUT;
    bool watched = control(p, EPOLL_CTL_MOD, fd, id, events);
    assert(watched); /* what is there needs nothing more */
    UNUSED(watched);
}
