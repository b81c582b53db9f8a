/* Lines of access logs: nginx, Apache, HAProxy, JSON; what is no such line. */
#include "wire/access_line.h"

#include "base/ns.h"
#include "base/text.h"
#include "check.h"

#define REFERER_AGENT " \"https://h/x?token=s3cret\" \"curl/7.88 \\\"q\\\" (x)\""
#define HAPROXY "10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in~ static/srv1 "

static void add_ns(struct text *out, const char *name, uint64_t ns)
{
    if (ns != ACCESS_UNKNOWN) text_addf(out, " %s=%llu", name, (unsigned long long)(ns / 1000));
}

/* "GET /a 200 t=... d=12000", in us. */
static void print(struct text *out, const struct access_line *l)
{
    text_addf(out, "%.*s %.*s%s %u", BYTES_ARG(l->method), BYTES_ARG(l->path),
              l->is_route ? "!" : "", l->status);
    if (l->has_when) text_addf(out, " %s", l->starts ? "from" : "at");
    if (l->has_when) text_addf(out, "=%llu", (unsigned long long)(l->when.ns / NS_PER_MS));
    add_ns(out, "d", l->duration_ns);
    add_ns(out, "queue", l->queue_ns);
    add_ns(out, "connect", l->connect_ns);
    add_ns(out, "server", l->server_ns);
    if (l->server.len > 0) text_addf(out, " by %.*s", BYTES_ARG(l->server));
}

static const struct {
    const char *format, *line, *want; /* want NULL: it is none of that format */
} cases[] = {
    /* common and combined */
    {"common", "::1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a?q=1 HTTP/1.0\" 200 2326",
     "GET /a 200 from=971211336000"},
    {"combined",
     "10.0.0.1 - bob smith [10/Oct/2000:13:55:36 -0700] \"POST /a/b;v=1#f HTTP/2.0\" 503 "
     "-" REFERER_AGENT,
     "POST /a/b 503 from=971211336000"},
    {"combined", "1 - - [10/Oct/2000:13:55:36 -0700] \"-\" 408 -" REFERER_AGENT,
     "  408 from=971211336000"},
    {"combined",
     "1 - - [10/Oct/2000:13:55:36 -0700] \"\\x16\\x03\\x01 \\\" x\" 400 157" REFERER_AGENT,
     "  400 from=971211336000"},
    {"combined",
     "1 - - [10/Oct/2000:13:55:36 -0700] \"GET http://h:80/p?x HTTP/1.1\" 200 1" REFERER_AGENT
     " \"more\"",
     "GET /p 200 from=971211336000"},
    {"combined",
     "1 - - [10/Oct/2000:13:55:36 -0700] \"GET /r?to=http://evil/ HTTP/1.1\" 200 1" REFERER_AGENT,
     "GET /r 200 from=971211336000"},
    {"combined", "1 - - [10/Oct/2000:13:55:36 -0700] \"OPTIONS * HTTP/1.1\" 200 1" REFERER_AGENT,
     "OPTIONS * 200 from=971211336000"},
    {"combined", "1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.1\" 20x 1" REFERER_AGENT, NULL},
    {"combined", "1 - - [10/Oct/2000 13:55:36 -0700] \"GET / HTTP/1.1\" 200 1" REFERER_AGENT, NULL},
    {"combined", "garbage", NULL},
    {"combined", "", NULL},
    /* nginx, as its configuration says */
    {"$remote_addr [$time_iso8601] \"$request\" $status $request_time",
     "1 [2000-10-10T22:55:36+02:00] \"GET /a HTTP/1.1\" 200 0.012",
     "GET /a 200 at=971211336000 d=12000"},
    {"$msec $request_method ${request_uri} $status $request_time u=$upstream_response_time, "
     "c=$upstream_connect_time;",
     "971211336.123 GET /a?b 200 1.500 u=0.100, 0.200 : 0.300, c=0.001, 0.002;",
     "GET /a 200 at=971211336123 d=1500000 connect=3000 server=600000"},
    {"$status $request_time $upstream_response_time \"$request\"",
     "499 0.250 - \"GET /gone HTTP/1.1\"", "GET /gone 499 d=250000"},
    {"$status $request_time", "200 12", NULL},
    {"$status $request_time", "200 0.012 more", NULL},
    {"{\"s\":$status,\"r\":\"$request\"}", "{\"s\":200,\"r\":\"GET /a\\\"b HTTP/1.1\"}",
     "GET /a\\\"b 200"},
    /* Apache, as its configuration says */
    {"%h %l %u %t \\\"%r\\\" %>s %b %D",
     "1 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 12 2500",
     "GET /a 200 from=971211336000 d=2500"},
    {"%h %t %m %U%q %>s %T", "1 [10/Oct/2000:13:55:36 -0700] GET /a?b 200 2",
     "GET /a 200 from=971211336000 d=2000000"},
    {"%h %t %m %U %>s %T", "1 [10/Oct/2000:13:55:36 -0700] GET /a 200 2",
     "GET /a 200 from=971211336000 d=2000000"},
    {"%{end:msec}t %400,501{User-Agent}i %!200>s \"%r\" %{ms}T%%",
     "971211336123 x 404 \"GET /a HTTP/1.1\" 17%", "GET /a 404 at=971211336123 d=17000"},
    {"%{usec}t \"%r\" %s %{us}T", "971211336123456 \"GET /a HTTP/1.1\" 200 17",
     "GET /a 200 from=971211336123 d=17"},
    /* HAProxy */
    {"haproxy",
     "Feb  6 12:14:14 lb haproxy[14389]: " HAPROXY
     "10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html?x HTTP/1.1\"",
     "GET /index.html 200 from=1233922454655 d=109000 queue=0 connect=30000 server=69000 by "
     "static/srv1"},
    {"haproxy", HAPROXY "0/-1/-1/-1/+5 503 212 - - sQ-- 1/1/1/1/0 0/7 \"GET / HTTP/1.1\"",
     "GET / 503 from=1233922454655 d=5000 by static/srv1"},
    {"haproxy",
     "x [06/Feb/2009:12:14:14.655] in in/<NOSRV> -1/-1/-1/-1/3 -1 0 - - CR-- "
     "1/1/0/0/0 0/0 \"<BADREQ>\"",
     "  0 from=1233922454655 d=3000 by in/<NOSRV>"},
    {"haproxy", "<134>1 x [a] " HAPROXY "1/2/3/4/5 200 1 - - ---- 1/1/1/1/0 0/0 {q} \"GET /cut",
     "GET /cut 200 from=1233922454655 d=5000 queue=2000 connect=3000 server=4000 by static/srv1"},
    {"haproxy", HAPROXY "0/0/5007 212 -- 0/0/0/0/3 0/0", NULL}, /* tcplog */
    {"haproxy", "no brackets", NULL},
    /* JSON */
    {"json",
     "{\"level\":\"info\",\"ts\":971211336.5,\"request\":{\"method\":\"GET\",\"uri\":\"\\/a?x\"},"
     "\"status\":200,\"duration\":0.0125}",
     "GET /a 200 at=971211336500 d=12500"}, /* Caddy */
    {"json",
     "{\"Duration\":1500000,\"RequestMethod\":\"PUT\",\"RequestPath\":\"/a\","
     "\"DownstreamStatus\":201,\"OriginDuration\":1000000,\"time\":\"2000-10-10T20:55:36Z\"}",
     "PUT /a 201 at=971211336000 d=1500 server=1000"}, /* Traefik */
    {"json",
     "{\"time\":971211336123,\"req\":{\"method\":\"GET\",\"url\":\"/a\"},"
     "\"res\":{\"statusCode\":404},\"responseTime\":7}",
     "GET /a 404 at=971211336123 d=7000"}, /* pino-http */
    {"json", "{\"request\":\"GET /a?b HTTP/1.1\",\"status\":\"200\",\"request_time\":\"0.020\"}",
     "GET /a 200 d=20000"}, /* nginx, escape=json */
    {"json",
     "{\"method\":\"GET\",\"uri\":\"/a\",\"status\":200,\"latency\":1200000,"
     "\"latency_human\":\"1.2ms\"}",
     "GET /a 200 d=1200"}, /* Echo */
    {"json", "{\"http.route\":\"/a/{id}\",\"path\":\"/a/7\",\"status\":200}", " /a/{id}! 200"},
    {"json", "{\"path\":\"/a/7\",\"http.route\":\"/a/{id}\",\"status\":200}", " /a/{id}! 200"},
    {"json", "{\"duration\":12,\"status\":200}", "  200"}, /* of which unit? */
    {"json duration=took:ms status=out.code path=p start=t",
     "{\"took\":12,\"duration\":9.5,\"status\":1,\"out\":{\"code\":500},\"p\":\"/x\",\"path\":\"/"
     "y\","
     "\"t\":\"10/Oct/2000:13:55:36 -0700\",\"time\":5}",
     " /x 500 from=971211336000 d=12000"},
    {"json status=code", "{\"code\":\"x\"}", NULL},
    {"json", "{\"msg\":\"started\"}", NULL},
    {"json", "{\"status\":200", NULL},
    {"json", "[1]", NULL},
};

static void lines(void **state)
{
    (void)state;
    static struct access_format format;
    static struct access_line line;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[300];
        struct text got = text_in(array, sizeof array);
        const char *why = "";
        size_t at;
        bool compiled = access_format_compile(&format, bytes_of(cases[i].format), &why, &at);
        CHECK(cases[i].format, compiled);
        bool parsed = access_line_parse(&format, bytes_of(cases[i].line), &line);
        if (parsed) print(&got, &line);
        if (!cases[i].want) {
            CHECK(cases[i].line, !parsed);
            continue;
        }
        CHECK(cases[i].line, parsed);
        if (!bytes_is(text_bytes(&got), cases[i].want)) print_error("got:  %s\n", array);
        CHECK(cases[i].line, bytes_is(text_bytes(&got), cases[i].want));
    }
}

static void wrong_formats(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
        size_t at;
    } wrong[] = {
        {"x", "it is no format", 0},
        {"", "it is no format", 0},
        {"nginx", "it is no format", 0}, /* a family: guessed, not compiled */
        {"$remote_addr", "it says neither", 12},
        {"$status$request_time", "two values", 7},
        {"$status $", "`$` is followed", 8},
        {"$status ${request", "`$` is followed", 8},
        {"%s %", "`%` is followed", 3},
        {"%s %{x", "`%{` is not closed", 3},
        {"%s %{min}T", "%{...}T knows", 3},
        {"json a=b", "names are", 4 + 1},
        {"json status", "it should be", 5},
        {"json status=", "it should be", 5},
    };
    static struct access_format format;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const char *why = "";
        size_t at = 0;
        CHECK(wrong[i].text, !access_format_compile(&format, bytes_of(wrong[i].text), &why, &at));
        CHECK(why, bytes_starts(bytes_of(why), bytes_of(wrong[i].why)));
        CHECK_U64(wrong[i].text, at, wrong[i].at);
    }
}

static void guesses(void **state)
{
    (void)state;
#define NGINX "1 - - [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"curl\""
    static const struct {
        const char *family, *line, *want;
    } rows[] = {
        {"", NGINX, "nginx's combined, which"},
        {"apache", NGINX, "Apache's combined, which"},
        {"", NGINX " 0.012", "nginx's combined with $request_time"},
        {"", NGINX " 0.012 0.011", "nginx's combined with $request_time and"},
        {"", NGINX " rt=0.1 uct=\"-\" uht=\"-\" urt=\"-\"", "nginx's combined with rt="},
        {"", NGINX " \"-\" 0.012 -", "nginx's main with $request_time and"},
        {"", NGINX " 12345", "Apache's combined with %D"},
        {"", "1 - - [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5", "common"},
        {"", "1 - - [10/Oct/2000:13:55:36 +0000] \"GET / HTTP/1.1\" 200 5 99", "Apache's common"},
        {"", "h:80 " NGINX, "nginx's combined, which"}, /* vhost_combined: the same to us */
        {"", "{\"status\":200}", "JSON"},
        {"", HAPROXY "1/2/3/4/5 200 1 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"", "HAProxy's"},
        {"", "hello", NULL},
        {"nginx", "{\"status\":200}", NULL},
    };
    static struct access_format format;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bytes line = bytes_of(rows[i].line);
        const char *got = access_line_guess(&format, bytes_of(rows[i].family), &line, 1);
        CHECK(rows[i].line, (got == NULL) == (rows[i].want == NULL));
        if (got) CHECK(rows[i].line, bytes_starts(bytes_of(got), bytes_of(rows[i].want)));
    }
    struct bytes mixed[5] = {bytes_of(NGINX), bytes_of(NGINX), bytes_of(NGINX), bytes_of(NGINX),
                             bytes_of("junk")};
    assert_non_null(access_line_guess(&format, (struct bytes){0}, mixed, 5));
    mixed[3] = mixed[4];
    assert_null(access_line_guess(&format, (struct bytes){0}, mixed, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(wrong_formats),
                                       cmocka_unit_test(guesses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
