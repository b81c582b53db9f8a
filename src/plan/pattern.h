/* pattern.h - a text with places to fill in, being built.
 *
 * Why: requests are rendered once, at load time; what is left for the hot path is copying pieces.
 * Constants are encoded for their place here; adjacent ones become one piece, except that secret
 * ones stay apart.
 * Source: docs/plan.md, "Variables"; the encodings are those of wire/.
 * Thread: one owner.  Memory: the arena. */
#pragma once

#include "base/arena.h"
#include "plan/plan.h"

struct pattern_builder {
    struct arena *arena;
    struct piece *pieces;
    uint32_t count;
    char *text; /* runs of literals, one behind the other */
    size_t len, size;
    size_t run;  /* start of the run being built */
    bool secret; /* of that run */
    bool failed; /* the arena is full */
};

/* Appends `b`, encoded for its place. */
void pattern_add_text(struct pattern_builder *b, struct bytes text, enum encoding encoding,
                      bool secret);
/* Appends a piece that is filled in at run time. */
void pattern_add_piece(struct pattern_builder *b, struct piece piece);
/* False: the arena is full. */
MUST_USE bool pattern_finish(struct pattern_builder *b, struct pattern *out);
