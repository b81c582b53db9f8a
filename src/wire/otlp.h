/* otlp.h - what services tell by OTLP: spans, points of metrics, records of logs.
 *
 * Why: of each prony needs a few fields, whatever SDK sent them, in protobuf or in JSON. A message
 * is checked whole before anything of it is told, so that one refused has told nothing.
 * Source: OpenTelemetry Protocol 1.10 and its .proto files 1.3; semantic conventions for HTTP 1.23
 * and those before, whose names (http.method, ...) many still send.
 * Thread: any.  Memory: in place; all that is told is borrowed for the call. */
#pragma once

#include "base/trace_id.h"
#include "wire/otlp_field.h"

enum otlp_signal { OTLP_TRACES, OTLP_METRICS, OTLP_LOGS };

/* What the attributes of a span or a point say of HTTP. */
struct otlp_http {
    struct bytes method, route, path; /* path: with its query, as some send it */
    uint32_t status;                  /* 0: not told */
};

struct otlp_span {
    struct bytes service, name;
    struct trace_id trace;
    uint64_t id, parent;
    uint32_t kind; /* as in trace.proto: 2 is a server's */
    bool failed;
    uint64_t start_ns, end_ns; /* since 1970 */
    struct otlp_http http;
};

enum otlp_kind { OTLP_GAUGE, OTLP_SUM, OTLP_HISTOGRAM, OTLP_EXPONENTIAL };

#define OTLP_LABEL_MAX 120 /* bytes of a label; the rest is cut */

/* A point of a metric; of histograms the lists are read by otlp_metric_bucket(). */
struct otlp_point {
    enum otlp_kind kind;
    struct bytes service, name, unit;
    struct bytes label; /* "queue=mail,state=idle": its attributes by name */
    bool delta;         /* since start_ns, not since the service began */
    bool monotonic;     /* OTLP_SUM */
    uint64_t start_ns, end_ns;
    double value; /* OTLP_GAUGE, OTLP_SUM */
    uint64_t count;
    double sum;
    bool has_sum;
    enum otlp_form form;
    struct bytes counts, bounds; /* OTLP_HISTOGRAM */
    int32_t scale;               /* OTLP_EXPONENTIAL: bounds are powers of 2^(2^-scale) */
    int32_t offset;
    uint64_t zeros;
    struct otlp_http http;
};

struct otlp_log {
    struct bytes service, body;
    uint32_t severity; /* 1 to 24; 0: not told */
    uint64_t time_ns;
    struct trace_id trace;
};

/* Whom it is told; NULL: nobody wants it. */
struct otlp_sink {
    void *ctx;
    void (*span)(void *ctx, const struct otlp_span *span);
    void (*point)(void *ctx, const struct otlp_point *point);
    void (*log)(void *ctx, const struct otlp_log *record);
};

struct otlp_tally {
    uint64_t taken, rejected;
    const char *why; /* of one that was rejected: static */
};

/* A whole request. False: it is none, and nothing was told. */
MUST_USE bool otlp_read(enum otlp_signal signal, enum otlp_form form, struct bytes body,
                        const struct otlp_sink *sink, struct otlp_tally *tally);

/* A bucket of a histogram: so many values in (low, high]; the last may be endless. */
struct otlp_bucket {
    double low, high;
    uint64_t count;
};

/* Walks over those that are not empty. */
struct otlp_buckets {
    const struct otlp_point *point;
    struct bytes counts, bounds;
    double low;
    int64_t index;
    bool zeros_told;
};

/* From the first on; `point` is kept. */
void otlp_metric_buckets(struct otlp_buckets *b, const struct otlp_point *point);
/* The next one; false: there are no more. */
bool otlp_metric_bucket(struct otlp_buckets *b, struct otlp_bucket *out);

/* The answer to a request of that form, into `out`: empty where all was taken. */
void otlp_answer(struct text *out, enum otlp_signal signal, enum otlp_form form,
                 const struct otlp_tally *tally);
/* That to one that was refused: a message of type Status. */
void otlp_refuse(struct text *out, enum otlp_form form, const char *why);
