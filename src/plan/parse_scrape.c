/* `metrics` of a service: the page that Prometheus reads, and what of it is wanted. */
#include "plan/parse_priv.h"

#include "wire/url.h"

static bool wrong(struct parse *p, const struct node *n, const char *hint, const char *cause)
{
    return parse_node_error(p, DIAG_SERVICE, n, hint, "%s", cause);
}

static bool read_url(struct parse *p, const struct node *n, struct scrape *out)
{
    struct bytes text = {0};
    struct url url;
    enum url_bad bad = URL_BAD_NONE;
    size_t at = 0;
    if (n->text.len == 0) return parse_node_empty(p, n, "metrics");
    if (!parse_variable_constant(p, n, n->text, &text)) return false;
    if (!url_parse(&url, text, &bad, &at)) {
        return parse_node_error(p, DIAG_SERVICE, n, "http://127.0.0.1:$NAME.port/metrics",
                                "'metrics' wants a URL: %s", url_bad_text(bad));
    }
    if (url.has_userinfo) {
        return wrong(p, n, "metrics: { url: ..., headers: { Authorization: Bearer $env.TOKEN } }",
                     "the URL of 'metrics' holds a user, which a header should say");
    }
    bool bare = url.path.len == 1 && !url.has_query && text.at[text.len - 1] != '/';
    if (bare) { /* as Prometheus has it */
        char array[512];
        struct text whole = text_in(array, sizeof array);
        text_add(&whole, text);
        text_adds(&whole, "/metrics");
        if (!whole.cut) text = arena_copy(p->arena, text_bytes(&whole));
    }
    out->url = text;
    return true;
}

static bool read_pattern(struct parse *p, const struct node *n, struct scrape *out)
{
    struct bytes name = {0};
    if (n->text.len == 0) return parse_node_empty(p, n, "keep");
    if (!parse_variable_constant(p, n, n->text, &name)) return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        char low = (char)(c | 0x20);
        bool letter = (low >= 'a' && low <= 'z') || c == '_' || c == ':' || bytes_is_digit(c);
        if (letter || (c == '*' && i + 1 == name.len)) continue;
        return wrong(p, n,
                     "a name as the page has it, http_requests_total, or its beginning: http_*",
                     "'keep' wants names of metrics");
    }
    struct bytes *more = parse_node_push(p, out->keep, out->keep_count, sizeof *more);
    if (!more) return false;
    out->keep = more;
    out->keep[out->keep_count++] = name;
    return true;
}

static bool read_keep(struct parse *p, const struct node *n, struct scrape *out)
{
    if (n->kind == NODE_SCALAR) return read_pattern(p, n, out);
    if (n->count == 0)
        return wrong(p, n, "name what is wanted, or leave it out", "'keep' is empty");
    bool all = true;
    for (uint32_t i = 0; i < n->count; i++) {
        const struct node *item = n->items[i].value;
        all = parse_node_is(p, item, SHAPE_SCALAR, "keep") && read_pattern(p, item, out) && all;
    }
    return all;
}

static bool read_headers(struct parse *p, const struct node *n, struct scrape *out)
{
    struct header_list list = {0};
    parse_scenario_headers(p, n, &list); /* constants here: each value is text */
    out->headers = ARENA_ARRAY(p->arena, list.count + 1, struct bytes);
    for (uint32_t i = 0; i < list.count && out->headers; i++) {
        char array[8192];
        struct text line = text_in(array, sizeof array);
        text_addf(&line, "%.*s: ", BYTES_ARG(list.items[i].name));
        for (uint32_t k = 0; k < list.items[i].value.piece_count; k++) {
            text_add(&line, list.items[i].value.pieces[k].text);
        }
        if (line.cut) return wrong(p, n, "8 KiB at most", "a header of 'metrics' is too long");
        out->headers[out->header_count++] = arena_copy(p->arena, text_bytes(&line));
    }
    return list.count == n->count;
}

static bool read_map(struct parse *p, const struct node *n, struct scrape *out)
{
    struct fields f;
    if (!parse_node_fields(p, n, PLACE_METRICS, &f)) return false;
    bool fine = !f.bad && f.at[KEY_METRICS_URL] && read_url(p, f.at[KEY_METRICS_URL], out);
    if (f.at[KEY_METRICS_KEEP]) fine = read_keep(p, f.at[KEY_METRICS_KEEP], out) && fine;
    if (f.at[KEY_METRICS_HEADERS]) fine = read_headers(p, f.at[KEY_METRICS_HEADERS], out) && fine;
    if (f.at[KEY_METRICS_TLS]) {
        out->tls = (struct tls_plan){0};
        fine = parse_tls_map(p, f.at[KEY_METRICS_TLS], &out->tls) && fine;
    }
    return fine;
}

bool parse_scrape_all(struct parse *p, struct fields *f, struct service *s)
{
    const struct node *n = f->at[KEY_SERVICE_METRICS];
    if (!n) return false;
    struct scrape scrape = {.at = n->at, .tls = p->plan->tls};
    scrape.tls.at = (struct span){0};
    bool good = n->kind == NODE_MAP ? read_map(p, n, &scrape) : read_url(p, n, &scrape);
    if (good) s->scrape = scrape;
    else f->bad = true;
    return true;
}
