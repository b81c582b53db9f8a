/* vigil.h - what is different in a run that is one file of a watch.
 *
 * Why: `prony watch` goes the way of a run (conduct.h) with a gentle probe or none at all for load.
 * What it has of its own stands here: requests that the service tells of as cells of the tick,
 * samples of ten seconds as one, so that a day is a small file, and services that stay when one
 * file ends and the next begins.
 * Source: docs/watch.md.
 * Thread: main.  Memory: the run's arena, under 1 MiB and 40 KiB a request name. */
#pragma once

#include "base/arena.h"
#include "observe/observer.h"
#include "rig/services.h"
#include "tick/tick.h"

struct vigil_options {
    uint64_t window_ns; /* that objectives are judged over */
    bool probes;        /* the plan's stages send something */
    bool again;         /* not the first file: a target that is away now is an outcome, no error */
    /* Of the watch: started with its first file, ended by its owner. */
    struct services *services;
    struct arena *services_arena;
    bool *services_started;
    struct bytes *services_folder; /* where their logs are */
};

struct vigil;

/* Keeps both. NULL: the arena is full. */
struct vigil *vigil_open(const struct vigil_options *options, const struct plan *plan,
                         struct arena *arena);
/* After observer_take(): puts the cells of what services told of into the tick, and makes fewer
 * samples of many. Borrowed until the next call. */
void vigil_take(struct vigil *v, struct observer *observer, struct tick *tick);
