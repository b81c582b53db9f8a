/* jansson_oracle.h - jansson's opinion whether a text is JSON.
 *
 * Why a file of its own: its header and wire/json.h both name a JSON_NULL.
 * Thread: any.  Memory: jansson's, released before the return. */
#pragma once

#include "base/bytes.h"

enum oracle {
    ORACLE_GOOD,
    ORACLE_BAD,
    ORACLE_UNSURE /* a limit or a rule that only one of the two has: depth, UTF-8, range */
};

/* `max_depth`: open containers above which a well-formed text is ORACLE_UNSURE. */
enum oracle jansson_oracle(struct bytes doc, size_t max_depth);
