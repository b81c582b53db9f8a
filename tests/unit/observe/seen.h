/* seen.h - looks of one source, and what it wrote down; and files in a made-up root.
 *
 * Why: the tests of all kinds of source ask the same: which series had which value.
 * Source: own.  Thread: one.  Memory: static. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/ns.h"
#include "observe/source.h"

/* Of a value, to a thousandth. */
#define CHECK_NEAR(name, got, want)                                                                \
    do {                                                                                           \
        double got_ = (got), want_ = (want);                                                       \
        if (!(got_ > want_ - 1e-3 && got_ < want_ + 1e-3)) {                                       \
            print_error("row '%s': ", (name));                                                     \
            fail_msg("%s:%d: %g, want %g", __FILE__, __LINE__, got_, want_);                       \
        }                                                                                          \
    } while (0)

#define SEEN_NONE (-1.0) /* the series has no value in the last look */

/* A folder of its own, removed by seen_close_root(); for cmocka's group fixtures. */
int seen_open_root(void **state);
int seen_close_root(void **state);
const char *seen_root(void);
/* Empties the root. */
void seen_again(void);
/* Writes a file below the root in place, so that who has it open sees it. */
void seen_put(const char *path, const char *words);

void seen_open(void);
void seen_close(void);
struct arena *seen_arena(void);
/* One look that ends at `now_ns`; the first one that succeeds only takes the counts' start. */
bool seen_look(struct source *source, uint64_t now_ns, struct err *err);
/* Of the last look. `label` "" is none. */
double seen_value(const char *of, const char *name, const char *label);
/* How many series of this name had a value. */
uint32_t seen_count(const char *of, const char *name);
/* The oldest event not asked for yet; "" is none. */
const char *seen_news(void);
/* All values of the last look on stdout as comments of TAP. */
void seen_print(void);
