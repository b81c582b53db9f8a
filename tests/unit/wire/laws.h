/* laws.h - the five laws of a codec, for the tests and the fuzzers.
 *
 * Why: a decoder that is right on whole inputs and wrong on split ones fails in production only.
 * 1 every cut of the input gives the same outcome; 2 each call gets on, or says why not; 3 the work
 * is bounded by the input; 4 no byte past the end is read; 5 no byte of the input is written.
 * 4 and 5 are held by the machine: the input lies read-only against an inaccessible page.
 * Each codec has an adapter (laws_h1.h ...) that feeds one input, in pieces, and writes down what
 * came out; here is what is common to them.  Thread: one.  Memory: mmap, malloc of the harness. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/bytes.h"

/* A law is broken: says so and aborts, which both cmocka's runner and a fuzzer notice. */
#define LAW(cond)                                                                                  \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: law broken: %s\n", __FILE__, __LINE__, #cond);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* One piece of memory seen twice: written through `write`, read through `read`, which is read-only
 * and ends where the next access faults. */
struct guard {
    char *write, *read;
    size_t size; /* usable bytes, whole pages */
};

static inline struct guard guard_open(size_t least)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    struct guard g = {.size = (least / page + 1) * page};
    int fd = memfd_create("guard", MFD_CLOEXEC);
    LAW(fd >= 0);
    LAW(ftruncate(fd, (off_t)g.size) == 0);
    g.write = mmap(NULL, g.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    g.read = mmap(NULL, g.size + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    LAW(g.write != MAP_FAILED);
    LAW(g.read != MAP_FAILED);
    LAW(mmap(g.read, g.size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == g.read);
    LAW(close(fd) == 0);
    return g;
}

static inline void guard_close(struct guard *g)
{
    LAW(munmap(g->write, g->size) == 0);
    LAW(munmap(g->read, g->size + (size_t)sysconf(_SC_PAGESIZE)) == 0);
}

/* Copies `in` so that its last byte is the last before the fault. Gone at the next call. */
static inline struct bytes guard_put(const struct guard *g, struct bytes in)
{
    LAW(in.len <= g->size);
    size_t at = g->size - in.len;
    if (in.len > 0) memcpy(g->write + at, in.at, in.len);
    return (struct bytes){g->read + at, in.len};
}

/* What came out of a codec, as text that two runs can be compared by. */
struct record {
    char *at;
    size_t len, size;
};

static inline void record_add(struct record *r, struct bytes b)
{
    if (r->size - r->len < b.len) {
        r->size = (r->len + b.len) * 2 + 64;
        r->at = realloc(r->at, r->size);
        LAW(r->at);
    }
    if (b.len > 0) memcpy(r->at + r->len, b.at, b.len);
    r->len += b.len;
}

static inline void record_adds(struct record *r, const char *cstr)
{
    record_add(r, bytes_of(cstr));
}

static inline void record_number(struct record *r, const char *label, uint64_t value)
{
    char digits[64];
    int len = snprintf(digits, sizeof digits, "%s%llu", label, (unsigned long long)value);
    record_add(r, (struct bytes){digits, (size_t)len});
}

static inline bool record_same(const struct record *a, const struct record *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

static inline void record_free(struct record *r)
{
    free(r->at);
    *r = (struct record){0};
}

/* `in` escaped and quoted on stderr, at most `most` bytes of it. */
static inline void law_print(const char *label, struct bytes in, size_t most)
{
    fprintf(stderr, "%s \"", label);
    for (size_t i = 0; i < in.len && i < most; i++) {
        unsigned u = (unsigned char)in.at[i];
        if (u >= 0x20 && u < 0x7f) fputc((int)u, stderr);
        else fprintf(stderr, "\\x%02x", u);
    }
    fprintf(stderr, "\"%s (%zu bytes)\n", in.len > most ? "..." : "", in.len);
}
