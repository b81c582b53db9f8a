/* recorder.h - the sink that writes the run file.
 *
 * Why a thread of its own: a disk may stall for seconds, and the collecting thread may not. It
 * copies each tick into a bounded queue; the recorder's thread encodes and commits. What can't be
 * written waits in the queue and is tried again every second; what doesn't fit in the queue, and a
 * tick too large for a blob, is lost to the file, never to the run, and the file remembers from
 * when.
 * Source: docs/run-file.md, "Writing".
 * Thread: sink and functions on the collecting thread; the database belongs to the writer thread.
 * Memory: one arena, RECORDER_QUEUE pieces of address space; only what is used is touched. */
#pragma once

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "tick/bus.h"

#define RECORDER_QUEUE 32         /* ticks that may wait */
#define RECORDER_CLOSE_WAIT_S 5   /* at the end, for another process that holds the file */
#define RECORDER_FULL_WAIT_MS 300 /* at the end, for a disk that is full or fails */

struct recorder;

/* Creates folder/run.prony; the folder exists. The folder's text is copied. */
MUST_USE bool recorder_open(struct recorder **out, struct bytes folder, struct err *err);
struct sink recorder_sink(struct recorder *r);
/* Appends what is new about trouble with the file (a sentence, safe) and returns true; false when
 * nothing is new. */
bool recorder_trouble(struct recorder *r, struct text *out);
/* How many items wait to be written, for who makes ticks faster than time does. */
uint32_t recorder_waiting(struct recorder *r);
/* The strongest command that another process has put into the file so far. */
enum command recorder_commanded(const struct recorder *r);
/* Keeps the final result (prony.result/1) in the file; copied. After the final result on the bus.
 */
void recorder_put_result(struct recorder *r, struct bytes json);
/* Writes what waits, makes the file plain, frees everything. False: the file is short, a replay
 * will differ, and err says from when; or it lacks the plan or the result, too large for it. `r`
 * may be NULL. */
MUST_USE bool recorder_close(struct recorder *r, struct err *err);
