#include "wire/otlp_priv.h"

#define STATUS_ERROR 2

static bool read_status(struct otlp_reader *r, struct bytes message, bool *failed)
{
    static const struct otlp_key keys[] = {{3, OTLP_WHOLE, "code"}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) *failed = field.whole == STATUS_ERROR;
    return !f.broken;
}

/* False: the message is broken. What is wrong but well formed is in `*why`. */
static bool read_field(struct otlp_reader *r, const struct otlp_field *field, struct otlp_span *out,
                       const char **why)
{
    struct otlp_attribute a;
    uint64_t none;
    switch (field->number) {
    case 1:
        if (!otlp_field_id(r->form, field->raw, &out->trace.high, &out->trace.low)) {
            *why = "a trace id has 16 bytes";
        }
        return true;
    case 2:
        if (!otlp_field_id(r->form, field->raw, &none, &out->id)) *why = "a span id has 8 bytes";
        return true;
    case 4:
        if (field->raw.len > 0 && !otlp_field_id(r->form, field->raw, &none, &out->parent)) {
            *why = "a span id has 8 bytes";
        }
        return true;
    case 5:
        out->name = otlp_attribute_text(r, field->raw);
        return true;
    case 6:
        out->kind = field->whole <= 5 ? (uint32_t)field->whole : 0;
        return true;
    case 7:
        out->start_ns = field->whole;
        return true;
    case 8:
        out->end_ns = field->whole;
        return true;
    case 9:
        if (!otlp_attribute_read(r, field->raw, &a)) return false;
        a.text = otlp_attribute_text(r, a.text);
        otlp_attribute_http(&out->http, &a);
        return true;
    default:
        return read_status(r, field->raw, &out->failed);
    }
}

bool otlp_span_read(struct otlp_reader *r, struct bytes message)
{
    static const struct otlp_key keys[] = {{1, OTLP_ID, "traceId"},
                                           {2, OTLP_ID, "spanId"},
                                           {4, OTLP_ID, "parentSpanId"},
                                           {5, OTLP_TEXT, "name"},
                                           {6, OTLP_WHOLE, "kind"},
                                           {7, OTLP_WHOLE, "startTimeUnixNano"},
                                           {8, OTLP_WHOLE, "endTimeUnixNano"},
                                           {9, OTLP_MESSAGE, "attributes"},
                                           {15, OTLP_MESSAGE, "status"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct otlp_span span = {.service = r->service};
    const char *why = NULL;
    otlp_attribute_begin(r);
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (!read_field(r, &field, &span, &why)) return false;
    }
    if (f.broken) return false;
    if (!why && trace_id_is_none(span.trace)) why = "a span has a trace id";
    if (!why && span.id == 0) why = "a span has an id";
    if (!why && span.end_ns < span.start_ns) why = "a span does not end before it begins";
    if (!r->sink) return true;
    if (why) {
        r->tally->rejected++;
        r->tally->why = why;
        return true;
    }
    r->tally->taken++;
    if (r->sink->span) r->sink->span(r->sink->ctx, &span);
    return true;
}
