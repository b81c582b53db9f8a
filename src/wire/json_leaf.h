/* json_leaf.h - the members of a JSON object one after the other, those of inner objects by path.
 *
 * Why: of a line of a log, a dozen members are wanted that each logger names differently; one pass
 * that names what it meets costs less than a search for each.
 * Source: RFC 8259.  Deviations: arrays, and objects in the fifth object, are passed over unread;
 * keys are taken as they are written; what is passed over is not checked.
 * Thread: any.  Memory: in place; what is found points into the text. */
#pragma once

#include "base/attr.h"
#include "wire/json.h"

#define JSON_LEAF_DEPTH 5
#define JSON_LEAF_PATH 128 /* a member with a longer path is passed over */

struct json_leaves {
    struct bytes text;
    size_t at;
    uint32_t depth;                   /* open objects */
    size_t lens[JSON_LEAF_DEPTH + 1]; /* of the path, by depth */
    char path[JSON_LEAF_PATH];
};

struct json_leaf {
    struct bytes path;   /* "request.method"; until the next call */
    enum json_kind kind; /* JSON_NULL to JSON_STRING */
    struct bytes value;  /* a string without its quotes, still escaped */
};

/* False: `text` does not begin with an object. */
MUST_USE bool json_leaf_begin(struct json_leaves *j, struct bytes text);
/* JSON_STRING: a member is in `*out`; JSON_NONE: that was all, nothing but blanks is behind it;
 * JSON_BROKEN: it is no JSON as far as it was read. */
enum json_kind json_leaf_next(struct json_leaves *j, struct json_leaf *out);
