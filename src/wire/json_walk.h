/* json_walk.h - the members of a JSON object or array, one after the other, in place.
 *
 * Why: who looks for a dozen values of a document, some of them repeated, would search it a dozen
 * times by paths; and a tree of a document from outside is ten times its size.
 * Source: RFC 8259; deviations as json.h.
 * Thread: any.  Memory: none; keys and values point into the document, still escaped. */
#pragma once

#include "wire/json.h"

struct json_walk {
    struct bytes rest;
    bool object, begun;
};

/* Takes the value at the front off, checked by the grammar; JSON_BROKEN: there is none. A string
 * comes without its quotes, an object or array with its brackets. */
enum json_kind json_walk_value(struct bytes *rest, struct bytes *value);
/* `container` as it came from above. */
void json_walk_open(struct json_walk *w, struct bytes container);
/* The next member; of an array `key` is empty. JSON_NONE: there is no more. */
enum json_kind json_walk_next(struct json_walk *w, struct bytes *key, struct bytes *value);
/* Whether nothing but white space is left. */
bool json_walk_over(struct bytes rest);
