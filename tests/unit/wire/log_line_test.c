/* Lines of logs: their level, their message, what may be shown of them. */
#include "wire/log_line.h"

#include "check.h"
#include "wire/log_mask.h"

static void levels(void **state)
{
    (void)state;
    static const struct {
        const char *line, *level, *message;
    } cases[] = {
        {"2026-12-01 10:00:00,123 ERROR database is locked", "ERROR", "database is locked"},
        {"ERROR:root:database is locked", "ERROR", "root:database is locked"},
        {"WARNING: low disk", "WARN", "low disk"},
        {"INFO:     127.0.0.1:5 - \"GET / HTTP/1.1\" 200", "INFO", "\"GET / HTTP/1.1\" 200"},
        {"2026-12-01 10:00:00 - app - CRITICAL - down", "ERROR", "app - CRITICAL - down"},
        {"10:00:00.123 [main] WARN  com.foo.Bar - slow", "WARN", "[main] WARN  com.foo.Bar - slow"},
        {"2026/12/01 10:00:00 [error] 29#29: *1 connect() failed", "ERROR", "connect() failed"},
        {"2026-12-01 10:00:00.123 UTC [77] FATAL:  too many clients", "ERROR", "too many clients"},
        {"2026-12-01 10:00:00.123 UTC [77] LOG:  checkpoint", "INFO", "checkpoint"},
        {"time=2026-12-01T10:00:00Z level=warn msg=\"slow\"", "WARN",
         "time=2026-12-01T10:00:00Z level=warn msg=\"slow\""},
        {"E1201 10:00:00.123456 77 db.cc:12] no row", "ERROR", "no row"},
        {"<11>Dec  1 10:00:00 box su: failed", "ERROR", "box su: failed"},
        {"<14>Dec  1 10:00:00 box su: fine", "INFO", "box su: fine"},
        {"error: no such file", "ERROR", "no such file"},
        {"Error: no such file", "ERROR", "no such file"},
        {"0 errors found", "", "errors found"},
        {"no error here", "", "no error here"},
        {"http_error_count is 5", "", "http_error_count is 5"},
        {"ERROR2 of 5", "", "ERROR2 of 5"},
        {"{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\"}", "ERROR", "a \"b\""},
        {"{\"level\":40,\"msg\":\"slow\",\"event\":\"x\"}", "WARN", "slow"},
        {"{\"severity\":\"WARNING\",\"message\":\"m\"}", "WARN", "m"},
        {"{\"level\":\"error\",\"msg\":", "", "{\"level\":\"error\",\"msg\":"},
        {"Traceback (most recent call last):", "ERROR", "Traceback (most recent call last):"},
        {"", "", ""},
        {"   ", "", ""},
    };
    static struct log_line got;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        log_line_parse(&got, bytes_of(cases[i].line));
        char message[300];
        struct text text = text_in(message, sizeof message);
        text_add(&text, got.message);
        CHECK_STR(cases[i].line, log_line_level_name(got.level), cases[i].level);
        CHECK_STR(cases[i].line, message, cases[i].message);
    }
}

static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum log_trace open;
        enum log_part want;
    } cases[] = {
        {"INFO x", LOG_TRACE_NONE, LOG_WHOLE},
        {"", LOG_TRACE_NONE, LOG_MORE},
        {"\tat a.b(C.java:1)", LOG_TRACE_NONE, LOG_MORE},
        {"Caused by: x", LOG_TRACE_NONE, LOG_MORE},
        {"Traceback (most recent call last):", LOG_TRACE_NONE, LOG_TRACE},
        {"ValueError: x", LOG_TRACE_PYTHON, LOG_LAST},
        {"main.f(0x1)", LOG_TRACE_GO, LOG_MORE},
        {"INFO x", LOG_TRACE_GO, LOG_WHOLE},
        {"panic: x", LOG_TRACE_NONE, LOG_TRACE},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(cases[i].line,
              log_line_part(bytes_of(cases[i].line), cases[i].open) == cases[i].want);
    }
}

static void patterns(void **state)
{
    (void)state;
    static const struct {
        const char *in, *pattern, *masked;
    } cases[] = {
        {"database is locked", "database is locked", "database is locked"},
        {"job 17 took 12.5ms at 10.0.0.1:80", "job <*> took <*> at <*>",
         "job 17 took 12.5ms at 10.0.0.1:80"},
        {"job17 of 0xdeadbeef", "job<*> of <*>", "job17 of 0xdeadbeef"},
        {"id 550e8400-e29b-41d4-a716-446655440000 gone", "id <*> gone", "id <*> gone"},
        {"no 'such row' in \"t\", isn't it", "no <*> in <*>, isn't it",
         "no 'such row' in \"t\", isn't it"},
        {"a\t b\n\nc ", "a b c", "a\\x09 b\\x0a\\x0ac "},
        {"to postgres://bob:hunter2@db:5432/x", "to postgres://<*>@db:<*>/x",
         "to postgres://<*>@db:5432/x"},
        {"GET /a?token=abc&x=1 done", "GET /a?<*> done", "GET /a?<*> done"},
        {"what? yes", "what? yes", "what? yes"},
        {"Authorization: Bearer abc.def-ghi", "Authorization: <*>", "Authorization: <*>"},
        {"sent Bearer abcdefgh12 ok", "sent Bearer <*> ok", "sent Bearer <*> ok"},
        {"password=hunter2 user=bob", "password=<*> user=bob", "password=<*> user=bob"},
        {"\"password\": \"hun\\\"ter2\", \"a\": 1", "<*>: <*>, <*>: <*>",
         "\"password\": <*>, \"a\": 1"},
        {"X-Api-Key: abc", "X-Api-Key: <*>", "X-Api-Key: <*>"},
        {"key AKIAIOSFODNN7EXAMPLE99 x", "key <*> x", "key <*> x"},
        {"mail of bob@example.org bounced", "mail of <*> bounced",
         "mail of bob@example.org bounced"},
        {"\x1b[31mred\x01", "\\x1b[<*>\\x01", "\\x1b[31mred\\x01"},
        {"caf\xc3\xa9 \xff", "caf\xc3\xa9 \\xff", "caf\xc3\xa9 \\xff"},
        {"-5 of +7 at 50%", "<*> of <*> at <*>", "-5 of +7 at 50%"},
        {"", "", ""},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char a[200], b[200];
        struct text pattern = text_in(a, sizeof a), masked = text_in(b, sizeof b);
        log_mask_add_pattern(&pattern, bytes_of(cases[i].in));
        log_mask_add(&masked, bytes_of(cases[i].in));
        CHECK_STR(cases[i].in, a, cases[i].pattern);
        CHECK_STR(cases[i].in, b, cases[i].masked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels), cmocka_unit_test(parts),
                                       cmocka_unit_test(patterns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
