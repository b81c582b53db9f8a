#include "wire/otlp_priv.h"

#include <math.h>

#define TEMPORALITY_DELTA 1
#define FLAG_NO_VALUE 1 /* of a point: nothing was recorded */
#define SCALE_MOST 20
#define SCALE_LEAST (-10)

/* A metric, as far as it is told outside of its points. */
struct metric {
    struct otlp_point point;
    struct bytes data; /* the message that holds the points */
    uint32_t data_kind;
};

/* ---- labels ---- */

struct labels {
    struct otlp_attribute of[OTLP_LABELS]; /* by name */
    uint32_t count;
};

static int compare(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.at, b.at, len) : 0;
    if (order != 0) return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* SDKs tell attributes in any order; a series has one name. */
static void keep_label(struct labels *l, const struct otlp_attribute *a)
{
    if (a->kind == OTLP_NO_VALUE || l->count == OTLP_LABELS) return;
    uint32_t at = l->count++;
    for (; at > 0 && compare(a->key, l->of[at - 1].key) < 0; at--) l->of[at] = l->of[at - 1];
    l->of[at] = *a;
}

static struct bytes write_label(struct otlp_reader *r, const struct labels *l)
{
    struct text label = text_in(r->label, sizeof r->label);
    for (uint32_t i = 0; i < l->count; i++) {
        const struct otlp_attribute *a = &l->of[i];
        if (i > 0) text_adds(&label, ",");
        text_add_safe(&label, a->key);
        text_adds(&label, "=");
        if (a->kind == OTLP_TEXT_VALUE) text_add_safe(&label, a->text);
        if (a->kind == OTLP_BOOL_VALUE) text_adds(&label, a->whole ? "true" : "false");
        if (a->kind == OTLP_WHOLE_VALUE) text_addf(&label, "%lld", (long long)a->whole);
        if (a->kind == OTLP_REAL_VALUE) text_addf(&label, "%g", a->real);
    }
    text_end_whole(&label);
    return text_bytes(&label);
}

static bool take_attribute(struct otlp_reader *r, struct bytes message, struct labels *labels,
                           struct otlp_http *http)
{
    struct otlp_attribute a;
    if (!otlp_attribute_read(r, message, &a)) return false;
    a.key = otlp_attribute_text(r, a.key);
    a.text = otlp_attribute_text(r, a.text);
    otlp_attribute_http(http, &a);
    keep_label(labels, &a);
    return true;
}

/* ---- points ---- */

static bool tell(struct otlp_reader *r, struct otlp_point *p, const struct labels *labels,
                 uint64_t flags, bool valued)
{
    if (!r->sink) return true;
    if (flags & FLAG_NO_VALUE) { /* said to be none, and taken as such */
        r->tally->taken++;
        return true;
    }
    bool exponential = p->kind == OTLP_EXPONENTIAL;
    bool scaled = !exponential || (p->scale <= SCALE_MOST && p->scale >= SCALE_LEAST);
    if (!valued || !scaled || !isfinite(p->value)) {
        r->tally->rejected++;
        r->tally->why = !scaled ? "scales from -10 to 20 are read" : "a point has a finite value";
        return true;
    }
    p->label = write_label(r, labels);
    r->tally->taken++;
    if (r->sink->point) r->sink->point(r->sink->ctx, p);
    return true;
}

static bool read_number(struct otlp_reader *r, const struct metric *m, struct bytes message)
{
    static const struct otlp_key keys[] = {
        {7, OTLP_MESSAGE, "attributes"}, {2, OTLP_WHOLE, "startTimeUnixNano"},
        {3, OTLP_WHOLE, "timeUnixNano"}, {4, OTLP_REAL, "asDouble"},
        {6, OTLP_WHOLE, "asInt"},        {8, OTLP_WHOLE, "flags"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct labels labels = {.count = 0};
    struct otlp_point p = m->point;
    uint64_t flags = 0;
    bool valued = false;
    otlp_attribute_begin(r);
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        valued = valued || field.number == 4 || field.number == 6;
        if (field.number == 2) p.start_ns = field.whole;
        if (field.number == 3) p.end_ns = field.whole;
        if (field.number == 4) p.value = field.real;
        if (field.number == 6) p.value = (double)(int64_t)field.whole;
        if (field.number == 8) flags = field.whole;
        if (field.number == 7 && !take_attribute(r, field.raw, &labels, &p.http)) return false;
    }
    return !f.broken && tell(r, &p, &labels, flags, valued);
}

static bool read_histogram(struct otlp_reader *r, const struct metric *m, struct bytes message)
{
    static const struct otlp_key keys[] = {{9, OTLP_MESSAGE, "attributes"},
                                           {2, OTLP_WHOLE, "startTimeUnixNano"},
                                           {3, OTLP_WHOLE, "timeUnixNano"},
                                           {4, OTLP_WHOLE, "count"},
                                           {5, OTLP_REAL, "sum"},
                                           {6, OTLP_LIST, "bucketCounts"},
                                           {7, OTLP_LIST, "explicitBounds"},
                                           {10, OTLP_WHOLE, "flags"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct labels labels = {.count = 0};
    struct otlp_point p = m->point;
    uint64_t flags = 0;
    otlp_attribute_begin(r);
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 2) p.start_ns = field.whole;
        if (field.number == 3) p.end_ns = field.whole;
        if (field.number == 4) p.count = field.whole;
        if (field.number == 5) p.sum = field.real;
        p.has_sum = p.has_sum || field.number == 5;
        if (field.number == 6) p.counts = field.raw;
        if (field.number == 7) p.bounds = field.raw;
        if (field.number == 10) flags = field.whole;
        if (field.number == 9 && !take_attribute(r, field.raw, &labels, &p.http)) return false;
    }
    return !f.broken && tell(r, &p, &labels, flags, true);
}

static bool read_positive(struct otlp_reader *r, struct bytes message, struct otlp_point *p)
{
    static const struct otlp_key keys[] = {{1, OTLP_ZIGZAG, "offset"},
                                           {2, OTLP_LIST, "bucketCounts"}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 1) p->offset = (int32_t)(uint32_t)field.whole;
        else p->counts = field.raw;
    }
    return !f.broken;
}

static bool read_exponential(struct otlp_reader *r, const struct metric *m, struct bytes message)
{
    static const struct otlp_key keys[] = {
        {1, OTLP_MESSAGE, "attributes"}, {2, OTLP_WHOLE, "startTimeUnixNano"},
        {3, OTLP_WHOLE, "timeUnixNano"}, {4, OTLP_WHOLE, "count"},
        {5, OTLP_REAL, "sum"},           {6, OTLP_ZIGZAG, "scale"},
        {7, OTLP_WHOLE, "zeroCount"},    {8, OTLP_MESSAGE, "positive"},
        {10, OTLP_WHOLE, "flags"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct labels labels = {.count = 0};
    struct otlp_point p = m->point;
    uint64_t flags = 0;
    otlp_attribute_begin(r);
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 2) p.start_ns = field.whole;
        if (field.number == 3) p.end_ns = field.whole;
        if (field.number == 4) p.count = field.whole;
        if (field.number == 5) p.sum = field.real;
        p.has_sum = p.has_sum || field.number == 5;
        if (field.number == 6) p.scale = (int32_t)(uint32_t)field.whole;
        if (field.number == 7) p.zeros = field.whole;
        if (field.number == 10) flags = field.whole;
        if (field.number == 8 && !read_positive(r, field.raw, &p)) return false;
        if (field.number == 1 && !take_attribute(r, field.raw, &labels, &p.http)) return false;
    }
    return !f.broken && tell(r, &p, &labels, flags, true);
}

/* ---- metrics ---- */

static bool read_points(struct otlp_reader *r, struct metric *m)
{
    static const struct otlp_key keys[] = {{1, OTLP_MESSAGE, "dataPoints"},
                                           {2, OTLP_WHOLE, "aggregationTemporality"},
                                           {3, OTLP_BOOL, "isMonotonic"}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, m->data, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 2) m->point.delta = field.whole == TEMPORALITY_DELTA;
        if (field.number == 3) m->point.monotonic = field.whole != 0;
    }
    if (f.broken) return false;
    otlp_field_open(&f, r->form, m->data, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        bool good = field.number != 1                   ? true
                    : m->point.kind == OTLP_HISTOGRAM   ? read_histogram(r, m, field.raw)
                    : m->point.kind == OTLP_EXPONENTIAL ? read_exponential(r, m, field.raw)
                                                        : read_number(r, m, field.raw);
        if (!good) return false;
    }
    return !f.broken;
}

bool otlp_metric_read(struct otlp_reader *r, struct bytes message)
{
    static const struct otlp_key keys[] = {
        {1, OTLP_TEXT, "name"},         {3, OTLP_TEXT, "unit"},
        {5, OTLP_MESSAGE, "gauge"},     {7, OTLP_MESSAGE, "sum"},
        {9, OTLP_MESSAGE, "histogram"}, {10, OTLP_MESSAGE, "exponentialHistogram"},
        {11, OTLP_MESSAGE, "summary"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct metric m = {.point.service = r->service, .point.form = r->form};
    char name[OTLP_WORD_MAX * 2];
    char unit[OTLP_WORD_MAX];
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 1) {
            m.point.name = otlp_field_text(r->form, field.raw, name, sizeof name);
        } else if (field.number == 3) {
            m.point.unit = otlp_field_text(r->form, field.raw, unit, sizeof unit);
        } else {
            m.data = field.raw;
            m.data_kind = field.number;
        }
    }
    if (f.broken) return false;
    m.point.kind = m.data_kind == 5   ? OTLP_GAUGE
                   : m.data_kind == 7 ? OTLP_SUM
                   : m.data_kind == 9 ? OTLP_HISTOGRAM
                                      : OTLP_EXPONENTIAL;
    if (m.data_kind == 11 && r->sink) { /* quantiles of one process cannot be put together */
        r->tally->rejected++;
        r->tally->why = "summaries are not read: send histograms";
    }
    return m.data_kind == 0 || m.data_kind == 11 || read_points(r, &m);
}

/* ---- buckets ---- */

void otlp_metric_buckets(struct otlp_buckets *b, const struct otlp_point *point)
{
    *b = (struct otlp_buckets){.point = point,
                               .counts = point->counts,
                               .bounds = point->bounds,
                               .low = point->kind == OTLP_EXPONENTIAL ? 0 : -(double)INFINITY,
                               .index = point->offset};
}

static bool next_explicit(struct otlp_buckets *b, struct otlp_bucket *out)
{
    const struct otlp_point *p = b->point;
    uint64_t none;
    double real = 0;
    if (!otlp_field_item(p->form, &b->counts, OTLP_ITEM_FIXED, &out->count, &real)) return false;
    out->low = b->low;
    out->high = (double)INFINITY;
    if (otlp_field_item(p->form, &b->bounds, OTLP_ITEM_REAL, &none, &real)) out->high = real;
    b->low = out->high;
    return true;
}

static bool next_exponential(struct otlp_buckets *b, struct otlp_bucket *out)
{
    const struct otlp_point *p = b->point;
    double none;
    if (!b->zeros_told) {
        b->zeros_told = true;
        *out = (struct otlp_bucket){0, 0, p->zeros};
        return true;
    }
    if (!otlp_field_item(p->form, &b->counts, OTLP_ITEM_VARINT, &out->count, &none)) return false;
    double each = exp2((double)-p->scale); /* log2 of the base */
    out->low = exp2((double)b->index * each);
    out->high = exp2((double)(b->index + 1) * each);
    b->index++;
    return true;
}

bool otlp_metric_bucket(struct otlp_buckets *b, struct otlp_bucket *out)
{
    bool exponential = b->point->kind == OTLP_EXPONENTIAL;
    while (exponential ? next_exponential(b, out) : next_explicit(b, out)) {
        if (out->count > 0) return true;
    }
    return false;
}
