/* tape.h - a made-up run: a plan, a header, and ticks that are a function of their number.
 *
 * Why: what is written can be made a second time and compared with what is read, bit for bit.
 * Latencies are lognormal with a slow tail, as services have them; the four times of a request are
 * made from one another as they are in truth, since that decides how well they compress. */
#pragma once

#include "base/arena.h"
#include "store/tick_blob.h"
#include "tick/bus.h"

struct tape {
    struct arena arena; /* plan and header */
    struct plan plan;
    struct run_header header;
    uint32_t names;  /* cells of so many request names in a tick */
    uint32_t values; /* requests of each name in a tick */
    uint64_t tick_ns;
};

/* Reads `yaml` (NULL: a plan with all the header has place for). */
void tape_open(struct tape *tape, const char *yaml);
void tape_close(struct tape *tape);
/* Tick `index`, in `arena`. */
struct tick tape_tick(const struct tape *tape, struct arena *arena, uint32_t index);
/* Fails the test of row `name` at the first difference. */
void tape_check_tick(const char *name, const struct blob_dims *dims, const struct tick *got,
                     const struct tick *want);
/* A sink that holds what is played against the tape. */
struct tape_listener {
    const struct tape *tape;
    struct arena arena; /* for the ticks made again; opened by the caller */
    uint32_t ticks;     /* heard */
    uint32_t skipped;   /* numbers left out */
    bool began, ended;
    struct run_end end;
};
struct sink tape_listen(struct tape_listener *listener);
/* A new empty folder below the place for temporary files. */
void tape_folder(char *array, size_t size);
/* Removes it and what is in it. */
void tape_remove(const char *folder);
