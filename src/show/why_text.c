#include "show/why_text.h"

#include <math.h>

#include "show/table.h"

#define LABEL_LEN 10
#define PROSE_BYTES 1024
#define NAME_COLUMNS 24
#define SHOWN_LEAST 0.05 /* requests: a place with less before and after is not shown */

struct ledger_table {
    const struct cause *cause;
    const uint32_t *rows; /* of cause->places */
    uint32_t count;
};

static bool is_worth(const struct cause_place *place)
{
    return place->before >= SHOWN_LEAST || place->after >= SHOWN_LEAST;
}

static void section(struct text *out, const struct show_style *style, const char *label,
                    enum tone tone, struct bytes body)
{
    char array[64];
    struct text head = text_in(array, sizeof array);
    text_addf(&head, " %s", label);
    size_t columns = text_columns(text_bytes(&head));
    text_addc(&head, ' ', columns < LABEL_LEN ? LABEL_LEN - columns : 1);
    style_wrap(out, style, text_bytes(&head), tone, LABEL_LEN, body);
}

static void put_number(struct text *out, double value)
{
    text_addf(out, fabs(value) < 10 ? "%.2f" : "%.1f", value);
}

enum {
    COLUMN_PLACE,
    COLUMN_OF,
    COLUMN_BEFORE,
    COLUMN_AFTER,
    COLUMN_GROWN,
    COLUMN_SHARE,
    COLUMN_BENT
};

static void cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct ledger_table *t = ctx;
    const struct cause *c = t->cause;
    bool sum = row == t->count;
    bool left = row == t->count + 1;
    const struct cause_place *p = sum || left ? NULL : &c->places[t->rows[row]];
    if (p && p->spare) out->tone = TONE_DIM;
    if (sum) out->tone = TONE_STRONG;
    switch (column) {
    case COLUMN_PLACE:
        if (p) text_adds(&out->text, p->name);
        else text_adds(&out->text, sum ? "in flight, as measured" : "not explained");
        break;
    case COLUMN_OF:
        if (p) text_adds(&out->text, p->of);
        break;
    case COLUMN_BEFORE:
        if (!left) put_number(&out->text, p ? p->before : c->good_n);
        break;
    case COLUMN_AFTER:
        if (!left) put_number(&out->text, p ? p->after : c->bad_n);
        break;
    case COLUMN_GROWN:
        put_number(&out->text, p     ? p->after - p->before
                               : sum ? c->bad_n - c->good_n
                                     : c->unexplained);
        break;
    case COLUMN_SHARE:
        if (p && p->spare) text_adds(&out->text, "idle");
        else if (p) text_addf(&out->text, "%.0f %%", p->share * 100);
        else if (left && c->bad_n > c->good_n)
            text_addf(&out->text, "%.0f %%", c->unexplained / (c->bad_n - c->good_n) * 100);
        break;
    case COLUMN_BENT:
        if (p && !isnan(p->onset_s)) text_addf(&out->text, "%.0f s", p->onset_s);
        break;
    default:
        break;
    }
}

static void write_ledger(struct text *out, const struct cause *c, const struct show_style *style)
{
    char before[48];
    char after[48];
    uint32_t rows[CAUSE_PLACES];
    struct text b = text_in(before, sizeof before);
    struct text a = text_in(after, sizeof after);
    if (c->good == PLAN_NO_INDEX) text_adds(&b, "BEFORE");
    else table_add_name(&b, bytes_of(c->good_name), NAME_COLUMNS);
    table_add_name(&a, bytes_of(c->bad_name), NAME_COLUMNS);
    const struct table_column columns[] = {{.title = "REQUESTS WAITING", .flexible = true},
                                           {.title = "OF"},
                                           {.title = before, .right = true},
                                           {.title = after, .right = true},
                                           {.title = "GREW BY", .right = true},
                                           {.title = "SHARE", .right = true},
                                           {.title = "BENT AT", .right = true, .drop = 1}};
    struct ledger_table t = {.cause = c, .rows = rows};
    for (uint32_t i = 0; i < c->place_count; i++) {
        if (is_worth(&c->places[i])) rows[t.count++] = i;
    }
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = t.count + 2,
                          .cell = cell,
                          .ctx = &t};
    text_addc(out, '\n', 1);
    table_write(out, &table, style);
    text_addc(out, '\n', 1);
}

static void add_evidence(struct text *out, const struct cause_suspect *s)
{
    for (uint32_t i = 0; i < CAUSE_LINES && s->evidence[i][0]; i++) {
        if (i > 0) text_adds(out, " · ");
        text_adds(out, s->evidence[i]);
    }
}

/* Those that have nothing of the growth in one line, the others with their numbers. */
static void write_clear(struct text *out, const struct cause *c, const struct show_style *style)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    for (uint32_t i = c->blamed_count; i < c->suspect_count; i++) {
        const struct cause_suspect *s = &c->suspects[i];
        if (s->blind || !bytes_starts(bytes_of(s->evidence[0]), BYTES_LIT("0 % of what grew"))) {
            continue;
        }
        text_adds(&body, body.len > 0 ? ", " : "0 % of what grew each: ");
        text_adds(&body, s->id);
    }
    if (body.len > 0) section(out, style, "", TONE_DIM, text_bytes(&body));
}

static void write_suspects(struct text *out, const struct cause *c, const struct show_style *style)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    uint32_t alibis = 0;
    for (uint32_t i = 0; i < c->suspect_count; i++) {
        const struct cause_suspect *s = &c->suspects[i];
        bool none = bytes_starts(bytes_of(s->evidence[0]), BYTES_LIT("0 % of what grew"));
        if (!s->blamed && !s->blind && none) continue;
        text_clear(&body);
        if (!s->blamed) text_addf(&body, "not %s: ", s->title);
        else text_addf(&body, "%s: ", s->title);
        if (s->blind) text_adds(&body, "no alibi, since it was not seen: ");
        add_evidence(&body, s);
        const char *label = s->blamed ? (i == 0             ? "EVIDENCE"
                                         : i < c->tie_count ? "TIE"
                                                            : "ALSO")
                                      : (alibis == 0 ? "ALIBIS" : "");
        section(out, style, label, s->blamed ? TONE_BAD : TONE_DIM, text_bytes(&body));
        alibis += !s->blamed;
    }
    write_clear(out, c, style);
}

static void write_stages(struct text *out, const struct cause *c, const struct show_style *style)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    if (c->good != PLAN_NO_INDEX) {
        table_add_name(&body, bytes_of(c->good_name), 40);
        text_addf(&body, ": %.0f/s in %.2f ms, %.1f in flight; ", c->good_x, c->good_r_ms,
                  c->good_n);
    }
    table_add_name(&body, bytes_of(c->bad_name), 40);
    text_addf(&body, ": %.0f/s in %.2f ms, %.1f in flight", c->bad_x, c->bad_r_ms, c->bad_n);
    section(out, style, "STAGES", TONE_STRONG, text_bytes(&body));
}

void why_text_write(struct text *out, const struct cause *cause, const struct show_style *style)
{
    size_t from = out->len;
    bool bent = cause->bad != PLAN_NO_INDEX;
    section(out, style, "WHY", bent ? TONE_BAD : TONE_GOOD, bytes_of(cause->sentence));
    if (bent) {
        write_stages(out, cause, style);
        write_ledger(out, cause, style);
        write_suspects(out, cause, style);
        if (cause->logged[0]) section(out, style, "LOGS", TONE_STRONG, bytes_of(cause->logged));
        if (cause->bound[0]) section(out, style, "THEN", TONE_STRONG, bytes_of(cause->bound));
    }
    if (cause->next[0]) section(out, style, "NEXT", TONE_STRONG, bytes_of(cause->next));
    style_to_ascii(out, style, from);
}
