/* json.h - finds one value in a JSON text without building a tree.
 *
 * Why our own: checks and captures look for one value in each reply, on the hot path. jansson
 * would allocate a node for every value of the document; this reads it once, in place.
 *
 * A path is `.` (the whole document), or keys and indices: `.a.b[0]["c d"]`, `.[0].id`. A name
 * ends at one of `. [ ] "` or a blank; any other key is quoted as in JSON. `.length` at the end of
 * a path is an ordinary key of an object; on an array it is the number of elements, on a string the
 * number of code points.
 *
 * The text is checked by the grammar up to the end of the value found, and to its own end when the
 * value is absent: broken text before that is JSON_BROKEN, never a guess.
 * Source: RFC 8259.  Deviations: a byte order mark is passed over; UTF-8 is not verified; at most
 * 64 containers may be open at once; of equal keys the first counts (RFC: unpredictable).
 * Thread: any.  Memory: paths in the arena given; none while searching. */
#pragma once

#include "base/arena.h"
#include "base/attr.h"
#include "base/bytes.h"

#define JSON_MAX_DEPTH 64 /* open containers, and steps of a path */
#define JSON_DIGITS 20    /* of the longest length */

enum json_kind {
    JSON_NONE, /* the text is well formed and has no such value */
    JSON_NULL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_BROKEN /* not JSON as far as it was read, or deeper than JSON_MAX_DEPTH */
};

struct json_step {
    struct bytes key; /* unescaped; at == NULL: an index */
    uint32_t index;
    bool is_length; /* the last step, written `.length` */
};

struct json_path {
    const struct json_step *steps;
    uint32_t step_count;
};

/* Length of the path at the start of `text`, good or bad: it ends at a blank or at one of = ! < >
 * that is not quoted. */
size_t json_path_len(struct bytes text);
/* Compiles `text`; steps and keys are copied into `arena`. False: `*error_at` is the offset in
 * `text` (its length: at the end) and `*why` a sentence without full stop that lives for ever. */
MUST_USE bool json_path_compile(struct json_path *out, struct arena *arena, struct bytes text,
                                size_t *error_at, const char **why);
/* `*value`: the text of the value as it stands in `doc`, a string without its quotes and still
 * escaped; empty for JSON_NONE and JSON_BROKEN. A length found by `.length` does not stand in
 * `doc`: it is written to `digits`, and `*value` is a view of that. */
enum json_kind json_find(const struct json_path *path, struct bytes doc, char digits[JSON_DIGITS],
                         struct bytes *value);

/* Undoes the escapes of a string found above, into UTF-8; half a surrogate pair becomes U+FFFD.
 * `*len` bytes are written, no NUL; `raw.len` bytes always suffice. False: `out` is too small or an
 * escape is wrong, and `*len` is untouched. */
MUST_USE bool json_unescape(char *out, size_t size, struct bytes raw, size_t *len);
/* Is all of `text` a number, true, false or null, as JSON spells them? */
bool json_is_bare(struct bytes text);
/* Writes `in` as the inside of a JSON string. The bytes written, no NUL, or SIZE_MAX where `size`
 * is too small (6 * in.len always suffices). */
size_t json_escape(char *out, size_t size, struct bytes in);
