/* text.h - a bounded string being built; the only place that formats text.
 *
 * Why: snprintf's return value is a trap. A text is cut at its capacity, remembers that it was
 * (`cut`, sticky, tested once at the end), and is always NUL-terminated.
 * Source: snprintf(3), RFC 3629 (UTF-8); the sticky overflow is that of Varnish's cache_ws.c.
 * Thread: one owner.  Memory: the caller's array. */
#pragma once

#include <stdarg.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

struct text {
    char *at;
    size_t len;  /* without the NUL */
    size_t size; /* of the array, NUL included; > 0 */
    bool cut;    /* something did not fit */
};               /* invariant: len < size, at[len] == '\0' */

/* An empty text in `array`. */
struct text text_in(char *array, size_t size);
void text_clear(struct text *t);
void text_add(struct text *t, struct bytes b);
void text_adds(struct text *t, const char *cstr);
void text_addc(struct text *t, char c, size_t times);
void text_addf(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
void text_addv(struct text *t, const char *format, va_list args) PRINTF_LIKE(2, 0);
/* Appends `b` with control characters as \xNN, so hostile bytes can drive no terminal, nor turn
 * text round, nor be a command in a CI system's log. Other UTF-8 passes; invalid bytes become \xNN.
 */
void text_add_safe(struct text *t, struct bytes b);
/* Appends `b` as one word of a shell's command line: safe as above, and in quotes where a shell
 * would make something else of it. */
void text_add_word(struct text *t, struct bytes b);
/* Whether that needs no quotes; and `b` as it stands within them. */
bool text_is_word(struct bytes b);
void text_add_in_quotes(struct text *t, struct bytes b);
/* Of a text that was cut: drops a character at its end that is not whole. */
void text_end_whole(struct text *t);
struct bytes text_bytes(const struct text *t);
/* Columns that `b` takes on a terminal, counting code points (no wide or combining marks). */
size_t text_columns(struct bytes b);
/* Length of the well-formed UTF-8 sequence at the start of `b` (RFC 3629), 0 when there is none. */
size_t text_utf8_len(struct bytes b);
