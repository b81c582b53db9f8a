#include "show/result_markdown.h"

#include <math.h>

#include "show/amount.h"
#include "show/objective_row.h"
#include "show/summary_priv.h"
#include "show/verdict_line.h"

#define CELL_BYTES 1024
#define ERRORS_SHOWN 10
#define OBJECTIVES_SHOWN 100 /* a page is read, not searched; result.json has them all */
#define NAMES_SHOWN 50

/* ---- words ---- */

void result_markdown_code(struct text *out, struct bytes value)
{
    char array[CELL_BYTES];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, value);
    text_end_whole(&safe);
    if (safe.len == 0) return;
    text_addc(out, '`', 1);
    for (size_t i = 0; i < safe.len; i++) {
        if (array[i] == '`') text_adds(out, "\\x60");
        else if (array[i] == '|') text_adds(out, "\\x7c");
        else text_addc(out, array[i], 1);
    }
    text_addc(out, '`', 1);
}

/* Before an @ it makes an address of it, not a mention. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bytes_is_digit(c) || c == '_';
}

/* A sentence of ours that quotes names: what means something in Markdown is escaped. */
static void add_prose(struct text *out, struct bytes value)
{
    char array[2 * CELL_BYTES];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, value);
    text_end_whole(&safe);
    for (size_t i = 0; i < safe.len; i++) {
        if (array[i] == '<') text_adds(out, "&lt;");
        else if (array[i] == '&') text_adds(out, "&amp;");
        else if (strncmp(array + i, "://", 3) == 0) text_adds(out, "&#58;"); /* no link */
        else if (strncmp(array + i, "www.", 4) == 0) text_adds(out, "&#119;");
        else if (array[i] == '`') text_adds(out, "&#96;");
        else if (array[i] == '@' && (i == 0 || !is_word(array[i - 1]))) text_adds(out, "@<!-- -->");
        else if (strchr("\\*_{}[]>#|~!", array[i])) text_addf(out, "\\%c", array[i]);
        else text_addc(out, array[i], 1);
    }
}

static void add_ms(struct text *out, const struct latency *l, enum figure figure)
{
    if (l->at_least >> figure & 1 && !isnan(l->ns[figure])) text_adds(out, "≥ ");
    amount_ms(out, l->ns[figure], amount_ms_decimals(l->ns[figure], l->ns[figure]));
}

/* ---- the head ---- */

static void write_head(struct text *out, const struct result *r)
{
    const char *mark;
    const char *word;
    enum tone tone;
    char array[2 * CELL_BYTES];
    struct text facts = text_in(array, sizeof array);
    verdict_line_word(r, &mark, &word, &tone);
    text_addf(out, "## %s %s: ", mark, word);
    result_markdown_code(out, r->header->plan->name);
    verdict_line_facts(&facts, r);
    text_adds(out, "\n\n");
    add_prose(out, text_bytes(&facts));
    text_adds(out, "\n\n");
}

static void write_trust(struct text *out, const struct result *r)
{
    if (r->reason_count == 0) return;
    for (uint32_t i = 0; i < r->reason_count; i++) {
        bool note = r->reasons[i].level == TRUST_VALID;
        text_addf(out, "> **%s%s**: ", note ? "" : "trust is ",
                  result_reason_name(r->reasons[i].level));
        add_prose(out, bytes_of(r->reasons[i].text));
        text_adds(out, "\n>\n");
    }
    text_adds(out, "\n");
}

/* ---- tables ---- */

static void write_objective(struct text *out, const struct result *r,
                            const struct objective_result *o)
{
    char array[CELL_BYTES];
    struct text sentence = text_in(array, sizeof array);
    objective_row_sentence(&sentence, r, o);
    text_addf(out, "| %s | ", objective_row_mark(o));
    result_markdown_code(out, text_bytes(&sentence));
    text_addf(out, " | %s", o->at_least && !isnan(o->value) ? "≥ " : "");
    amount_of(out, o->objective, o->value);
    text_adds(out, " | ");
    objective_row_interval(out, o);
    text_adds(out, " | ");
    if (o->stage != PLAN_NO_INDEX) result_markdown_code(out, run_stage_name(r->header, o->stage));
    else if (!isnan(o->value)) text_adds(out, "all");
    text_addf(out, " | %s | ", result_verdict_name(o->verdict));
    text_clear(&sentence);
    objective_row_detail(&sentence, o);
    text_add(out, text_bytes(&sentence));
    if (o->note[0] && sentence.len > 0) text_adds(out, "; ");
    add_prose(out, bytes_of(o->note));
    text_adds(out, " |\n");
}

static void write_objectives(struct text *out, const struct result *r)
{
    if (r->objective_count == 0) return;
    text_adds(out, "| | Objective | Measured | 95 % interval | At | Verdict | |\n"
                   "|---|---|--:|--:|---|---|---|\n");
    uint32_t row = 0;
    for (const struct objective_result *o;
         row < OBJECTIVES_SHOWN && (o = objective_row_at(r, row)) != NULL; row++) {
        write_objective(out, r, o);
    }
    if (row < r->objective_count) {
        text_addf(out, "\nand %u more, listed in `result.json`.\n", r->objective_count - row);
    }
    text_adds(out, "\n");
}

/* From offered or count on: the same in each table. */
static void add_figures(struct text *out, const struct result *r, const struct figures *f)
{
    static const enum figure shown[] = {FIGURE_P50, FIGURE_P95, FIGURE_P99, FIGURE_MAX};
    amount_per_s(out, f->done_per_s);
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        text_adds(out, " | ");
        add_ms(out, &f->response, shown[i]);
    }
    text_adds(out, " | ");
    amount_share(out, summary_tables_errors(r, f));
    text_adds(out, " |\n");
}

static void write_stages(struct text *out, const struct result *r)
{
    const struct plan *plan = r->header->plan;
    bool unjudged = false;
    bool vary = false;
    text_adds(out, "| Stage | Users | Offered/s | Done/s | p50 ms | p95 ms | p99 ms | max ms | "
                   "Errors |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (uint32_t i = 0; i < r->stage_count; i++) {
        const struct stage_result *s = &r->stages[i];
        if (!result_shows_stage(r, s)) continue;
        bool missed = summary_tables_stage_has(r, s->stage, VERDICT_MISSED);
        text_adds(out, missed ? "| ✗ " : "| ");
        result_markdown_code(out, plan->stages[s->stage].name);
        if (!result_stage_judged(r, s->stage)) text_adds(out, "\\*");
        unjudged = unjudged || !result_stage_judged(r, s->stage);
        vary = vary || summary_tables_users_vary(r, s);
        text_adds(out, " | ");
        if (s->figures.users > 0) amount_count(out, round(s->figures.users));
        text_adds(out, " | ");
        amount_per_s(out, s->figures.offered_per_s);
        text_adds(out, " | ");
        add_figures(out, r, &s->figures);
    }
    if (unjudged) text_adds(out, "\n\\* not judged\n");
    if (vary) text_adds(out, "\nUsers: their mean over the stage\n");
    text_adds(out, "\n");
}

static void write_names(struct text *out, const struct result *r)
{
    const struct plan *plan = r->header->plan;
    if (!r->requests || plan->name_count < 2) return;
    text_addf(out,
              "<details><summary>%u request names</summary>\n\n"
              "| Request | Count | Done/s | p50 ms | p95 ms | p99 ms | max ms | Errors |\n"
              "|---|--:|--:|--:|--:|--:|--:|--:|\n",
              plan->name_count);
    for (uint32_t i = 0; i < plan->name_count && i < NAMES_SHOWN; i++) {
        text_adds(out, "| ");
        result_markdown_code(out, plan->names[i]);
        text_adds(out, " | ");
        amount_count(out, (double)r->requests[i].offered);
        text_adds(out, " | ");
        add_figures(out, r, &r->requests[i]);
    }
    text_adds(out, "\n</details>\n\n");
}

/* ---- what went wrong ---- */

static void write_errors(struct text *out, const struct result *r)
{
    uint32_t shown = 0;
    for (uint32_t i = 0; i < r->exemplar_count && shown < ERRORS_SHOWN; i++) {
        const struct exemplar *e = &r->exemplars[i];
        if (e->kind != EXEMPLAR_FIRST_ERROR) continue;
        if (shown++ == 0) text_adds(out, "First failures of each kind:\n\n");
        text_adds(out, "- ");
        result_markdown_code(out, r->header->plan->names[e->name]);
        text_addf(out, ": **%s**", tick_outcome_name(e->outcome));
        if (e->status > 0) text_addf(out, " %u", e->status);
        text_adds(out, " in ");
        result_markdown_code(out, run_stage_name(r->header, e->stage));
        text_adds(out, " at ");
        amount_length(out, (double)e->intended_ns);
        if (e->detail.len > 0) text_adds(out, " – ");
        result_markdown_code(out, e->detail);
        text_adds(out, "\n");
    }
    if (shown > 0) text_adds(out, "\n");
}

static void write_foot(struct text *out, const struct result *r)
{
    const struct run_header *h = r->header;
    text_adds(out, "<sub>run ");
    result_markdown_code(out, bytes_of(h->id));
    for (uint32_t i = 0; i < h->plan->target_count; i++) {
        text_adds(out, i == 0 ? " · " : ", ");
        result_markdown_code(out, h->plan->targets[i].text);
    }
    text_addf(out, " · seed %llu · trust %s · prony ", (unsigned long long)h->plan->seed,
              result_trust_name(r->trust));
    add_prose(out, h->version);
    text_adds(out, "</sub>\n");
}

void result_markdown_write(struct text *out, const struct result *r)
{
    write_head(out, r);
    if (!run_ended_early(r->end.ended)) {
        write_trust(out, r);
        write_objectives(out, r);
        write_stages(out, r);
        write_names(out, r);
        write_errors(out, r);
    }
    write_foot(out, r);
}
