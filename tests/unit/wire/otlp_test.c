/* OTLP: the same told in protobuf and in JSON is the same to us; what is broken tells nothing. */
#include "wire/otlp.h"

#include "base/attr.h"
#include "check.h"
#include "laws.h"

#define OUT_BYTES 4096

/* ---- what was told, a line each ---- */

static char told_array[OUT_BYTES];
static struct text told;

static void add_http(const struct otlp_http *http)
{
    text_addf(&told, " %.*s %.*s %.*s %u", BYTES_ARG(http->method), BYTES_ARG(http->route),
              BYTES_ARG(http->path), http->status);
}

static void on_span(void *ctx, const struct otlp_span *s)
{
    (void)ctx;
    text_addf(&told, "span %.*s '%.*s' ", BYTES_ARG(s->service), BYTES_ARG(s->name));
    trace_id_add(&told, s->trace);
    text_addf(&told, " %llx %llx kind %u%s %llu..%llu", (unsigned long long)s->id,
              (unsigned long long)s->parent, s->kind, s->failed ? " failed" : "",
              (unsigned long long)s->start_ns, (unsigned long long)s->end_ns);
    add_http(&s->http);
    text_adds(&told, "\n");
}

static void on_point(void *ctx, const struct otlp_point *p)
{
    static const char *const kinds[] = {"gauge", "sum", "histogram", "exponential"};
    (void)ctx;
    text_addf(&told, "%s %.*s %.*s %.*s {%.*s}%s%s %llu..%llu", kinds[p->kind],
              BYTES_ARG(p->service), BYTES_ARG(p->name), BYTES_ARG(p->unit), BYTES_ARG(p->label),
              p->delta ? " delta" : "", p->monotonic ? " rising" : "",
              (unsigned long long)p->start_ns, (unsigned long long)p->end_ns);
    if (p->kind <= OTLP_SUM) {
        text_addf(&told, " %g\n", p->value);
        return;
    }
    struct otlp_buckets walk;
    struct otlp_bucket b;
    text_addf(&told, " n %llu sum %g", (unsigned long long)p->count, p->sum);
    otlp_metric_buckets(&walk, p);
    while (otlp_metric_bucket(&walk, &b)) {
        text_addf(&told, " (%g,%g]:%llu", b.low, b.high, (unsigned long long)b.count);
    }
    text_adds(&told, "\n");
}

static void on_log(void *ctx, const struct otlp_log *l)
{
    (void)ctx;
    text_addf(&told, "log %.*s %u '%.*s' %llu ", BYTES_ARG(l->service), l->severity,
              BYTES_ARG(l->body), (unsigned long long)l->time_ns);
    trace_id_add(&told, l->trace);
    text_adds(&told, "\n");
}

static const struct otlp_sink sink = {NULL, on_span, on_point, on_log};

static bool read_it(enum otlp_signal signal, enum otlp_form form, struct bytes body,
                    struct otlp_tally *tally)
{
    told = text_in(told_array, sizeof told_array);
    return otlp_read(signal, form, body, &sink, tally);
}

/* ---- a writer of protobuf ---- */

static void put_varint(struct text *out, uint64_t value)
{
    for (; value > 0x7f; value >>= 7) text_addc(out, (char)(value | 0x80), 1);
    text_addc(out, (char)value, 1);
}

static void put_number(struct text *out, uint32_t number, uint64_t value)
{
    put_varint(out, number << 3 | PB_VARINT);
    put_varint(out, value);
}

static void put_fixed(struct text *out, uint32_t number, uint64_t value)
{
    put_varint(out, number << 3 | PB_FIXED64);
    for (int i = 0; i < 8; i++) text_addc(out, (char)(value >> (8 * i)), 1);
}

static void put_real(struct text *out, uint32_t number, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_fixed(out, number, bits);
}

static void put_bytes(struct text *out, uint32_t number, struct bytes b)
{
    put_varint(out, number << 3 | PB_BYTES);
    put_varint(out, b.len);
    text_add(out, b);
}

static void put_text(struct text *out, uint32_t number, const char *words)
{
    put_bytes(out, number, bytes_of(words));
}

static void put_attribute(struct text *out, uint32_t number, const char *key, const char *text,
                          uint64_t whole)
{
    char inner[200];
    char value[100];
    struct text v = text_in(value, sizeof value);
    struct text a = text_in(inner, sizeof inner);
    if (text) put_text(&v, 1, text);
    else put_number(&v, 3, whole);
    put_text(&a, 1, key);
    put_bytes(&a, 2, text_bytes(&v));
    put_bytes(out, number, text_bytes(&a));
}

/* Around `item`: scope, resource with its service behind it, request. */
static struct bytes wrap(struct text *out, struct bytes item)
{
    static char rooms[3][OUT_BYTES];
    struct text scope = text_in(rooms[0], OUT_BYTES);
    struct text resource = text_in(rooms[1], OUT_BYTES);
    struct text all = text_in(rooms[2], OUT_BYTES);
    put_bytes(&scope, 2, item);
    put_attribute(&resource, 1, "service.name", "api", 0);
    put_bytes(&all, 2, text_bytes(&scope));
    put_bytes(&all, 1, text_bytes(&resource));
    put_bytes(out, 1, text_bytes(&all));
    return text_bytes(out);
}

/* ---- rows ---- */

static void make_span(struct text *out)
{
    put_bytes(
        out, 1,
        (struct bytes){"\x01\x23\x45\x67\x89\xab\xcd\xef\xfe\xdc\xba\x98\x76\x54\x32\x10", 16});
    put_bytes(out, 2, (struct bytes){"\0\0\0\0\0\0\x0a\xbc", 8});
    put_bytes(out, 4, (struct bytes){"\0\0\0\0\0\0\0\x01", 8});
    put_text(out, 5, "GET \"it\"");
    put_number(out, 6, 2);
    put_fixed(out, 7, 1000);
    put_fixed(out, 8, 5000);
    put_attribute(out, 9, "http.request.method", "GET", 0);
    put_attribute(out, 9, "http.route", "/a/{id}", 0);
    put_attribute(out, 9, "http.response.status_code", NULL, 503);
    put_number(out, 99, 7); /* of a version to come */
    put_bytes(out, 15, (struct bytes){"\x18\x02", 2});
}

static void make_sum(struct text *out)
{
    char room[300];
    char data[400];
    struct text point = text_in(room, sizeof room);
    struct text sum = text_in(data, sizeof data);
    put_attribute(&point, 7, "b", "x", 0);
    put_attribute(&point, 7, "a", NULL, 9);
    put_fixed(&point, 2, 10);
    put_fixed(&point, 3, 20);
    put_fixed(&point, 6, (uint64_t)-5);
    put_bytes(&sum, 1, text_bytes(&point));
    put_number(&sum, 2, 1);
    put_number(&sum, 3, 1);
    put_text(out, 1, "jobs");
    put_text(out, 3, "1");
    put_bytes(out, 7, text_bytes(&sum));
}

static void make_histogram(struct text *out)
{
    char room[300];
    char data[400];
    struct text point = text_in(room, sizeof room);
    struct text histogram = text_in(data, sizeof data);
    char lists[2][64];
    struct text counts = text_in(lists[0], 64);
    struct text bounds = text_in(lists[1], 64);
    static const uint64_t count_of[] = {1, 0, 2};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 8; k++) text_addc(&counts, (char)(count_of[i] >> (8 * k)), 1);
    }
    for (int i = 0; i < 2; i++) {
        uint64_t bits;
        double bound = i + 0.5;
        memcpy(&bits, &bound, sizeof bits);
        for (int k = 0; k < 8; k++) text_addc(&bounds, (char)(bits >> (8 * k)), 1);
    }
    put_fixed(&point, 3, 20);
    put_fixed(&point, 4, 3);
    put_real(&point, 5, 6.5);
    put_bytes(&point, 6, text_bytes(&counts));
    put_bytes(&point, 7, text_bytes(&bounds));
    put_bytes(&histogram, 1, text_bytes(&point));
    put_number(&histogram, 2, 2);
    put_text(out, 1, "wait");
    put_text(out, 3, "s");
    put_bytes(out, 9, text_bytes(&histogram));
}

static void make_exponential(struct text *out)
{
    char room[300];
    char data[400];
    struct text point = text_in(room, sizeof room);
    struct text histogram = text_in(data, sizeof data);
    put_fixed(&point, 3, 20);
    put_fixed(&point, 4, 4);
    put_real(&point, 5, 10);
    put_number(&point, 6, 1); /* zigzag: -1, bounds are powers of 4 */
    put_fixed(&point, 7, 1);
    put_bytes(&point, 8, (struct bytes){"\x08\x01\x12\x03\x01\x00\x02", 7}); /* from index -1 */
    put_bytes(&histogram, 1, text_bytes(&point));
    put_number(&histogram, 2, 1);
    put_text(out, 1, "size");
    put_bytes(out, 10, text_bytes(&histogram));
}

static void make_log(struct text *out)
{
    put_fixed(out, 11, 77);
    put_number(out, 2, 17);
    put_bytes(out, 5, (struct bytes){"\x0a\x04lost", 6});
}

#define RESOURCE                                                                                   \
    "\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"api\"}}" \
    "]}"

static const struct {
    const char *name;
    enum otlp_signal signal;
    void (*make)(struct text *out);
    const char *json, *want;
} cases[] = {
    {"span", OTLP_TRACES, make_span,
     "{\"resourceSpans\":[{" RESOURCE ",\"scopeSpans\":[{\"spans\":[{"
     "\"traceId\":\"0123456789abcdeffedcba9876543210\",\"spanId\":\"0000000000000abc\","
     "\"parentSpanId\":\"0000000000000001\",\"name\":\"GET \\\"it\\\"\",\"kind\":2,"
     "\"startTimeUnixNano\":\"1000\",\"endTimeUnixNano\":5000,\"later\":{\"x\":[1]},"
     "\"attributes\":[{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}},"
     "{\"key\":\"http.route\",\"value\":{\"stringValue\":\"/a/{id}\"}},"
     "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"503\"}}],"
     "\"status\":{\"code\":2}}]}]}]}",
     "span api 'GET \"it\"' 0123456789abcdeffedcba9876543210 abc 1 kind 2 failed 1000..5000 GET "
     "/a/{id}  503\n"},
    {"sum", OTLP_METRICS, make_sum,
     "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"jobs\",\"unit\":\"1\","
     "\"sum\":{\"dataPoints\":[{\"attributes\":[{\"key\":\"b\",\"value\":{\"stringValue\":\"x\"}},"
     "{\"key\":\"a\",\"value\":{\"intValue\":9}}],\"startTimeUnixNano\":\"10\","
     "\"timeUnixNano\":\"20\",\"asInt\":\"-5\"}],\"aggregationTemporality\":1,"
     "\"isMonotonic\":true}}]}]," RESOURCE "}]}",
     "sum api jobs 1 {a=9,b=x} delta rising 10..20 -5\n"},
    {"histogram", OTLP_METRICS, make_histogram,
     "{\"resourceMetrics\":[{" RESOURCE ",\"scopeMetrics\":[{\"metrics\":[{\"name\":\"wait\","
     "\"unit\":\"s\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{"
     "\"timeUnixNano\":\"20\",\"count\":\"3\",\"sum\":6.5,\"bucketCounts\":[\"1\",\"0\", 2],"
     "\"explicitBounds\":[0.5, 1.5]}]}}]}]}]}",
     "histogram api wait s {} 0..20 n 3 sum 6.5 (-inf,0.5]:1 (1.5,inf]:2\n"},
    {"exponential", OTLP_METRICS, make_exponential,
     "{\"resourceMetrics\":[{" RESOURCE ",\"scopeMetrics\":[{\"metrics\":[{\"name\":\"size\","
     "\"exponentialHistogram\":{\"aggregationTemporality\":1,\"dataPoints\":[{"
     "\"timeUnixNano\":\"20\",\"count\":\"4\",\"sum\":10,\"scale\":-1,\"zeroCount\":1,"
     "\"positive\":{\"offset\":-1,\"bucketCounts\":[1,0,2]}}]}}]}]}]}",
     "exponential api size  {} delta 0..20 n 4 sum 10 (0,0]:1 (0.25,1]:1 (4,16]:2\n"},
    {"log", OTLP_LOGS, make_log,
     "{\"resourceLogs\":[{" RESOURCE ",\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":17,"
     "\"observedTimeUnixNano\":\"77\",\"body\":{\"stringValue\":\"lost\"}}]}]}]}",
     "log api 17 'lost' 77 \n"},
};

static struct bytes protobuf_of(size_t i, struct text *out)
{
    char room[1024];
    struct text item = text_in(room, sizeof room);
    cases[i].make(&item);
    return wrap(out, text_bytes(&item));
}

static void both_forms_tell_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[2048];
        struct text out = text_in(array, sizeof array);
        struct otlp_tally tally;
        struct bytes body = protobuf_of(i, &out);
        CHECK(cases[i].name, read_it(cases[i].signal, OTLP_PROTOBUF, body, &tally));
        CHECK_STR(cases[i].name, told_array, cases[i].want);
        CHECK_U64(cases[i].name, tally.taken, 1);
        CHECK(cases[i].name, read_it(cases[i].signal, OTLP_JSON, bytes_of(cases[i].json), &tally));
        CHECK_STR(cases[i].name, told_array, cases[i].want);
        CHECK_U64(cases[i].name, tally.taken, 1);
    }
}

/* At each cut, and with each byte another: it is read or refused, never half, and never beyond. */
static void what_is_broken_tells_nothing(void **state)
{
    (void)state;
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char array[2048];
        char other[2048];
        struct text out = text_in(array, sizeof array);
        struct otlp_tally tally;
        struct bytes bodies[] = {protobuf_of(i, &out), bytes_of(cases[i].json)};
        for (uint32_t form = 0; form < 2; form++) {
            for (size_t cut = 0; cut < bodies[form].len; cut++) {
                struct bytes part = guard_put(&guard, (struct bytes){bodies[form].at, cut});
                bool good = read_it(cases[i].signal, (enum otlp_form)form, part, &tally);
                CHECK(cases[i].name, form == OTLP_PROTOBUF || !good);
                CHECK(cases[i].name, good || (told.len == 0 && tally.taken == 0));
            }
            memcpy(other, bodies[form].at, bodies[form].len);
            for (size_t at = 0; at < bodies[form].len; at++) {
                other[at] = (char)(other[at] ^ 0x5a);
                struct bytes all = guard_put(&guard, (struct bytes){other, bodies[form].len});
                bool good = read_it(cases[i].signal, (enum otlp_form)form, all, &tally);
                CHECK(cases[i].name, good || told.len == 0);
                other[at] = (char)(other[at] ^ 0x5a);
            }
        }
    }
}

static void what_is_no_span_is_rejected(void **state)
{
    (void)state;
#define SPANS(inner) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" inner "]}]}]}"
#define IDS "\"traceId\":\"0123456789abcdeffedcba9876543210\",\"spanId\":\"0000000000000abc\""
    static const struct {
        const char *name, *json;
        bool good;
        uint64_t taken, rejected;
    } rows[] = {
        {"nothing", "{}", true, 0, 0},
        {"null is absent", "{\"resourceSpans\":null}", true, 0, 0},
        {"an empty list", SPANS(""), true, 0, 0},
        {"without a name", SPANS("{" IDS "}"), true, 1, 0},
        {"one of two", SPANS("{" IDS "},{\"spanId\":\"0000000000000abc\"}"), true, 1, 1},
        {"a short trace id", SPANS("{\"traceId\":\"01\",\"spanId\":\"0000000000000abc\"}"), true, 0,
         1},
        {"an id of nothing", SPANS("{\"traceId\":\"\",\"spanId\":\"0000000000000abc\"}"), true, 0,
         1},
        {"base64", SPANS("{\"traceId\":\"W47/94gVQi2jbTHbEqUAAA==\",\"spanId\":\"7uGbfsPBsXQ=\"}"),
         true, 0, 1},
        {"the end before the start",
         SPANS("{" IDS ",\"startTimeUnixNano\":\"2\",\"endTimeUnixNano\":\"1\"}"), true, 0, 1},
        {"a list", "[]", false, 0, 0},
        {"text behind it", "{} x", false, 0, 0},
        {"empty", "", false, 0, 0},
        {"a span that is text", SPANS("\"x\""), false, 0, 0},
        {"a name that is none", SPANS("{" IDS ",\"name\":7}"), false, 0, 0},
        {"a time that is none", SPANS("{" IDS ",\"endTimeUnixNano\":\"soon\"}"), false, 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct otlp_tally tally;
        CHECK(rows[i].name,
              read_it(OTLP_TRACES, OTLP_JSON, bytes_of(rows[i].json), &tally) == rows[i].good);
        CHECK_U64(rows[i].name, tally.taken, rows[i].taken);
        CHECK_U64(rows[i].name, tally.rejected, rows[i].rejected);
    }
}

/* Deeper than any that is sent: refused, and no stack is used up. */
static void a_deep_one_is_refused(void **state)
{
    (void)state;
    static char deep[100000];
    struct otlp_tally tally;
    memset(deep, '[', sizeof deep);
    memcpy(deep, "{\"resourceSpans\":", 17);
    CHECK("deep", !read_it(OTLP_TRACES, OTLP_JSON, (struct bytes){deep, sizeof deep}, &tally));
}

static void answers(void **state)
{
    (void)state;
    char array[300];
    struct text out = text_in(array, sizeof array);
    struct otlp_tally all = {.taken = 2};
    struct otlp_tally some = {.taken = 2, .rejected = 300, .why = "no"};
    otlp_answer(&out, OTLP_TRACES, OTLP_JSON, &all);
    CHECK_STR("all, JSON", array, "{}");
    text_clear(&out);
    otlp_answer(&out, OTLP_TRACES, OTLP_PROTOBUF, &all);
    CHECK_U64("all, protobuf", out.len, 0);
    otlp_answer(&out, OTLP_METRICS, OTLP_JSON, &some);
    CHECK_STR("some, JSON", array,
              "{\"partialSuccess\":{\"rejectedDataPoints\":\"300\",\"errorMessage\":\"no\"}}");
    text_clear(&out);
    otlp_answer(&out, OTLP_LOGS, OTLP_PROTOBUF, &some);
    CHECK("some, protobuf",
          bytes_equal(text_bytes(&out), (struct bytes){"\x0a\x07\x08\xac\x02\x12\x02no", 9}));
    text_clear(&out);
    otlp_refuse(&out, OTLP_PROTOBUF, "no");
    CHECK("refused", bytes_equal(text_bytes(&out), (struct bytes){"\x12\x02no", 4}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_tell_the_same),
        cmocka_unit_test(what_is_broken_tells_nothing),
        cmocka_unit_test(what_is_no_span_is_rejected),
        cmocka_unit_test(a_deep_one_is_refused),
        cmocka_unit_test(answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
