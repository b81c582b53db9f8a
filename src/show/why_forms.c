#include "show/why_forms.h"

#include <jansson.h>
#include <math.h>

#include "show/json_part.h"

/* ---- Markdown ---- */

/* A bar would end a cell. */
static void add_cell(struct text *out, const char *words)
{
    for (const char *at = words; *at; at++) {
        if (*at == '|') text_adds(out, "\\|");
        else text_add_safe(out, (struct bytes){at, 1});
    }
}

static void add_row(struct text *out, const struct cause_place *p)
{
    text_adds(out, "| ");
    add_cell(out, p->name);
    text_adds(out, " | ");
    add_cell(out, p->of);
    text_addf(out, " | %.2f | %.2f | %.2f | ", p->before, p->after, p->after - p->before);
    if (p->spare) text_adds(out, "idle |\n");
    else text_addf(out, "%.0f %% |\n", p->share * 100);
}

void why_forms_markdown(struct text *out, const struct cause *c)
{
    text_adds(out, "## Why\n\n");
    add_cell(out, c->sentence);
    text_adds(out, "\n");
    if (c->bad == PLAN_NO_INDEX) return;
    text_adds(out, "\n| requests waiting | of | ");
    struct bytes good = BYTES_LIT("before");
    if (c->good != PLAN_NO_INDEX) good = bytes_of(c->good_name);
    text_add_safe(out, good);
    text_adds(out, " | ");
    text_add_safe(out, bytes_of(c->bad_name));
    text_adds(out, " | grew by | share |\n|---|---|---:|---:|---:|---:|\n");
    for (uint32_t i = 0; i < c->place_count; i++) add_row(out, &c->places[i]);
    text_addf(out, "| **in flight, as measured** | | %.2f | %.2f | %.2f | |\n", c->good_n, c->bad_n,
              c->bad_n - c->good_n);
    text_addf(out, "| not explained | | | | %.2f | |\n\n", c->unexplained);
    for (uint32_t i = 0; i < c->suspect_count; i++) {
        const struct cause_suspect *s = &c->suspects[i];
        text_adds(out, s->blamed ? "- **" : "- not ");
        add_cell(out, s->title);
        text_adds(out, s->blamed ? "**: " : s->blind ? " (no alibi: not seen): " : ": ");
        for (uint32_t k = 0; k < CAUSE_LINES && s->evidence[k][0]; k++) {
            if (k > 0) text_adds(out, " · ");
            add_cell(out, s->evidence[k]);
        }
        text_adds(out, "\n");
    }
    if (c->logged[0]) {
        text_adds(out, "\nLogged: ");
        add_cell(out, c->logged);
        text_adds(out, "\n");
    }
    if (c->bound[0]) text_addf(out, "\n%s\n", c->bound);
    if (c->next[0]) text_addf(out, "\nNext: %s\n", c->next);
}

/* ---- JSON ---- */

static json_t *place_json(const struct cause_place *p)
{
    json_t *o = json_object();
    json_tree_put(o, "place", json_part_text(bytes_of(p->name)));
    json_tree_put(o, "of", json_part_text(bytes_of(p->of)));
    json_tree_put(o, "before", json_part_figure(p->before));
    json_tree_put(o, "after", json_part_figure(p->after));
    json_tree_put(o, "share", json_part_figure(p->share));
    json_tree_put(o, "bent_s", json_part_figure(p->onset_s));
    json_tree_put(o, "idle", json_boolean(p->spare));
    return o;
}

static json_t *suspect_json(const struct cause_suspect *s)
{
    json_t *o = json_object();
    json_t *evidence = json_array();
    for (uint32_t i = 0; i < CAUSE_LINES && s->evidence[i][0]; i++) {
        json_tree_append(evidence, json_part_text(bytes_of(s->evidence[i])));
    }
    json_tree_put(o, "id", json_string(s->id));
    json_tree_put(o, "title", json_part_text(bytes_of(s->title)));
    json_tree_put(o, "says", json_string(s->blamed ? "blamed" : s->blind ? "not seen" : "cleared"));
    json_tree_put(o, "share", json_part_figure(s->share));
    json_tree_put(o, "bent_s", json_part_figure(s->onset_s));
    json_tree_put(o, "evidence", evidence);
    json_tree_put(o, "advice", json_string(s->advice));
    return o;
}

static json_t *stage_json(const char *name, double x, double n, double r_ms)
{
    if (name[0] == '\0') return json_null();
    json_t *o = json_object();
    json_tree_put(o, "stage", json_part_text(bytes_of(name)));
    json_tree_put(o, "done_per_s", json_part_figure(x));
    json_tree_put(o, "in_flight", json_part_figure(n));
    json_tree_put(o, "avg_ms", json_part_figure(r_ms));
    return o;
}

static json_t *make(const struct cause *c, const struct result *result)
{
    json_t *o = json_object();
    json_t *places = json_array();
    json_t *suspects = json_array();
    bool bent = c->bad != PLAN_NO_INDEX;
    for (uint32_t i = 0; i < c->place_count; i++)
        json_tree_append(places, place_json(&c->places[i]));
    for (uint32_t i = 0; i < c->suspect_count; i++) {
        json_tree_append(suspects, suspect_json(&c->suspects[i]));
    }
    json_tree_put(o, "format", json_string("prony.why/1"));
    json_tree_put(o, "run", json_string(result->header->id));
    json_tree_put(o, "state", json_string(cause_state_name(c->state)));
    json_tree_put(o, "sentence", json_part_text(bytes_of(c->sentence)));
    json_tree_put(o, "grade",
                  bent && c->state == CAUSE_FOUND ? json_string(cause_grade_name(c->grade))
                                                  : json_null());
    json_tree_put(o, "before", stage_json(c->good_name, c->good_x, c->good_n, c->good_r_ms));
    json_tree_put(o, "after", stage_json(c->bad_name, c->bad_x, c->bad_n, c->bad_r_ms));
    json_tree_put(o, "cut_s", json_part_figure(c->cut_s));
    json_tree_put(o, "explained", json_part_figure(c->explained));
    json_tree_put(o, "unexplained", json_part_figure(c->unexplained));
    json_tree_put(o, "places", places);
    json_tree_put(o, "suspects", suspects);
    json_tree_put(o, "ties", json_part_count(c->tie_count));
    json_tree_put(o, "logged", c->logged[0] ? json_part_text(bytes_of(c->logged)) : json_null());
    json_tree_put(o, "then", c->bound[0] ? json_string(c->bound) : json_null());
    json_tree_put(o, "next", c->next[0] ? json_string(c->next) : json_null());
    return o;
}

static int put(const char *piece, size_t len, void *ctx)
{
    text_add(ctx, (struct bytes){piece, len});
    return 0;
}

void why_forms_json(struct text *out, const struct cause *cause, const struct result *result)
{
    json_t *tree = make(cause, result);
    size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_PART_PRECISION);
    int failed = json_dump_callback(tree, put, out, flags);
    if (failed) out->cut = true;
    text_addc(out, '\n', 1);
    json_decref(tree);
}
