#include "looks.h"

#include <stdlib.h>

#include "base/file.h"
#include "check.h"

#define EXPECTED_LIMIT ((size_t)1 << 20)

void looks_as_expected(const char *folder, const char *name, const struct text *out)
{
    struct arena arena;
    struct err err;
    char path[4096];
    struct bytes want;
    struct text file = text_in(path, sizeof path);
    text_addf(&file, "%s/%s.txt", folder, name);
    assert_false(out->cut);
    assert_true(arena_open(&arena, 2 * EXPECTED_LIMIT, &err));
    if (getenv("PRONY_UPDATE_GOLDEN")) assert_true(file_write(path, text_bytes(out), &err));
    if (!file_read(&want, &arena, path, EXPECTED_LIMIT, &err)) fail_msg("%s", err.msg);
    CHECK_STR(name, out->at, want.at);
    arena_close(&arena);
}

/* Columns that a line takes. */
static size_t columns_of(struct bytes line)
{
    size_t columns = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '\033') {
            while (i < line.len && line.at[i] != 'm') i++;
            continue;
        }
        columns += ((unsigned char)line.at[i] & 0xc0) != 0x80;
    }
    return columns;
}

void looks_fitting(const char *name, const struct text *out, uint32_t width)
{
    for (struct bytes left = text_bytes(out); left.len > 0;) {
        size_t end = bytes_find(left, BYTES_LIT("\n"));
        struct bytes line = {left.at, end < left.len ? end : left.len};
        if (columns_of(line) > width) fail_msg("%s at %u: %.*s", name, width, BYTES_ARG(line));
        if (line.len > 0) CHECK(name, line.at[line.len - 1] != ' ');
        left = bytes_from(left, line.len + 1);
    }
}

void looks_plain(const char *name, const struct text *out)
{
    for (size_t i = 0; i < out->len; i++) CHECK(name, (unsigned char)out->at[i] < 127);
}
