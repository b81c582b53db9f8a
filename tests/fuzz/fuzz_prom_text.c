/* fuzz_prom_text.c - a page of metrics: what is told lies in it and in order; a page that was cut
 * tells the beginning of what the whole one does and nothing else; labels are taken apart to their
 * end; two looks at it end within their memory, and no rate is below 0. Input: one byte, whether it
 * is OpenMetrics, then the page. */
#include <math.h>

#include "laws.h"
#include "observe/prom_page.h"

#define MAX_TEXT 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_labels(const struct prom_item *item)
{
    struct bytes rest = item->labels, name, value;
    char array[256];
    uint32_t count = 0;
    while (prom_text_label(&rest, &name, &value)) {
        struct text plain = text_in(array, sizeof array);
        LAW(name.len > 0 && name.at >= item->labels.at);
        LAW(value.at + value.len < item->labels.at + item->labels.len);
        prom_text_unescape(&plain, value);
        LAW(plain.cut || plain.len <= value.len);
        count++;
    }
    LAW(rest.len == 0);
    LAW(count <= PROM_LABELS_MAX);
}

/* Writes what is told of `text` down; how many items. */
static uint32_t read_all(struct bytes text, bool open, bool cut, struct record *out)
{
    struct prom_text p = {.rest = text, .open = open, .cut = cut};
    struct prom_item item;
    uint32_t count = 0;
    const char *at = text.at;
    while (prom_text_next(&p, &item) != PROM_END) {
        record_number(out, "\n", item.kind);
        if (item.kind == PROM_BAD) LAW(item.line.len <= 200 && item.line.at >= at);
        if (item.kind == PROM_SAMPLE) check_labels(&item);
        if (item.kind == PROM_SAMPLE || item.kind == PROM_TYPE) {
            LAW(item.name.len > 0 && item.name.at >= at);
            record_add(out, item.name);
            record_add(out, item.labels);
            at = item.name.at;
        }
        count++;
    }
    LAW(p.rest.len == 0);
    LAW(prom_text_next(&p, &item) == PROM_END);
    return count;
}

static void look_twice(struct bytes text, bool open)
{
    static struct arena arena;
    static const struct scrape scrape = {.url = {"http://h/m", 10}};
    static struct slip slip;
    static struct prom_page page;
    static struct sample samples[SLIP_SAMPLES];
    uint32_t known;
    if (!arena.base) LAW(arena_open(&arena, (size_t)8 << 20, NULL));
    arena_reset(&arena);
    LAW(slip_open(&slip, &arena));
    LAW(prom_page_open(&page, &arena, BYTES_LIT("a"), &scrape, NULL));
    for (uint64_t i = 0; i < 2; i++) {
        struct look look = {
            .since_ns = i * 1000000000, .now_ns = (i + 1) * 1000000000, .first = i == 0};
        struct prom_text p = {.rest = text, .open = open};
        struct prom_item item;
        prom_page_begin(&page, look.first, 1e9);
        while (prom_text_next(&p, &item) != PROM_END) prom_page_note(&page, &item);
        slip_begin(&slip, look.since_ns, look.now_ns);
        prom_page_put(&page, &slip, &look);
        slip_end(&slip);
    }
    LAW(page.entry_count <= PROM_PAGE_ENTRIES && page.bucket_count <= PROM_PAGE_BUCKETS);
    LAW(page.texts_used <= PROM_PAGE_TEXTS && page.series_count <= PROM_PAGE_SERIES);
    uint32_t count = slip_take_samples(&slip, samples, SLIP_SAMPLES, &known);
    for (uint32_t i = 0; i < count; i++) {
        bool rate =
            samples[i].from_ns < samples[i].to_ns
            && bytes_find(slip.series[samples[i].series].name, BYTES_LIT(".rate")) != SIZE_MAX;
        LAW(!rate || samples[i].value >= 0);
    }
    slip_close(&slip);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size < 1 || size > MAX_TEXT) return 0;
    bool open = data[0] & 1;
    struct bytes all = {(const char *)data + 1, size - 1};
    struct record whole = {0};
    read_all(guard_put(&guard, all), open, false, &whole);
    size_t step = all.len / 64 + 1;
    for (size_t cut = 0; cut <= all.len; cut += step) {
        struct record part = {0};
        read_all(guard_put(&guard, (struct bytes){all.at, cut}), open, true, &part);
        LAW(part.len <= whole.len);
        LAW(part.len == 0 || memcmp(part.at, whole.at, part.len) == 0);
        record_free(&part);
    }
    record_free(&whole);
    look_twice(guard_put(&guard, all), open);
    return 0;
}
