#include "base/arena.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static void overflow_is_sticky(void **state)
{
    (void)state;
    struct arena a;
    struct err err;
    assert_true(arena_open(&a, 1024, &err));
    assert_non_null(arena_alloc(&a, 1000));
    assert_true(arena_ok(&a));
    assert_null(arena_alloc(&a, 100));
    assert_null(arena_alloc(&a, 1)); /* would fit, but the overflow stays */
    assert_false(arena_ok(&a));
    arena_reset(&a);
    assert_true(arena_ok(&a));
    arena_close(&a);
}

static void zeroed_again_after_reset(void **state)
{
    (void)state;
    struct arena a;
    struct err err;
    assert_true(arena_open(&a, 4u << 20, &err));
    for (size_t size = 64; size <= 2u << 20; size <<= 15) {
        char *p = arena_alloc(&a, size);
        memset(p, 0xff, size);
        arena_reset(&a);
        p = arena_alloc(&a, size);
        for (size_t i = 0; i < size; i++) assert_int_equal(p[i], 0);
        arena_reset(&a);
    }
    assert_null(ARENA_ARRAY(&a, SIZE_MAX / 4, uint64_t));
    arena_close(&a);
}

static void sealed_allocation_is_a_bug(void **state)
{
    (void)state;
    struct arena a;
    struct err err;
    assert_true(arena_open(&a, 4096, &err));
    arena_seal(&a);
    pid_t child = fork();
    if (child == 0) {
        int quiet = dup2(open("/dev/null", 1), 2);
        (void)quiet;
        (void)arena_alloc(&a, 1);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    arena_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overflow_is_sticky),
        cmocka_unit_test(zeroed_again_after_reset),
        cmocka_unit_test(sealed_allocation_is_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
