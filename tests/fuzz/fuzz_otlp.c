/* fuzz_otlp.c - requests of OTLP in both forms: one that is refused has told nothing, one that is
 * read tells the same again, as much as it counts; texts are bounded, and buckets of a histogram
 * come in order, no more of them than bytes. Input: a byte for signal and form, then the body. */
#include "laws.h"
#include "wire/otlp.h"

#define MAX_TEXT 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was told, as a number that depends on all of it. */
struct heard {
    uint64_t spans, points, records, sum;
    size_t size; /* of the body */
};

static void add(struct heard *h, struct bytes b)
{
    LAW(b.len <= h->size || b.len <= 4096);
    for (size_t i = 0; i < b.len; i++) h->sum = (h->sum ^ (unsigned char)b.at[i]) * 0x100000001b3u;
    h->sum = (h->sum + b.len) * 0x100000001b3u;
}

static void add_number(struct heard *h, uint64_t number)
{
    h->sum = (h->sum ^ number) * 0x100000001b3u;
}

static void add_http(struct heard *h, const struct otlp_http *http)
{
    add(h, http->method);
    add(h, http->route);
    add(h, http->path);
    LAW(http->status <= 999);
}

static void on_span(void *ctx, const struct otlp_span *s)
{
    struct heard *h = ctx;
    h->spans++;
    LAW(!trace_id_is_none(s->trace) && s->id != 0 && s->end_ns >= s->start_ns && s->kind <= 5);
    add(h, s->service);
    add(h, s->name);
    add_http(h, &s->http);
    add_number(h, s->trace.low);
    add_number(h, s->parent);
}

static void on_point(void *ctx, const struct otlp_point *p)
{
    struct heard *h = ctx;
    h->points++;
    LAW(p->label.len <= OTLP_LABEL_MAX);
    LAW(p->value - p->value == 0); /* finite */
    add(h, p->service);
    add(h, p->name);
    add(h, p->label);
    add_number(h, p->end_ns);
    if (p->kind != OTLP_HISTOGRAM && p->kind != OTLP_EXPONENTIAL) return;
    struct otlp_buckets walk;
    struct otlp_bucket b;
    otlp_metric_buckets(&walk, p);
    for (size_t count = 0; otlp_metric_bucket(&walk, &b); count++) {
        LAW(count <= h->size);
        LAW(b.count > 0);
        add_number(h, b.count);
    }
}

static void on_log(void *ctx, const struct otlp_log *l)
{
    struct heard *h = ctx;
    h->records++;
    LAW(l->severity <= 24);
    add(h, l->service);
    add(h, l->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    enum otlp_signal signal = (enum otlp_signal)(data[0] % 3);
    enum otlp_form form = data[0] & 4 ? OTLP_JSON : OTLP_PROTOBUF;
    struct bytes body = guard_put(&guard, (struct bytes){(const char *)data + 1, size - 1});
    struct heard heard[2] = {{.size = size}, {.size = size}};
    struct otlp_tally tally[2];
    bool good[2];
    for (int i = 0; i < 2; i++) {
        struct otlp_sink sink = {&heard[i], on_span, on_point, on_log};
        good[i] = otlp_read(signal, form, body, &sink, &tally[i]);
    }
    uint64_t told = heard[0].spans + heard[0].points + heard[0].records;
    LAW(good[0] == good[1] && heard[0].sum == heard[1].sum);
    LAW(tally[0].taken == tally[1].taken && tally[0].rejected == tally[1].rejected);
    LAW(good[0] || told == 0);
    LAW(told <= tally[0].taken);
    char array[512];
    struct text answer = text_in(array, sizeof array);
    if (good[0]) otlp_answer(&answer, signal, form, &tally[0]);
    LAW(!answer.cut);
    return 0;
}
