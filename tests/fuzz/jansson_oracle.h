/* jansson_oracle.h - jansson's opinion whether a text is JSON, and what stands at a path of it.
 *
 * Why a file of its own: its header and wire/json.h both name a JSON_NULL.
 * Thread: any.  Memory: jansson's, released before the return. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum oracle {
    ORACLE_GOOD,
    ORACLE_BAD,
    ORACLE_UNSURE /* a limit or a rule that only one of the two has: depth, UTF-8, range */
};

/* `max_depth`: open containers above which a well-formed text is ORACLE_UNSURE. */
enum oracle jansson_oracle(struct bytes doc, size_t max_depth);

/* A step of a path, as json.h has them. */
struct oracle_step {
    struct bytes key; /* at == NULL: an index */
    uint32_t index;
    bool is_length;
};

/* Whether `value` is what stands at the path in `doc`: text of JSON, a string with its quotes;
 * at == NULL: nothing stands there. ORACLE_BAD: another value does, or none, or one. */
enum oracle jansson_oracle_at(struct bytes doc, const struct oracle_step *steps, uint32_t count,
                              struct bytes value);
