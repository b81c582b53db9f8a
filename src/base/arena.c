#include "base/arena.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#define ALIGN ((size_t)16)

bool arena_open(struct arena *a, size_t limit, struct err *err)
{
    *a = (struct arena){0};
    void *at = mmap(NULL, limit, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        return err_set(err, ERR_LIMIT, errno, "cannot reserve %zu MiB of memory", limit >> 20);
    }
    a->base = at;
    a->limit = limit;
    return true;
}

void arena_close(struct arena *a)
{
    if (a->base) {
        int failed = munmap(a->base, a->limit);
        assert(failed == 0);
    }
    *a = (struct arena){0};
}

void *arena_alloc(struct arena *a, size_t size)
{
    assert(!a->sealed);
    if (a->overflowed) return NULL;
    size_t start = (a->used + ALIGN - 1) & ~(ALIGN - 1);
    if (size > a->limit || start > a->limit - size) {
        a->overflowed = true;
        return NULL;
    }
    a->used = start + size;
    return a->base + start;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        a->overflowed = true;
        return NULL;
    }
    return arena_alloc(a, total);
}

struct bytes arena_copy(struct arena *a, struct bytes b)
{
    char *copy = arena_alloc(a, b.len + 1);
    if (!copy) return (struct bytes){"", 0};
    if (b.len > 0) memcpy(copy, b.at, b.len);
    return (struct bytes){copy, b.len};
}

bool arena_ok(const struct arena *a)
{
    return !a->overflowed;
}

void arena_seal(struct arena *a)
{
    a->sealed = true;
}

void arena_touch(void *piece, size_t size)
{
    if (piece) memset(piece, 0, size); /* it is zero, and now it is there */
}

void arena_reset(struct arena *a)
{
    /* Small use is cleared in place; large use goes back to the kernel and returns as zero pages.
     */
    if (a->used <= (size_t)1 << 20) {
        if (a->used > 0) memset(a->base, 0, a->used);
    } else {
        int failed = madvise(a->base, a->limit, MADV_DONTNEED);
        assert(failed == 0);
    }
    a->used = 0;
    a->overflowed = false;
    a->sealed = false;
}
