/* check.h - the macros of every table-driven unit test.
 *
 * Why: cmocka names the test, not the row of its table. CHECK_* print the row's name first. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* How many of `seeds` a test goes through: all, but a fifth in a sanitized build, which takes ten
 * times as long for each. What a sanitizer looks for lies on the paths through the code, and a few
 * seeds walk them; that a claim holds for all of them is shown by the build without one. */
static inline uint32_t seeds_of(uint32_t seeds)
{
#ifdef PRONY_DEBUG
    return seeds / 5;
#else
    return seeds;
#endif
}

/* Fails the test with `name` (the table row) when `cond` does not hold. */
#define CHECK(name, cond)                                                                          \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_error("row '%s': ", (name));                                                     \
            fail_msg("%s:%d: %s", __FILE__, __LINE__, #cond);                                      \
        }                                                                                          \
    } while (0)

/* As CHECK, for two unsigned numbers, printing both. */
#define CHECK_U64(name, got, want)                                                                 \
    do {                                                                                           \
        unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want);        \
        if (g_ != w_) {                                                                            \
            print_error("row '%s': ", (name));                                                     \
            fail_msg("%s:%d: %s is %llu, want %llu", __FILE__, __LINE__, #got, g_, w_);            \
        }                                                                                          \
    } while (0)

/* As CHECK, for two C strings. */
#define CHECK_STR(name, got, want)                                                                 \
    do {                                                                                           \
        const char *g_ = (got), *w_ = (want);                                                      \
        if (strcmp(g_, w_) != 0) {                                                                 \
            print_error("row '%s': ", (name));                                                     \
            fail_msg("%s:%d: %s is\n%s\nwant\n%s", __FILE__, __LINE__, #got, g_, w_);              \
        }                                                                                          \
    } while (0)
