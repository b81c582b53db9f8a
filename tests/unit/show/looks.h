/* looks.h - what a text must look like, whatever it says: as expected, within its width.
 *
 * Why: each table is held to texts that somebody has looked at, and to every width at once. */
#pragma once

#include "base/text.h"
#include "show/style.h"

/* Compares with FOLDER/NAME.txt; PRONY_UPDATE_GOLDEN=1 writes that anew. */
void looks_as_expected(const char *folder, const char *name, const struct text *out);
/* No line is wider than `width` columns, escape sequences left out, or ends with a blank. */
void looks_fitting(const char *name, const struct text *out, uint32_t width);
/* Only ASCII. */
void looks_plain(const char *name, const struct text *out);
