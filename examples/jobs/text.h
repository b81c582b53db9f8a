/* text.h - text that grows, for building replies.
 *
 * Running out of memory is sticky: add freely, look at `failed` once at the end.
 * Thread: one owner. Memory: text_free releases it; text_clear keeps it for the next reply. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *bytes; /* not terminated */
    size_t len, cap;
    bool failed;
};

void text_clear(struct text *t);
void text_free(struct text *t);

void text_add(struct text *t, const char *string);
void text_add_bytes(struct text *t, const char *bytes, size_t len);
void text_add_number(struct text *t, int64_t value);

/* At most 511 bytes after formatting; more is cut. */
void text_add_format(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `string` as a JSON string, quotes included. It must be valid UTF-8. */
void text_add_json(struct text *t, const char *string);
