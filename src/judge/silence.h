/* silence.h - did the target still answer when a stage ended?
 *
 * Why: errors are a share of a whole stage, and users who wait for a reply ask nothing more. A
 * service that dies in the last fifth of a stage has "17 % errors", one that hangs before closed
 * users hardly any: both shares are true, and neither says that nothing works any more.
 * A stage ends in silence where of what was asked from some instant to its end nothing was
 * answered ok, for a second or more, longer than twice any outage that it came back from, and not
 * by chance, as often as requests failed before. What ended for want of something of prony's own
 * says nothing of the target.
 * Source: docs/method.md, "Silence".
 * Thread: collecting thread.  Memory: the judge's arena, 40 bytes for each second of judged
 * stages, touched as they are reached. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "judge/books.h"

struct silence_slot;
struct limits_desk;
struct row;

struct silence_stage {
    struct silence_slot *slots; /* [slot_count], 100 ms of intended time each; NULL: the drain */
    uint32_t slot_count;
    uint64_t since_ns; /* run time from which nothing was answered ok; 0: it was not silent */
};

struct silence {
    const struct run_header *header;
    struct silence_stage *stages; /* [run_stage_count] */
};

/* Nothing was asked yet. Keeps `header`; a full arena is told by arena_ok(). */
void silence_open(struct silence *s, const struct run_header *header, struct arena *arena);
/* A tick of the run, after books_take(). */
void silence_take(struct silence *s, const struct books *books, const struct tick *tick);
/* No tick will follow: finds which of the judged stages ended so. Not for a run that was
 * interrupted: what that cut is nobody's fault. */
void silence_find(struct silence *s, const struct books *books);
/* Run time since when the stage's target was silent; 0: it was not, or nobody knows yet. */
uint64_t silence_since(const struct silence *s, uint32_t stage);
/* Does the silence at that stage's end stand against the row? It does for every limit of errors or
 * availability but one that lets all of them fail (`errors <= 100%`). */
bool silence_against(const struct limits_desk *desk, const struct row *row, uint32_t stage);
