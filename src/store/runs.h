/* runs.h - the folder in which runs lie: new ones, the one that is meant, all of them.
 *
 * Why: a run is named by a short id, a part of it, `last`, its folder or its file, and every verb
 * takes any of these. An id is the time in tenths of a second and one sign for what starts at once,
 * so ids sort as runs happened and `last` needs no look into files.
 * Source: docs/run-file.md, "The folder".
 * Thread: main.  Memory: results in the arena given. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "tick/run.h"

#define RUNS_FOLDER ".prony/runs" /* below the current folder */
#define RUNS_LAST "last"

/* Creates `root` where it is missing and in it a folder (mode 0700) of a new id. `*folder` is
 * root/id, in the arena. */
MUST_USE bool runs_create(struct bytes root, struct arena *arena, char id[RUN_ID_LEN + 1],
                          struct bytes *folder, struct err *err);
/* The run file that `name` means: id, the start of just one id, `last`, a folder, or a file. */
MUST_USE bool runs_find(struct bytes root, struct bytes name, struct arena *arena,
                        struct bytes *path, struct err *err);

/* All runs, the newest first, at most `max`; no folder: none. */
MUST_USE bool runs_list(struct bytes root, uint32_t max, struct arena *arena,
                        struct run_entry **out, uint32_t *count, struct err *err);
