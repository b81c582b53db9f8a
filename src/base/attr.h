/* attr.h - compiler attributes and the debug-only assert.
 *
 * Why: clang 14 refuses [[gnu::...]] in gnu17 and gcc 12 refuses it under -Wpedantic, so the
 * __attribute__ spelling stands here once.
 * Source: GCC 12 manual, Declaring Attributes of Functions.
 * Thread: any.  Memory: none. */
#pragma once

#include <assert.h>

#define NO_INLINE __attribute__((noinline))
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(at, first) __attribute__((format(printf, at, first)))
#define HOT __attribute__((hot))
#define NORETURN __attribute__((noreturn))

/* A marked discard: the reason stands in a comment beside each use. IGNORE is for what a MUST_USE
 * function returns, for which gcc takes no cast to void. */
#define UNUSED(x) ((void)(x))
#define IGNORE(result)                                                                             \
    do {                                                                                           \
        if (result) {                                                                              \
        }                                                                                          \
    } while (0)

#ifdef PRONY_DEBUG
#define hot_assert(cond) assert(cond)
#else
#define hot_assert(cond) ((void)sizeof(cond))
#endif

/* 1 where ThreadSanitizer is built in. */
#if defined(__SANITIZE_THREAD__)
#define SANITIZED_THREADS 1
#elif defined(__has_feature)
#define SANITIZED_THREADS __has_feature(thread_sanitizer)
#else
#define SANITIZED_THREADS 0
#endif

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
