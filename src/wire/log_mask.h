/* log_mask.h - what may be shown of a log's line, and what of it makes a pattern.
 *
 * Why: what is quoted or counted in a line differs from one to the next, and what is secret may go
 * nowhere: run files and reports are passed on.
 * Source: docs/observing-logs.md, "Logs".
 * Thread: any.  Memory: the caller's text. */
#pragma once

#include "base/text.h"

/* Appends `message` as a pattern: white space as one blank; numbers, ids, addresses, quoted values
 * and secrets as `<*>`. No control characters. */
void log_mask_add_pattern(struct text *out, struct bytes message);
/* Appends it as it is, but secrets: credentials in URLs, query strings, values of headers and
 * names that hold them, and what looks like a key. Control characters as \xNN. */
void log_mask_add(struct text *out, struct bytes message);
