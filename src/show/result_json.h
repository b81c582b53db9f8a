/* result_json.h - the result as JSON, format prony.result/1.
 *
 * Why: machines read a run here: `--output json`, result.json and the copy in the run file are this
 * one text. Keys have a fixed order and every figure is a number or null, never a word.
 * Source: docs/result.md, docs/result.schema.json.
 * Thread: collecting thread.  Memory: the arena given; jansson's heap while it works. */
#pragma once

#include "base/arena.h"
#include "tick/result.h"

struct json_t;

/* Gives a jansson object, for larger documents that hold a result. */
struct json_t *result_json_object(const struct result *result);
/* Ends with a newline; at == NULL: the arena is too small. */
struct bytes result_json_make(struct arena *arena, const struct result *result);
