/* Pages of metrics, one a second: what they come to, to the digit. */
#include "observe/prom_page.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"
#include "observe/prom_served.h"
#include "seen.h"

static struct service services[] = {{.name = {"api", 3}}};
static const struct plan plan = {.services = services, .service_count = 1};
static struct scrape scrape = {.url = {"http://h/metrics", 16}};
static struct prom_page page;
static struct served_book *book;
static struct source source, requests;
static const char *text;
static bool is_open;  /* OpenMetrics */
static bool book_too; /* what the book was told, instead: it begins the pass anew */
static uint64_t second;

/* Reads what stands there, and lets the book tell what it was told. */
static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    (void)ctx;
    struct prom_text all = {.rest = bytes_of(text), .open = is_open};
    struct prom_item item;
    prom_page_begin(&page, when->first, 1000 + (double)second);
    while (prom_text_next(&all, &item) != PROM_END) prom_page_note(&page, &item);
    prom_page_put(&page, slip, when);
    return !book_too || requests.look(requests.ctx, slip, when, err);
}

static int start(void **state)
{
    (void)state;
    seen_open();
    book = served_open(&plan, seen_arena());
    assert_non_null(book);
    served_source(&requests, book);
    scrape.keep_count = 0;
    is_open = book_too = false;
    second = 0;
    assert_true(prom_page_open(&page, seen_arena(), services[0].name, &scrape, book));
    source = (struct source){.look = look};
    return 0;
}

static int end(void **state)
{
    (void)state;
    served_close(book);
    seen_close();
    return 0;
}

static void see(const char *words)
{
    text = words;
    second++;
    assert_true(seen_look(&source, second * NS_PER_S, NULL));
}

/* Of a series of the page; NULL: no label. */
static double value(const char *name, const char *label)
{
    char array[200];
    struct text whole = text_in(array, sizeof array);
    text_addf(&whole, "metrics.%s", name);
    return seen_value("api", array, label ? label : "");
}

static void counters_and_levels(void **state)
{
    (void)state;
    see("# TYPE a_total counter\na_total{x=\"1\"} 10\n# TYPE g gauge\ng 4\nu 5\nfree_total 7\n"
        "# TYPE odd_total gauge\nodd_total 3\n# TYPE c counter\nc 1\n");
    CHECK_NEAR("first", value("a_total", "x=\"1\""), SEEN_NONE);
    CHECK_NEAR("gauge", value("g", NULL), 4);
    CHECK_NEAR("untyped", value("u", NULL), 5);
    CHECK_NEAR("gauge named so", value("odd_total.now", NULL), 3);
    see("# TYPE a_total counter\na_total{x=\"1\"} 16\n# TYPE g gauge\ng 2.5\nu 5\nfree_total 9\n"
        "# TYPE odd_total gauge\nodd_total 1\n# TYPE c counter\nc 1.5\n");
    CHECK_NEAR("rate", value("a_total", "x=\"1\""), 6);
    CHECK_NEAR("gauge", value("g", NULL), 2.5);
    CHECK_NEAR("untyped count", value("free_total", NULL), 2);
    CHECK_NEAR("gauge named so", value("odd_total.now", NULL), 1);
    CHECK_NEAR("count named otherwise", value("c", NULL), 0.5);
    see("# TYPE a_total counter\na_total{x=\"1\"} 2\na_total{x=\"2\"} 9\ng NaN\nu +Inf\n");
    CHECK_NEAR("began anew", value("a_total", "x=\"1\""), 2);
    CHECK_NEAR("fresh", value("a_total", "x=\"2\""), SEEN_NONE);
    CHECK_NEAR("not a number", value("g", NULL), SEEN_NONE);
    CHECK_NEAR("infinite", value("u", NULL), SEEN_NONE);
    CHECK_NEAR("gone", value("free_total", NULL), SEEN_NONE);
    see("# TYPE a_total counter\na_total{x=\"2\"} 10\nfree_total 12\n");
    CHECK_NEAR("known by now", value("a_total", "x=\"2\""), 1);
    CHECK_NEAR("back", value("free_total", NULL), SEEN_NONE);
}

static void a_failure_between(void **state)
{
    (void)state;
    see("a_total 1\n");
    see("a_total 5\n");
    CHECK_NEAR("rate", value("a_total", NULL), 4);
    seen_close(); /* the next is a first one again, as behind a look that failed */
    start(NULL);
    see("a_total 500\n");
    CHECK_NEAR("first again", value("a_total", NULL), SEEN_NONE);
}

static void labels_in_any_order(void **state)
{
    (void)state;
    see("a_total{b=\"2\",a=\"1\",ab=\"3\"} 1\n");
    see("a_total{ a=\"1\", ab=\"3\" , b=\"2\", } 3\n");
    CHECK_NEAR("one series", value("a_total", "a=\"1\",ab=\"3\",b=\"2\""), 2);
    see("g{a=\"x\\\"\\\\\\n\\x1b\x1b\"} 1\n");
    CHECK_NEAR("hostile", value("g", "a=\"x\\\"\\\\\\n\\x1b\\x1b\""), 1);
    assert_int_equal(page.twice, 0);
    see("g 1\ng 2\na_total{b=\"2\",a=\"1\"} 1\na_total{a=\"1\",b=\"2\"} 9\n");
    CHECK_NEAR("the first of two", value("g", NULL), 1);
    assert_int_equal(page.twice, 2);
}

#define OPEN_COUNTER "# TYPE a counter\n"

static void born_and_born_anew(void **state)
{
    (void)state;
    is_open = true; /* the clock of the wall is at 1000 and the second */
    see(OPEN_COUNTER "a_total{x=\"1\"} 5\na_created{x=\"1\"} 900.5\n# EOF\n");
    see(OPEN_COUNTER "a_total{x=\"1\"} 6\na_created{x=\"1\"} 900.5\n"
                     "a_total{x=\"2\"} 3\na_created{x=\"2\"} 1001.5\n"
                     "a_total{x=\"3\"} 30\na_created{x=\"3\"} 950\n# EOF\n");
    CHECK_NEAR("as ever", value("a_total", "x=\"1\""), 1);
    CHECK_NEAR("born since", value("a_total", "x=\"2\""), 3);
    CHECK_NEAR("older than that", value("a_total", "x=\"3\""), SEEN_NONE);
    see(OPEN_COUNTER "a_total{x=\"1\"} 8\na_created{x=\"1\"} 1002.5\n# EOF\n");
    CHECK_NEAR("began anew, and is past it", value("a_total", "x=\"1\""), 8);
    assert_int_equal(seen_count("api", "metrics.a_created"), 0);
    is_open = false; /* the same in a format that knows no such thing */
    see("# TYPE a_total counter\na_total{x=\"1\"} 9\n# TYPE a_created gauge\n"
        "a_created{x=\"1\"} 1002.5\n");
    CHECK_NEAR("goes on", value("a_total", "x=\"1\""), 1);
    assert_int_equal(seen_count("api", "metrics.a_created"), 0);
}

static void times_of_their_own(void **state)
{
    (void)state;
    see("a_total 10 5000\ng 1 5000\n");
    see("a_total 10 5000\ng 1 5000\n");
    CHECK_NEAR("the value of before", value("a_total", NULL), SEEN_NONE);
    CHECK_NEAR("and of a level", value("g", NULL), SEEN_NONE);
    see("a_total 40 15000\ng 2 15000\n");
    CHECK_NEAR("over ten seconds", value("a_total", NULL), 3);
    CHECK_NEAR("a level again", value("g", NULL), 2);
}

#define HIST(a, b, c, sum, count)                                                                  \
    "# TYPE h_seconds histogram\nh_seconds_bucket{le=\"0.1\"} " #a                                 \
    "\nh_seconds_bucket{le=\"0.5\"} " #b "\nh_seconds_bucket{le=\"+Inf\"} " #c                     \
    "\nh_seconds_sum " #sum "\nh_seconds_count " #count "\n"

static void histograms(void **state)
{
    (void)state;
    see(HIST(5, 10, 10, 2, 10));
    assert_int_equal(seen_count("api", "metrics.h_seconds.rate"), 0);
    see(HIST(55, 100, 110, 32, 110)); /* 50, 40 and 10 more */
    CHECK_NEAR("rate", value("h_seconds.rate", NULL), 100);
    CHECK_NEAR("mean", value("h_seconds.mean", NULL), 0.3);
    CHECK_NEAR("p50", value("h_seconds.p50", NULL), 0.1);
    CHECK_NEAR("p95 is over the last bound", value("h_seconds.p95", NULL), 0.5);
    see(HIST(55, 140, 150, 40, 150)); /* 40, all in the second */
    CHECK_NEAR("p50", value("h_seconds.p50", NULL), 0.3);
    CHECK_NEAR("p95", value("h_seconds.p95", NULL), 0.48);
    CHECK_NEAR("p99", value("h_seconds.p99", NULL), 0.496);
    see(HIST(55, 140, 150, 40, 150));
    CHECK_NEAR("none came", value("h_seconds.rate", NULL), 0);
    CHECK_NEAR("so they took nothing", value("h_seconds.p50", NULL), SEEN_NONE);
    see(HIST(4, 4, 4, 0.2, 4));
    CHECK_NEAR("began anew", value("h_seconds.rate", NULL), 4);
    CHECK_NEAR("p50 of them", value("h_seconds.p50", NULL), 0.05);
    see(HIST(6, 5, 7, 0.5, 7)); /* one that is falling over itself */
    CHECK_NEAR("rate", value("h_seconds.rate", NULL), 3);
    CHECK_NEAR("p50", value("h_seconds.p50", NULL), 0.075);
    assert_int_equal(seen_count("api", "metrics.h_seconds_bucket"), 0);
}

static void odd_histograms(void **state)
{
    (void)state;
    see("# TYPE h histogram\nh_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 1\n"
        "h_bucket{le=\"x\"} 1\nh_bucket{le=\"NaN\"} 1\nh_bucket 3\n");
    assert_int_equal(page.left_out, 3);
    see("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 5\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} "
        "5\n");
    CHECK_NEAR("counted by its last bucket", value("h.rate", NULL), 4);
    CHECK_NEAR("no sum", value("h.mean", NULL), SEEN_NONE);
    CHECK_NEAR("p50", value("h.p50", NULL), 1.5);
    see("# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"4\"} 9\nh_bucket{le=\"+Inf\"} "
        "9\n");
    CHECK_NEAR("other buckets: the rate stays", value("h.rate", NULL), 4);
    CHECK_NEAR("what is within them is not known", value("h.p50", NULL), SEEN_NONE);
    see("# TYPE g gaugehistogram\ng_bucket{le=\"1\"} 3\ng_gcount 3\ng_gsum 2\n"
        "# TYPE t info\nt_info{version=\"1\"} 1\n# TYPE s stateset\ns{s=\"up\"} 1\n");
    CHECK_NEAR("gcount", value("g_gcount", NULL), 3);
    CHECK_NEAR("state", value("s", "s=\"up\""), 1);
    assert_int_equal(seen_count("api", "metrics.g_bucket"), 0);
    assert_int_equal(seen_count("api", "metrics.t_info"), 0);
}

static void summaries(void **state)
{
    (void)state;
    see("# TYPE s summary\ns{quantile=\"0.9\"} 0.2\ns_sum 10\ns_count 4\n");
    CHECK_NEAR("quantile", value("s", "quantile=\"0.9\""), 0.2);
    see("# TYPE s summary\ns{quantile=\"0.9\"} NaN\ns_sum 13\ns_count 6\n");
    CHECK_NEAR("no quantile", value("s", "quantile=\"0.9\""), SEEN_NONE);
    CHECK_NEAR("rate", value("s.rate", NULL), 2);
    CHECK_NEAR("mean", value("s.mean", NULL), 1.5);
}

static void only_what_is_wanted(void **state)
{
    (void)state;
    static struct bytes keep[] = {{"http_*", 6}, {"depth", 5}};
    scrape.keep = keep;
    scrape.keep_count = 2;
    see("http_a 1\nhttp_ 2\nhttp 3\ndepth 4\ndepths 5\n# TYPE http_h histogram\nhttp_h_count 5\n");
    CHECK_NEAR("begins so", value("http_a", NULL), 1);
    CHECK_NEAR("is the beginning", value("http_", NULL), 2);
    CHECK_NEAR("shorter", value("http", NULL), SEEN_NONE);
    CHECK_NEAR("named", value("depth", NULL), 4);
    CHECK_NEAR("longer", value("depths", NULL), SEEN_NONE);
    assert_int_equal(page.left_out, 0); /* nobody wanted it */
}

/* A hundred thousand series: the first so many, the same in each look, and the rest is counted. */
static void too_many(void **state)
{
    (void)state;
    static char array[4 << 20];
    for (int i = 0; i < 2; i++) {
        struct text all = text_in(array, sizeof array);
        for (unsigned k = 0; k < 100000; k++)
            text_addf(&all, "a_total{k=\"%u\"} %u\n", k, (unsigned)i * k);
        text_adds(&all, "# TYPE http_request_duration_seconds histogram\n"
                        "http_request_duration_seconds_bucket{le=\"1\"} 1\n"
                        "http_request_duration_seconds_bucket{le=\"+Inf\"} 1\n"
                        "http_request_duration_seconds_count 1\n");
        assert_false(all.cut);
        see(array);
        assert_int_equal(page.left_out, 100000 - PROM_PAGE_SERIES);
        assert_int_equal(page.bad, 0);
    }
    CHECK_NEAR("the last", value("a_total", "k=\"499\""), 499);
    CHECK_NEAR("beyond it", value("a_total", "k=\"500\""), SEEN_NONE);
    CHECK_NEAR("has a place of its own", value("http_request_duration_seconds.rate", NULL), 0);
    assert_int_equal(seen_count("api", "metrics.a_total"), PROM_PAGE_SERIES);
}

static void long_ones(void **state)
{
    (void)state;
    static char array[40000];
    struct text all = text_in(array, sizeof array);
    text_adds(&all, "a{x=\"");
    text_addc(&all, 'y', 300);
    text_adds(&all, "\"} 1\n");
    text_addc(&all, 'n', 260);
    text_adds(&all, " 1\nb 1\nno number\n");
    see(array);
    assert_int_equal(page.left_out, 2);
    assert_int_equal(page.bad, 1);
    assert_string_equal(page.first_bad, "no number");
    CHECK_NEAR("the others", value("b", NULL), 1);
}

/* Buckets of one, and of all: there is an end to both. */
static void many_buckets(void **state)
{
    (void)state;
    static char array[2 << 20];
    struct text all = text_in(array, sizeof array);
    text_adds(&all, "# TYPE h histogram\n");
    for (unsigned i = 0; i < 60; i++) {
        for (unsigned k = 300; k > 0; k--) {
            text_addf(&all, "h_bucket{i=\"%u\",le=\"%u\"} 1\n", i, k);
        }
        text_addf(&all, "h_count{i=\"%u\"} 1\n", i);
    }
    assert_false(all.cut);
    see(array);
    see(array);
    assert_true(page.bucket_count <= PROM_PAGE_BUCKETS);
    assert_true(page.left_out > 0);
    CHECK_NEAR("rate", value("h.rate", "i=\"0\""), 0);
}

#define REQUESTS(a, b, c)                                                                          \
    "# TYPE http_request_duration_seconds histogram\n"                                             \
    "http_request_duration_seconds_bucket{method=\"GET\",handler=\"/jobs/{id}\",code=\"200\","     \
    "le=\"0.1\"} " #a "\n"                                                                         \
    "http_request_duration_seconds_bucket{method=\"GET\",handler=\"/jobs/{id}\",code=\"200\","     \
    "le=\"+Inf\"} " #b "\n"                                                                        \
    "http_request_duration_seconds_bucket{method=\"GET\",handler=\"/jobs/{id}\",code=\"503\","     \
    "le=\"0.1\"} " #c "\n"                                                                         \
    "http_request_duration_seconds_bucket{method=\"GET\",handler=\"/jobs/{id}\",code=\"503\","     \
    "le=\"+Inf\"} " #c "\n"                                                                        \
    "http_request_duration_seconds_bucket{method=\"GET\",handler=\"/metrics\",code=\"200\","       \
    "le=\"+Inf\"} " #a "\n"
/* The same requests in other words. */
#define TWICE(count)                                                                               \
    "# TYPE http_request_latency_seconds histogram\n"                                              \
    "http_request_latency_seconds_bucket{le=\"+Inf\"} " #count "\n"

static void tells_of_requests(void **state)
{
    (void)state;
    static const char route[] = "GET /jobs/{id}";
    book_too = true;
    see(TWICE(0) REQUESTS(0, 0, 0));
    see(TWICE(25) REQUESTS(20, 22, 3)); /* 20 within 0.1 s, 2 over it, 3 failed */
    see(TWICE(25) REQUESTS(20, 22, 3));
    CHECK_NEAR("rate", seen_value("api", "served.rate", route), 25);
    CHECK_NEAR("failed", seen_value("api", "served.failed", route), 3);
    assert_int_equal(seen_count("api", "served.rate"), 1); /* neither twice nor the page itself */
    double time = seen_value("api", "served.time", route);
    assert_true(time > 0.045 && time < 0.065);
}

static void labels_of_libraries(void **state)
{
    (void)state;
    static const struct {
        const char *labels, *want; /* METHOD ROUTE template STATUS failed */
    } cases[] = {
        {"", "  0 0 0"},
        {"method=\"GET\",handler=\"/a/{b}\",code=\"200\"", "GET /a/{b} 1 200 0"},
        {"exception=\"None\",method=\"POST\",status=\"201\",uri=\"/x\"", "POST /x 1 201 0"},
        {"exception=\"Boom\",method=\"POST\",status=\"200\",uri=\"/x\"", "POST /x 1 200 1"},
        {"http_request_method=\"PUT\",http_response_status_code=\"502\",http_route=\"/y\"",
         "PUT /y 1 502 1"},
        {"method=\"GET\",path=\"/a\",status=\"2xx\"", "GET /a 0 200 0"},
        {"method=\"GET\",path=\"/a/7\",route=\"/a/:id\",status=\"5XX\"", "GET /a/:id 1 500 1"},
        {"method=\"GET\",route=\"/a/:id\",url=\"/a/7\"", "GET /a/:id 1 0 0"},
        {"route=\"GET /jobs\"", "GET /jobs 1 0 0"},
        {"route=\"get it\"", " get it 1 0 0"},
        {"code=\"9000\"", "  0 0 0"},
        {"code=\"20x\",path=\"/a\\\"\\\\b\"", " /a\"\\b 0 0 0"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct prom_served got;
        char array[300];
        struct text words = text_in(array, sizeof array);
        prom_served_read(bytes_of(cases[i].labels), &got);
        text_addf(&words, "%s %s %d %u %d", got.method, got.route, got.is_template, got.status,
                  got.failed);
        if (!bytes_is(text_bytes(&words), cases[i].want))
            fail_msg("%s: %s", cases[i].labels, array);
    }
    assert_true(prom_served_rank(BYTES_LIT("http_request_duration_seconds")) >= 0);
    assert_true(prom_served_rank(BYTES_LIT("flask_http_request_duration_seconds")) >= 0);
    assert_int_equal(prom_served_rank(BYTES_LIT("http_client_request_duration_seconds")), -1);
    assert_int_equal(prom_served_rank(BYTES_LIT("xhttp_request_duration_seconds")), -1);
    assert_int_equal(prom_served_rank(BYTES_LIT("request_duration_seconds")), -1);
    assert_true(prom_served_unit_s(BYTES_LIT("a_seconds")) > 0.9);
    assert_true(prom_served_unit_s(BYTES_LIT("a_milliseconds")) < 0.1);
    assert_true(prom_served_unit_s(BYTES_LIT("a_ms")) < 0.1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {CASE(counters_and_levels), CASE(a_failure_between),
                                       CASE(labels_in_any_order), CASE(born_and_born_anew),
                                       CASE(times_of_their_own),  CASE(histograms),
                                       CASE(odd_histograms),      CASE(summaries),
                                       CASE(only_what_is_wanted), CASE(too_many),
                                       CASE(long_ones),           CASE(many_buckets),
                                       CASE(tells_of_requests),   CASE(labels_of_libraries)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
