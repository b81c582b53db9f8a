/* prom_served.h - which distributions are times of HTTP requests that a service answered, and what
 * their labels say of them.
 *
 * Why: each client library has its own names for the same three things: method, route, status. A
 * page may hold the same requests under several names; the lowest rank is the one to believe.
 * Source: the documentation of client_golang (promhttp), client_java, Micrometer, prom-client's
 * express bundle, prometheus_flask_exporter, prometheus-fastapi-instrumentator, Traefik, Caddy,
 * OpenTelemetry's semantic conventions for HTTP.
 * Thread: any.  Memory: views, and the caller's arrays. */
#pragma once

#include "base/attr.h"
#include "base/bytes.h"
#include "base/text.h"

#define PROM_SERVED_WORD 200

struct prom_served {
    char method[24], route[PROM_SERVED_WORD]; /* not escaped; empty: not said */
    bool is_template; /* the route is one by its label: `handler`, `route` */
    unsigned status;  /* 0: not said */
    bool failed;      /* by its status, or where it is said otherwise */
};

/* 0 is the name to be believed first; -1: it is no such thing. */
int prom_served_rank(struct bytes metric);
/* Seconds in its unit: 1 or 0.001. */
double prom_served_unit_s(struct bytes metric);
/* `labels` as prom_text_label() takes them apart. */
void prom_served_read(struct bytes labels, struct prom_served *out);
