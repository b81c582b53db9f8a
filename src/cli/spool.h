/* spool.h - lines on their way to a reader that may be slow, written by a thread of their own.
 *
 * Why: a pipe that nobody reads would hold up whoever writes into it, and that is the thread that
 * collects the load. So lines wait here, up to a limit; beyond it whole records are left out and
 * counted. Where no load runs, at the end, it waits for the reader as long as he takes something.
 * Source: poll(2), pipe(7): what is writable takes PIPE_BUF bytes at once.
 * Thread: all but the writing itself on one.  Memory: SPOOL_BYTES of the arena given. */
#pragma once

#include <pthread.h>

#include "base/arena.h"
#include "base/bytes.h"

#define SPOOL_BYTES ((size_t)4 << 20)
#define SPOOL_WAIT_S 10 /* at the end, for a reader that takes nothing */

struct spool {
    int fd;
    char *ring; /* [SPOOL_BYTES] */
    pthread_t thread;
    bool is_open, patient, gave_up;
    uint64_t put; /* bytes so far, of the record in hand, too */
    uint64_t record_lines;
    bool record_lost;

    pthread_mutex_t lock; /* all below */
    pthread_cond_t changed;
    uint64_t ready, written; /* bytes so far: of whole records; taken by the reader */
    uint64_t progress_ns;    /* when he took some last */
    uint64_t lost_lines, told_lines;
    int failed; /* errno of the first write that failed; nothing is written after it */
    bool closing;
};

/* Starts the thread; it inherits which signals are blocked. */
MUST_USE bool spool_open(struct spool *s, int fd, struct arena *arena, struct err *err);
/* A piece of the record in hand, ... */
void spool_put(struct spool *s, struct bytes piece);
/* ... which is whole now. */
void spool_end_record(struct spool *s);
/* From now on there is no load that waiting could hold up. */
void spool_be_patient(struct spool *s);
/* Lines lost since it was asked last. */
uint64_t spool_news(struct spool *s);
/* Waits for the reader and ends the thread; what is not taken by then is lost. Says whether
 * anything was written, lines lost in all, and errno of what failed, or 0. */
struct spool_end {
    bool began;
    uint64_t lost_lines;
    int failed;
} spool_close(struct spool *s);
