/* sock_diag.h - asks the kernel for the sockets of a network namespace, ours or another, one by
 * one.
 *
 * Why: netlink takes some hundred ns a socket and can be asked for one state only; of sockets that
 * listen that is a look at a few, whatever number of connections there is. /proc/net/tcp walks all
 * of them line by line.
 * Source: sock_diag(7); linux/inet_diag.h, linux/unix_diag.h.
 * Thread: one owner.  Memory: one descriptor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/text.h"

#define SOCK_NAME_BYTES 64

enum sock_state { /* of linux/tcp_states.h; of a unix socket 1, 7 or 10 */
                  SOCK_ESTABLISHED = 1,
                  SOCK_SYN_SENT = 2,
                  SOCK_SYN_RECEIVED = 3,
                  SOCK_TIME_WAIT = 6,
                  SOCK_LISTENING = 10,
                  SOCK_HALF_OPEN = 12, /* the same as 3, before there is a socket */
                  SOCK_STATES = 13
};

struct sock_entry {
    uint32_t inode; /* 0: of no process: not accepted yet, or closed by it already */
    uint8_t state;
    bool is_unix, v6;
    uint16_t local_port, remote_port; /* TCP */
    unsigned char remote[16];
    uint32_t peer_inode;    /* unix: of the other end, 0: none */
    uint32_t queued, limit; /* listening: connections that wait to be accepted, and how many may */
    uint32_t retransmits;   /* so far on this connection; where the kernel tells */
    bool awaits;            /* likewise: it sent, and nothing has come since; or it connects */
    char path[SOCK_NAME_BYTES]; /* unix: its name, cut */
};

struct sock_diag {
    int fd; /* below 0: none */
};

/* Called for each socket; `entry` is borrowed. */
typedef void sock_visit(void *ctx, const struct sock_entry *entry);

/* False: `err` says why nothing is seen. */
bool sock_diag_open(struct sock_diag *d, struct err *err);
/* The same in the network namespace of a process, which takes CAP_SYS_ADMIN. */
bool sock_diag_open_in(struct sock_diag *d, pid_t pid, struct err *err);
/* All TCP sockets of both families whose state is among `states` (bits 1 << state). `details`,
 * which are `retransmits` and `awaits`, cost some hundred ns more each. */
bool sock_diag_tcp(const struct sock_diag *d, uint32_t states, bool details, sock_visit *visit,
                   void *ctx, struct err *err);
/* All unix sockets of these states. A kernel without it tells nothing, which is no failure. */
void sock_diag_unix(const struct sock_diag *d, uint32_t states, sock_visit *visit, void *ctx);
/* Whether TCP sockets that listen are told of at all. */
bool sock_diag_listens(const struct sock_diag *d, struct err *err);
/* "established", "time-wait", ... as ss(8) has them: static. */
const char *sock_diag_state_name(uint32_t state);
void sock_diag_close(struct sock_diag *d);
