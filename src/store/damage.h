/* damage.h - what is wrong with a run file that cannot be read, and what is left of the run.
 *
 * Why: `it is damaged` helps nobody. Most damaged files are copies that were not finished, which
 * the size tells; and what the run itself found stands in a file beside.
 * Source: https://sqlite.org/fileformat2.html, 1.3 (page size and number of pages).
 * Thread: any.  Memory: none. */
#pragma once

#include "base/err.h"

/* Adds cause and cure to the error about the file at `path`. Returns false, as err_set() does. */
bool damage_explain(struct err *err, const char *path);
