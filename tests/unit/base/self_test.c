#include "base/self.h"

#include "base/text.h"
#include "check.h"

static void names(void **state)
{
    (void)state;
    static char longer[8192];
    memset(longer, '/', sizeof longer - 1);
    const struct {
        const char *name, *argv0, *want;
    } rows[] = {
        {"built here", "build/prony", "build/prony"},
        {"in this folder", "./prony", "./prony"},
        {"absolute", "/opt/prony-2/bin/prony", "/opt/prony-2/bin/prony"},
        {"found by PATH", "prony", "prony"},
        {"found by PATH under another name", "p", "prony"},
        {"a blank", "./my tools/prony", "'./my tools/prony'"},
        {"a quote", "./it's/prony", "'./it'\\''s/prony'"},
        {"an accent", "./\xc3\xa9/prony", "'./\xc3\xa9/prony'"},
        {"nothing", "", "prony"},
        {"none", NULL, "prony"},
        {"beyond all measure", longer, "prony"},
    };
    assert_string_equal(self_name(), "prony");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        self_take_name(rows[i].argv0);
        CHECK_STR(rows[i].name, self_name(), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names)};
    return cmocka_run_group_tests_name("self", tests, NULL, NULL);
}
