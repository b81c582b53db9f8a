/* docs/plan.md holds exactly the keys of the table. `key_table_test --print` writes its tables. */
#include "plan/key_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/text.h"
#include "check.h"

#define DOC_BYTES_MAX 131072

/* The table of one place, as it stands in the page. */
static void write_table(struct text *out, enum key_place place)
{
    enum key first, last;
    key_table_range(place, &first, &last);
    text_addf(out, "<!-- keys of %s -->\n| key | form | meaning |\n|---|---|---|\n",
              key_table_place_name(place));
    for (unsigned k = first; k < last; k++) {
        const struct key_row *row = key_table_row((enum key)k);
        text_addf(out, "| `%s`%s | %s | %s |\n", row->name, row->needed ? " (needed)" : "",
                  row->form, row->doc);
    }
    text_adds(out, "<!-- end -->\n");
}

static void lookups(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        enum key first, last;
        key_table_range((enum key_place)place, &first, &last);
        assert_true(first < last);
        seen += (unsigned)last - (unsigned)first;
        for (unsigned k = first; k < last; k++) {
            const char *name = key_table_row((enum key)k)->name;
            CHECK_U64(name, key_table_find((enum key_place)place, bytes_of(name)), k);
        }
    }
    assert_int_equal(seen, KEY_COUNT); /* the rows of a place stand together */
    assert_int_equal(key_table_find(PLACE_STAGE, BYTES_LIT("faults")), KEY_COUNT);
    assert_string_equal(key_table_foreign(PLACE_STAGE, BYTES_LIT("Duration")), "for");
    assert_null(key_table_foreign(PLACE_STAGE, BYTES_LIT("colour")));
}

static void documented(void **state)
{
    (void)state;
    static char page[DOC_BYTES_MAX], table[16384];
    char path[1024];
    struct text t = text_in(path, sizeof path);
    text_addf(&t, "%s/docs/plan.md", getenv("PRONY_ROOT"));
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    struct bytes doc = {page, fread(page, 1, sizeof page, file)};
    assert_int_equal(fclose(file), 0);
    for (unsigned place = 0; place < KEY_PLACES; place++) {
        struct text want = text_in(table, sizeof table);
        write_table(&want, (enum key_place)place);
        assert_false(want.cut);
        CHECK(key_table_place_name((enum key_place)place),
              bytes_find(doc, text_bytes(&want)) != SIZE_MAX);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        static char tables[65536];
        struct text t = text_in(tables, sizeof tables);
        for (unsigned place = 0; place < KEY_PLACES; place++)
            write_table(&t, (enum key_place)place);
        return puts(tables) < 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lookups),
        cmocka_unit_test(documented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
