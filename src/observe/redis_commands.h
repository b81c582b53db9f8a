/* redis_commands.h - which commands a Redis server spends its time in, look by look.
 *
 * Why: one thread runs them all, so a slow one holds up the quick ones. Those with most time are
 * told by name, from then on in every look, and all others together are `other`.
 * Source: Redis, "INFO": commandstats, latencystats.
 * Thread: the source's.  Memory: in place, 30 KB. */
#pragma once

#include "observe/slip.h"
#include "observe/source.h"

#define REDIS_COMMANDS_MAX 300
#define REDIS_COMMANDS_NAMED 24 /* with series of their own */
#define REDIS_COMMANDS_TOP 6    /* may become so in one look */

struct redis_command {
    char name[32];
    double calls, usec, calls_before, usec_before;
    double p99_usec; /* since the server's start; NAN: not told */
    bool named, known, fresh;
};

struct redis_commands {
    struct redis_command all[REDIS_COMMANDS_MAX];
    uint32_t count, named_count;
    uint32_t last; /* found last: they come in the same order each time */
};

/* Before the lines of a look; the first one has nothing before it. */
void redis_commands_begin(struct redis_commands *c, bool first);
/* A line of INFO. False: it is not about commands. */
bool redis_commands_note(struct redis_commands *c, struct bytes name, struct bytes value);
/* Writes down what they grew by; nothing in a first look. */
void redis_commands_put(struct redis_commands *c, struct slip *slip, struct bytes of,
                        const struct look *when);
