/* floor.c - the least that a closed loop over TCP can cost: the floor that bench/run compares with.
 *
 *     floor PORT CONNECTIONS MILLISECONDS
 *
 * Every connection sends a request as soon as the reply before it is there: one send, one recvmsg
 * with the kernel's receive stamp, and a share of one epoll_wait. Nothing is parsed (a reply is as
 * long as the first one), nothing is counted but replies. Prints how many there were.
 * Source: epoll(7), socket(7) SO_TIMESTAMPNS.  Thread: one.  Memory: static. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define EVENTS_MAX 256

static const char request[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static int sockets[CONNECTIONS_MAX];
static size_t received[CONNECTIONS_MAX]; /* bytes of the reply so far */

static void die(const char *what)
{
    fputs("floor: ", stderr);
    perror(what);
    exit(1);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket");
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0) die("TCP_NODELAY");
    if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one) < 0) die("SO_TIMESTAMPNS");
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    return fd;
}

static void ask(int fd)
{
    ssize_t sent = send(fd, request, sizeof request - 1, MSG_NOSIGNAL);
    if (sent != (ssize_t)sizeof request - 1) die("send");
}

/* Bytes that were there, stamp asked for and thrown away; 0: none after all. */
static size_t take(int fd)
{
    static char bytes[65536];
    char control[64];
    struct iovec piece = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) die("recvmsg");
    return (size_t)got;
}

/* Length of a reply, from the first one: a small reply comes in one piece. */
static size_t measure(int fd)
{
    struct epoll_event event;
    int poller = epoll_create1(EPOLL_CLOEXEC);
    event.events = EPOLLIN;
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll");
    ask(fd);
    if (epoll_wait(poller, &event, 1, 5000) != 1) die("no reply in 5 s");
    close(poller);
    return take(fd);
}

static uint64_t loop(int poller, size_t reply_len, uint64_t end_ns)
{
    uint64_t replies = 0;
    struct epoll_event events[EVENTS_MAX];
    while (now_ns() < end_ns) {
        int count = epoll_wait(poller, events, EVENTS_MAX, 100);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            uint32_t at = events[i].data.u32;
            received[at] += take(sockets[at]);
            if (received[at] < reply_len) continue;
            received[at] = 0;
            replies++;
            ask(sockets[at]);
        }
    }
    return replies;
}

int main(int argc, char **argv)
{
    uint16_t port = argc == 4 ? (uint16_t)strtoul(argv[1], NULL, 10) : 0;
    uint32_t count = argc == 4 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    uint64_t for_ns = argc == 4 ? strtoull(argv[3], NULL, 10) * 1000000u : 0;
    if (port == 0 || for_ns == 0 || count < 1 || count > CONNECTIONS_MAX) {
        fputs("usage: floor PORT CONNECTIONS MILLISECONDS\n", stderr);
        return 2;
    }

    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) die("epoll_create1");
    for (uint32_t i = 0; i < count; i++) sockets[i] = dial(port);
    size_t reply_len = measure(sockets[0]);
    for (uint32_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = i};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, sockets[i], &event) < 0) die("epoll_ctl");
        ask(sockets[i]);
    }
    printf("%llu\n", (unsigned long long)loop(poller, reply_len, now_ns() + for_ns));
    return 0;
}
