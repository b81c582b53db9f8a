#include "observe/prom_served.h"

#include "wire/prom_text.h"

/* Ends of names, `flask_http_request_duration_seconds` among them. */
static const char *const names[] = {
    "http_server_request_duration_seconds", /* OpenTelemetry */
    "http_server_requests_seconds",         /* Micrometer, Spring Boot */
    "http_request_duration_seconds",        /* most others */
    "http_requests_duration_seconds",
    "http_request_seconds",
    "http_requests_seconds",
    "http_request_latency_seconds",
    "http_requests_latency_seconds",
    "http_response_time_seconds",
    "http_server_duration_milliseconds", /* OpenTelemetry before 1.20 */
    "http_request_duration_milliseconds",
    "http_request_duration_ms",
    "service_request_duration_seconds", /* Traefik */
};

enum what { METHOD, ROUTE_TEMPLATE, ROUTE_PATH, STATUS, FAILURE };

static const struct {
    const char *label;
    enum what what;
} labels_known[] = {
    {"method", METHOD},
    {"http_method", METHOD},
    {"http_request_method", METHOD},
    {"verb", METHOD},
    {"route", ROUTE_TEMPLATE},
    {"http_route", ROUTE_TEMPLATE},
    {"handler", ROUTE_TEMPLATE},
    {"uri", ROUTE_TEMPLATE},
    {"endpoint", ROUTE_TEMPLATE},
    {"url_rule", ROUTE_TEMPLATE},
    {"path", ROUTE_PATH},
    {"url", ROUTE_PATH},
    {"http_target", ROUTE_PATH},
    {"status", STATUS},
    {"code", STATUS},
    {"status_code", STATUS},
    {"http_status_code", STATUS},
    {"http_response_status_code", STATUS},
    {"exception", FAILURE},
    {"error_type", FAILURE},
};

int prom_served_rank(struct bytes metric)
{
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t len = strlen(names[i]);
        if (metric.len < len || !bytes_is(bytes_from(metric, metric.len - len), names[i])) continue;
        if (metric.len == len || metric.at[metric.len - len - 1] == '_') return (int)i;
    }
    return -1;
}

double prom_served_unit_s(struct bytes metric)
{
    bool seconds = metric.len > 7 && bytes_is(bytes_from(metric, metric.len - 7), "seconds");
    bool milli = metric.len > 12 && bytes_is(bytes_from(metric, metric.len - 12), "milliseconds");
    return seconds && !milli ? 1 : 0.001;
}

/* "200", and "2xx" as 200. */
static unsigned status_of(struct bytes value)
{
    if (value.len != 3 || value.at[0] < '1' || value.at[0] > '5') return 0;
    unsigned status = (unsigned)(value.at[0] - '0') * 100;
    if (bytes_is_digit(value.at[1]) && bytes_is_digit(value.at[2])) {
        status += (unsigned)(value.at[1] - '0') * 10 + (unsigned)(value.at[2] - '0');
    } else if ((value.at[1] | 0x20) != 'x' || (value.at[2] | 0x20) != 'x') {
        status = 0;
    }
    return status;
}

static bool is_none(struct bytes value)
{
    return value.len == 0 || bytes_same_nocase(value, BYTES_LIT("none"));
}

/* `GET /jobs` in one label. */
static void part_method(struct prom_served *out)
{
    struct bytes route = bytes_of(out->route);
    size_t blank = bytes_find(route, BYTES_LIT(" "));
    if (out->method[0] != '\0' || blank == SIZE_MAX || blank >= sizeof out->method) return;
    for (size_t i = 0; i < blank; i++) {
        if (route.at[i] < 'A' || route.at[i] > 'Z') return;
    }
    if (route.at[blank + 1] != '/') return;
    struct text method = text_in(out->method, sizeof out->method);
    text_add(&method, (struct bytes){route.at, blank});
    memmove(out->route, out->route + blank + 1, route.len - blank); /* its NUL too */
}

void prom_served_read(struct bytes labels, struct prom_served *out)
{
    struct bytes name;
    struct bytes value;
    *out = (struct prom_served){0};
    struct text method = text_in(out->method, sizeof out->method);
    struct text route = text_in(out->route, sizeof out->route);
    while (prom_text_label(&labels, &name, &value)) {
        for (size_t i = 0; i < COUNT_OF(labels_known); i++) {
            if (!bytes_is(name, labels_known[i].label)) continue;
            switch (labels_known[i].what) {
            case METHOD:
                text_clear(&method);
                prom_text_unescape(&method, value);
                break;
            case ROUTE_TEMPLATE:
            case ROUTE_PATH:
                if (out->is_template) break; /* two labels: the one that is a template */
                text_clear(&route);
                prom_text_unescape(&route, value);
                out->is_template = labels_known[i].what == ROUTE_TEMPLATE;
                break;
            case STATUS:
                out->status = status_of(value);
                break;
            case FAILURE:
                out->failed |= !is_none(value);
                break;
            }
        }
    }
    out->failed |= out->status >= 500;
    part_method(out);
}
