/* runs.h - the folder in which runs lie: new ones, the one that is meant, all of them.
 *
 * Why: a run is named by a short id, a part of it, `last`, its folder or its file, and every verb
 * takes any of these; `last~1` is the run before the newest. An id is the time in tenths of a
 * second and one sign for what starts at once, so ids sort as runs happened and `last` needs no
 * look into files. Source: docs/run-file.md, "The folder". Thread: main.  Memory: results in the
 * arena given. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "tick/history.h"

#define RUNS_FOLDER ".prony/runs"     /* below the current folder */
#define RUNS_LAST "last"              /* and `last~N`, N runs before it */
#define RUNS_LEAST_BYTES (256u << 10) /* free, or no run is begun */
#define RUNS_MAX 100000               /* the newest that are looked at where all are meant */

/* Creates `root` where it is missing and in it a folder (mode 0700) of a new id. `*folder` is
 * root/id, in the arena. */
MUST_USE bool runs_create(struct bytes root, struct arena *arena, char id[RUN_ID_LEN + 1],
                          struct bytes *folder, struct err *err);
/* The run file that `name` means: id, the start of just one id, `last`, `last~2`, a folder, or a
 * file. */
MUST_USE bool runs_find(struct bytes root, struct bytes name, struct arena *arena,
                        struct bytes *path, struct err *err);

struct runs_ids {
    char (*items)[RUN_ID_LEN + 1]; /* the newest first */
    uint32_t count;
};

/* Of the newest `most` folders of runs, whatever the order the folder has them in; no folder: none.
 * An arena that is full leaves some out: see arena_ok(). */
struct runs_ids runs_ids(struct bytes root, uint32_t most, struct arena *arena);
/* When the id was given: ns since 1970. The run began then, or later when its services were ready.
 */
uint64_t runs_id_ns(const char *id);
/* What a list shows of one; `goals`: with its objectives and its load. What can't be read has
 * `trouble`. */
void runs_read(struct run_entry *out, struct bytes root, const char *id, bool goals,
               struct arena *arena);
