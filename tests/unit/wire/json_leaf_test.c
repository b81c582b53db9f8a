/* Members of a JSON object, one after the other. */
#include "wire/json_leaf.h"

#include "base/text.h"
#include "check.h"

static void members(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
        enum json_kind end;
    } cases[] = {
        {"{\"a\":1,\"b\":\"x\\\"y\"}", "a=1 b=x\\\"y ", JSON_NONE},
        {" { \"a\" : { \"b\" : true , \"c\":{}} , \"d\":null } ", "a.b=true d=null ", JSON_NONE},
        {"{}", "", JSON_NONE},
        {"{\"a\":[1,{\"b\":\"]\"}],\"c\":-1.5e3}", "c=-1.5e3 ", JSON_NONE},
        {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":1}}}}},\"g\":2}", "g=2 ", JSON_NONE},
        {"{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":3}}}}}", "a.b.c.d.e=3 ", JSON_NONE},
        {"{\"\":0}", "=0 ", JSON_NONE},
        {"{\"a\":1", "a=1 ", JSON_BROKEN},
        {"{\"a\":1,}", "a=1 ", JSON_BROKEN},
        {"{\"a\":1 \"b\":2}", "a=1 ", JSON_BROKEN},
        {"{,\"a\":1}", "", JSON_BROKEN},
        {"{\"a\" 1}", "", JSON_BROKEN},
        {"{\"a\":x}", "", JSON_BROKEN},
        {"{\"a\":\"x", "", JSON_BROKEN},
        {"{\"a\":\"x\\", "", JSON_BROKEN},
        {"{\"a\":[1}", "", JSON_BROKEN},
        {"{\"a\":1} x", "a=1 ", JSON_BROKEN},
        {"{\"a\":{\"b\":1}", "a.b=1 ", JSON_BROKEN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[200];
        struct text got = text_in(array, sizeof array);
        struct json_leaves leaves;
        struct json_leaf leaf;
        CHECK(cases[i].in, json_leaf_begin(&leaves, bytes_of(cases[i].in)));
        enum json_kind kind;
        while ((kind = json_leaf_next(&leaves, &leaf)) == JSON_STRING) {
            text_addf(&got, "%.*s=%.*s ", BYTES_ARG(leaf.path), BYTES_ARG(leaf.value));
        }
        CHECK(cases[i].in, bytes_is(text_bytes(&got), cases[i].want));
        CHECK(cases[i].in, kind == cases[i].end);
    }
    struct json_leaves leaves;
    assert_false(json_leaf_begin(&leaves, bytes_of("[1]")));
    assert_false(json_leaf_begin(&leaves, bytes_of("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(members)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
