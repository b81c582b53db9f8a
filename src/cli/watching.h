/* watching.h - what is seen of a run while it goes: the live view, or lines.
 *
 * Why: a person before a terminal wants to see and to steer, a log wants few lines and no cursor;
 * which of them reads is decided here once, from flags, environment and terminal.
 * Source: docs/live.md, "When there is one".
 * Thread: main.  Memory: in place and the live view's own. */
#pragma once

#include "cli/outputs.h"
#include "live/live.h"
#include "show/progress.h"

#define WATCHING_SINKS 2

struct watching {
    const struct flags *flags;
    struct progress progress;
    struct live live;
    bool is_live;
    struct stage *stages; /* of the plan, where it can be steered; else NULL */
};

/* `bus` is that of the run to come; it is kept, like `flags`. */
void watching_open(struct watching *w, const struct flags *flags, const struct outputs *outputs,
                   struct bus *bus);
/* Keeps stages of the plan free for whoever may steer it, where this machine has the room. */
void watching_steer(struct watching *w, struct plan *plan, struct arena *arena);
void watching_close(struct watching *w);
/* Fills in what shows the run; how many. */
uint32_t watching_sinks(struct watching *w, struct sink *sinks);
/* As conduct_options has them; the context is the watching. */
void watching_look(void *watching);
void watching_say(void *watching, const char *line);
/* SIGUSR1 was sent by hand, so it is answered whatever the flags say. */
void watching_status(void *watching, uint64_t now_ns);
