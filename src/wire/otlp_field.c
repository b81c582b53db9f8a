#include "wire/otlp_field.h"

#include <math.h>

void otlp_field_open(struct otlp_fields *f, enum otlp_form form, struct bytes message,
                     const struct otlp_key *keys, uint32_t key_count)
{
    *f = (struct otlp_fields){.form = form, .keys = keys, .key_count = key_count, .rest = message};
    if (form == OTLP_JSON) json_walk_open(&f->members, message);
}

static double real_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t unzigzag(uint64_t bits)
{
    return bits >> 1 ^ (0 - (bits & 1));
}

/* ---- protobuf ---- */

/* False: its kind on the wire is not that of the key, so it is some other field. */
static bool take_pb(const struct otlp_key *key, const struct pb_field *from, struct otlp_field *out)
{
    switch (key->type) {
    case OTLP_MESSAGE:
    case OTLP_TEXT:
    case OTLP_ID:
        out->raw = from->raw;
        return from->wire == PB_BYTES;
    case OTLP_WHOLE:
        out->whole = from->bits;
        return from->wire == PB_VARINT || from->wire == PB_FIXED64;
    case OTLP_ZIGZAG:
        out->whole = unzigzag(from->bits);
        return from->wire == PB_VARINT;
    case OTLP_BOOL:
        out->whole = from->bits != 0;
        return from->wire == PB_VARINT;
    case OTLP_REAL:
        out->real = real_of(from->bits);
        return from->wire == PB_FIXED64;
    case OTLP_LIST: /* unpacked lists are legal, but nobody has written one for ten years */
        out->raw = from->raw;
        return from->wire == PB_BYTES;
    }
    return false;
}

static bool next_pb(struct otlp_fields *f, struct otlp_field *out)
{
    struct pb_field field;
    enum pb_step step;
    while ((step = pb_next(&f->rest, &field)) == PB_FIELD) {
        for (uint32_t i = 0; i < f->key_count; i++) {
            if (f->keys[i].number != field.number) continue;
            *out = (struct otlp_field){.number = field.number};
            if (take_pb(&f->keys[i], &field, out)) return true;
        }
    }
    f->broken = step == PB_BROKEN;
    return false;
}

/* ---- JSON ---- */

/* A whole number, as a number or as text, of either sign. */
static bool whole_of(struct bytes text, uint64_t *out)
{
    double real;
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t value;
    if (bytes_to_u64(negative ? bytes_from(text, 1) : text, &value)) {
        *out = negative ? 0 - value : value;
        return true;
    }
    if (!bytes_to_double(text, &real) || !(fabs(real) < 0x1p63)) return false; /* 1e3 */
    *out = (uint64_t)(int64_t)real;
    return true;
}

static bool number_of(struct bytes text, double *out)
{
    if (bytes_to_double(text, out)) return true;
    bool negative = text.len > 0 && text.at[0] == '-';
    struct bytes word = negative ? bytes_from(text, 1) : text;
    if (bytes_is(word, "Infinity")) *out = negative ? -(double)INFINITY : (double)INFINITY;
    else if (bytes_is(word, "NaN")) *out = (double)NAN;
    else return false;
    return true;
}

/* False: it is no such value. */
static bool take_json(const struct otlp_key *key, enum json_kind kind, struct bytes value,
                      struct otlp_field *out)
{
    bool text = kind == JSON_STRING;
    out->raw = value;
    switch (key->type) {
    case OTLP_MESSAGE:
        return kind == JSON_OBJECT;
    case OTLP_TEXT:
    case OTLP_ID:
        return text;
    case OTLP_WHOLE:
    case OTLP_ZIGZAG:
        return (text || kind == JSON_NUMBER) && whole_of(value, &out->whole);
    case OTLP_REAL:
        return (text || kind == JSON_NUMBER) && number_of(value, &out->real);
    case OTLP_BOOL:
        out->whole = kind == JSON_TRUE;
        return kind == JSON_TRUE || kind == JSON_FALSE;
    case OTLP_LIST:
        return kind == JSON_ARRAY;
    }
    return false;
}

/* The next element of the array that is open; false: it is over, or broken. */
static bool next_element(struct otlp_fields *f, struct otlp_field *out)
{
    struct bytes none;
    struct bytes value;
    enum json_kind kind = json_walk_next(&f->elements, &none, &value);
    *out = (struct otlp_field){.number = f->listed->number};
    if (kind != JSON_NONE && kind != JSON_BROKEN) {
        bool good = take_json(f->listed, kind, value, out);
        f->broken = !good;
        return good;
    }
    f->broken = kind == JSON_BROKEN;
    f->listed = NULL;
    return false;
}

static const struct otlp_key *key_of(const struct otlp_fields *f, struct bytes name)
{
    for (uint32_t i = 0; i < f->key_count; i++) {
        if (bytes_is(name, f->keys[i].name)) return &f->keys[i];
    }
    return NULL;
}

static bool next_json(struct otlp_fields *f, struct otlp_field *out)
{
    struct bytes name;
    struct bytes value;
    while (!f->broken) {
        if (f->listed && next_element(f, out)) return true;
        if (f->broken) return false;
        enum json_kind kind = json_walk_next(&f->members, &name, &value);
        f->broken = kind == JSON_BROKEN;
        if (f->broken || kind == JSON_NONE) return false;
        const struct otlp_key *key = key_of(f, name);
        if (!key || kind == JSON_NULL) continue;
        if (kind == JSON_ARRAY && key->type == OTLP_MESSAGE) {
            json_walk_open(&f->elements, value);
            f->listed = key;
            continue;
        }
        *out = (struct otlp_field){.number = key->number};
        f->broken = !take_json(key, kind, value, out);
        return !f->broken;
    }
    return false;
}

bool otlp_field_next(struct otlp_fields *f, struct otlp_field *out)
{
    if (f->broken) return false;
    return f->form == OTLP_PROTOBUF ? next_pb(f, out) : next_json(f, out);
}

/* ---- values ---- */

static uint64_t big_endian(const char *at)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i++) value = value << 8 | (unsigned char)at[i];
    return value;
}

static bool hex_of(const char *at, uint64_t *out)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 16; i++) {
        int digit = bytes_hex_value(at[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

bool otlp_field_id(enum otlp_form form, struct bytes raw, uint64_t *high, uint64_t *low)
{
    size_t half = form == OTLP_JSON ? 16 : 8;
    *high = *low = 0;
    if (raw.len != half && raw.len != 2 * half) return false;
    const char *last = raw.at + raw.len - half;
    if (form == OTLP_PROTOBUF) {
        *low = big_endian(last);
        if (raw.len > half) *high = big_endian(raw.at);
        return true;
    }
    return hex_of(last, low) && (raw.len == half || hex_of(raw.at, high));
}

struct bytes otlp_field_text(enum otlp_form form, struct bytes raw, char *room, size_t size)
{
    if (form == OTLP_PROTOBUF || raw.len == 0 || !memchr(raw.at, '\\', raw.len)) return raw;
    size_t len = 0;
    if (raw.len > size) raw.len = size;
    /* A cut may fall into an escape, the longest of which has twelve characters. */
    for (uint32_t i = 0; i < 12 && raw.len > 0; i++, raw.len--) {
        if (json_unescape(room, size, raw, &len)) return (struct bytes){room, len};
    }
    return (struct bytes){0};
}

bool otlp_field_item(enum otlp_form form, struct bytes *list, enum otlp_item item, uint64_t *whole,
                     double *real)
{
    if (form == OTLP_PROTOBUF) {
        if (list->len == 0) return false;
        if (item == OTLP_ITEM_VARINT) return pb_varint(list, whole);
        uint64_t bits;
        if (!pb_fixed64(list, &bits)) return false;
        *whole = bits;
        if (item == OTLP_ITEM_REAL) *real = real_of(bits);
        return true;
    }
    /* What is left of "[1, 2]" after some: it begins with the bracket or the comma before. */
    struct json_walk w = {.rest = *list};
    struct bytes none;
    struct bytes value;
    if (list->len == 0) return false;
    if (list->at[0] == '[') json_walk_open(&w, *list);
    else w.begun = true;
    enum json_kind kind = json_walk_next(&w, &none, &value);
    *list = w.rest;
    if (kind != JSON_NUMBER && kind != JSON_STRING) return false;
    return item == OTLP_ITEM_REAL ? number_of(value, real) : whole_of(value, whole);
}
