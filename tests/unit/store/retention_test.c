/* What is removed of a folder of runs: old files of this plan's watches, and nothing else. */
#include "store/retention.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ns.h"
#include "check.h"
#include "store/run_file.h"
#include "tape.h"

#define LONG_AGO_S 1000000000

static char place[64];
static struct arena arena;

static int enter(void **state)
{
    (void)state;
    tape_folder(place, sizeof place);
    return arena_open(&arena, (size_t)4 << 20, NULL) ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    arena_close(&arena);
    tape_remove(place);
    return 0;
}

static void path_of(struct text *path, const char *id, const char *name)
{
    text_clear(path);
    text_addf(path, "%s/%s%s", place, id, name);
}

/* A run with that id, written to at that time; of a watch of `plan`, NULL: of none. */
static void make(const char *id, const char *plan, int64_t written_s)
{
    char array[200];
    struct text path = text_in(array, sizeof array);
    struct err err = {0};
    path_of(&path, id, "");
    assert_true(file_make_folders(array, NULL));
    if (plan && !retention_mark(text_bytes(&path), bytes_of(plan), &err)) fail_msg("%s", err.msg);
    path_of(&path, id, "/" RUN_FILE_NAME);
    assert_true(file_write(array, BYTES_LIT("x"), NULL));
    const struct timespec times[2] = {{.tv_sec = written_s}, {.tv_sec = written_s}};
    assert_int_equal(utimensat(AT_FDCWD, array, times, 0), 0);
}

static bool is_there(const char *id)
{
    char array[200];
    struct text path = text_in(array, sizeof array);
    path_of(&path, id, "");
    return file_is_there(array);
}

/* Ids are times: those that begin with g are of 2026. */
static void removes_its_own(void **state)
{
    (void)state;
    const uint64_t before_ns = UINT64_C(2000000000) * NS_PER_S;
    make("g0000000", "shop", LONG_AGO_S);
    make("g0000010", "shop", 2000000001);   /* still young */
    make("g0000020", "shop 2", LONG_AGO_S); /* another plan's */
    make("g0000030", NULL, LONG_AGO_S);     /* a run */
    make("g0000040", "shop", LONG_AGO_S);   /* spared */
    make("notanid", "shop", LONG_AGO_S);    /* somebody's folder */
    make("g0000050", "shop", LONG_AGO_S);
    uint32_t removed =
        retention_apply(bytes_of(place), BYTES_LIT("shop"), before_ns, "g0000040", &arena);
    assert_int_equal(removed, 2);
    assert_false(is_there("g0000000") || is_there("g0000050"));
    assert_true(is_there("g0000010") && is_there("g0000020") && is_there("g0000030"));
    assert_true(is_there("g0000040") && is_there("notanid"));
    removed = retention_apply(bytes_of(place), BYTES_LIT("shop"), before_ns, "", &arena);
    assert_int_equal(removed, 1);
    assert_int_equal(retention_apply(BYTES_LIT("/no/such"), BYTES_LIT("x"), 1, "", &arena), 0);
}

/* Nothing but a mark: whether it is old nobody knows. And a plan with a very long name. */
static void leaves_what_it_does_not_know(void **state)
{
    (void)state;
    static char name[1000];
    char array[200];
    struct text path = text_in(array, sizeof array);
    memset(name, 'a', sizeof name - 1);
    make("g0000100", name, LONG_AGO_S);
    path_of(&path, "g0000110", "");
    assert_true(file_make_folders(array, NULL));
    assert_true(retention_mark(text_bytes(&path), BYTES_LIT("shop"), NULL));
    assert_int_equal(
        retention_apply(bytes_of(place), BYTES_LIT("shop"), UINT64_MAX - 1, "", &arena), 0);
    assert_int_equal(retention_apply(bytes_of(place), bytes_of(name), UINT64_MAX - 1, "", &arena),
                     0);
    assert_true(is_there("g0000100") && is_there("g0000110"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(removes_its_own, enter, leave),
        cmocka_unit_test_setup_teardown(leaves_what_it_does_not_know, enter, leave)};
    return cmocka_run_group_tests_name("retention", tests, NULL, NULL);
}
