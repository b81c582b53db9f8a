/* sql_label.h - a statement as the name of a series: on one line, short, without its values.
 *
 * Why: a server takes the values out of statements that it counts, but not of all (a role's new
 * password stands in its log and statistics); nothing of somebody's data may end in a run file.
 * Source: PostgreSQL 15, "Lexical Structure".  Deviation: numbers are values wherever they stand
 * alone; what is not closed is a value up to the end.  Thread: any.  Memory: none. */
#pragma once

#include "base/text.h"

#define SQL_LABEL_BYTES 141 /* with the NUL, and "..." where it was cut */

/* Appends `sql`: white space as one blank, comments and values left out. */
void sql_label_add(struct text *out, struct bytes sql);
