/* print_priv.h - what the files that print a plan share: how a text is written in the language.
 *
 * Why: what was resolved while reading must read back as the same: `$` is doubled, and values of
 * this machine and of the environment become variables again, so no secret is printed.
 * Source: docs/plan.md, "Variables".
 * Thread: main.  Memory: the caller's. */
#pragma once

#include "base/text.h"
#include "plan/plan.h"

struct printer {
    struct text *out;
    const struct plan *plan;
    const struct service *service;   /* being printed: its folder is $dir */
    const struct scenario *scenario; /* being printed: it names the captures */
    bool in_vars; /* the variables themselves are being printed: they are made of $env only */
};

/* Appends `b`, which was resolved, as the language writes it; to any text. */
void print_text_source(const struct printer *p, struct text *out, struct bytes b);
/* The same of a pattern: captures, data and functions are variables. */
void print_text_pattern(const struct printer *p, struct text *out, const struct pattern *pattern);
void print_text_piece(const struct printer *p, struct text *out, const struct piece *piece);
/* Appends `text` to p->out as one YAML scalar: plain, or in quotes where it needs them. */
void print_text_scalar(const struct printer *p, struct bytes text);
/* How long a secret, port or folder stands at the start of `b`; its variable goes to `name`. 0:
 * none, or none that could be written there. */
size_t print_text_variable(const struct printer *p, struct bytes b, struct text *name);
/* Appends a service's `metrics`, where it has a page of them. */
void print_scrape(const struct printer *p, const struct service *s);
/* Appends `trace` and `otlp`. */
void print_telemetry(const struct printer *p);
/* Appends a rendered JSON body as the value of a key: block YAML, each line `indent` deep. */
void print_json_value(const struct printer *p, const struct pattern *body, uint32_t indent);
