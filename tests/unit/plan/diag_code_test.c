/* Each code has an entry in docs/diagnostics.md and a golden case that shows it. */
#include "plan/diag_code.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/text.h"
#include "check.h"

static const struct {
    int number;
    const char *title;
} codes[] = {
#define ROW(name, number, title) {number, title},
    DIAG_CODES(ROW)
#undef ROW
};

/* The whole of ROOT/path, empty where there is none. */
static struct bytes read_text(struct arena *arena, const char *path)
{
    const char *root = getenv("PRONY_ROOT");
    char full[1024];
    struct text t = text_in(full, sizeof full);
    assert_non_null(root);
    text_addf(&t, "%s/%s", root, path);
    FILE *file = fopen(full, "rbe");
    if (!file) return (struct bytes){"", 0};
    char *at = arena_alloc(arena, 65536);
    assert_non_null(at);
    size_t len = fread(at, 1, 65536, file);
    assert_int_equal(fclose(file), 0);
    return (struct bytes){at, len};
}

static void numbers(void **state)
{
    (void)state;
    for (size_t i = 1; i < COUNT_OF(codes); i++) {
        CHECK(codes[i].title, codes[i].number > codes[i - 1].number);
    }
}

static void documented(void **state)
{
    (void)state;
    struct arena arena;
    assert_true(arena_open(&arena, 1 << 20, NULL));
    struct bytes doc = read_text(&arena, "docs/diagnostics.md");
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        char heading[120];
        struct text t = text_in(heading, sizeof heading);
        text_addf(&t, "\n## P%03d %s\n", codes[i].number, codes[i].title);
        CHECK(heading, bytes_find(doc, text_bytes(&t)) != SIZE_MAX);
    }
    arena_close(&arena);
}

static void shown(void **state)
{
    (void)state;
    struct arena arena;
    char folder[1024];
    bool seen[COUNT_OF(codes)] = {0};
    struct text t = text_in(folder, sizeof folder);
    text_addf(&t, "%s/tests/golden/check", getenv("PRONY_ROOT"));
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char path[400];
        struct text p = text_in(path, sizeof path);
        text_addf(&p, "tests/golden/check/%s/stderr", e->d_name);
        assert_true(arena_open(&arena, 1 << 20, NULL));
        struct bytes stderr_text = read_text(&arena, path);
        for (size_t i = 0; i < COUNT_OF(codes); i++) {
            char mark[40];
            struct text m = text_in(mark, sizeof mark);
            text_addf(&m, "error[P%03d]", codes[i].number);
            seen[i] |= bytes_find(stderr_text, text_bytes(&m)) != SIZE_MAX;
        }
        arena_close(&arena);
    }
    assert_int_equal(closedir(dir), 0);
    for (size_t i = 0; i < COUNT_OF(codes); i++) CHECK(codes[i].title, seen[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(documented),
        cmocka_unit_test(shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
