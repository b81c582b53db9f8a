/* prom_text.h - a page of metrics as Prometheus reads it: lines in, types and samples out.
 *
 * Why our own: the page is somebody else's and may be anything: what makes no sense is told as a
 * bad line and passed over, and a number that was cut is not told, which is not 0.
 * Text format 0.0.4 and OpenMetrics 1.0. Deviations, all of them towards taking more: \r\n ends a
 * line as \n does, blanks may be several, exemplars are passed over in both formats. Names in
 * quotes (UTF-8 names) are bad lines: nobody who does not ask for them gets them. Source:
 * Prometheus, "Exposition formats"; OpenMetrics 1.0, "Text format". Thread: any.  Memory: none;
 * views into the page. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"
#include "base/text.h"

#define PROM_LINE_MAX 16384 /* bytes; a longer one is bad */
#define PROM_LABELS_MAX 64  /* of a sample; with more it is bad */

enum prom_type {
    PROM_UNTYPED,
    PROM_COUNTER,
    PROM_GAUGE,
    PROM_HISTOGRAM,
    PROM_SUMMARY,
    PROM_GAUGE_HISTOGRAM,
    PROM_INFO,
    PROM_STATE_SET
};

enum prom_kind {
    PROM_TYPE,   /* what the samples behind it are: `name`, `type` */
    PROM_SAMPLE, /* `name`, `labels`, `value`, and `time_s` where it has one */
    PROM_BAD,    /* `line` makes no sense */
    PROM_EOF,    /* OpenMetrics' mark of a whole page; nothing counts behind it */
    PROM_END
};

struct prom_item {
    enum prom_kind kind;
    enum prom_type type;
    struct bytes name;
    struct bytes labels; /* what stands between the braces, checked: prom_text_label() */
    double value;        /* may be an infinity or not a number */
    double time_s;       /* since 1970; NAN: the page does not say */
    struct bytes line;   /* PROM_BAD: at most its first 200 bytes */
};

struct prom_text {
    struct bytes rest;
    bool open; /* OpenMetrics: times are seconds, not milliseconds */
    bool cut;  /* the page goes on: a last line without its end may be half of one */
};

/* Takes the next item off; PROM_END is the last. */
enum prom_kind prom_text_next(struct prom_text *p, struct prom_item *out);
/* Takes the next label of a sample's off; false: there is none. `value` is as it is escaped. */
bool prom_text_label(struct bytes *rest, struct bytes *name, struct bytes *value);
/* Appends a label's value without its escapes: \\ \" \n; another is kept as it stands. */
void prom_text_unescape(struct text *out, struct bytes value);
/* A number as the page writes it: decimal, +Inf, -Inf, NaN. */
bool prom_text_number(struct bytes word, double *out);
