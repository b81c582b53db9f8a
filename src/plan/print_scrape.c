/* `metrics` of a service, as the language writes it. */
#include "plan/print_priv.h"

#include "base/attr.h"

/* `lead`, and a text that was resolved. */
static void put(const struct printer *p, const char *lead, struct bytes value)
{
    char array[8192];
    struct text source = text_in(array, sizeof array);
    print_text_source(p, &source, value);
    text_adds(p->out, lead);
    print_text_scalar(p, text_bytes(&source));
    text_addc(p->out, '\n', 1);
    p->out->cut |= source.cut;
}

static void put_header(const struct printer *p, struct bytes line)
{
    size_t colon = bytes_find(line, BYTES_LIT(": "));
    if (colon == SIZE_MAX) return;
    text_adds(p->out, "        ");
    print_text_scalar(p, (struct bytes){line.at, colon});
    put(p, ": ", bytes_from(line, colon + 2));
}

static void put_tls(const struct printer *p, const struct tls_plan *tls)
{
    const struct {
        const char *lead;
        struct bytes value;
    } texts[] = {{"        ca: ", tls->ca},
                 {"        server_name: ", tls->server_name},
                 {"        cert: ", tls->cert},
                 {"        key: ", tls->key}};
    if (tls->at.line == 0) return; /* the plan's */
    text_adds(p->out, "      tls:\n");
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (texts[i].value.len > 0) put(p, texts[i].lead, texts[i].value);
    }
    text_addf(p->out, "        insecure: %s\n", tls->insecure ? "true" : "false");
}

void print_scrape(const struct printer *p, const struct service *s)
{
    const struct scrape *scrape = &s->scrape;
    if (scrape->url.len == 0) return;
    text_adds(p->out, "    metrics:\n");
    put(p, "      url: ", scrape->url);
    if (scrape->keep_count > 0) text_adds(p->out, "      keep:\n");
    for (uint32_t i = 0; i < scrape->keep_count; i++) put(p, "        - ", scrape->keep[i]);
    if (scrape->header_count > 0) text_adds(p->out, "      headers:\n");
    for (uint32_t i = 0; i < scrape->header_count; i++) put_header(p, scrape->headers[i]);
    put_tls(p, &scrape->tls);
    if (s->attach.kind != ATTACH_NONE) return; /* which says it for both */
    text_addf(p->out, "    required: %s\n", scrape->required ? "true" : "false");
}
