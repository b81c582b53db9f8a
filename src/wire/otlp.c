#include "wire/otlp.h"

#include "wire/otlp_priv.h"

/* What the three signals call their messages; their numbers are the same. */
static const struct {
    const char *resources, *scopes, *items;
    bool (*read)(struct otlp_reader *r, struct bytes message);
    const char *rejected; /* of the answer */
} signals[] = {
    [OTLP_TRACES] = {"resourceSpans", "scopeSpans", "spans", otlp_span_read, "rejectedSpans"},
    [OTLP_METRICS] = {"resourceMetrics", "scopeMetrics", "metrics", otlp_metric_read,
                      "rejectedDataPoints"},
    [OTLP_LOGS] = {"resourceLogs", "scopeLogs", "logRecords", otlp_log_read, "rejectedLogRecords"},
};

static bool read_resource(struct otlp_reader *r, struct bytes message)
{
    static const struct otlp_key keys[] = {{1, OTLP_MESSAGE, "attributes"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct otlp_attribute a;
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (!otlp_attribute_read(r, field.raw, &a)) return false;
        if (!bytes_is(a.key, "service.name") || a.kind != OTLP_TEXT_VALUE) continue;
        r->service = otlp_field_text(r->form, a.text, r->service_room, sizeof r->service_room);
    }
    return !f.broken;
}

static bool read_scope(struct otlp_reader *r, enum otlp_signal signal, struct bytes message)
{
    const struct otlp_key keys[] = {{2, OTLP_MESSAGE, signals[signal].items}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (!signals[signal].read(r, field.raw)) return false;
    }
    return !f.broken;
}

/* Whose it is may be told behind what it is. */
static bool read_of_resource(struct otlp_reader *r, enum otlp_signal signal, struct bytes message)
{
    const struct otlp_key keys[] = {{1, OTLP_MESSAGE, "resource"},
                                    {2, OTLP_MESSAGE, signals[signal].scopes}};
    struct otlp_fields f;
    struct otlp_field field;
    r->service = (struct bytes){0};
    otlp_field_open(&f, r->form, message, keys, 1);
    while (otlp_field_next(&f, &field)) {
        if (!read_resource(r, field.raw)) return false;
    }
    if (f.broken) return false;
    otlp_field_open(&f, r->form, message, keys + 1, 1);
    while (otlp_field_next(&f, &field)) {
        if (!read_scope(r, signal, field.raw)) return false;
    }
    return !f.broken;
}

static bool read_all(struct otlp_reader *r, enum otlp_signal signal, struct bytes body)
{
    const struct otlp_key keys[] = {{1, OTLP_MESSAGE, signals[signal].resources}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, body, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (!read_of_resource(r, signal, field.raw)) return false;
    }
    return !f.broken;
}

bool otlp_read(enum otlp_signal signal, enum otlp_form form, struct bytes body,
               const struct otlp_sink *sink, struct otlp_tally *tally)
{
    struct otlp_reader r = {.form = form, .tally = tally};
    *tally = (struct otlp_tally){0};
    if (form == OTLP_JSON) {
        struct bytes rest = body;
        if (json_walk_value(&rest, &body) != JSON_OBJECT || !json_walk_over(rest)) return false;
    }
    if (!read_all(&r, signal, body)) return false;
    r.sink = sink;
    return read_all(&r, signal, body);
}

/* ---- answers ---- */

static void put_varint(struct text *out, uint64_t value)
{
    for (; value > 0x7f; value >>= 7) text_addc(out, (char)(value | 0x80), 1);
    text_addc(out, (char)value, 1);
}

static void put_words(struct text *out, uint32_t number, const char *words)
{
    struct bytes b = bytes_of(words);
    put_varint(out, number << 3 | PB_BYTES);
    put_varint(out, b.len);
    text_add(out, b);
}

void otlp_answer(struct text *out, enum otlp_signal signal, enum otlp_form form,
                 const struct otlp_tally *tally)
{
    char array[160];
    struct text partial = text_in(array, sizeof array);
    if (form == OTLP_JSON && tally->rejected == 0) text_adds(out, "{}");
    if (tally->rejected == 0) return;
    if (form == OTLP_JSON) {
        text_addf(out, "{\"partialSuccess\":{\"%s\":\"%llu\",\"errorMessage\":\"%s\"}}",
                  signals[signal].rejected, (unsigned long long)tally->rejected, tally->why);
        return;
    }
    put_varint(&partial, 1 << 3 | PB_VARINT);
    put_varint(&partial, tally->rejected);
    put_words(&partial, 2, tally->why);
    put_varint(out, 1 << 3 | PB_BYTES);
    put_varint(out, partial.len);
    text_add(out, text_bytes(&partial));
}

void otlp_refuse(struct text *out, enum otlp_form form, const char *why)
{
    if (form == OTLP_JSON) text_addf(out, "{\"code\":3,\"message\":\"%s\"}", why);
    else put_words(out, 2, why);
}
