#include "net/tls.h"

#include "check.h"

#define DAY_S INT64_C(86400)
#define NOW_S (INT64_C(20000) * DAY_S) /* 2024-10-04 */

static void facts(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct tls_facts facts;
        const char *want;
    } cases[] = {
        {"good",
         {.protocol = "TLSv1.3",
          .cipher = "C",
          .subject = "CN=a",
          .issuer = "CN=b",
          .valid_until_s = NOW_S + 41 * DAY_S},
         "TLSv1.3 C · CN=a by CN=b, valid until 2024-11-14 (41 days)"},
        {"one day",
         {.protocol = "TLSv1.2",
          .cipher = "C",
          .subject = "CN=a",
          .issuer = "CN=b",
          .valid_until_s = NOW_S + 2 * DAY_S - 1},
         "TLSv1.2 C · CN=a by CN=b, valid until 2024-10-05 (1 day)"},
        {"over, and not verified",
         {.protocol = "TLSv1.2",
          .cipher = "C",
          .subject = "CN=a",
          .issuer = "CN=b",
          .valid_until_s = NOW_S - 3 * DAY_S,
          .verified = "it is old"},
         "TLSv1.2 C · CN=a by CN=b, valid until 2024-10-01 · NOT VERIFIED: it is old"},
        {"no certificate", {.protocol = "TLSv1.2", .cipher = "C"}, "TLSv1.2 C"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[400];
        struct text said = text_in(array, sizeof array);
        tls_print_facts(&said, &cases[i].facts, NOW_S);
        CHECK_STR(cases[i].name, array, cases[i].want);
    }
}

static void wrong_files(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct tls_setting setting;
        enum tls_part part;
        int sys;
    } cases[] = {
        {"no ca", {.ca = "/nowhere/ca.pem"}, TLS_PART_CA, 2},
        {"an empty ca", {.ca = "/dev/null"}, TLS_PART_CA, 0},
        {"no cert", {.cert = "/nowhere/c.pem"}, TLS_PART_CERT, 2},
        {"an empty cert", {.cert = "/dev/null", .key = "/dev/null"}, TLS_PART_CERT, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tls *tls;
        struct err err = {0};
        enum tls_part part;
        CHECK(cases[i].name, !tls_open(&tls, &cases[i].setting, &part, &err));
        CHECK(cases[i].name, tls == NULL);
        CHECK_U64(cases[i].name, part, cases[i].part);
        CHECK_U64(cases[i].name, (uint64_t)err.sys, (uint64_t)cases[i].sys);
        CHECK(cases[i].name, err.hint[0] != '\0');
    }
    struct tls *tls;
    const struct tls_setting plain = {.ca = NULL};
    assert_true(tls_open(&tls, &plain, NULL, NULL)); /* no trace of the errors before */
    tls_close(tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts),
        cmocka_unit_test(wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
