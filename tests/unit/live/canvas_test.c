#include "live/canvas.h"

#include <stdlib.h>

#include "base/rng.h"
#include "check.h"

#define ARENA_BYTES ((size_t)16 << 20)

static void open_canvas(struct canvas *c, struct arena *arena, uint32_t rows, uint32_t columns)
{
    assert_true(canvas_init(c, arena));
    canvas_clear(c, rows, columns);
}

/* A row as text; a cell that the one before covers is left out. */
static const char *row_of(const struct canvas *c, uint32_t row)
{
    static char array[CANVAS_COLUMNS_MAX * 4 + 1];
    struct text out = text_in(array, sizeof array);
    for (uint32_t i = 0; i < c->columns; i++) {
        uint32_t rune = c->cells[(size_t)row * CANVAS_COLUMNS_MAX + i].rune;
        if (rune == 0) continue;
        if (rune < 0x80) text_addc(&out, (char)rune, 1);
        else if (rune == 0x2588) text_adds(&out, "█");
        else if (rune == 0x2026) text_adds(&out, "…");
        else if (rune == 0x6f22) text_adds(&out, "漢");
        else if (rune == 0xfffd) text_adds(&out, "\xef\xbf\xbd");
        else text_addf(&out, "<%x>", rune);
    }
    return array;
}

static void words_stay_in_their_columns(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t column, width; /* width 0: canvas_put() */
        bool ascii;
        const char *words, *want;
    } cases[] = {
        {"plain", 2, 0, false, "abc", "  abc     "},
        {"to the edge", 7, 0, false, "abcdef", "       abc"},
        {"beyond it", 12, 0, false, "abc", "          "},
        {"fits", 1, 4, false, "abcd", " abcd     "},
        {"too long", 1, 4, false, "abcde", " abc…     "},
        {"one column", 1, 1, false, "abcde", " …        "},
        {"wide characters take two", 0, 0, false, "漢a漢", "漢a漢     "},
        {"no half of one at the edge", 9, 0, false, "漢", "          "},
        {"a wide one that is cut", 0, 3, false, "漢漢", "漢…       "},
        {"marks above a letter are left out", 0, 0, false, "e\xcc\x81z", "ez        "},
        {"no control reaches the terminal", 0, 0, false, "a\x1b[2J\x7f", "a?[2J?    "},
        {"nor one of the second kind", 0, 0, false, "a\xc2\x9bz", "a?z       "},
        {"bytes that are no text", 0, 0, false, "\xff\xfez", "\xef\xbf\xbd\xef\xbf\xbdz       "},
        {"ascii", 0, 0, true, "█…é漢", "#~???     "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        struct canvas c;
        assert_true(arena_open(&arena, ARENA_BYTES, NULL));
        open_canvas(&c, &arena, 1, 10);
        c.ascii = cases[i].ascii;
        struct bytes words = bytes_of(cases[i].words);
        if (cases[i].width == 0) canvas_put(&c, 0, cases[i].column, TONE_PLAIN, words);
        else canvas_put_in(&c, 0, cases[i].column, cases[i].width, TONE_PLAIN, words);
        CHECK_STR(cases[i].name, row_of(&c, 0), cases[i].want);
        canvas_put(&c, 1, 0, TONE_PLAIN, words); /* below it: nothing happens */
        canvas_put_right(&c, 7, 5, TONE_PLAIN, words);
        CHECK_STR(cases[i].name, row_of(&c, 0), cases[i].want);
        arena_close(&arena);
    }
}

static void numbers_end_in_their_column(void **state)
{
    (void)state;
    struct arena arena;
    struct canvas c;
    assert_true(arena_open(&arena, ARENA_BYTES, NULL));
    open_canvas(&c, &arena, 3, 8);
    canvas_put_right(&c, 0, 6, TONE_PLAIN, BYTES_LIT("12"));
    canvas_put_right(&c, 1, 6, TONE_PLAIN, BYTES_LIT("1,234"));
    canvas_put_right(&c, 2, 6, TONE_PLAIN, BYTES_LIT("123456789"));
    CHECK_STR("short", row_of(&c, 0), "    12  ");
    CHECK_STR("long", row_of(&c, 1), " 1,234  ");
    CHECK_STR("too long", row_of(&c, 2), "123456  ");
    arena_close(&arena);
}

/* ---- what is sent ---- */

/* A terminal of the kind that prony writes for. */
struct terminal {
    uint32_t runes[CANVAS_ROWS_MAX][CANVAS_COLUMNS_MAX];
    uint32_t row, column;
    size_t cells_written;
};

static uint32_t number_at(struct bytes *in)
{
    uint32_t number = 0;
    while (in->len > 0 && in->at[0] >= '0' && in->at[0] <= '9') {
        number = number * 10 + (uint32_t)(in->at[0] - '0');
        *in = bytes_from(*in, 1);
    }
    return number;
}

/* What stands behind ESC [. */
static void obey(struct terminal *t, struct bytes *in)
{
    uint32_t first = number_at(in);
    uint32_t second = 0;
    while (in->len > 0 && in->at[0] == ';') {
        *in = bytes_from(*in, 1);
        second = number_at(in);
    }
    char letter = in->at[0];
    *in = bytes_from(*in, 1);
    if (letter == 'H') {
        t->row = first - 1;
        t->column = second - 1;
    } else if (letter == 'J') {
        for (uint32_t r = 0; r < CANVAS_ROWS_MAX; r++)
            for (uint32_t i = 0; i < CANVAS_COLUMNS_MAX; i++) t->runes[r][i] = ' ';
    } else {
        assert_int_equal(letter, 'm');
    }
}

static void write_to(struct terminal *t, struct bytes in)
{
    while (in.len > 0) {
        if (in.at[0] == '\033') {
            assert_int_equal(in.at[1], '[');
            in = bytes_from(in, 2);
            obey(t, &in);
            continue;
        }
        size_t len = text_utf8_len(in);
        assert_true(len > 0);
        uint32_t rune = (uint32_t)(unsigned char)in.at[0];
        if (len == 3)
            rune =
                (rune & 0xf) << 12 | ((uint32_t)in.at[1] & 0x3f) << 6 | ((uint32_t)in.at[2] & 0x3f);
        t->runes[t->row][t->column++] = rune;
        if (rune == 0x6f22) t->runes[t->row][t->column++] = 0;
        t->cells_written++;
        in = bytes_from(in, len);
    }
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* A picture that differs from the one before in some places. */
static void scribble(struct canvas *c, uint64_t *seed)
{
    static const char *const words[] = {"a", "bcd", "█", "漢", "漢漢z", "", "  ", "1,234"};
    for (uint32_t i = 0; i < 12; i++) {
        uint32_t row = (uint32_t)(draw(seed) % c->rows);
        uint32_t column = (uint32_t)(draw(seed) % c->columns);
        /* From blank columns on, as the view does it, so that no half is left over. */
        canvas_put_in(c, row, 0, c->columns, TONE_PLAIN,
                      BYTES_LIT("                                                            "));
        canvas_put(c, row, column, (enum tone)(draw(seed) % 6),
                   bytes_of(words[draw(seed) % COUNT_OF(words)]));
    }
}

/* Whatever the pictures, the terminal shows the newest, and nothing is sent for what is the same.
 */
static void a_terminal_follows(void **state)
{
    (void)state;
    static struct terminal terminal;
    static char array[1 << 20];
    struct arena arena;
    struct canvas next;
    struct canvas shown;
    struct show_style style = {.color = true, .colors_256 = true};
    uint64_t seed = 7;
    assert_true(arena_open(&arena, ARENA_BYTES, NULL));
    assert_true(canvas_init(&next, &arena) && canvas_init(&shown, &arena));
    for (int i = 0; i < 2000; i++) {
        uint32_t rows = i % 50 == 0 ? 3 + (uint32_t)(draw(&seed) % 20) : next.rows;
        uint32_t columns = i % 50 == 0 ? 5 + (uint32_t)(draw(&seed) % 50) : next.columns;
        if (i % 50 == 0) canvas_clear(&next, rows, columns);
        scribble(&next, &seed);
        struct text out = text_in(array, sizeof array);
        assert_true(canvas_update(&shown, &next, &style, &out));
        write_to(&terminal, text_bytes(&out));
        for (uint32_t r = 0; r < rows; r++) {
            for (uint32_t k = 0; k < columns; k++) {
                uint32_t want = next.cells[(size_t)r * CANVAS_COLUMNS_MAX + k].rune;
                assert_int_equal(terminal.runes[r][k], want);
            }
        }
        text_clear(&out);
        assert_true(canvas_update(&shown, &next, &style, &out));
        assert_int_equal(out.len, 0);
    }
    arena_close(&arena);
}

static void only_what_changed_is_sent(void **state)
{
    (void)state;
    static struct terminal terminal;
    static char array[1 << 16];
    struct arena arena;
    struct canvas next;
    struct canvas shown;
    struct show_style style = {0};
    assert_true(arena_open(&arena, ARENA_BYTES, NULL));
    assert_true(canvas_init(&next, &arena) && canvas_init(&shown, &arena));
    canvas_clear(&next, 24, 80);
    canvas_put(&next, 3, 5, TONE_PLAIN, BYTES_LIT("clock 00:01"));
    struct text out = text_in(array, sizeof array);
    assert_true(canvas_update(&shown, &next, &style, &out));
    canvas_put(&next, 3, 5, TONE_PLAIN, BYTES_LIT("clock 00:02"));
    text_clear(&out);
    assert_true(canvas_update(&shown, &next, &style, &out));
    CHECK_STR("one cell", array, "\033[4;16H2");
    canvas_put(&next, 3, 5, TONE_STRONG, BYTES_LIT("clock"));
    text_clear(&out);
    assert_true(canvas_update(&shown, &next, &style, &out));
    CHECK_STR("a tone without colour is not seen, but sent once", array, "\033[4;6Hclock");

    struct text small = text_in(array, 8);
    canvas_put(&next, 4, 0, TONE_PLAIN, BYTES_LIT("more than there is room for"));
    assert_false(canvas_update(&shown, &next, &style, &small));
    text_clear(&out);
    out = text_in(array, sizeof array);
    assert_true(canvas_update(&shown, &next, &style, &out)); /* then all of it, once more */
    write_to(&terminal, text_bytes(&out));
    assert_int_equal(terminal.runes[3][5], 'c');
    assert_int_equal(terminal.runes[4][26], 'r');
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_stay_in_their_columns),
        cmocka_unit_test(numbers_end_in_their_column),
        cmocka_unit_test(a_terminal_follows),
        cmocka_unit_test(only_what_changed_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
