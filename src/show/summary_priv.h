/* summary_priv.h - the parts of the summary, each a block of lines.
 *
 * Why: the text around a table and the tables are a file each; nobody else may use either alone.
 * Source: docs/summary.md, "The summary".
 * Thread: collecting thread.  Memory: the caller's text. */
#pragma once

#include "show/summary.h"

struct summary {
    struct text *out;
    const struct result *result;
    const struct show_style *style;
    const struct summary_extra *extra;
};

/* What the tables had to abbreviate; explained in one line below them. */
struct summary_legend {
    bool few, at_least, unjudged, missed, closed, floor;
    double floor_ns; /* what an instant answer takes on this host; 0: not known */
    bool mean_users; /* not as many all the time as the plan has at the end of the stage */
};

/* The tables of a summary, each with its heading, or nothing where it would be empty; a mark that
 * one used is noted in `legend`. */
void summary_tables_objectives(const struct summary *s);
void summary_tables_stages(const struct summary *s, struct summary_legend *legend);
void summary_tables_names(const struct summary *s, struct summary_legend *legend);
void summary_tables_times(const struct summary *s, struct summary_legend *legend);
/* Share of requests that did not end ok, without those that an interruption cut; NAN: none. */
double summary_tables_errors(const struct result *result, const struct figures *figures);
/* Whether an objective, not only a warning, comes to this verdict on this stage. */
bool summary_tables_stage_has(const struct result *result, uint32_t stage, enum verdict verdict);
/* Whether the users of a stage are told as the mean of what were not always as many. */
bool summary_tables_users_vary(const struct result *result, const struct stage_result *stage);
/* Whether a percentile of `n` values is only a guess. */
bool summary_tables_few(enum figure figure, uint64_t n);
