/* key_table.h - every key of the plan language, as data (schema.def).
 *
 * Why: one table for the parser, its suggestions, the documentation and the editors' schema.
 * Source: plan/schema.def; a test holds docs/plan.md to it.
 * Thread: any.  Memory: constants. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum key_place {
    PLACE_PLAN,
    PLACE_TLS,
    PLACE_WATCH,
    PLACE_SERVICE,
    PLACE_METRICS,
    PLACE_DATA,
    PLACE_SCENARIO,
    PLACE_STEP,
    PLACE_LOAD,
    PLACE_WARMUP,
    PLACE_STAGE,
    PLACE_TIMEOUT
};

#define KEY_PLACES 12

enum key_shape { SHAPE_SCALAR = 1, SHAPE_LIST = 2, SHAPE_MAP = 4 };

/* KEY_STAGE_RATE and so on; within a place in the order of schema.def. */
#define KEY(place, ident, name, shapes, needed, form, doc) KEY_##place##_##ident,
enum key {
#include "plan/schema.def"
    KEY_COUNT
};
#undef KEY

struct key_row {
    enum key_place place;
    const char *name;
    unsigned shapes; /* of enum key_shape, or-ed */
    bool needed;
    const char *form; /* what may stand there */
    const char *doc;  /* one line */
};

/* The row of `key`, which is below KEY_COUNT. */
const struct key_row *key_table_row(enum key key);
/* The key `name` of `place`, KEY_COUNT when there is none. */
enum key key_table_find(enum key_place place, struct bytes name);
/* The keys of a place are those from `*first` up to, not including, `*last`. */
void key_table_range(enum key_place place, enum key *first, enum key *last);
/* "the plan", "a stage", ... */
const char *key_table_place_name(enum key_place place);
/* Our key for what other tools call `name`, NULL when it is nobody's word for a key of this place.
 */
const char *key_table_foreign(enum key_place place, struct bytes name);
