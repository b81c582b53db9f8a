/* backlog.h - lines for a stderr that may be read slowly, or by nobody.
 *
 * Why: a pipe that is full makes its writer wait, and the one who says how the run goes is the
 * thread that collects the load. What the reader does not take at once is kept, up to a limit;
 * beyond it whole lines are left out and counted. Nothing here waits but backlog_close(), and that
 * only while the reader takes something. No thread, as for the outputs (spool.h): a line of
 * progress may be lost, a line of a result may not.
 * Source: pipe(7) for PIPE_BUF, open(2) for O_NONBLOCK: a descriptor of our own, since the flag of
 * the one we were given is shared with whoever gave it.
 * Thread: one.  Memory: the arena given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

#define BACKLOG_BYTES ((size_t)16 << 10)       /* kept for the reader while a run is on, ... */
#define BACKLOG_LAST_BYTES ((size_t)128 << 10) /* ... and at its end: annotations have 64 KiB */
#define BACKLOG_WAIT_MS 1000                   /* at the end, for a reader that takes nothing */

struct backlog {
    char *bytes;       /* [BACKLOG_LAST_BYTES] */
    size_t limit;      /* of them, what may be filled */
    size_t ready, len; /* of whole records; of the one in hand as well */
    uint64_t lost_lines;
    int fd;
    bool own;      /* it was opened here */
    bool failed;   /* nobody can read any more */
    bool too_long; /* the record in hand */
};

/* For lines to `fd`. False: `arena` is full. */
MUST_USE bool backlog_open(struct backlog *b, int fd, struct arena *arena);
/* A piece of the record in hand, ... */
void backlog_add(struct backlog *b, struct bytes piece);
/* ... which is whole now, and written as far as the reader takes it. */
void backlog_end(struct backlog *b);
/* Writes what the reader takes by now. */
void backlog_flush(struct backlog *b);
/* From now on BACKLOG_LAST_BYTES are kept: what is said at the end counts for more. */
void backlog_widen(struct backlog *b);
/* Waits for a reader that takes something, and says how many lines he did not get. */
void backlog_close(struct backlog *b);
