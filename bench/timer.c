/* timer.c - how late a bare loop meets an open schedule: `timer RATE MILLISECONDS [PORT]`.
 *
 * Why: lag has a floor that is the host's: timer interrupts, the wake-up, whoever has the core.
 * This is the loop that a careful engineer would write, and nothing else: arrivals at even
 * distances, epoll_pwait2() until the next one (nanoseconds, timer slack of 1 ns, no spinning),
 * then all that are due are taken up, each with the clock read anew. No allocation, no output, no
 * statistics but a list that is sorted at the end. With PORT it also sends a request for each on
 * one of CONNECTIONS connections and reads what comes: what no loop that loads a server can avoid.
 * Prints a line of JSON: p50, p99, p99.9 and max of (taken up - intended), in ms. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define S_NS UINT64_C(1000000000)
#define CONNECTIONS 64
#define EVENTS_MAX 64

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
static int sockets[CONNECTIONS];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * S_NS + (uint64_t)t.tv_nsec;
}

static void dial(int poller, uint32_t at, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockets[at] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sockets[at] < 0) die("socket");
    if (connect(sockets[at], (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    if (setsockopt(sockets[at], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) die("setsockopt");
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u32 = at};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, sockets[at], &event) < 0) die("epoll_ctl");
}

static void ask(uint32_t at)
{
    ssize_t sent = send(sockets[at], request, sizeof request - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != (ssize_t)sizeof request - 1) die("send");
}

static void take(uint32_t at)
{
    char in[4096];
    ssize_t n = recv(sockets[at], in, sizeof in, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) die("recv");
}

static void wait_until(int poller, uint64_t due_ns)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t now = now_ns();
    uint64_t left = due_ns > now ? due_ns - now : 0;
    const struct timespec time = {.tv_sec = (time_t)(left / S_NS), .tv_nsec = (long)(left % S_NS)};
    int count = epoll_pwait2(poller, events, EVENTS_MAX, &time, NULL);
    if (count < 0 && errno != EINTR) die("epoll_pwait2");
    for (int i = 0; i < count; i++) take(events[i].data.u32);
}

static void run(int poller, uint64_t *late_ns, uint64_t count, uint64_t step_ns, uint32_t peers)
{
    uint64_t start = now_ns() + S_NS / 100;
    for (uint64_t k = 0; k < count;) {
        wait_until(poller, start + k * step_ns);
        for (; k < count; k++) {
            uint64_t now = now_ns();
            if (start + k * step_ns > now) break;
            late_ns[k] = now - (start + k * step_ns);
            if (peers > 0) ask((uint32_t)(k % peers));
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    uint64_t rate = argc >= 3 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t for_ms = argc >= 3 ? strtoull(argv[2], NULL, 10) : 0;
    uint16_t port = argc == 4 ? (uint16_t)strtoul(argv[3], NULL, 10) : 0;
    if (rate == 0 || for_ms == 0 || (argc == 4 && port == 0)) {
        fputs("usage: timer RATE MILLISECONDS [PORT]\n", stderr);
        return 2;
    }
    uint64_t count = rate * for_ms / 1000;
    /* Touched before: a page fault would be lag. */
    uint64_t *late_ns = mmap(NULL, count * sizeof *late_ns, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (late_ns == MAP_FAILED) die("mmap");
    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) < 0) die("prctl");
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1");
    uint32_t peers = port > 0 ? CONNECTIONS : 0;
    for (uint32_t i = 0; i < peers; i++) dial(poller, i, port);
    run(poller, late_ns, count, S_NS / rate, peers);
    qsort(late_ns, count, sizeof *late_ns, by_value);
    static const double shares[] = {0.5, 0.99, 0.999, 1};
    static const char *const names[] = {"p50", "p99", "p99.9", "max"};
    for (int i = 0; i < 4; i++) {
        uint64_t rank = (uint64_t)((double)count * shares[i] + 0.999999);
        printf("%s\"%s\": %.6f", i ? ", " : "{", names[i], (double)late_ns[rank - 1] / 1e6);
    }
    puts("}");
    return 0;
}
