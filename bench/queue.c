/* queue.c - M/M/1 as a service: `queue MEAN_MICROSECONDS SEED`.
 *
 * Why: a queue whose response times are known by theory, against which what prony prints can be
 * held. One server, first come first served, service times exponential from a seeded generator.
 * A service takes no CPU: the loop sleeps until its end (epoll_pwait2(), timer slack of 1 ns), so a
 * generator on the same machine is not disturbed by it.
 * Prints its port, serves until its stdin ends, then prints a line for each request: seconds since
 * the epoch at which it came (was read), and was answered, and for how long it was served. A
 * service begins when the server is free and ends when the reply was sent, late wake-ups included:
 * what was measured is what theory is asked about. */
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define S_NS UINT64_C(1000000000)
#define CONNECTIONS 1024
#define REQUESTS_MAX (1u << 20)
#define EVENTS_MAX 64

struct request {
    int fd;
    uint64_t came_ns, served_ns, ended_ns;
};

static struct request requests[REQUESTS_MAX];
static uint32_t came, done; /* those between wait, the first of them is served */
static int poller, listener;
static uint64_t random_state;
static double mean_ns;

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * S_NS + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* Source: S. Vigna, splitmix64; the exponential law by its inverse. */
static uint64_t draw_service_ns(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    double unit = ((double)(z >> 11) + 0.5) / 9007199254740992.0;
    return (uint64_t)(-log(unit) * mean_ns);
}

static void watch(int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl");
}

static void listen_anywhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) die("socket");
    if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0) die("bind");
    if (listen(listener, CONNECTIONS) < 0) die("listen");
    if (getsockname(listener, (struct sockaddr *)&at, &len) < 0) die("getsockname");
    printf("%u\n", ntohs(at.sin_port));
    fflush(stdout);
}

static void accept_all(void)
{
    int on = 1;
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) die("setsockopt");
        watch(fd);
    }
}

/* A request without a body comes in one piece, and a connection has one at a time. */
static void take_in(int fd)
{
    char in[4096];
    ssize_t n = recv(fd, in, sizeof in, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0 || came == REQUESTS_MAX) {
        close(fd);
        return;
    }
    requests[came] = (struct request){.fd = fd, .came_ns = now_ns()};
    came++;
}

static void answer(struct request *r)
{
    ssize_t sent = send(r->fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
    if (sent < 0 && errno != EPIPE && errno != ECONNRESET && errno != EBADF) die("send");
    r->ended_ns = now_ns();
}

/* False: whoever started it has gone. */
static bool wait_until(uint64_t due_ns)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t now = now_ns();
    uint64_t left = due_ns > now ? due_ns - now : 0;
    const struct timespec time = {.tv_sec = (time_t)(left / S_NS), .tv_nsec = (long)(left % S_NS)};
    int count = epoll_pwait2(poller, events, EVENTS_MAX, due_ns < UINT64_MAX ? &time : NULL, NULL);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        char byte;
        if (fd == STDIN_FILENO && read(fd, &byte, 1) == 0) return false;
        if (fd == listener) accept_all();
        else if (fd != STDIN_FILENO) take_in(fd);
    }
    return true;
}

static void serve(void)
{
    uint64_t due_ns = UINT64_MAX; /* end of the service that is on */
    uint64_t began_ns = 0;
    while (wait_until(due_ns)) {
        if (due_ns < UINT64_MAX && now_ns() >= due_ns) {
            answer(&requests[done]);
            requests[done].served_ns = requests[done].ended_ns - began_ns;
            due_ns = UINT64_MAX;
            done++;
        }
        if (due_ns == UINT64_MAX && done < came) { /* at once behind the one before */
            bool idle = done == 0 || requests[done].came_ns > requests[done - 1].ended_ns;
            began_ns = idle ? requests[done].came_ns : requests[done - 1].ended_ns;
            due_ns = began_ns + draw_service_ns();
        }
    }
}

int main(int argc, char **argv)
{
    mean_ns = argc == 3 ? strtod(argv[1], NULL) * 1e3 : 0;
    random_state = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (mean_ns <= 0) {
        fputs("usage: queue MEAN_MICROSECONDS SEED\n", stderr);
        return 2;
    }
    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) < 0) die("prctl");
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1");
    listen_anywhere();
    watch(listener);
    watch(STDIN_FILENO);
    uint64_t wall_ns = clock_ns(CLOCK_REALTIME) - now_ns();
    serve();
    for (uint32_t i = 0; i < done; i++) {
        const struct request *r = &requests[i];
        printf("%.6f %.6f %.9f\n", (double)(r->came_ns + wall_ns) / 1e9,
               (double)(r->ended_ns + wall_ns) / 1e9, (double)r->served_ns / 1e9);
    }
    return 0;
}
