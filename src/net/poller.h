/* poller.h - the wait for many streams at once.
 *
 * Why: with stream.h the engine's only door to the network; a simulated twin takes the place of
 * both at link time, so there is no virtual call. What is new is reported once (edges): the kernel
 * need not look at each connection again after it was read, which saves about 1 % of a request.
 * Whoever is told must take all there is: read on while stream_receive() says `more`, or to the end
 * where `ended` is told; poller_watch() has the rest reported again.
 * A wait stays awake a little while before it sleeps, where that was of use before: under load the
 * next reply is there sooner than a sleeper is woken, and sleeping costs more than looking.
 * Source: epoll(7), epoll_pwait2(2), ppoll(2); A. R. Karlin et al., Empirical Studies of
 * Competitive Spinning for a Shared-Memory Multiprocessor (1991), 2; docs/decisions/0013.
 * Thread: each poller belongs to one worker.  Memory: none beyond the kernel's. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/ns.h"

struct poller {
    int fd;
    bool exact;             /* the kernel has epoll_pwait2() */
    int64_t wall_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC, for the kernel's stamps */
    uint64_t offset_read_ns;
    uint32_t doubt;    /* how much more often it was no use to stay awake than it was */
    uint32_t sleeps;   /* to come before that is tried again */
    uint64_t awake_ns; /* idle all in all, and yet not asleep */
};

struct ready {
    uint32_t id;
    bool readable; /* also: closed or broken, which the next read tells */
    bool writable;
    bool ended; /* no more will come than is there: it is not told of again */
};

/* False: no descriptor (ERR_LIMIT). */
MUST_USE bool poller_open(struct poller *p, struct err *err);
/* Streams stay open; once more is nothing. */
void poller_close(struct poller *p);
/* Gives the calling thread a table of descriptors of its own, which begins as a copy. A table that
 * one thread uses is looked up without counting, which saves about 1 % of a request. Where the
 * kernel can't, the table stays shared: only slower. */
void poller_own_descriptors(void);
#define POLLER_AWAKE_NS (20 * NS_PER_US) /* about what a sleep costs, with the waking */

/* Waits until something is ready, at most `left_ns`; 0 only looks. Fills at most `size` entries and
 * returns how many. */
uint32_t poller_wait(struct poller *p, struct ready *out, uint32_t size, uint64_t left_ns);
/* Reads the offset between the clocks again when it is older than 10 ms. */
void poller_refresh(struct poller *p, uint64_t now_ns);
/* Reports `fd` under `id` when it can be written: it is being connected. False: the kernel has no
 * room for one more (epoll's max_user_watches, memory). */
MUST_USE bool poller_add(struct poller *p, int fd, uint32_t id);
/* From now on reports when it can be read, or also when it can be written; at once, what is there
 * already. */
void poller_watch(struct poller *p, int fd, uint32_t id, bool writable);
