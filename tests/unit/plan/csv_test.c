#include "plan/csv.h"

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

static void rows_and_cells(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *cells; /* each followed by '|', row ends by '/' */
    } rows[] = {
        {"a,b\n1,2\n", "1|2|/"},
        {"a,b\n1,2", "1|2|/"},
        {"\xef\xbb\xbf"
         "a,b\r\n1,2\r\n3,4\r\n",
         "1|2|/3|4|/"},
        {"a,b\r1,2\r", "1|2|/"},
        {"a,b\n\"x, y\",\"say \"\"hi\"\"\"\n", "x, y|say \"hi\"|/"},
        {"a,b\n\"line\nbreak\",2\n3,4\n", "line\nbreak|2|/3|4|/"},
        {"a,b\n,\n\n1,\n", "||/1||/"},
        {"a\n\"\"\nx\n", "|/x|/"},
        {"a, b \n 1, 2 \n", " 1| 2 |/"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        struct csv csv;
        uint32_t line = 0;
        const char *why = "";
        char array[200];
        struct text t = text_in(array, sizeof array);
        assert_true(arena_open(&arena, 65536, NULL));
        CHECK(rows[i].in, csv_read(&csv, &arena, bytes_of(rows[i].in), &line, &why));
        for (uint32_t r = 0; r < csv.row_count; r++) {
            for (uint32_t c = 0; c < csv.column_count; c++) {
                text_add(&t, csv.cells[(size_t)r * csv.column_count + c]);
                text_addc(&t, '|', 1);
            }
            text_addc(&t, '/', 1);
        }
        CHECK_STR(rows[i].in, array, rows[i].cells);
        arena_close(&arena);
    }
}

static void mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        uint32_t line;
        const char *why;
    } rows[] = {
        {"", 1, "the file is empty"},
        {"\n\n", 3, "the file is empty"},
        {"a,b\n", 0, "there are no rows below the names of the columns"},
        {"a,a\n1,2\n", 1, "two columns of one name"},
        {"a,\n1,2\n", 1, "a column without a name"},
        {"a,b\n1,2\n3\n", 3, "fewer cells than columns"},
        {"a,b\n1,2,3\n", 2, "more cells than columns"},
        {"a,b\n\"x\ny\",1\n\n1\n", 5, "fewer cells than columns"},
        {"a,b\n1,\"2\n", 2, "a quote that begins here is never closed"},
        {"a,b\n\"1\"2,3\n", 2, "text behind a closing quote"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena;
        struct csv csv;
        uint32_t line = 99;
        const char *why = "";
        assert_true(arena_open(&arena, 65536, NULL));
        CHECK(rows[i].in, !csv_read(&csv, &arena, bytes_of(rows[i].in), &line, &why));
        CHECK_STR(rows[i].in, why, rows[i].why);
        CHECK_U64(rows[i].in, line, rows[i].line);
        arena_close(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_cells),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
