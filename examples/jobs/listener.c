#include "listener.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "thread.h"

#define BACKLOG 4096
#define SHORTAGE_NS (10 * NS_PER_MS) /* before trying again when descriptors have run out */

bool listener_open(struct listener *listener, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listener->fd = fd;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
        && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, BACKLOG) == 0
        && getsockname(fd, (struct sockaddr *)&address, &len) == 0) {
        listener->port = ntohs(address.sin_port);
        return true;
    }
    warn("cannot listen on 127.0.0.1:%u", port);
    return false;
}

static void *serve(void *arg)
{
    struct listener *listener = arg;
    for (;;) {
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) listener->take(listener->arg, fd, &from);
        else if (errno == EINVAL) return NULL; /* shut down by listener_stop */
        else if (errno != EINTR && errno != ECONNABORTED) {
            warn("cannot accept a connection");
            clock_sleep_until(clock_now_ns() + SHORTAGE_NS);
        }
    }
}

bool listener_start(struct listener *listener)
{
    listener->started =
        thread_start(&listener->thread, "jobs-accept", THREAD_STACK_SMALL, serve, listener);
    return listener->started;
}

void listener_stop(struct listener *listener)
{
    if (listener->started) {
        shutdown(listener->fd, SHUT_RDWR);
        pthread_join(listener->thread, NULL);
        listener->started = false;
    }
    if (listener->fd >= 0) close(listener->fd);
    listener->fd = -1;
}
