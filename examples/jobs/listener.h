/* listener.h - the port on 127.0.0.1 and the thread that accepts connections on it.
 *
 * Why not libmicrohttpd's own: taking the listening socket from its epoll threads at the end
 * (MHD_quiesce_daemon, 0.9.75) races with them and can abort the process. It also shares
 * connections out unevenly, since its threads race for each. Thread: main. */
#pragma once

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct listener {
    int fd;
    uint16_t port;
    /* Owns `fd`, which does not block. */
    void (*take)(void *arg, int fd, const struct sockaddr_in *from);
    void *arg;
    pthread_t thread;
    bool started;
};

/* Listens on `port`, 0 = a free one; sets listener->port. False: the reason is on stderr. */
bool listener_open(struct listener *listener, uint16_t port);

/* Starts accepting; `take` and `arg` are set by the caller. */
bool listener_start(struct listener *listener);

/* Accepts no more and lets go of the port. Legal after any failure of the above. */
void listener_stop(struct listener *listener);
