#include "seen.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "check.h"
#include "observe/slip.h"

static char root[64];
static struct arena arena;
static struct slip slip;
static struct sample samples[SLIP_SAMPLES];
static uint32_t sample_count;
static uint64_t since_ns;
static bool looked;

int seen_open_root(void **state)
{
    (void)state;
    struct text text = text_in(root, sizeof root);
    text_adds(&text, P_tmpdir "/prony-seen-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

int seen_close_root(void **state)
{
    (void)state;
    return file_remove_tree(root, NULL) ? 0 : -1;
}

const char *seen_root(void)
{
    return root;
}

void seen_again(void)
{
    assert_int_equal(seen_close_root(NULL), 0);
    assert_int_equal(seen_open_root(NULL), 0);
}

void seen_put(const char *path, const char *words)
{
    char array[400];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, root);
    text_adds(&text, path);
    assert_false(text.cut);
    char *slash = strrchr(array, '/');
    *slash = '\0';
    assert_true(file_make_folders(array, NULL));
    *slash = '/';
    FILE *file = fopen(array, "w");
    assert_non_null(file);
    assert_true(fputs(words, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void seen_open(void)
{
    assert_true(arena_open(&arena, (size_t)64 << 20, NULL));
    assert_true(slip_open(&slip, &arena));
    looked = false;
    since_ns = 0;
    sample_count = 0;
}

void seen_close(void)
{
    slip_close(&slip);
    arena_close(&arena);
}

struct arena *seen_arena(void)
{
    return &arena;
}

bool seen_look(struct source *source, uint64_t now_ns, struct err *err)
{
    struct look look = {.since_ns = since_ns, .now_ns = now_ns, .first = !looked};
    uint32_t known;
    slip_begin(&slip, looked ? since_ns : now_ns, now_ns);
    sample_count = 0;
    if (!source->look(source->ctx, &slip, &look, err)) {
        looked = false;
        return false;
    }
    slip_end(&slip);
    sample_count = slip_take_samples(&slip, samples, SLIP_SAMPLES, &known);
    looked = true;
    since_ns = now_ns;
    return true;
}

static const char *name_of(const struct slip_series *s)
{
    return s->row == SERIES_ROWS ? s->name.at : series_row(s->row)->name;
}

double seen_value(const char *of, const char *name, const char *label)
{
    double value = SEEN_NONE;
    for (uint32_t i = 0; i < sample_count; i++) {
        const struct slip_series *s = &slip.series[samples[i].series];
        if (!bytes_is(s->of, of) || strcmp(name_of(s), name) != 0 || !bytes_is(s->label, label)) {
            continue;
        }
        assert_true(value < 0); /* one value a look and series */
        value = samples[i].value;
    }
    return value;
}

uint32_t seen_count(const char *of, const char *name)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sample_count; i++) {
        const struct slip_series *s = &slip.series[samples[i].series];
        count += bytes_is(s->of, of) && strcmp(name_of(s), name) == 0;
    }
    return count;
}

const char *seen_news(void)
{
    static char array[SLIP_NEWS_BYTES];
    struct text text = text_in(array, sizeof array);
    return slip_take_news(&slip, &text) ? array : "";
}

void seen_print(void)
{
    for (uint32_t i = 0; i < sample_count; i++) {
        const struct slip_series *s = &slip.series[samples[i].series];
        print_message("# %.*s %s [%.*s] = %g\n", BYTES_ARG(s->of), name_of(s), BYTES_ARG(s->label),
                      samples[i].value);
    }
}
