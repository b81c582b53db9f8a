#include "plan/path_form.h"

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

static void lengths(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        size_t len; /* 0: refused */
    } rows[] = {
        {".", 1},           {". == 1", 1},
        {".a", 2},          {".a.b[0][\"c d\"] == 1", 14},
        {".[0].id", 7},     {".a==1", 2},
        {".a<1", 2},        {".a[\"x\\\"]y\"].b", 13},
        {".a-b.c_d", 8},    {"", 0},
        {"a", 0},           {"$.a", 0},
        {"..a", 0},         {".a.", 0},
        {".a..b", 0},       {".a[", 0},
        {".a[x]", 0},       {".a[]", 0},
        {".a[-1]", 0},      {".a[1]b", 0},
        {".a[\"x\"", 0},    {".a[\"x\\", 0},
        {".a]", 0},         {".a[\"\\u00e9\\n\"]", 14},
        {".a[\"\\x\"]", 0}, {".a[\"\\u00g0\"]", 0},
        {".a\x01", 0},      {".a[9999999999]", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t at = 0;
        const char *why = NULL;
        size_t len = path_form_len(bytes_of(rows[i].in), &at, &why);
        CHECK_U64(rows[i].in, len, rows[i].len);
        CHECK(rows[i].in, len > 0 || (why != NULL && at <= strlen(rows[i].in)));
    }
}

static void many_steps(void **state)
{
    (void)state;
    char array[200];
    size_t at = 0;
    const char *why = NULL;
    for (size_t steps = 63; steps <= 65; steps++) {
        struct text t = text_in(array, sizeof array);
        for (size_t i = 0; i < steps; i++) text_adds(&t, ".a");
        text_adds(&t, " == 1");
        assert_int_equal(path_form_len(text_bytes(&t), &at, &why), steps <= 64 ? 2 * steps : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lengths), cmocka_unit_test(many_steps)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
