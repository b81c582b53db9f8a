/* bus.h - the one stream: a source puts header, ticks and end on it, sinks take them.
 *
 * Why: live, replayed and later merged runs go down the same path. The judge is a sink that puts
 * its results back on the bus. Commands (stop, abort) walk the other way through one door.
 * Order for each sink: begin, then (tick, result)*, then end, then the final result.
 * Source: docs/decisions/0001-one-tick-stream.md.
 * Thread: collecting thread; bus_command() from any thread.  Memory: in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/shared.h"
#include "tick/result.h"
#include "tick/run.h"
#include "tick/tick.h"

#define BUS_SINKS_MAX 16

/* Any member but ctx may be NULL. Arguments are borrowed for the call. */
struct sink {
    void *ctx;
    void (*begin)(void *ctx, const struct run_header *header);
    void (*tick)(void *ctx, const struct tick *tick);
    void (*result)(void *ctx, const struct result *result);
    void (*end)(void *ctx, const struct run_end *end);
    bool final_only; /* of the results it takes the last alone: those before need not be made */
};

enum command {
    COMMAND_NONE,
    COMMAND_STOP,  /* stop sending, drain, judge what can be judged */
    COMMAND_ABORT, /* the same, because abort_when or a safety limit said so */
    COMMAND_LEAVE  /* at once */
};

struct bus {
    struct sink sinks[BUS_SINKS_MAX];
    uint32_t sink_count;
    struct shared command; /* enum command: the strongest asked for so far */
    struct shared holds;   /* how often */
    struct shared rates;   /* how often << 32 | thousandths asked for last */
    struct shared ends;    /* how often << 32 | the stage that is to end */
    char reason[200];      /* of COMMAND_ABORT; written before the command */
    char why[200];         /* of the last of `ends`; written before it */
    bool busy; /* a tick or the end is going round: a result waits until all have seen it */
    const struct result *waiting;
};

/* No sinks, no command. */
void bus_init(struct bus *bus);
/* Sinks are called in the order they were added: the judge first, then what shows it. */
void bus_add(struct bus *bus, struct sink sink);
void bus_begin(struct bus *bus, const struct run_header *header);
void bus_tick(struct bus *bus, const struct tick *tick);
void bus_result(struct bus *bus, const struct result *result);
/* Does any sink take results? Else those in between need not be made. */
bool bus_wants_results(const struct bus *bus);
void bus_end(struct bus *bus, const struct run_end *end);
/* Asks the conductor; a weaker command never replaces a stronger one. `reason` may be NULL. */
void bus_command(struct bus *bus, enum command command, const char *reason);
enum command bus_commanded(const struct bus *bus);
/* Asks the conductor to hold the stage that is on, or to let go the one that is held; one thread.
 */
void bus_hold(struct bus *bus);
/* How often that was asked so far. */
uint64_t bus_holds(const struct bus *bus);
/* Asks it for so many thousandths of the rate that is on; one thread. */
void bus_rate(struct bus *bus, uint32_t per_mille);
/* What was asked last; false: nothing since it was asked for `*count` times, which is renewed. */
bool bus_rated(const struct bus *bus, uint32_t *count, uint32_t *per_mille);
/* Asks it to end that stage now, for `why` (a clause); one thread. */
void bus_end_stage(struct bus *bus, uint32_t stage, const char *why);
/* The stage asked for last, with bus->why; false: nothing since `*count` times, which is renewed.
 */
bool bus_ended_stage(const struct bus *bus, uint32_t *count, uint32_t *stage);
