#include "show/request_spans.h"

#include <stdlib.h>

#include "show/amount.h"
#include "show/table.h"

#define SHOWN_MAX 16
#define NAME_MOST 40
#define DEPTH_MOST 12 /* deeper ones are not moved further to the right */

/* ---- the tree ---- */

static int by_start(const void *a, const void *b)
{
    const struct trace_span *x = &((const struct request_span *)a)->span;
    const struct trace_span *y = &((const struct request_span *)b)->span;
    if (x->start_ns != y->start_ns) return x->start_ns < y->start_ns ? -1 : 1;
    if (x->duration_ns != y->duration_ns) return x->duration_ns > y->duration_ns ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static uint32_t read_all(struct bytes text, struct request_span *out)
{
    struct trace_span span;
    uint32_t count = 0;
    while (count < REQUEST_SPANS_MAX && trace_span_next(&text, &span)) {
        bool again = false; /* a batch that was sent twice */
        for (uint32_t i = 0; i < count; i++) again = again || out[i].span.id == span.id;
        if (!again) out[count++] = (struct request_span){.span = span};
    }
    if (count > 1) qsort(out, count, sizeof *out, by_start);
    return count;
}

static bool is_child(const struct request_span *of, const struct request_span *s)
{
    return s != of && s->span.parent == of->span.id && s->span.parent != 0;
}

static bool has_parent(const struct request_span *all, uint32_t count, const struct request_span *s)
{
    for (uint32_t i = 0; i < count; i++) {
        if (is_child(&all[i], s)) return true;
    }
    return false;
}

/* Less the time that its children cover, which may overlap, and may last longer than it does. */
static uint64_t self_of(const struct request_span *all, uint32_t count,
                        const struct request_span *s)
{
    uint64_t end_ns = s->span.start_ns + s->span.duration_ns;
    uint64_t upto_ns = s->span.start_ns;
    uint64_t covered_ns = 0;
    for (uint32_t i = 0; i < count; i++) { /* by start */
        if (!is_child(s, &all[i])) continue;
        uint64_t from_ns = all[i].span.start_ns;
        uint64_t to_ns = from_ns + all[i].span.duration_ns;
        if (from_ns < upto_ns) from_ns = upto_ns;
        if (to_ns > end_ns) to_ns = end_ns;
        if (to_ns <= from_ns) continue;
        covered_ns += to_ns - from_ns;
        upto_ns = to_ns;
    }
    return s->span.duration_ns - covered_ns;
}

/* The next child of `parent` (NULL: of nobody) that is not among the rows; NULL: none is left. */
static const struct request_span *next_child(const struct request_span *all, uint32_t count,
                                             const bool *placed, const struct request_span *parent)
{
    for (uint32_t i = 0; i < count; i++) {
        bool here = parent ? is_child(parent, &all[i]) : !has_parent(all, count, &all[i]);
        if (here && !placed[i]) return &all[i];
    }
    return NULL;
}

uint32_t request_spans_order(struct bytes text, struct request_span rows[REQUEST_SPANS_MAX])
{
    struct request_span all[REQUEST_SPANS_MAX];
    const struct request_span *path[REQUEST_SPANS_MAX + 1] = {NULL};
    bool placed[REQUEST_SPANS_MAX] = {false};
    uint32_t count = read_all(text, all);
    uint32_t depth = 0; /* path[depth] is the parent whose children come next */
    uint32_t row = 0;
    for (;;) { /* spans in a circle, which no service sends, are nobody's and left out */
        const struct request_span *child = next_child(all, count, placed, path[depth]);
        if (child) {
            placed[child - all] = true;
            rows[row] = *child;
            rows[row].depth = depth;
            rows[row++].self_ns = self_of(all, count, child);
            path[++depth] = child;
        } else if (depth-- == 0) {
            return row;
        }
    }
}

/* ---- as a table ---- */

enum { COLUMN_START, COLUMN_TIME, COLUMN_SELF, COLUMN_SERVICE, COLUMN_SPAN, COLUMN_NOTE };

struct tree {
    const struct result *result;
    const struct exemplar *request;
    struct request_span rows[REQUEST_SPANS_MAX];
    uint32_t count;
    uint64_t zero_ns; /* what START counts from */
};

const struct exemplar *request_spans_request(const struct result *r, const struct exemplar *spans)
{
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        if (e->kind != EXEMPLAR_SPANS && trace_id_equal(e->trace, spans->trace)) return e;
    }
    return NULL;
}

static void request_cell(const struct tree *t, uint32_t column, struct table_cell *out)
{
    if (column == COLUMN_START) amount_ms(&out->text, 0, 2);
    if (column == COLUMN_TIME) amount_ms(&out->text, (double)t->request->response_ns, 2);
    if (column == COLUMN_SERVICE) text_adds(&out->text, "prony");
    if (column == COLUMN_SPAN) {
        text_add_safe(&out->text, t->result->header->plan->names[t->request->name]);
    }
    if (column == COLUMN_NOTE && t->request->outcome != OUTCOME_OK) {
        text_adds(&out->text, tick_outcome_name(t->request->outcome));
        out->tone = TONE_BAD;
    }
}

static void span_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct tree *t = ctx;
    if (row == 0) {
        request_cell(t, column, out);
        return;
    }
    const struct request_span *s = &t->rows[row - 1];
    uint32_t depth = s->depth < DEPTH_MOST ? s->depth : DEPTH_MOST;
    switch (column) {
    case COLUMN_START:
        amount_ms(&out->text, (double)s->span.start_ns - (double)t->zero_ns, 2);
        break;
    case COLUMN_TIME:
        amount_ms(&out->text, (double)s->span.duration_ns, 2);
        break;
    case COLUMN_SELF:
        amount_ms(&out->text, (double)s->self_ns, 2);
        break;
    case COLUMN_SERVICE:
        table_add_name(&out->text, s->span.service, NAME_MOST);
        break;
    case COLUMN_SPAN:
        text_addc(&out->text, ' ', (size_t)(depth + 1) * 2);
        text_add_safe(&out->text, s->span.name);
        break;
    default:
        if (s->span.failed) text_adds(&out->text, "failed");
        if (s->span.failed) out->tone = TONE_BAD;
        break;
    }
}

static void write_tree(struct text *out, struct tree *t, const struct show_style *style)
{
    static const struct table_column columns[] = {
        {.title = "START", .right = true},   {.title = "TIME", .right = true},
        {.title = "SELF", .right = true},    {.title = "SERVICE"},
        {.title = "SPAN", .flexible = true}, {.title = ""},
    };
    char array[240];
    struct text words = text_in(array, sizeof array);
    text_adds(&words, "SPANS of ");
    table_add_name(&words, t->result->header->plan->names[t->request->name], NAME_MOST);
    text_adds(&words, " at ");
    amount_length(&words, (double)t->request->intended_ns);
    text_adds(&words, " in ");
    table_add_name(&words, run_stage_name(t->result->header, t->request->stage), NAME_MOST);
    text_adds(&words, " · trace ");
    trace_id_add(&words, t->request->trace);
    text_addc(out, ' ', 1);
    style_begin(out, style, TONE_STRONG);
    text_add(out, text_bytes(&words));
    style_end(out, style, TONE_STRONG);
    text_addc(out, '\n', 1);
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = t->count + 1,
                          .cell = span_cell,
                          .ctx = t};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}

/* The slowest that is not among `shown`, with its spans; NULL: none is left. */
static const struct exemplar *next_slowest(const struct result *r,
                                           const struct exemplar *const *shown, uint32_t count)
{
    const struct exemplar *best = NULL;
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        bool wanted = e->kind == EXEMPLAR_SPANS && request_spans_request(r, e);
        for (uint32_t k = 0; k < count; k++) wanted = wanted && shown[k] != e;
        if (wanted && (!best || e->response_ns > best->response_ns)) best = e;
    }
    return best;
}

void request_spans_write(struct text *out, const struct result *r, const struct show_style *style,
                         uint32_t most)
{
    const struct exemplar *shown[SHOWN_MAX];
    struct tree tree = {.result = r};
    for (uint32_t i = 0; i < most && i < SHOWN_MAX; i++) {
        shown[i] = next_slowest(r, shown, i);
        if (!shown[i]) return;
        tree.request = request_spans_request(r, shown[i]);
        tree.count = request_spans_order(shown[i]->sample, tree.rows);
        uint64_t from_ns = tree.request->intended_ns;
        bool same_clock = tree.count > 0 && tree.rows[0].span.start_ns >= from_ns
                          && tree.rows[0].span.start_ns - from_ns <= tree.request->response_ns;
        tree.zero_ns = same_clock || tree.count == 0 ? from_ns : tree.rows[0].span.start_ns;
        write_tree(out, &tree, style);
    }
}
