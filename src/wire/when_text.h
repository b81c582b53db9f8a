/* when_text.h - moments as logs write them.
 *
 * Why: each server has its own way to write the time, most without parts of a second, some without
 * saying of which zone; what a line does not say is told apart from what it says.
 * Source: Apache HTTP Server, mod_log_config, "%t"; RFC 3339; HAProxy, "HTTP log format".
 * Deviation: a leap second is the second after it.  Thread: any.  Memory: none. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

struct when {
    uint64_t ns;       /* since 1970; where no zone is said, as if it were UTC */
    uint64_t grain_ns; /* it was in [ns, ns + grain_ns) */
    bool zoned;
};

/* The moment that `text` begins with, and its length in bytes; 0: it begins with none.
 * `10/Oct/2000:13:55:36 -0700`, also with parts of a second, or without zone. */
MUST_USE size_t when_text_clf(struct bytes text, struct when *out);
/* `2000-10-10T13:55:36.123+02:00`, also with a blank for T, a comma, or without zone. */
MUST_USE size_t when_text_iso(struct bytes text, struct when *out);
/* All of `text` is a number since 1970, in seconds, or in ms, us or ns by its size. */
MUST_USE bool when_text_epoch(struct bytes text, struct when *out);
/* All of `text` is one of the three. */
MUST_USE bool when_text_any(struct bytes text, struct when *out);
