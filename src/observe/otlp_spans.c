#include "observe/otlp_spans.h"

#include <string.h>

#define SERVICE_BYTES 40
#define NAME_BYTES 88
#define SLOTS 1024 /* of the table of wanted traces; a power of two, four for each */

struct otlp_kept {
    struct trace_span span; /* less its texts */
    uint32_t service_len, name_len;
    char service[SERVICE_BYTES], name[NAME_BYTES];
};

static_assert(SLOTS >= 4 * OTLP_SPANS_WANTED, "the table has free places");

bool otlp_spans_open(struct otlp_spans *s, const struct plan *plan, struct arena *arena)
{
    *s = (struct otlp_spans){.stage_count = plan->stage_count + 1};
    trace_init(&s->trace, plan);
    s->ring = ARENA_ARRAY(arena, OTLP_SPANS_KEPT, struct otlp_kept);
    s->lows = ARENA_ARRAY(arena, OTLP_SPANS_KEPT, uint64_t);
    s->wanted = ARENA_ARRAY(arena, OTLP_SPANS_WANTED, struct exemplar);
    s->slowest_ns = ARENA_ARRAY(arena, (size_t)s->stage_count * OTLP_SPANS_SLOWEST, uint64_t);
    s->told = ARENA_ARRAY(arena, OTLP_SPANS_TOLD, struct exemplar);
    s->texts = arena_alloc(arena, (size_t)OTLP_SPANS_TOLD * TRACE_SPAN_TEXT_MAX);
    return arena_ok(arena);
}

bool otlp_spans_own(const struct otlp_spans *s, struct trace_id id)
{
    return s->trace.on && id.high == s->trace.high;
}

static uint32_t copy(char *room, size_t size, struct bytes from)
{
    size_t len = from.len < size ? from.len : size;
    if (len > 0) memcpy(room, from.at, len);
    return (uint32_t)len;
}

void otlp_spans_keep(struct otlp_spans *s, struct trace_id trace, const struct trace_span *span)
{
    uint64_t at = s->written++ % OTLP_SPANS_KEPT;
    struct otlp_kept *k = &s->ring[at];
    s->lows[at] = trace.low;
    k->span = *span;
    k->service_len = copy(k->service, sizeof k->service, span->service);
    k->name_len = copy(k->name, sizeof k->name, span->name);
}

/* Whether it is one of the slowest of its stage so far; then it is one. */
static bool is_slow(struct otlp_spans *s, const struct exemplar *e)
{
    uint64_t *list = &s->slowest_ns[(size_t)e->stage * OTLP_SPANS_SLOWEST];
    uint32_t at = OTLP_SPANS_SLOWEST;
    while (at > 0 && e->response_ns > list[at - 1]) at--;
    if (at == OTLP_SPANS_SLOWEST) return false;
    memmove(&list[at + 1], &list[at], (OTLP_SPANS_SLOWEST - 1 - at) * sizeof *list);
    list[at] = e->response_ns;
    return true;
}

static uint64_t wanted_from(const struct otlp_spans *s)
{
    return s->wanted_count > OTLP_SPANS_WANTED ? s->wanted_count - OTLP_SPANS_WANTED : 0;
}

static void want(struct otlp_spans *s, const struct exemplar *e)
{
    for (uint64_t i = wanted_from(s); i < s->wanted_count; i++) {
        if (trace_id_equal(s->wanted[i % OTLP_SPANS_WANTED].trace, e->trace)) return;
    }
    struct exemplar *w = &s->wanted[s->wanted_count++ % OTLP_SPANS_WANTED];
    *w = *e;
    w->kind = EXEMPLAR_SPANS;
    w->detail = w->sample = (struct bytes){0};
}

static void look_at_requests(struct otlp_spans *s, const struct tick *tick)
{
    for (uint32_t i = 0; i < tick->exemplar_count; i++) {
        const struct exemplar *e = &tick->exemplars[i];
        if (!e->sampled || e->stage >= s->stage_count || e->kind == EXEMPLAR_SPANS) continue;
        if (e->kind == EXEMPLAR_FIRST_ERROR || is_slow(s, e)) want(s, e);
    }
}

/* Wanted traces by the second half of their ids: index + 1, 0: free. */
static void fill_table(const struct otlp_spans *s, uint16_t table[SLOTS])
{
    for (uint64_t i = wanted_from(s); i < s->wanted_count; i++) {
        uint64_t index = i % OTLP_SPANS_WANTED;
        uint64_t at = s->wanted[index].trace.low % SLOTS;
        while (table[at] > 0) at = (at + 1) % SLOTS;
        table[at] = (uint16_t)(index + 1);
    }
}

static const struct exemplar *find(const struct otlp_spans *s, const uint16_t table[SLOTS],
                                   uint64_t low)
{
    for (uint64_t at = low % SLOTS; table[at] > 0; at = (at + 1) % SLOTS) {
        const struct exemplar *e = &s->wanted[table[at] - 1];
        if (e->trace.low == low) return e;
    }
    return NULL;
}

/* The exemplar of this tick that tells of the request; NULL: there are too many. */
static struct exemplar *place_of(struct otlp_spans *s, const struct exemplar *request,
                                 uint32_t *count)
{
    for (uint32_t i = 0; i < *count; i++) {
        if (trace_id_equal(s->told[i].trace, request->trace)) return &s->told[i];
    }
    if (*count == OTLP_SPANS_TOLD) return NULL;
    struct exemplar *fresh = &s->told[*count];
    *fresh = *request;
    fresh->sample = (struct bytes){s->texts + (size_t)*count * TRACE_SPAN_TEXT_MAX, 0};
    ++*count;
    return fresh;
}

/* Whole lines only; what does not fit is left out. */
static void add_line(struct otlp_spans *s, struct exemplar *to, const struct otlp_kept *k)
{
    char array[TRACE_SPAN_NAME_MAX * 2 + 160];
    struct text line = text_in(array, sizeof array);
    struct trace_span span = k->span;
    span.service = (struct bytes){k->service, k->service_len};
    span.name = (struct bytes){k->name, k->name_len};
    trace_span_add(&line, &span);
    if (line.cut || to->sample.len + line.len > TRACE_SPAN_TEXT_MAX) return;
    char *text = s->texts + (size_t)(to - s->told) * TRACE_SPAN_TEXT_MAX;
    memcpy(text + to->sample.len, array, line.len);
    to->sample.len += line.len;
}

uint32_t otlp_spans_take(struct otlp_spans *s, const struct tick *tick)
{
    uint16_t table[SLOTS] = {0};
    uint32_t count = 0;
    look_at_requests(s, tick);
    fill_table(s, table);
    uint64_t from = s->written > OTLP_SPANS_KEPT ? s->written - OTLP_SPANS_KEPT : 0;
    for (uint64_t i = from; i < s->written; i++) {
        uint64_t at = i % OTLP_SPANS_KEPT;
        const struct exemplar *request = s->lows[at] ? find(s, table, s->lows[at]) : NULL;
        struct exemplar *to = request ? place_of(s, request, &count) : NULL;
        if (!to) continue;
        add_line(s, to, &s->ring[at]);
        s->lows[at] = 0;
    }
    return count;
}
