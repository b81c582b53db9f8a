#include "plan/yaml_doc.h"

#include "base/attr.h"
#include "check.h"

struct read {
    struct arena arena;
    struct diags diags;
    struct yaml_doc doc;
    bool good;
};

static void read_yaml(struct read *r, struct bytes yaml)
{
    *r = (struct read){0};
    assert_true(arena_open(&r->arena, (size_t)64 << 20, NULL));
    r->good = yaml_doc_load(&r->doc, &r->arena, yaml, &r->diags);
}

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml; /* the value of its last key is looked at */
        uint32_t line, col, offset, len;
        bool verbatim;
    } rows[] = {
        {"plain", "a: 1\nbc: def\n", 2, 5, 9, 3, true},
        {"quoted", "a: \"x y\"\n", 1, 4, 3, 5, true},
        {"escaped", "a: \"x\\ty\"\n", 1, 4, 3, 6, false},
        {"folded", "a: x\n  y\n", 1, 4, 3, 5, false},
        {"code points",
         "\xc3\xa9: 1\n\xc3\xa9\xc3\xa9: \xc3\xbc"
         "ber\n",
         2, 5, 12, 5, true},
        {"crlf", "a: 1\r\nb: 2\r\n", 2, 4, 9, 1, true},
        {"cr", "a: 1\rb: 2\r", 2, 4, 8, 1, true},
        {"bom",
         "\xef\xbb\xbf"
         "a: 1\n",
         1, 4, 6, 1, true},
        {"flow", "a: [ 1, 2 ]\n", 1, 4, 3, 8, false},
        {"no newline", "a: end", 1, 4, 3, 3, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct read r;
        read_yaml(&r, bytes_of(rows[i].yaml));
        CHECK(rows[i].name, r.good && r.diags.count == 0);
        const struct node *n = r.doc.root->items[r.doc.root->count - 1].value;
        CHECK_U64(rows[i].name, n->at.line, rows[i].line);
        CHECK_U64(rows[i].name, n->at.col, rows[i].col);
        CHECK_U64(rows[i].name, n->at.offset, rows[i].offset);
        CHECK_U64(rows[i].name, n->at.len, rows[i].len);
        CHECK(rows[i].name, n->kind != NODE_SCALAR || n->verbatim == rows[i].verbatim);
        arena_close(&r.arena);
    }
}

static void parts_of_a_value(void **state)
{
    (void)state;
    struct read r;
    read_yaml(&r, BYTES_LIT("k: 1\nkey: \"\xc3\xa9\xc3\xa9 bcd\"\n"));
    assert_true(r.good);
    const struct node *n = r.doc.root->items[1].value;
    struct span at = yaml_doc_span(&r.doc, n, (struct bytes){n->text.at + 5, 2});
    assert_int_equal(at.line, 2);
    assert_int_equal(at.col, 10); /* key, colon, space, quote, two letters, space */
    assert_int_equal(at.offset, 16);
    assert_int_equal(at.len, 2);
    arena_close(&r.arena);
}

static void aliases(void **state)
{
    (void)state;
    struct read r;
    read_yaml(&r, BYTES_LIT("a: &x { b: 1 }\nc: *x\n"));
    assert_true(r.good);
    assert_ptr_equal(r.doc.root->items[0].value, r.doc.root->items[1].value);
    arena_close(&r.arena);

    /* Nine levels of nine: 9^9 nodes if anybody walked them. */
    char array[2000];
    struct text t = text_in(array, sizeof array);
    text_adds(&t, "l0: &l0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        text_addf(&t, "l%d: &l%d [", i, i);
        for (int k = 0; k < 9; k++) text_addf(&t, "%s*l%d", k ? "," : "", i - 1);
        text_adds(&t, "]\n");
    }
    read_yaml(&r, text_bytes(&t));
    assert_false(r.good);
    assert_int_equal(r.diags.items[0].code, DIAG_TOO_BIG);
    arena_close(&r.arena);

    read_yaml(&r, BYTES_LIT("a: &x [ *x ]\n"));
    assert_false(r.good);
    assert_int_equal(r.diags.items[0].code, DIAG_ALIAS);
    arena_close(&r.arena);
}

static void going_on(void **state)
{
    (void)state;
    static const struct {
        const char *name, *yaml;
        uint32_t count; /* of diagnostics */
        bool good, repaired;
    } rows[] = {
        {"three lines wrong", "a: b: c\nd: 1\ne: @f\ng: 2\nh: \"\\d\"\ni: 3\n", 3, true, true},
        {"in objectives", "a: 1\nobjectives:\n  x: >= 5\nb: 2\n", 1, true, false},
        {"a parent is lost", "a: b: c\n  d: 1\n", 1, false, true},
        {"consequence not told", "a:\n  - b\n - c\n - d\n", 1, false, true},
        {"only one line", "@\n", 1, false, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct read r;
        read_yaml(&r, bytes_of(rows[i].yaml));
        for (uint32_t d = 0; d < r.diags.count && r.diags.count != rows[i].count; d++) {
            print_error("%u: %s\n", r.diags.items[d].at.line, r.diags.items[d].msg);
        }
        CHECK_U64(rows[i].name, r.diags.count, rows[i].count);
        CHECK(rows[i].name, r.good == rows[i].good);
        CHECK(rows[i].name, r.doc.repaired == rows[i].repaired);
        arena_close(&r.arena);
    }
}

static void limits(void **state)
{
    (void)state;
    static char big[YAML_SOURCE_MAX + 2];
    struct read r;
    memset(big, '#', sizeof big);
    read_yaml(&r, (struct bytes){big, YAML_SOURCE_MAX + 1});
    assert_int_equal(r.diags.items[0].code, DIAG_TOO_BIG);
    arena_close(&r.arena);
    read_yaml(&r, (struct bytes){big, YAML_SOURCE_MAX});
    assert_int_equal(r.diags.items[0].code, DIAG_EMPTY);
    arena_close(&r.arena);

    for (size_t i = 0; i + 4 <= YAML_SOURCE_MAX; i += 4) memcpy(big + i, "- a\n", 4);
    read_yaml(&r, (struct bytes){big, YAML_SOURCE_MAX});
    assert_false(r.good);
    assert_int_equal(r.diags.items[0].code, DIAG_TOO_BIG);
    arena_close(&r.arena);

    read_yaml(&r, (struct bytes){"a: \0b\n", 6});
    assert_false(r.good);
    assert_int_equal(r.diags.items[0].code, DIAG_CONTROL);
    assert_int_equal(r.diags.items[0].at.col, 4);
    arena_close(&r.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),   cmocka_unit_test(parts_of_a_value), cmocka_unit_test(aliases),
        cmocka_unit_test(going_on), cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
