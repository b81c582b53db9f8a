#include "wire/otlp_priv.h"

static bool read_value(struct otlp_reader *r, struct bytes message, struct otlp_attribute *out)
{
    static const struct otlp_key keys[] = {{1, OTLP_TEXT, "stringValue"},
                                           {2, OTLP_BOOL, "boolValue"},
                                           {3, OTLP_WHOLE, "intValue"},
                                           {4, OTLP_REAL, "doubleValue"}};
    struct otlp_fields f;
    struct otlp_field field;
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        out->text = field.raw;
        out->whole = field.whole;
        out->real = field.real;
        out->kind = field.number == 1   ? OTLP_TEXT_VALUE
                    : field.number == 2 ? OTLP_BOOL_VALUE
                    : field.number == 3 ? OTLP_WHOLE_VALUE
                                        : OTLP_REAL_VALUE;
    }
    return !f.broken;
}

bool otlp_attribute_read(struct otlp_reader *r, struct bytes message, struct otlp_attribute *out)
{
    static const struct otlp_key keys[] = {{1, OTLP_TEXT, "key"}, {2, OTLP_MESSAGE, "value"}};
    struct otlp_fields f;
    struct otlp_field field;
    *out = (struct otlp_attribute){.kind = OTLP_NO_VALUE};
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 1) out->key = field.raw;
        else if (!read_value(r, field.raw, out)) return false;
    }
    return !f.broken;
}

bool otlp_attribute_body(struct otlp_reader *r, struct bytes message, struct bytes *out)
{
    struct otlp_attribute value = {.kind = OTLP_NO_VALUE};
    if (!read_value(r, message, &value)) return false;
    *out = value.kind == OTLP_TEXT_VALUE ? otlp_attribute_text(r, value.text) : (struct bytes){0};
    return true;
}

void otlp_attribute_begin(struct otlp_reader *r)
{
    r->used = 0;
}

struct bytes otlp_attribute_text(struct otlp_reader *r, struct bytes raw)
{
    struct bytes text = otlp_field_text(r->form, raw, r->room + r->used, sizeof r->room - r->used);
    if (text.at == r->room + r->used) r->used += text.len;
    return text;
}

void otlp_attribute_http(struct otlp_http *http, const struct otlp_attribute *a)
{
    bool text = a->kind == OTLP_TEXT_VALUE;
    bool method = bytes_is(a->key, "http.request.method") || bytes_is(a->key, "http.method");
    bool path = bytes_is(a->key, "url.path") || bytes_is(a->key, "http.target");
    bool status =
        bytes_is(a->key, "http.response.status_code") || bytes_is(a->key, "http.status_code");
    uint64_t code = a->whole;
    if (method && text) http->method = a->text;
    if (bytes_is(a->key, "http.route") && text) http->route = a->text;
    if (path && text) http->path = a->text;
    if (!status) return;
    bool known = a->kind == OTLP_WHOLE_VALUE || (text && bytes_to_u64(a->text, &code));
    if (known && code <= 999) http->status = (uint32_t)code;
}
