/* bytes.h - a view of bytes: pointer and length, owned by someone else.
 *
 * Why: most of what prony reads (plans, replies, headers) is not NUL-terminated.
 * Source: ours, after C++17's std::string_view.
 * Thread: any.  Memory: borrows; the owner must outlive the view. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *at;
    size_t len;
}; /* invariant: at != NULL or len == 0 */

#define BYTES_LIT(s) ((struct bytes){(s), sizeof(s) - 1})
/* For printf's "%.*s". */
#define BYTES_ARG(b) (int)(b).len, ((b).at ? (b).at : "")

/* All of a string, without its NUL; NULL: nothing, with at == NULL. Borrows. */
static inline struct bytes bytes_of(const char *cstr)
{
    return (struct bytes){cstr, cstr ? strlen(cstr) : 0};
}

/* The same bytes; two empty ones are, wherever they point. */
static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* The same as a string that ends in NUL. */
static inline bool bytes_is(struct bytes a, const char *cstr)
{
    return bytes_equal(a, bytes_of(cstr));
}

/* Whether `a` begins with `prefix`, which may be empty or all of it. */
static inline bool bytes_starts(struct bytes a, struct bytes prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.at, prefix.at, prefix.len) == 0);
}

/* The part from `from` (at most the end) on. */
static inline struct bytes bytes_from(struct bytes a, size_t from)
{
    if (a.len == 0) return a; /* its `at` may be NULL, which no number may be added to */
    if (from > a.len) from = a.len;
    return (struct bytes){a.at + from, a.len - from};
}

/* 0 to 9, whatever the locale. */
static inline bool bytes_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether it is one of the letters in `any`; a NUL is none. */
static inline bool bytes_is_any(char c, const char *any)
{
    return c != '\0' && strchr(any, c) != NULL;
}

/* Of a hexadecimal digit, either case; -1: it is none. */
static inline int bytes_hex_value(char c)
{
    if (bytes_is_digit(c)) return c - '0';
    char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* ASCII case-insensitive equality (header names). */
bool bytes_same_nocase(struct bytes a, struct bytes b);
/* Without spaces and tabs at both ends. */
struct bytes bytes_trim(struct bytes a);
/* Position of `needle` in `a` (0 for an empty needle), SIZE_MAX when absent. */
size_t bytes_find(struct bytes a, struct bytes needle);
/* Decimal digits only, all of `a`, no overflow; false leaves `*out` untouched. */
bool bytes_to_u64(struct bytes a, uint64_t *out);
/* A decimal number with optional sign, fraction and exponent, all of `a`. Locale-free. */
bool bytes_to_double(struct bytes a, double *out);
