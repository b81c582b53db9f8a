/* run_entry.h - what a list shows of a stored run, read from its file without a tick of it.
 *
 * Why: the verdict, the objectives and the load of a thousand runs are wanted at once; to judge
 * each again would take minutes. The result that the run wrote at its end has all of it.
 * Source: docs/run-file.md, "Tables"; docs/result.md.
 * Thread: main.  Memory: the arena given; jansson's and SQLite's heap while it works. */
#pragma once

#include "base/arena.h"
#include "store/run_file.h"
#include "tick/history.h"

/* Fills all but the id. `goals`: with its objectives and its load, which takes three times as long.
 * What is damaged is left out. */
void run_entry_read(struct run_entry *out, struct run_file *file, bool live, bool goals,
                    struct arena *arena);
/* The objectives of a result's JSON, in the arena; none where it is no list. */
void run_entry_take_goals(struct run_entry *out, struct bytes json, struct arena *arena);
