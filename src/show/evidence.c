#include "show/evidence.h"

#include <math.h>

#include "show/amount.h"
#include "show/table.h"

#define NAME_MOST 20 /* columns of a stage's name */

/* ---- failures ---- */

enum { FAIL_OUTCOME, FAIL_NAME, FAIL_COUNT, FAIL_SHARE, FAIL_FIRST, FAIL_STAGE, FAIL_STATUS };

/* The row-th pair of name and outcome that occurred among what was judged. */
static bool failure_at(const struct result *r, uint32_t row, uint32_t *name, uint32_t *outcome)
{
    for (uint32_t i = 0; r->requests && i < r->header->plan->name_count; i++) {
        for (uint32_t k = OUTCOME_OK + 1; k < OUTCOME_COUNT; k++) {
            if (r->requests[i].outcomes[k] == 0 || row-- > 0) continue;
            *name = i;
            *outcome = k;
            return true;
        }
    }
    return false;
}

/* The first of its kind that is kept; NULL: none (a drop leaves nothing to look at). */
static const struct exemplar *first_of(const struct result *r, uint32_t name, uint32_t outcome)
{
    const struct exemplar *first = NULL;
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        bool same = e->kind == EXEMPLAR_FIRST_ERROR && e->name == name && e->outcome == outcome;
        if (same && (!first || e->intended_ns < first->intended_ns)) first = e;
    }
    return first;
}

static void failure_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct result *r = ctx;
    uint32_t name;
    uint32_t outcome;
    if (!failure_at(r, row, &name, &outcome)) return;
    const struct figures *f = &r->requests[name];
    const struct exemplar *first = first_of(r, name, outcome);
    switch (column) {
    case FAIL_OUTCOME:
        text_adds(&out->text, tick_outcome_name((enum outcome)outcome));
        break;
    case FAIL_NAME:
        text_add_safe(&out->text, r->header->plan->names[name]);
        break;
    case FAIL_COUNT:
        amount_count(&out->text, (double)f->outcomes[outcome]);
        break;
    case FAIL_SHARE:
        amount_share(&out->text, (double)f->outcomes[outcome] / (double)f->offered);
        break;
    case FAIL_FIRST:
        if (first) amount_length(&out->text, (double)first->intended_ns);
        break;
    case FAIL_STAGE:
        if (first) table_add_name(&out->text, run_stage_name(r->header, first->stage), NAME_MOST);
        break;
    case FAIL_STATUS:
        if (first && first->status > 0) text_addf(&out->text, "%u", first->status);
        break;
    default:
        break;
    }
}

void evidence_failures(struct text *out, const struct result *r, const struct show_style *style)
{
    static const struct table_column columns[] = {
        {.title = "FAILED"},
        {.title = "REQUEST", .flexible = true},
        {.title = "COUNT", .right = true},
        {.title = "OF THESE", .right = true, .drop = 2},
        {.title = "FIRST AT", .right = true},
        {.title = "IN"},
        {.title = "STATUS", .right = true, .drop = 1},
    };
    uint32_t count = 0;
    uint32_t name;
    uint32_t outcome;
    while (failure_at(r, count, &name, &outcome)) count++;
    if (count == 0) return;
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = failure_cell,
                          .ctx = r};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}

/* ---- the slowest ---- */

enum {
    SLOW_STAGE,
    SLOW_AT,
    SLOW_NAME,
    SLOW_TIME,
    SLOW_LAG,
    SLOW_WAIT,
    SLOW_CONNECT,
    SLOW_TTFB,
    SLOW_REST,
    SLOW_NOTE
};

struct slow_rows {
    const struct result *result;
    uint32_t decimals;
};

static const struct exemplar *slow_at(const struct result *r, uint32_t row)
{
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        if (e->kind == EXEMPLAR_FIRST_ERROR || e->kind == EXEMPLAR_SPANS) continue;
        if (row-- == 0) return e;
    }
    return NULL;
}

static double phase_of(const struct exemplar *e, uint32_t column)
{
    switch (column) {
    case SLOW_TIME:
        return (double)e->response_ns;
    case SLOW_LAG:
        return (double)e->lag_ns;
    case SLOW_WAIT:
        return (double)e->wait_ns;
    case SLOW_CONNECT:
        return e->connect_ns > 0 ? (double)e->connect_ns : (double)NAN;
    case SLOW_TTFB:
        return e->ttfb_ns > 0 ? (double)e->ttfb_ns : (double)NAN;
    case SLOW_REST:
        if (e->service_ns == 0) return (double)NAN;
        return e->service_ns > e->ttfb_ns ? (double)(e->service_ns - e->ttfb_ns) : 0;
    default:
        return (double)NAN;
    }
}

static void slow_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct slow_rows *rows = ctx;
    const struct result *r = rows->result;
    const struct exemplar *e = slow_at(r, row);
    if (!e) return;
    bool chance = e->kind == EXEMPLAR_RANDOM;
    if (chance) out->tone = TONE_DIM;
    const struct exemplar *before = row > 0 ? slow_at(r, row - 1) : NULL;
    switch (column) {
    case SLOW_STAGE:
        if (before && before->stage == e->stage) break;
        table_add_name(&out->text, run_stage_name(r->header, e->stage), NAME_MOST);
        break;
    case SLOW_AT:
        amount_length(&out->text, (double)e->intended_ns);
        break;
    case SLOW_NAME:
        text_add_safe(&out->text, r->header->plan->names[e->name]);
        break;
    case SLOW_NOTE:
        if (e->outcome != OUTCOME_OK) text_adds(&out->text, tick_outcome_name(e->outcome));
        if (e->outcome != OUTCOME_OK && e->status > 0) text_addf(&out->text, " %u", e->status);
        if (chance) text_adds(&out->text, out->text.len > 0 ? ", by chance" : "by chance");
        if (e->kind == EXEMPLAR_TRACED) {
            text_adds(&out->text, out->text.len > 0 ? ", traced" : "traced");
        }
        break;
    default:
        if (column == SLOW_CONNECT && isnan(phase_of(e, column))) break;
        amount_ms(&out->text, phase_of(e, column), rows->decimals);
        break;
    }
}

void evidence_slowest(struct text *out, const struct result *r, const struct show_style *style)
{
    static const struct table_column columns[] = {
        {.title = "SLOWEST"},
        {.title = "AT", .right = true, .drop = 3},
        {.title = "REQUEST", .flexible = true},
        {.title = "TIME", .right = true},
        {.title = "LAG", .right = true, .drop = 1},
        {.title = "WAIT", .right = true, .spare = true},
        {.title = "CONNECT", .right = true, .drop = 2},
        {.title = "1ST BYTE", .right = true},
        {.title = "REST", .right = true, .spare = true},
        {.title = ""},
    };
    uint32_t count = 0;
    double least = (double)INFINITY;
    double most = 0;
    for (const struct exemplar *e; (e = slow_at(r, count)) != NULL; count++) {
        least = fmin(least, (double)e->response_ns);
        most = fmax(most, (double)e->response_ns);
    }
    if (count == 0) return;
    struct slow_rows rows = {r, amount_ms_decimals(least, most)};
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = slow_cell,
                          .ctx = &rows};
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
    style_begin(out, style, TONE_DIM);
    style_wrap(out, style, BYTES_LIT(" "), TONE_PLAIN, 1,
               BYTES_LIT("Times in ms. TIME is LAG (prony's own) + WAIT (for a connection, CONNECT "
                         "in it) + 1ST BYTE + REST of the reply. Of each second and request name "
                         "the slowest is looked at, and one by chance to hold beside it."));
    style_end(out, style, TONE_DIM);
    text_addc(out, '\n', 1);
}
