#include "observe/otlp_metrics.h"

#include <math.h>
#include <string.h>

#include "base/ns.h"
#include "wire/log_mask.h"

#define SLOTS ((size_t)4 * OTLP_METRICS_MAX)
#define NAME_BYTES 100
#define LEAD "metrics."
#define STATUS_5XX 500

/* What is made of a point: a series each. */
enum part { PART_VALUE, PART_RATE, PART_MEAN, PART_P50, PART_P95, PART_P99, PARTS };

static const char *const endings[PARTS] = {"", ".rate", ".mean", ".p50", ".p95", ".p99"};

struct buckets {
    uint32_t count;
    struct otlp_bucket of[OTLP_METRICS_BUCKETS];
};

struct otlp_metric {
    struct bytes service;
    char name[NAME_BYTES], label[OTLP_LABEL_MAX + 1];
    uint32_t name_len, label_len;
    enum otlp_kind kind;
    uint32_t series[PARTS]; /* number + 1; 0: not declared */
    bool known;             /* what follows is of the point before, of a sum since its start */
    uint64_t start_ns, end_ns, count;
    double value, sum;
    struct buckets *before; /* NULL: no histogram */
};

struct otlp_ready {
    uint32_t metric;
    enum part part;
    bool level;
    uint64_t from_ns, to_ns;
    double value;
};

bool otlp_metrics_open(struct otlp_metrics *m, struct arena *arena)
{
    *m = (struct otlp_metrics){.arena = arena};
    m->all = ARENA_ARRAY(arena, OTLP_METRICS_MAX, struct otlp_metric);
    m->slots = ARENA_ARRAY(arena, SLOTS, uint32_t);
    m->ready = ARENA_ARRAY(arena, OTLP_METRICS_READY, struct otlp_ready);
    return arena_ok(arena);
}

/* ---- finding ---- */

static uint64_t hash_on(uint64_t hash, struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) hash = (hash ^ (unsigned char)b.at[i]) * 0x100000001b3u;
    return (hash ^ 0xff) * 0x100000001b3u;
}

static bool is_it(const struct otlp_metric *e, struct bytes service, const struct otlp_point *p)
{
    return e->kind == p->kind && bytes_equal((struct bytes){e->name, e->name_len}, p->name)
           && bytes_equal((struct bytes){e->label, e->label_len}, p->label)
           && bytes_equal(e->service, service);
}

/* NULL: there is no room for another. */
static struct otlp_metric *find(struct otlp_metrics *m, struct bytes service,
                                const struct otlp_point *p)
{
    uint64_t hash = hash_on(hash_on(hash_on(0xcbf29ce484222325u, service), p->name), p->label);
    uint64_t at = hash % SLOTS;
    for (; m->slots[at] > 0; at = (at + 1) % SLOTS) {
        if (is_it(&m->all[m->slots[at] - 1], service, p)) return &m->all[m->slots[at] - 1];
    }
    if (m->count == OTLP_METRICS_MAX || p->name.len > NAME_BYTES || p->name.len == 0) {
        m->refused++;
        return NULL;
    }
    struct otlp_metric *e = &m->all[m->count];
    *e = (struct otlp_metric){.service = service, .kind = p->kind};
    memcpy(e->name, p->name.at, p->name.len);
    e->name_len = (uint32_t)p->name.len;
    if (p->label.len > 0) memcpy(e->label, p->label.at, p->label.len);
    e->label_len = (uint32_t)p->label.len;
    m->slots[at] = ++m->count;
    return e;
}

static void make_ready(struct otlp_metrics *m, const struct otlp_metric *e,
                       const struct otlp_ready *value)
{
    if (!isfinite(value->value)) return;
    if (m->ready_count == OTLP_METRICS_READY) {
        m->lost++;
        return;
    }
    struct otlp_ready *r = &m->ready[m->ready_count++];
    *r = *value;
    r->metric = (uint32_t)(e - m->all);
}

/* ---- sums and levels ---- */

/* Of the time that it is of; false: there is none to tell yet. */
static bool span_of(const struct otlp_metric *e, const struct otlp_point *p, uint64_t *from_ns)
{
    bool same = e->known && e->start_ns == p->start_ns; /* else the service began anew */
    *from_ns = p->delta ? p->start_ns : e->end_ns;
    return (p->delta || same) && *from_ns > 0 && p->end_ns > *from_ns;
}

static void take_sum(struct otlp_metrics *m, struct otlp_metric *e, const struct otlp_point *p)
{
    struct otlp_ready r = {.part = PART_VALUE, .to_ns = p->end_ns};
    double grown = p->delta ? p->value : p->value - e->value;
    if (span_of(e, p, &r.from_ns) && grown >= 0) {
        r.value = grown / ((double)(p->end_ns - r.from_ns) / (double)NS_PER_S);
        make_ready(m, e, &r);
    }
    e->value = p->value;
}

static void take_level(struct otlp_metrics *m, const struct otlp_metric *e,
                       const struct otlp_point *p)
{
    struct otlp_ready r = {
        .part = PART_VALUE, .level = true, .to_ns = p->end_ns, .value = p->value};
    if (p->end_ns > 0) make_ready(m, e, &r);
}

/* ---- histograms ---- */

/* False: it has more buckets than are kept. */
static bool read_buckets(struct buckets *out, const struct otlp_point *p)
{
    struct otlp_buckets walk;
    struct otlp_bucket bucket;
    out->count = 0;
    otlp_metric_buckets(&walk, p);
    while (otlp_metric_bucket(&walk, &bucket)) {
        if (out->count == OTLP_METRICS_BUCKETS) return false;
        out->of[out->count++] = bucket;
    }
    return true;
}

/* What each bucket grew by. False: one is gone, so its bounds are others than before, or it began
 * anew. */
static bool grow(struct buckets *now, const struct buckets *before)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < before->count; i++) {
        const struct otlp_bucket *b = &before->of[i];
        while (at < now->count && now->of[at].low < b->low) at++;
        bool same = at < now->count && !(now->of[at].low > b->low) && !(now->of[at].high > b->high)
                    && !(now->of[at].high < b->high);
        if (!same || now->of[at].count < b->count) return false;
        now->of[at++].count -= b->count;
    }
    return true;
}

static uint64_t total_of(const struct buckets *b)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < b->count; i++) total += b->of[i].count;
    return total;
}

/* Evenly within a bucket; of one without an upper bound the lower one. */
static double quantile(const struct buckets *b, uint64_t total, double share)
{
    double rank = share * (double)total;
    double seen = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        const struct otlp_bucket *k = &b->of[i];
        if (k->count == 0) continue;
        seen += (double)k->count;
        if (seen < rank) continue;
        double low = isinf(k->low) ? 0 : k->low;
        if (isinf(k->high)) return low;
        if (low > k->high) low = k->high;
        return k->high - (k->high - low) * ((seen - rank) / (double)k->count);
    }
    return (double)NAN;
}

static void put_shape(struct otlp_metrics *m, const struct otlp_metric *e, struct otlp_ready *r,
                      const struct buckets *b)
{
    static const struct {
        enum part part;
        double share;
    } of[] = {{PART_P50, 0.5}, {PART_P95, 0.95}, {PART_P99, 0.99}};
    uint64_t total = total_of(b);
    for (size_t i = 0; i < COUNT_OF(of) && total > 0; i++) {
        r->part = of[i].part;
        r->value = quantile(b, total, of[i].share);
        make_ready(m, e, r);
    }
}

/* Seconds, by the convention of today, milliseconds by that before; 0: not of that kind. */
static double served_unit_ns(const struct otlp_point *p)
{
    bool now = bytes_is(p->name, "http.server.request.duration");
    if (!now && !bytes_is(p->name, "http.server.duration")) return 0;
    if (bytes_is(p->unit, "s")) return 1e9;
    if (bytes_is(p->unit, "ms")) return 1e6;
    return now ? 1e9 : 1e6;
}

static uint64_t bound_ns(double value, double unit_ns)
{
    double ns = value * unit_ns;
    if (!(ns > 0)) return 0;
    return ns < 1e18 ? (uint64_t)ns : UINT64_MAX;
}

static void tell_book(struct served_book *book, struct bytes service, const struct otlp_point *p,
                      uint64_t from_ns, const struct buckets *b)
{
    double unit_ns = served_unit_ns(p);
    struct served served = {.service = service,
                            .method = p->http.method,
                            .route = p->http.route.len > 0 ? p->http.route : p->http.path,
                            .is_template = p->http.route.len > 0,
                            .status = p->http.status,
                            .failed = p->http.status >= STATUS_5XX,
                            .end_ns = from_ns + (p->end_ns - from_ns) / 2};
    for (uint32_t i = 0; i < b->count; i++) {
        const struct otlp_bucket *k = &b->of[i];
        if (k->count == 0) continue;
        served_tell_between(book, &served, bound_ns(k->low, unit_ns), bound_ns(k->high, unit_ns),
                            k->count);
    }
}

/* False: it has more buckets than there is room for, so that the next is as good as the first. */
static bool take_histogram(struct otlp_metrics *m, struct otlp_metric *e,
                           const struct otlp_point *p, struct served_book *book, bool *told)
{
    struct buckets now;
    struct otlp_ready r = {.to_ns = p->end_ns};
    if (!e->before) e->before = ARENA_NEW(m->arena, struct buckets);
    if (!e->before || !read_buckets(&now, p)) {
        m->refused++;
        return false;
    }
    struct buckets whole = now;
    bool spans = span_of(e, p, &r.from_ns) && (p->delta || grow(&now, e->before));
    uint64_t counted = p->delta ? p->count : p->count - e->count;
    if (spans && (p->delta || p->count >= e->count)) {
        double seconds = (double)(p->end_ns - r.from_ns) / (double)NS_PER_S;
        double sum = p->delta ? p->sum : p->sum - e->sum;
        *told = book && served_unit_ns(p) > 0 && p->http.route.len + p->http.path.len > 0
                && p->end_ns - r.from_ns <= OTLP_METRICS_OFTEN_NS;
        if (*told) {
            tell_book(book, e->service, p, r.from_ns, &now);
        } else {
            r.part = PART_RATE;
            r.value = (double)counted / seconds;
            make_ready(m, e, &r);
            r.part = PART_MEAN;
            r.value = p->has_sum && counted > 0 ? sum / (double)counted : (double)NAN;
            make_ready(m, e, &r);
            put_shape(m, e, &r, &now);
        }
    }
    *e->before = whole;
    e->count = p->count;
    e->sum = p->sum;
    return true;
}

bool otlp_metrics_take(struct otlp_metrics *m, struct bytes service, const struct otlp_point *p,
                       struct served_book *book)
{
    bool told = false;
    struct otlp_metric *e = find(m, service, p);
    if (!e) return false;
    if (e->known && p->end_ns <= e->end_ns) return false; /* sent again */
    switch (p->kind) {
    case OTLP_GAUGE:
        take_level(m, e, p);
        break;
    case OTLP_SUM:
        if (p->monotonic || p->delta) take_sum(m, e, p);
        else take_level(m, e, p);
        break;
    case OTLP_HISTOGRAM:
    case OTLP_EXPONENTIAL:
        if (take_histogram(m, e, p, book, &told)) break;
        e->known = false;
        return false;
    }
    e->known = true;
    e->start_ns = p->start_ns;
    e->end_ns = p->end_ns;
    return told;
}

/* ---- writing down ---- */

static uint32_t series_of(struct otlp_metrics *m, struct slip *slip, const struct otlp_ready *r)
{
    struct otlp_metric *e = &m->all[r->metric];
    if (e->series[r->part] == 0) {
        char array[sizeof LEAD + NAME_BYTES + 8];
        struct text name = text_in(array, sizeof array);
        text_addf(&name, LEAD "%.*s%s", (int)e->name_len, e->name, endings[r->part]);
        char shown[OTLP_LABEL_MAX + 1];
        struct text label = text_in(shown, sizeof shown); /* its attributes may hold a secret */
        log_mask_add(&label, (struct bytes){e->label, e->label_len});
        e->series[r->part] = 1 + slip_own(slip, e->service, text_bytes(&name), text_bytes(&label));
    }
    return e->series[r->part] - 1;
}

void otlp_metrics_put(struct otlp_metrics *m, struct slip *slip)
{
    for (uint32_t i = 0; i < m->ready_count;) {
        const struct otlp_ready *first = &m->ready[i];
        uint64_t from_ns = first->level ? first->to_ns : first->from_ns;
        slip_begin(slip, from_ns, first->to_ns);
        for (; i < m->ready_count; i++) {
            const struct otlp_ready *r = &m->ready[i];
            uint64_t own_ns = r->level ? r->to_ns : r->from_ns;
            if (own_ns != from_ns || r->to_ns != first->to_ns) break;
            slip_put(slip, series_of(m, slip, r), r->value);
        }
        slip_end(slip);
    }
    m->ready_count = 0;
}
