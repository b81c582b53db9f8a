/* result_csv.h - a row for each second and name, for spreadsheets and plots.
 *
 * Why: what other load testers write as CSV, with the unit of every column in its title and an
 * empty cell where a figure does not exist. A cell that a spreadsheet would take for a formula
 * starts with an apostrophe.
 * Source: RFC 4180; docs/result.md, "CSV".
 * Thread: collecting thread.  Memory: a row on the stack. */
#pragma once

#include "base/text.h"
#include "show/outlet.h"
#include "tick/bus.h"

struct result_csv {
    struct outlet to;
    const struct run_header *header;
};

/* Before its sink is added; keeps what `to` points to. */
void result_csv_init(struct result_csv *c, struct outlet to);
/* Keeps `c`. */
struct sink result_csv_sink(struct result_csv *c);
/* A text as a cell: safe, quoted where it must be. */
void result_csv_cell(struct text *out, struct bytes value);
