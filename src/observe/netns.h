/* netns.h - in which network a service lives: ours, or one of its own, as in a container.
 *
 * Why: counters and sockets are those of a network namespace; of another one they are asked
 * through a process that lives in it.
 * Source: network_namespaces(7); proc(5), /proc/PID/ns/net.
 * Thread: one owner.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "observe/family.h"

#define NETNS_NAME_BYTES 64

struct netns {
    char name[NETNS_NAME_BYTES]; /* "net:[4026531840]"; empty: not known */
    pid_t pid;                   /* who lives there; 0: nobody that may be asked */
    bool other;                  /* than prony's own */
};

/* Looks where the first process is that may be asked. True: it is not where it was. */
bool netns_look(struct netns *n, const struct family *f);
