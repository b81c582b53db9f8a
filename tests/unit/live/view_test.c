#include "live/view.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "check.h"
#include "plan/diag.h"
#include "play.h"

/* The expected pictures; PRONY_UPDATE_GOLDEN=1 writes them anew. */
static const char *folder;

struct scene {
    struct specimen sample;
    struct feed feed;
    struct arena arena;
    struct canvas canvas;
    struct view view;
};

static void on_begin(void *ctx, const struct run_header *header)
{
    feed_begin(ctx, header);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    feed_tick(ctx, tick);
}

static void on_result(void *ctx, const struct result *result)
{
    feed_result(ctx, result);
}

/* The sample has sentences as text; limits and quantiles are read from it as from a plan. */
static void read_sentences(struct scene *s)
{
    struct plan *plan = &s->sample.plan;
    struct bytes scenarios[2] = {plan->scenarios[0].name, plan->scenarios[1].name};
    struct objective_names names = {.requests = plan->names,
                                    .scenarios = scenarios,
                                    .request_count = plan->name_count,
                                    .scenario_count = COUNT_OF(scenarios)};
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        struct objective *o = &plan->objectives[i];
        struct objective read = {0};
        static struct diags diags;
        struct span at = {0};
        assert_true(objective_parse(&read, &s->arena, o->text, at, false, &names, &diags));
        read.warn = o->warn;
        read.implicit = o->implicit;
        *o = read;
    }
}

/* Three seconds of a made-up run. */
static void open_scene(struct scene *s, const char *sample, bool hostile)
{
    struct err err;
    *s = (struct scene){0};
    sample_open(&s->sample, sample);
    if (strcmp(sample, "not_judged") != 0) s->sample.plan.path = BYTES_LIT("jobs.yaml");
    if (hostile) play_hostile(&s->sample);
    assert_true(feed_open(&s->feed, &err));
    assert_true(arena_open(&s->arena, (size_t)16 << 20, &err));
    assert_true(canvas_init(&s->canvas, &s->arena));
    read_sentences(s);
    struct sink sink = {.ctx = &s->feed, .begin = on_begin, .tick = on_tick, .result = on_result};
    play_run(&s->sample, &sink);
    feed_line(&s->feed, BYTES_LIT("   3.0 s  climb@1000/s: 1,000/s for 8.0 s"));
    feed_line(&s->feed, BYTES_LIT("   4.0 s  ✗ p99 < 250ms is missed: 391 ms in climb@1000/s"));
    s->view =
        (struct view){.feed = &s->feed, .note = "", .now_ns = 2500 * NS_PER_MS, .steers = true};
}

static void close_scene(struct scene *s)
{
    feed_close(&s->feed);
    arena_close(&s->arena);
    sample_close(&s->sample);
}

static void add_rune(struct text *out, uint32_t rune)
{
    char at[4] = {(char)(0xe0 | rune >> 12), (char)(0x80 | (rune >> 6 & 0x3f)),
                  (char)(0x80 | (rune & 0x3f))};
    if (rune < 0x80) text_addc(out, (char)rune, 1);
    else if (rune < 0x800)
        text_addf(out, "%c%c", (int)(0xc0 | rune >> 6), (int)(0x80 | (rune & 0x3f)));
    else text_add(out, (struct bytes){at, 3});
}

/* As a screen would be copied from a terminal: without blanks at the ends of lines. */
static void copy_screen(struct text *out, const struct canvas *c)
{
    for (uint32_t row = 0; row < c->rows; row++) {
        uint32_t end = c->columns;
        const struct canvas_cell *cells = &c->cells[(size_t)row * CANVAS_COLUMNS_MAX];
        while (end > 0 && cells[end - 1].rune == ' ') end--;
        for (uint32_t i = 0; i < end; i++) {
            if (cells[i].rune != 0) add_rune(out, cells[i].rune);
        }
        text_addc(out, '\n', 1);
    }
}

static const struct {
    const char *name, *sample;
    enum view_page page;
    uint32_t columns, rows;
    bool ascii, hostile;
} rows[] = {
    {"missed-80x24", "missed", VIEW_MAIN, 80, 24, false, false},
    {"missed-100x30", "missed", VIEW_MAIN, 100, 30, false, false},
    {"missed-200x60", "missed", VIEW_MAIN, 200, 60, false, false},
    {"missed-60x14", "missed", VIEW_MAIN, 60, 14, false, false},
    {"missed-100x30-ascii", "missed", VIEW_MAIN, 100, 30, true, false},
    {"not-judged-80x24", "not_judged", VIEW_MAIN, 80, 24, false, false},
    {"errors-100x30", "missed", VIEW_ERRORS, 100, 30, false, false},
    {"help-80x24", "missed", VIEW_HELP, 80, 24, false, false},
    {"objectives-80x24", "missed", VIEW_OBJECTIVES, 80, 24, false, false},
    {"small-40x10", "missed", VIEW_MAIN, 40, 10, false, false},
    /* Last: it changes names that all samples share. */
    {"hostile-100x30", "missed", VIEW_MAIN, 100, 30, false, true},
    {"errors-hostile-80x24", "missed", VIEW_ERRORS, 80, 24, false, true},
};

static void pictures(void **state)
{
    (void)state;
    static char array[1 << 16];
    struct arena arena;
    struct err err;
    assert_true(arena_open(&arena, (size_t)8 << 20, &err));
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct scene s;
        open_scene(&s, rows[i].sample, rows[i].hostile);
        s.view.page = rows[i].page;
        s.canvas.ascii = rows[i].ascii;
        canvas_clear(&s.canvas, rows[i].rows, rows[i].columns);
        view_paint(&s.canvas, &s.view);
        struct text out = text_in(array, sizeof array);
        copy_screen(&out, &s.canvas);
        assert_false(out.cut);
        char path[4096];
        struct text file = text_in(path, sizeof path);
        text_addf(&file, "%s/%s.txt", folder, rows[i].name);
        if (getenv("PRONY_UPDATE_GOLDEN")) {
            assert_true(file_write(path, text_bytes(&out), &err));
        } else {
            struct bytes want;
            bool known = file_read(&want, &arena, path, 1 << 20, &err);
            CHECK(rows[i].name, known);
            CHECK_STR(rows[i].name, array, want.at);
        }
        close_scene(&s);
    }
    arena_close(&arena);
}

/* Cells right of the canvas, and below it, belong to nobody: they must stay as they were. */
static void nothing_is_painted_outside(void **state)
{
    (void)state;
    struct scene s;
    open_scene(&s, "missed", true);
    for (uint32_t height = 1; height < 70; height += 3) {
        for (uint32_t width = 1; width < 240; width += 7) {
            for (int page = VIEW_MAIN; page <= VIEW_HELP; page++) {
                canvas_clear(&s.canvas, CANVAS_ROWS_MAX, CANVAS_COLUMNS_MAX);
                canvas_clear(&s.canvas, height, width);
                s.view.page = (enum view_page)page;
                view_paint(&s.canvas, &s.view);
                for (uint32_t k = 0; k < 300; k++) {
                    assert_int_equal(s.canvas.cells[(size_t)height * CANVAS_COLUMNS_MAX + k].rune,
                                     ' ');
                }
                for (uint32_t r = 0; r < height; r++) {
                    const struct canvas_cell *edge =
                        &s.canvas.cells[(size_t)r * CANVAS_COLUMNS_MAX + width];
                    assert_int_equal(edge->rune, ' ');
                }
            }
        }
    }
    close_scene(&s);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures),
        cmocka_unit_test(nothing_is_painted_outside),
    };
    if (argc < 2) return 1;
    folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
