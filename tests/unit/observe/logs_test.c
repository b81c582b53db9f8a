/* The sources that read logs along: access logs told to the book, and patterns of the others. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "observe/access_source.h"
#include "observe/log_source.h"
#include "seen.h"

#define MASK "\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2"
#define LOG_PATTERNS_TEST 260

static struct bytes files[1];
static struct bytes secrets[] = {{"hunter", 6}};
static struct service service;
static const struct plan plan = {
    .services = &service, .service_count = 1, .secrets = secrets, .secret_count = 1};
static char path[100];
static struct served_book *book;
static struct source source, told;
static uint64_t second;

static int start(void **state)
{
    (void)state;
    seen_again();
    seen_open();
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "%s/log", seen_root());
    service = (struct service){.name = {"api", 3}, .log = {.files = files}};
    files[0] = bytes_of(path);
    second = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    source.close(source.ctx);
    seen_close();
    return 0;
}

static void add(const char *words)
{
    FILE *file = fopen(path, "ae");
    assert_non_null(file);
    assert_true(fputs(words, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void add_bytes(const char *bytes, size_t len)
{
    FILE *file = fopen(path, "ae");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void look(void)
{
    struct err err = {0};
    second++;
    CHECK(err.msg, seen_look(&source, second * NS_PER_S, &err));
}

/* ---- logs ---- */

static void open_logs(const char *before)
{
    struct log_source_options options = {.plan = &plan, .service = &service};
    service.log.file_count = 1;
    if (before) add(before);
    assert_true(log_source(&source, seen_arena(), &options));
    look();
}

/* An entry is whole when nothing follows it in the next reading. */
static void look_at_all(void)
{
    source.glance(source.ctx);
    source.glance(source.ctx);
    look();
}

static void patterns(void **state)
{
    (void)state;
    open_logs("ERROR known before\n");
    add("ERROR known before\nWARN slow: 17 ms\nINFO job 3 done\n"
        "ERROR no job 4 for hunter?token=abc\nERROR no job 5 for hunter?token=abd\n");
    look_at_all();
    CHECK_NEAR("known", seen_value("api", "log.rate", "ERROR known before"), 1);
    CHECK_NEAR("job", seen_value("api", "log.rate", "ERROR no job <*> for " MASK "?<*>"), 2);
    CHECK_NEAR("done", seen_value("api", "log.rate", "INFO job <*> done"), 1);
    CHECK_NEAR("errors", seen_value("api", "log.errors", ""), 3);
    CHECK_NEAR("warnings", seen_value("api", "log.warnings", ""), 1);
    CHECK_STR("new", seen_news(), "api logs for the first time: WARN slow: 17 ms");
    CHECK_STR("new", seen_news(), "api logs for the first time: ERROR no job 4 for " MASK "?<*>");
    CHECK_STR("no more", seen_news(), "");
    look_at_all();
    CHECK_NEAR("silent", seen_value("api", "log.rate", "INFO job <*> done"), 0);
}

static void many_patterns(void **state)
{
    (void)state;
    open_logs(NULL);
    CHECK_STR("absent", strstr(seen_news(), "no log is there yet") ? "yes" : "no", "yes");
    char line[] = "ERROR aa\n";
    for (uint32_t i = 0; i < LOG_PATTERNS_TEST; i++) {
        line[6] = (char)('a' + i / 20);
        line[7] = (char)('a' + i % 20);
        add(line);
    }
    look_at_all();
    CHECK_NEAR("other", seen_value("api", "log.rate", "other"), LOG_PATTERNS_TEST - 200);
    CHECK_NEAR("errors", seen_value("api", "log.errors", ""), LOG_PATTERNS_TEST);
    assert_int_equal(seen_count("api", "log.rate"), 201);
    uint32_t told_new = 0;
    bool full = false;
    for (const char *news = seen_news(); news[0]; news = seen_news()) {
        told_new += strstr(news, "first time") != NULL;
        full = full || strstr(news, "more than 200 patterns");
    }
    assert_true(full);
    assert_true(told_new > 0 && told_new < 20); /* of one look only some */
}

static void gone_log(void **state)
{
    (void)state;
    struct err err = {0};
    struct log_source_options options = {.plan = &plan, .service = &service};
    service.log.file_count = 1;
    files[0] = bytes_of(seen_root()); /* a folder */
    assert_true(log_source(&source, seen_arena(), &options));
    assert_false(seen_look(&source, NS_PER_S, &err));
    assert_non_null(strstr(err.msg, "is no file"));
}

/* ---- access logs ---- */

static void open_access(const char *format, const char *before)
{
    service.log.access_format = bytes_of(format);
    book = served_open(&plan, seen_arena());
    struct access_source_options options = {.plan = &plan,
                                            .service = &service,
                                            .path = bytes_of(path),
                                            .served = book,
                                            .origin_ns = clock_now_ns() - 20 * NS_PER_S};
    assert_non_null(book);
    if (before) add(before);
    assert_true(access_source(&source, seen_arena(), &options));
    assert_true(served_is_expected(book));
    served_source(&told, book);
    look();
}

/* Milliseconds of wall time, so long before now. */
static uint64_t wall_ms(uint64_t ago_ms)
{
    return clock_wall_ns() / NS_PER_MS - ago_ms;
}

static void add_request(const char *uri, uint64_t ago_ms, int status)
{
    char line[200];
    snprintf(line, sizeof line, "{\"ts\":%llu,\"uri\":\"%s\",\"status\":%d,\"latency_ms\":12}\n",
             (unsigned long long)wall_ms(ago_ms), uri, status);
    add(line);
}

static double told_rate(const char *label)
{
    double sum = 0;
    for (uint64_t s = second + 1; s < 40; s++) {
        assert_true(seen_look(&told, s * NS_PER_S, NULL));
        double rate = seen_value("api", "served.rate", label);
        if (rate > 0) sum += rate;
    }
    return sum;
}

static void requests(void **state)
{
    (void)state;
    open_access("json", "{\"status\":200}\n");
    add_request("/a?token=1", 1500, 200);
    add_request("/a", 2500, 503);
    add_request("/a", 25000, 200); /* before the run */
    add("what is this password=x\n");
    add_bytes("\0\x80\xff\x1b[2J\n", 8);
    source.glance(source.ctx);
    look();
    CHECK_NEAR("unread", seen_value("api", "served.unread", ""), 2);
    CHECK_STR("example", seen_news(),
              "api: lines of its access log are of another format: what is this password=<*>");
    look();
    CHECK_NEAR("unread", seen_value("api", "served.unread", ""), 0);
    CHECK_STR("told once", seen_news(), "");
    CHECK_NEAR("told", told_rate("/a"), 2);
}

static void a_guess_from_before(void **state)
{
    (void)state;
    open_access("", "1 - - [10/Oct/2000:13:55:36 +0000] \"GET /old HTTP/1.1\" 200 5\n");
    assert_non_null(strstr(seen_news(), "its access log is common"));
    add("1 - - [10/Oct/2096:13:55:36 +0000] \"GET /new HTTP/1.1\" 200 5\n"); /* its clock is ahead
                                                                              */
    source.glance(source.ctx);
    CHECK_NEAR("told", told_rate("GET /new"), 1);
}

static void a_guess_on_the_way(void **state)
{
    (void)state;
    open_access("nginx", NULL);
    assert_non_null(strstr(seen_news(), "no access log is there yet"));
    add("junk\n");
    look();
    CHECK_NEAR("junk", seen_value("api", "served.unread", ""), 1);
    for (int i = 0; i < 5; i++) {
        add("1 - - [10/Oct/2096:13:55:36 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"c\" 0.012\n");
    }
    look();
    CHECK_NEAR("read", seen_value("api", "served.unread", ""), 0);
    CHECK_NEAR("told", told_rate("GET /a"), 5);
}

static void timers(void **state)
{
    (void)state;
    open_access("haproxy", NULL);
    for (int i = 0; i < 20; i++) {
        char line[200];
        snprintf(line, sizeof line,
                 "x [06/Feb/2096:12:14:14.655] in be/s%d 0/%d/1/20/30 200 1 - - ---- 1/1/1/1/0 "
                 "0/0 \"GET /a HTTP/1.1\"\n",
                 i, i);
        add(line);
    }
    look();
    CHECK_NEAR("first", seen_value("api", "served.queue.time", "be/s3"), 0.003);
    CHECK_NEAR("server", seen_value("api", "served.server.time", "be/s3"), 0.02);
    CHECK_NEAR("others", seen_value("api", "served.queue.time", "other"), 0.0175);
    assert_int_equal(seen_count("api", "served.queue.time"), 17);
}

#define LINES 20000

static double cost_of(const char *before, const char *behind)
{
    FILE *file = fopen(path, "ae");
    assert_non_null(file);
    for (int i = 0; i < LINES; i++) {
        char line[300];
        struct text text = text_in(line, sizeof line);
        text_addf(&text, "%s%03d%s\n", before, i % 1000, behind);
        assert_true(fputs(line, file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    uint64_t before_ns = clock_thread_cpu_ns();
    source.glance(source.ctx);
    return (double)(clock_thread_cpu_ns() - before_ns) / 1e6 / (LINES / 1000);
}

/* What lines cost; printed, since it depends on the machine. */
static void cost_nginx(void **state)
{
    (void)state;
    open_access("$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent "
                "\"$http_referer\" \"$http_user_agent\" $request_time",
                NULL);
    double ms = cost_of("127.0.0.1 - - [10/Oct/2096:13:55:36 +0000] \"GET /jobs/17?a=b "
                        "HTTP/1.1\" 200 512 \"https://h/x\" \"Mozilla/5.0 (X11; Linux "
                        "x86_64) Gecko/20100101\" 0.",
                        "");
    print_message("# 1,000 lines of nginx cost %.2f ms\n", ms);
    CHECK_NEAR("all", told_rate("GET /jobs/{}"), LINES);
}

static void cost_json(void **state)
{
    (void)state;
    open_access("json", NULL);
    double ms = cost_of("{\"ts\":4102444800.5,\"request\":{\"method\":\"GET\",\"uri\":\"/a/7\","
                        "\"headers\":{\"Accept\":[\"*/*\"]}},\"duration\":0.",
                        ",\"status\":200}");
    print_message("# 1,000 lines of JSON cost %.2f ms\n", ms);
    CHECK_NEAR("all", told_rate("GET /a/{}"), LINES);
}

static void cost_logs(void **state)
{
    (void)state;
    open_logs("");
    double ms = cost_of("2026-12-01 10:00:00,123 INFO jobs.worker job of alice was moved to "
                        "queue urgent after 12 ms by worker-",
                        "");
    print_message("# 1,000 lines of a log cost %.2f ms\n", ms);
    look_at_all();
    CHECK_NEAR("all",
               seen_value("api", "log.rate",
                          "INFO jobs.worker job of alice was moved to queue urgent after <*> "
                          "ms by worker-<*>"),
               LINES);
}

int main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        ROW(patterns), ROW(many_patterns),       ROW(gone_log),
        ROW(requests), ROW(a_guess_from_before), ROW(a_guess_on_the_way),
        ROW(timers),   ROW(cost_nginx),          ROW(cost_json),
        ROW(cost_logs)};
    return cmocka_run_group_tests(tests, seen_open_root, seen_close_root);
}
