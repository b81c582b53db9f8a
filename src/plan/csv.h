/* csv.h - rows of a CSV text: first line the columns, then as many cells in each row.
 *
 * Why our own: forty lines, and a wrong file must be told by its line.
 * Source: RFC 4180, with LF as well as CRLF, a leading BOM passed over, empty last lines ignored.
 * Thread: any.  Memory: cells view the text; those with doubled quotes are copied into `arena`. */
#pragma once

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"

#define CSV_COLUMNS_MAX 256

struct csv {
    struct bytes *columns;
    struct bytes *cells; /* [row_count][column_count] */
    uint32_t column_count, row_count;
};

/* False: `*why` is a static sentence, `*line` the line it is about (0: the whole file). */
MUST_USE bool csv_read(struct csv *out, struct arena *arena, struct bytes text, uint32_t *line,
                       const char **why);
