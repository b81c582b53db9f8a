/* Every key has a form that the schema knows. What the schema accepts: tests/e2e/schema_test.py. */
#include "plan/schema_json.h"

#include "check.h"

static void each_form_is_known(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KEY_COUNT; k++) {
        CHECK(key_table_row((enum key)k)->form, schema_json_is_exact((enum key)k));
    }
}

static void each_key_is_there(void **state)
{
    (void)state;
    static char array[SCHEMA_JSON_MAX];
    struct text schema = text_in(array, sizeof array);
    schema_json_write(&schema);
    assert_false(schema.cut);
    for (unsigned k = 0; k < KEY_COUNT; k++) {
        char name[80];
        struct text t = text_in(name, sizeof name);
        text_addf(&t, "\"%s\": {\"description\":", key_table_row((enum key)k)->name);
        CHECK(name, bytes_find(text_bytes(&schema), text_bytes(&t)) != SIZE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_known),
        cmocka_unit_test(each_key_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
