/* list_filter.h - which of the recorded runs a list shows.
 *
 * Why: after a month there are hundreds; what is wanted is one plan's, the missed ones, last
 * week's. Source: docs/cli.md, "The list"; fnmatch(3) for names with *. Thread: main.  Memory:
 * borrows the flags. */
#pragma once

#include "cli/flags.h"
#include "tick/history.h"

struct list_filter {
    const struct flags *flags;
    uint64_t since_ns, until_ns; /* moments a run began at: since <= it < until */
    uint32_t last;               /* so many at most */
};

/* What the flags ask for; keeps `flags`. */
struct list_filter list_filter_of(const struct flags *flags);
/* Told by the id, before the file is read: neither this run nor any of a later id (of an earlier
 * one) can be wanted. */
bool list_filter_too_new(const struct list_filter *filter, uint64_t id_ns);
bool list_filter_too_old(const struct list_filter *filter, uint64_t id_ns);
/* Whether a run that was read is wanted. */
bool list_filter_takes(const struct list_filter *filter, const struct run_entry *entry);
/* The flags as they were given: ` --plan jobs --since 2d`. */
void list_filter_words(const struct list_filter *filter, struct text *out);
/* Of a list that came out empty though these were all: which plan may have been meant. */
void list_filter_hint(const struct list_filter *filter, const struct run_entry *entries,
                      uint32_t count, struct text *out);
