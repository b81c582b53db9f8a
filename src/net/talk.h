/* talk.h - questions to a server over one connection, each with a time limit and a cap.
 *
 * Why: a cache that is looked at may hang, drip or send for ever; who looks waits for none of that
 * and keeps no more of it than it planned for.
 * Source: socket(7).  Thread: one at a time; blocks up to the deadline.
 * Memory: the caller's buffer. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"

struct talk {
    int fd; /* -1: closed */
    char *buffer;
    size_t size;       /* of it: the longest answer */
    size_t len, taken; /* what is in it; of that the answer given out last */
};

/* Not connected yet. Keeps `buffer`, which it writes to. */
void talk_init(struct talk *t, char *buffer, size_t size);
/* Connects to a name, an address without brackets or unix:/path. */
MUST_USE bool talk_open(struct talk *t, struct bytes host, uint16_t port, uint64_t within_ns,
                        struct err *err);
void talk_close(struct talk *t);
/* Sends all of `text`. False: closed, and `err`. */
MUST_USE bool talk_say(struct talk *t, struct bytes text, uint64_t deadline_ns, struct err *err);
/* Reads one answer, which `whole` measures: its length, 0 while there is more of it, SIZE_MAX where
 * it is none. `*out` is valid until the next call. False: closed, and `err`; where `whole` refused
 * it, `*out` is what there is of it. */
MUST_USE bool talk_hear(struct talk *t, size_t (*whole)(struct bytes in), uint64_t deadline_ns,
                        struct bytes *out, struct err *err);
