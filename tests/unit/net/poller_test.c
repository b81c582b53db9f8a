/* The wait for streams on hosts that refuse part of it; the refusals are made by --wrap. */
#include "net/poller.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/stream.h"

#define ROUNDS 20

int __real_epoll_pwait2(int fd, struct epoll_event *events, int size, const struct timespec *left,
                        const sigset_t *mask);
int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int size, const struct timespec *left,
                        const sigset_t *mask);
int __real_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout);
int __real_epoll_ctl(int fd, int operation, int of, struct epoll_event *event);
int __wrap_epoll_ctl(int fd, int operation, int of, struct epoll_event *event);

static int pwait2_errno, add_errno; /* 0: the real one */
static uint32_t pwait2_calls, looks;
static uint32_t looks_in_vain; /* so many more find nothing, whatever there is */

int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int size, const struct timespec *left,
                        const sigset_t *mask)
{
    pwait2_calls++;
    if (pwait2_errno == 0) return __real_epoll_pwait2(fd, events, size, left, mask);
    errno = pwait2_errno;
    return -1;
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int size, int timeout)
{
    looks++;
    if (looks_in_vain == 0) return __real_epoll_wait(fd, events, size, timeout);
    looks_in_vain--;
    return 0;
}

int __wrap_epoll_ctl(int fd, int operation, int of, struct epoll_event *event)
{
    if (add_errno == 0 || operation != EPOLL_CTL_ADD)
        return __real_epoll_ctl(fd, operation, of, event);
    errno = add_errno;
    return -1;
}

static uint64_t waited_ns(struct poller *p, uint64_t ns, uint32_t *count)
{
    struct ready ready[4];
    uint64_t from = clock_now_ns();
    *count = poller_wait(p, ready, COUNT_OF(ready), ns);
    return clock_now_ns() - from;
}

static void a_wait_is_exact_without_pwait2(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int refusal;
    } cases[] = {{"there", 0}, {"ENOSYS", ENOSYS}, {"EPERM", EPERM}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct poller p;
        pwait2_errno = cases[i].refusal;
        pwait2_calls = 0;
        assert_true(poller_open(&p, NULL));
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        assert_true(poller_add(&p, pair[0], 7));
        poller_watch(&p, pair[0], 7, false);

        uint32_t count;
        uint64_t least_ns = UINT64_MAX;
        for (uint32_t round = 0; round < ROUNDS; round++) {
            uint64_t ns = waited_ns(&p, 1300 * NS_PER_US, &count);
            CHECK_U64(cases[i].name, count, 0);
            CHECK(cases[i].name, ns >= 1300 * NS_PER_US);
            if (ns < least_ns) least_ns = ns;
        }
        CHECK(cases[i].name, least_ns < 1900 * NS_PER_US); /* 2 ms: rounded up */
        /* Asked once where it is refused, else for each wait, but for one that was over before it
         * began since the machine was busy. */
        if (cases[i].refusal) CHECK_U64(cases[i].name, pwait2_calls, 1);
        else CHECK(cases[i].name, pwait2_calls > ROUNDS / 2 && pwait2_calls <= 1 + ROUNDS);

        struct ready ready[4];
        assert_int_equal(write(pair[1], "x", 1), 1);
        CHECK_U64(cases[i].name, poller_wait(&p, ready, 4, 5 * NS_PER_S), 1);
        CHECK(cases[i].name, ready[0].id == 7 && ready[0].readable && !ready[0].writable);
        close(pair[0]);
        close(pair[1]);
        poller_close(&p);
        pwait2_errno = 0;
    }
}

/* Under load the next reply is there sooner than a sleeper is woken. */
static void what_comes_soon_is_waited_for_awake(void **state)
{
    (void)state;
    struct poller p;
    struct ready ready[4];
    int pair[2];
    assert_true(poller_open(&p, NULL));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_true(poller_add(&p, pair[0], 7));
    poller_watch(&p, pair[0], 7, true);
    assert_int_equal(poller_wait(&p, ready, 4, NS_PER_S), 1);
    assert_true(p.awake_ns == 0); /* it was there already */

    pwait2_calls = 0;
    uint32_t woken = 0;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        poller_watch(&p, pair[0], 7, true); /* tells of it again */
        looks_in_vain = 2;
        woken += poller_wait(&p, ready, 4, NS_PER_S);
    }
    looks_in_vain = 0;
    assert_int_equal(woken, ROUNDS);
    assert_true(pwait2_calls < ROUNDS / 2); /* none, but that a busy machine holds one up */
    assert_true(p.awake_ns > 0 && p.awake_ns <= ROUNDS * POLLER_AWAKE_NS);
    close(pair[0]);
    close(pair[1]);
    poller_close(&p);
}

/* Where nothing comes soon it sleeps at once, and tries the other way only now and then. */
static void what_comes_late_is_slept_for(void **state)
{
    (void)state;
    enum { WAITS = 127 };
    struct poller p;
    uint32_t count;
    uint32_t tried = 0;
    assert_true(poller_open(&p, NULL));
    pwait2_calls = 0;
    for (uint32_t i = 0; i < WAITS; i++) {
        looks = 0;
        uint64_t ns = waited_ns(&p, 200 * NS_PER_US, &count);
        assert_int_equal(count, 0);
        assert_true(ns >= 200 * NS_PER_US);
        tried += looks > 0;
    }
    assert_true(tried <= 12); /* 7; one that was held up for the whole wait counts as of use */
    assert_true(pwait2_calls >= WAITS - 12);
    poller_close(&p);
}

static void a_full_poller_is_our_shortage(void **state)
{
    (void)state;
    static const int refusals[] = {ENOSPC, ENOMEM};
    struct poller p;
    assert_true(poller_open(&p, NULL));
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof here;
    assert_int_equal(bind(listener, (struct sockaddr *)&here, len), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&here, &len), 0);
    struct address to = {.storage_len = len};
    memcpy(&to.storage, &here, len);
    struct stream_way way = {.to = &to};
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct stream s;
        add_errno = refusals[i];
        CHECK_U64(strerrorname_np(refusals[i]), stream_connect(&s, &p, &way, 1), STREAM_NO_PORT);
        CHECK(strerrorname_np(refusals[i]), s.fd == -1);
    }
    add_errno = 0;
    struct stream s;
    assert_int_equal(stream_connect(&s, &p, &way, 1), STREAM_AGAIN);
    stream_close(&s);
    close(listener);
    poller_close(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_exact_without_pwait2),
        cmocka_unit_test(what_comes_soon_is_waited_for_awake),
        cmocka_unit_test(what_comes_late_is_slept_for),
        cmocka_unit_test(a_full_poller_is_our_shortage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
