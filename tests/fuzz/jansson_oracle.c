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

static uint64_t code_points(const char *text, size_t len)
{
    uint64_t count = 0;
    for (size_t i = 0; i < len; i++) count += (text[i] & 0xc0) != 0x80;
    return count;
}

/* `.length` of an array or a string; -1: it has none. */
static json_int_t length_of(const json_t *value)
{
    if (json_is_array(value)) return (json_int_t)json_array_size(value);
    if (!json_is_string(value)) return -1;
    return (json_int_t)code_points(json_string_value(value), json_string_length(value));
}

/* The value one step below; NULL: none. */
static json_t *below(json_t *value, const struct oracle_step *step)
{
    if (!step->key.at) return json_array_get(value, step->index);
    return json_object_getn(value, step->key.at, step->key.len);
}

enum oracle jansson_oracle_at(struct bytes doc, const struct oracle_step *steps, uint32_t count,
                              struct bytes value)
{
    const size_t flags =
        JSON_DECODE_ANY | JSON_REJECT_DUPLICATES; /* of equal ones it has the last */
    json_error_t error;
    if (memchr(doc.at, 0, doc.len)) return ORACLE_UNSURE;
    json_t *tree = json_loadb(doc.at, doc.len, flags, &error);
    if (!tree) return ORACLE_UNSURE;
    json_t *want = tree;
    json_int_t length = -1;
    for (uint32_t i = 0; i < count && want; i++) {
        if (steps[i].is_length && i + 1 == count) length = length_of(want);
        want = below(want, &steps[i]);
    }
    json_t *got = value.at ? json_loadb(value.at, value.len, flags, &error) : NULL;
    bool same = length >= 0 ? json_is_integer(got) && json_integer_value(got) == length
                            : json_equal(got, want) || (!value.at && !want);
    json_decref(got);
    json_decref(tree);
    return same ? ORACLE_GOOD : ORACLE_BAD;
}
