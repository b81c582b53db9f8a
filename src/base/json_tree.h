/* json_tree.h - putting values into jansson's trees, for every room that writes JSON.
 *
 * Why: jansson says by a return code that its heap is exhausted; nothing here survives that, and
 * nobody should have to ask at each of a hundred lines.
 * Source: jansson 2.14, "Object" and "Array".  Thread: the tree's.  Memory: jansson's heap. */
#pragma once

#include <assert.h>
#include <jansson.h>

/* Both give `value` away. */
static inline void json_tree_put(json_t *object, const char *key, json_t *value)
{
    int failed = json_object_set_new(object, key, value);
    assert(failed == 0);
}

/* The same for the end of an array. */
static inline void json_tree_append(json_t *array, json_t *value)
{
    int failed = json_array_append_new(array, value);
    assert(failed == 0);
}
