#include "jansson_oracle.h"

#include <jansson.h>

/* What jansson refuses and the grammar allows. */
static bool is_extra(const json_error_t *error)
{
    enum json_error_code code = json_error_code(error);
    return code == json_error_invalid_utf8 || code == json_error_numeric_overflow
           || code == json_error_null_character || code == json_error_null_byte_in_key
           || code == json_error_stack_overflow
           /* half a surrogate pair is "invalid syntax" to it */
           || strncmp(error->text, "invalid Unicode", 15) == 0;
}

/* Recursion: jansson read the tree, so it is at most 2048 deep. */
static size_t depth_of(json_t *value)
{
    size_t deepest = 0, index;
    const char *key;
    json_t *inner;
    if (json_is_array(value)) {
        json_array_foreach(value, index, inner)
        {
            size_t depth = depth_of(inner);
            if (depth > deepest) deepest = depth;
        }
        return deepest + 1;
    }
    if (json_is_object(value)) {
        json_object_foreach(value, key, inner)
        {
            size_t depth = depth_of(inner);
            if (depth > deepest) deepest = depth;
        }
        return deepest + 1;
    }
    return 0;
}

enum oracle jansson_oracle(struct bytes doc, size_t max_depth)
{
    json_error_t error;
    if (doc.len == 0) return ORACLE_BAD;
    if (memchr(doc.at, 0, doc.len)) return ORACLE_UNSURE; /* jansson takes it for the end */
    json_t *tree = json_loadb(doc.at, doc.len, JSON_DECODE_ANY, &error);
    if (tree == NULL) return is_extra(&error) ? ORACLE_UNSURE : ORACLE_BAD;
    enum oracle opinion = depth_of(tree) > max_depth ? ORACLE_UNSURE : ORACLE_GOOD;
    json_decref(tree);
    return opinion;
}
