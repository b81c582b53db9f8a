/* services.h - the services of a plan: started in order, ready, watched, stopped in reverse.
 *
 * Why: a run is only as good as the state its services were in. Each gets a fresh private folder
 * ($dir), a log in the run's folder, a time to get ready, and is gone when the run is. One that
 * dies by itself is a fact of the run with a signal and a time; it is not restarted.
 * Source: docs/plan.md, "Services".
 * Thread: main.
 * Memory: the arena given at the start; small. */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/child.h"
#include "base/err.h"
#include "plan/plan.h"

struct services_item {
    const struct service *service;
    struct child child;
    bool told;    /* of its death */
    bool has_dir; /* we made service->dir */
    char log[512];
};

struct services {
    struct services_item *items;
    uint32_t count;                           /* started so far */
    bool has_root;                            /* the folder above the private ones was made, ... */
    int root_fd;                              /* ... and is held by this */
    void (*say)(void *ctx, const char *line); /* as of the options */
    void *ctx;
};

struct services_options {
    const struct plan *plan;
    const char *folder; /* of the run; logs go to folder/NAME.log */
    /* Asked while waiting; true: give up. Told what is going on, a line each. Both may be NULL. */
    bool (*cancelled)(void *ctx);
    void (*say)(void *ctx, const char *line);
    void *ctx;
};

/* Starts all, each after the one before is ready. False: `err` (ERR_PREFLIGHT) names the service,
 * the cause and the last lines of its log; what was started has been stopped. */
MUST_USE bool services_start(struct services *s, struct arena *arena,
                             const struct services_options *options, struct err *err);
/* A service that has died since it was ready and was not told before, as one sentence; false: none.
 * Cheap: ask often, since the moment of asking is the time it gets. */
bool services_next_death(struct services *s, struct text *out);
/* Stops all in reverse order and removes the private folders, but those with `keep: true`. Says a
 * line of each that had left something running out of its own group, which is stopped as well. */
void services_stop(struct services *s);
