/* otlp_priv.h - what the files that read OTLP share.
 *
 * Why: spans, points and records are a file each; resources and attributes are the same to all.
 * Source: OpenTelemetry Protocol 1.10.  Thread: any.  Memory: in place. */
#pragma once

#include "wire/otlp.h"

#define OTLP_ROOM 1024 /* for texts that had escapes, of one span or point */
#define OTLP_LABELS 12 /* attributes that a label is made of */
#define OTLP_WORD_MAX 64

#define OTLP_KEYS(table) (table), (uint32_t)(sizeof(table) / sizeof((table)[0]))

/* A request being read, and the part of it that is. */
struct otlp_reader {
    enum otlp_form form;
    const struct otlp_sink *sink; /* NULL: it is only checked */
    struct otlp_tally *tally;
    struct bytes service;
    char service_room[OTLP_WORD_MAX * 2];
    char room[OTLP_ROOM];
    size_t used;
    char label[OTLP_LABEL_MAX + 1];
};

struct otlp_attribute {
    struct bytes key;
    struct bytes text;
    uint64_t whole;
    double real;
    enum {
        OTLP_NO_VALUE,
        OTLP_TEXT_VALUE,
        OTLP_BOOL_VALUE,
        OTLP_WHOLE_VALUE,
        OTLP_REAL_VALUE
    } kind;
};

/* Each returns false where the message is broken. */
bool otlp_attribute_read(struct otlp_reader *r, struct bytes message, struct otlp_attribute *out);
/* `value` of an AnyValue; texts only into `out`. */
bool otlp_attribute_body(struct otlp_reader *r, struct bytes message, struct bytes *out);
/* What an attribute says of HTTP. */
void otlp_attribute_http(struct otlp_http *http, const struct otlp_attribute *a);
/* Forgets the texts of the span or point before. */
void otlp_attribute_begin(struct otlp_reader *r);
struct bytes otlp_attribute_text(struct otlp_reader *r, struct bytes raw);

/* One item of each signal: told to the reader's sink, or counted as rejected. */
bool otlp_span_read(struct otlp_reader *r, struct bytes message);
bool otlp_metric_read(struct otlp_reader *r, struct bytes message);
bool otlp_log_read(struct otlp_reader *r, struct bytes message);
