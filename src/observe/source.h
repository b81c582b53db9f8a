/* source.h - what each kind of source does: look once in a while, and write down what it saw.
 *
 * Why: a host, a process and a database differ in all but this, so that adding a kind of source is
 * one file and one line in observer.c.
 * Source: docs/howto/add-a-source.md.
 * Thread: the thread of its watcher, all three calls.  Memory: its own, planned when it is made. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "observe/slip.h"

/* A pass: since_ns is the one before, 0 at the first, which only takes the counters' start. Run
 * time. */
struct look {
    uint64_t since_ns, now_ns;
    bool first;
};

struct source {
    char name[80]; /* "processes of api", "postgres of db": as in events and in observe.cpu */
    void *ctx;
    /* Once a second at whole seconds of run time. The slip's pass is begun and ended around it.
     * False: `err` says why nothing was seen; it is told once, asked again, and told when it is
     * back. */
    bool (*look)(void *ctx, struct slip *slip, const struct look *when, struct err *err);
    /* Twenty times a second where it is not NULL (ten of a dear one, and of a source that asks over
     * the network): glances that `look` sums up. What fails is told by the next look. */
    void (*glance)(void *ctx);
    /* Where it is not 0: glances take 1/glance_share of a core at most, so dear ones come half as
     * often, but never less. */
    uint32_t glance_share;
    void (*close)(void *ctx);
};
