#include "observe/prometheus_source.h"

#include <math.h>

#include "base/clock.h"
#include "net/fetch.h"
#include "observe/prom_page.h"

#define PAGE_BYTES ((size_t)4 << 20)
#define WITHIN_NS (2 * NS_PER_S) /* a page is slow when it is needed most */
#define CHECK_WITHIN_NS (5 * NS_PER_S)
#define ACCEPT                                                                                     \
    "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

struct prometheus {
    struct bytes service;
    struct fetch *fetch;
    struct prom_page page;
    uint64_t left_told;
    bool cut_told, bad_told, twice_told;
};

static const char *path_or_none(struct bytes path)
{
    return path.len > 0 ? path.at : NULL;
}

static bool open_page(struct fetch **out, struct arena *arena, const struct scrape *scrape,
                      struct err *err)
{
    const struct tls_plan *tls = &scrape->tls;
    struct bytes *headers = ARENA_ARRAY(arena, scrape->header_count + 1, struct bytes);
    char *buffer = arena_alloc(arena, PAGE_BYTES);
    if (!headers || !buffer) return err_set(err, ERR_LIMIT, 0, "no memory to ask for metrics");
    for (uint32_t i = 0; i < scrape->header_count; i++) headers[i] = scrape->headers[i];
    headers[scrape->header_count] = BYTES_LIT(ACCEPT);
    struct fetch_setting setting = {.url = scrape->url,
                                    .headers = headers,
                                    .header_count = scrape->header_count + 1,
                                    .tls = {.ca = path_or_none(tls->ca),
                                            .cert = path_or_none(tls->cert),
                                            .key = path_or_none(tls->key),
                                            .insecure = tls->insecure},
                                    .server_name = tls->server_name};
    return fetch_open(out, arena, &setting, buffer, PAGE_BYTES, err);
}

static bool ask(struct fetch *fetch, uint64_t within_ns, struct fetch_reply *out, struct err *err)
{
    if (!fetch_get(fetch, within_ns, out, err)) return false;
    if (out->status == 200) return true;
    err_set(err, ERR_IO, 0, "its page of metrics answers %u", out->status);
    if (out->status == 401 || out->status == 403) {
        err_set(
            err, ERR_DENIED, 0,
            "its page of metrics answers %u: give it a header, Authorization: Bearer $env.TOKEN",
            out->status);
    }
    return false;
}

/* Whether the page says that it is OpenMetrics. */
static bool is_open(const struct fetch_reply *reply)
{
    return bytes_starts(bytes_of(reply->type), BYTES_LIT("application/openmetrics-text"));
}

static bool read_page(struct prometheus *m, const struct fetch_reply *reply, bool first,
                      struct err *err)
{
    struct prom_text text = {.rest = reply->body, .open = is_open(reply), .cut = reply->cut};
    struct prom_item item;
    bool whole = false;
    prom_page_begin(&m->page, first, (double)clock_wall_ns() / 1e9);
    while (prom_text_next(&text, &item) != PROM_END) {
        prom_page_note(&m->page, &item);
        whole |= item.kind == PROM_EOF;
    }
    if (m->page.samples == 0 && m->page.bad > 0) {
        return err_set(err, ERR_IO, 0, "its page is none of metrics: \"%s\"", m->page.first_bad);
    }
    if (text.open && !whole && !reply->cut) {
        return err_set(err, ERR_IO, 0, "its page ends before its end mark, # EOF");
    }
    return true;
}

/* What was not taken, once; what finds no room again when it is twice as much. */
static void tell_news(struct prometheus *m, struct slip *slip, const struct fetch_reply *reply)
{
    const struct prom_page *p = &m->page;
    unsigned long long left = p->left_out;
    unsigned long long bad = p->bad;
    if (reply->cut && !m->cut_told) {
        slip_say(slip,
                 "%.*s: its page of metrics is longer than %zu MiB: what stands behind is not "
                 "seen",
                 BYTES_ARG(m->service), PAGE_BYTES >> 20);
        m->cut_told = true;
    }
    if (p->bad > 0 && !m->bad_told) {
        slip_say(slip, "%.*s: %llu lines of its metrics make no sense, \"%s\" first",
                 BYTES_ARG(m->service), bad, p->first_bad);
        m->bad_told = true;
    }
    if (p->twice > 0 && !m->twice_told) {
        slip_say(slip, "%.*s: %llu of its metrics stand on the page twice; the first counts",
                 BYTES_ARG(m->service), (unsigned long long)p->twice);
        m->twice_told = true;
    }
    if (p->left_out > 0 && p->left_out >= 2 * m->left_told) {
        slip_say(slip,
                 "%.*s: %llu of its metrics find no room and are left out; `keep:` says which "
                 "are wanted",
                 BYTES_ARG(m->service), left);
        m->left_told = p->left_out;
    }
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct prometheus *m = ctx;
    struct fetch_reply reply;
    uint64_t began_ns = clock_now_ns();
    if (!ask(m->fetch, WITHIN_NS, &reply, err)) return false;
    double took_s = (double)(clock_now_ns() - began_ns) / 1e9;
    if (!read_page(m, &reply, when->first, err)) return false;
    prom_page_put(&m->page, slip, when);
    tell_news(m, slip, &reply);
    slip_put(slip, slip_series(slip, m->service, SERIES_OF_METRICS_ASK_TIME, (struct bytes){0}),
             took_s);
    return true;
}

static void close_source(void *ctx)
{
    struct prometheus *m = ctx;
    fetch_close(m->fetch);
    m->fetch = NULL;
}

bool prometheus_source(struct source *out, struct arena *arena, struct bytes service,
                       const struct scrape *scrape, struct served_book *book)
{
    struct prometheus *m = ARENA_NEW(arena, struct prometheus);
    struct err err = {0};
    if (!m || !prom_page_open(&m->page, arena, service, scrape, book)) return false;
    if (!open_page(&m->fetch, arena, scrape, &err)) return false;
    m->service = service;
    *out = (struct source){.ctx = m, .look = look, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "metrics of %.*s", BYTES_ARG(service));
    return true;
}

bool prometheus_source_check(struct arena *arena, const struct scrape *scrape, struct err *err)
{
    struct fetch *fetch = NULL;
    struct fetch_reply reply;
    if (!open_page(&fetch, arena, scrape, err)) return false;
    bool there = ask(fetch, CHECK_WITHIN_NS, &reply, err);
    fetch_close(fetch);
    return there;
}
