/* `trace:` and `otlp:`, and the variable by which services are told where to send. */
#include "plan/parse_telemetry.h"

static bool read_words(struct parse *p, const struct node *n, const char *key, struct bytes *out)
{
    if (n->kind != NODE_SCALAR) return parse_node_is(p, n, SHAPE_SCALAR, key);
    if (n->text.len == 0) return parse_node_empty(p, n, key);
    return parse_variable_constant(p, n, n->text, out);
}

void parse_telemetry_trace(struct parse *p, const struct node *n)
{
    struct trace_plan *trace = &p->plan->telemetry.trace;
    const char *why = NULL;
    struct bytes text = {0};
    *trace = (struct trace_plan){.share = TELEMETRY_SHARE};
    if (n && read_words(p, n, "trace", &text) && !telemetry_read_trace(text, trace, &why)) {
        parse_node_error(p, DIAG_CHOICE, n, why, "'%.*s' is nothing that 'trace' can be",
                         BYTES_ARG(text));
    }
    const struct plan_overrides *flags = p->in->overrides;
    if (flags && flags->trace.len > 0 && !telemetry_read_trace(flags->trace, trace, &why)) {
        diag_add(p->diags, DIAG_CHOICE, (struct span){0}, why, "--trace %.*s is wrong",
                 BYTES_ARG(flags->trace));
    }
}

/* Before the services are read, which may name its port. */
void parse_telemetry_otlp(struct parse *p, const struct node *n)
{
    struct otlp_plan *otlp = &p->plan->telemetry.otlp;
    const struct plan_host *host = p->in->host;
    const char *why = NULL;
    struct bytes text = {0};
    if (!n || !read_words(p, n, "otlp", &text)) return;
    otlp->at = n->at;
    if (!telemetry_read_otlp(text, otlp, &why)) {
        parse_node_error(p, DIAG_CHOICE, n, why, "'%.*s' is nothing that 'otlp' can be",
                         BYTES_ARG(text));
        otlp->host = BYTES_LIT("127.0.0.1"); /* so that $otlp is no second mistake */
        otlp->port = 1;
        return;
    }
    if (otlp->free && host && host->free_port) otlp->port = host->free_port(host->ctx);
    if (otlp->port == 0) {
        parse_node_error(p, DIAG_HOST, n, NULL, "no free port on 127.0.0.1");
        otlp->port = 1;
    }
}

bool parse_telemetry_value(struct parse *p, struct bytes part, struct bytes *out)
{
    const struct otlp_plan *otlp = &p->plan->telemetry.otlp;
    char array[64];
    struct text t = text_in(array, sizeof array);
    bool six = memchr(otlp->host.at, ':', otlp->host.len) != NULL;
    if (bytes_is(part, "port")) {
        text_addf(&t, "%u", otlp->port);
    } else if (bytes_is(part, "url")) {
        text_addf(&t, "http://%s%.*s%s:%u", six ? "[" : "", BYTES_ARG(otlp->host), six ? "]" : "",
                  otlp->port);
    } else {
        return false;
    }
    *out = arena_copy(p->arena, text_bytes(&t));
    return true;
}
