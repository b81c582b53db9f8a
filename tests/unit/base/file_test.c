#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

struct place {
    char folder[64];
    struct arena arena;
};

static int setup(void **state)
{
    static struct place place;
    memcpy(place.folder, "/tmp/prony-file-XXXXXX", sizeof "/tmp/prony-file-XXXXXX");
    if (!mkdtemp(place.folder) || !arena_open(&place.arena, 1 << 20, NULL)) return -1;
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    arena_close(&place->arena);
    return file_remove_tree(place->folder, NULL) && !file_is_there(place->folder) ? 0 : -1;
}

static const char *join(struct place *place, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    return arena_copy(&place->arena, bytes_of(path)).at;
}

static void test_write_then_read(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    static const struct {
        const char *name, *content;
        size_t limit;
        bool want;
    } cases[] = {
        {"empty", "", 10, true},
        {"exactly the limit", "0123456789", 10, true},
        {"one over the limit", "0123456789x", 10, false},
        {"some", "plan: 1\n", 1 << 16, true},
    };
    const char *path = join(place, "f");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        CHECK(name, file_write(path, bytes_of(cases[i].content), &err));
        struct stat st;
        CHECK(name, stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
        struct bytes got = {0};
        CHECK(name, file_read(&got, &place->arena, path, cases[i].limit, &err) == cases[i].want);
        if (cases[i].want) CHECK_STR(name, got.at, cases[i].content);
    }
    assert_false(file_is_there(join(place, "f.new")));
}

static void test_errors_name_the_path(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct bytes got;
    assert_false(file_read(&got, &place->arena, join(place, "none"), 10, &err));
    assert_non_null(strstr(err.msg, "/none: No such file or directory"));
    assert_false(file_read(&got, &place->arena, place->folder, 10, &err));
    assert_non_null(strstr(err.msg, "Is a directory"));
    assert_false(file_write(join(place, "none/f"), BYTES_LIT("x"), &err));
    assert_non_null(strstr(err.msg, "cannot write"));
    assert_int_equal(err.kind, ERR_IO);
}

static void test_folders(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    struct stat st;
    assert_true(file_make_folders(join(place, "a/b/c"), &err));
    assert_true(file_make_folders(join(place, "a/b/c"), &err));
    assert_true(stat(join(place, "a/b"), &st) == 0 && (st.st_mode & 0777) == 0700);
    assert_false(file_make_private(join(place, "a"), &err));
    assert_true(file_write(join(place, "a/f"), BYTES_LIT("x"), &err));
    assert_false(file_make_folders(join(place, "a/f/g"), &err));
    assert_false(file_make_folders("", &err));
}

static void test_remove_follows_no_link(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    assert_true(file_make_folders(join(place, "gone/deep"), &err));
    assert_true(file_make_folders(join(place, "kept"), &err));
    assert_true(file_write(join(place, "kept/f"), BYTES_LIT("x"), &err));
    assert_int_equal(symlink(join(place, "kept"), join(place, "gone/deep/link")), 0);
    assert_true(file_remove_tree(join(place, "gone"), &err));
    assert_false(file_is_there(join(place, "gone")));
    assert_true(file_is_there(join(place, "kept/f")));
    assert_true(file_remove_tree(join(place, "gone"), &err)); /* again: nothing to do */
}

static void test_parts(void **state)
{
    struct place *place = *state;
    struct err err = {0};
    const char *path = join(place, "f");
    assert_true(file_write(path, BYTES_LIT("one\ntwo\nthree\n"), &err));
    char array[8];
    struct text tail = text_in(array, sizeof array);
    file_read_tail(&tail, path);
    assert_string_equal(array, "\nthree\n");
    char part[4];
    assert_int_equal(file_read_at(path, 4, part, 3), 3);
    assert_memory_equal(part, "two", 3);
    assert_int_equal(file_read_at(path, 100, part, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_then_read), cmocka_unit_test(test_errors_name_the_path),
        cmocka_unit_test(test_folders),         cmocka_unit_test(test_remove_follows_no_link),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests_name("file", tests, setup, teardown);
}
