/* otlp_field.h - the fields of an OTLP message, whether it is protobuf or JSON.
 *
 * Why: OTLP comes in both, with the same messages; each is one table here, and is read by the same
 * few lines. Repeated fields are told one by one, in JSON too.
 * Source: OpenTelemetry Protocol 1.10, "JSON Protobuf Encoding": lowerCamelCase keys, ids in hex,
 * numbers of 64 bits as text, enums as numbers; unknown keys are passed over.
 * Thread: any.  Memory: none; `raw` points into the message. */
#pragma once

#include "wire/json_walk.h"
#include "wire/pb.h"

enum otlp_form { OTLP_PROTOBUF, OTLP_JSON };

enum otlp_type {
    OTLP_MESSAGE,
    OTLP_TEXT,
    OTLP_ID,    /* bytes; in JSON hex digits */
    OTLP_WHOLE, /* of either sign, as the bits of an int64_t */
    OTLP_ZIGZAG,
    OTLP_REAL,
    OTLP_BOOL,
    OTLP_LIST /* of numbers: otlp_field_item() */
};

struct otlp_key {
    uint32_t number;
    enum otlp_type type;
    const char *name;
};

struct otlp_field {
    uint32_t number;
    struct bytes raw; /* OTLP_MESSAGE, OTLP_TEXT, OTLP_ID, OTLP_LIST */
    uint64_t whole;   /* OTLP_WHOLE, OTLP_ZIGZAG, OTLP_BOOL */
    double real;
};

struct otlp_fields {
    enum otlp_form form;
    const struct otlp_key *keys;
    uint32_t key_count;
    bool broken; /* what was read is no such message */
    struct bytes rest;
    struct json_walk members, elements;
    const struct otlp_key *listed; /* whose elements come; NULL: none */
};

/* At the start of a message, whose known fields come one by one. */
void otlp_field_open(struct otlp_fields *f, enum otlp_form form, struct bytes message,
                     const struct otlp_key *keys, uint32_t key_count);
/* The next that is known; false: there is none, or `broken`. */
bool otlp_field_next(struct otlp_fields *f, struct otlp_field *out);
/* 8 or 16 bytes, most significant first; false: it is not that long. */
bool otlp_field_id(enum otlp_form form, struct bytes raw, uint64_t *high, uint64_t *low);
/* A text as it was meant: `raw` itself, or unescaped into `room`, cut where that is too small. */
struct bytes otlp_field_text(enum otlp_form form, struct bytes raw, char *room, size_t size);

enum otlp_item { OTLP_ITEM_FIXED, OTLP_ITEM_VARINT, OTLP_ITEM_REAL };

/* Takes the next number off a list; reals into `*real`, others into `*whole`. False: there is none,
 * or what is there is no number. */
bool otlp_field_item(enum otlp_form form, struct bytes *list, enum otlp_item item, uint64_t *whole,
                     double *real);
