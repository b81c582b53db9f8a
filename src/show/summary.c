#include "show/summary.h"

#include <math.h>

#include "base/clock.h"
#include "show/amount.h"
#include "show/evidence.h"
#include "show/request_spans.h"
#include "show/signal_lines.h"
#include "show/spectrum.h"
#include "show/stall_lines.h"
#include "show/summary_priv.h"
#include "show/tail_line.h"
#include "show/verdict_line.h"
#include "show/window_line.h"

#define LABEL_LEN 9      /* columns of " TRUST   " */
#define FOUND_COLUMNS 72 /* of a reply that was not as wanted */
#define STALLS_SHOWN 3
#define ERRORS_SHOWN 6    /* first errors, without --verbose */
#define SPANS_SHOWN 6     /* stages of a window, likewise */
#define NOT_OK_LABEL 0.05 /* above it percentiles are called "of the answered" */
#define PROSE_BYTES 2048

/* A line that wraps: label, then prose indented below its first word. */
static void section(const struct summary *s, const char *label, enum tone tone,
                    const struct text *body)
{
    char array[LABEL_LEN * 4];
    struct text head = text_in(array, sizeof array);
    text_addf(&head, " %s", label);
    size_t columns = text_columns(text_bytes(&head));
    text_addc(&head, ' ', columns < LABEL_LEN ? LABEL_LEN - columns : 1);
    style_wrap(s->out, s->style, text_bytes(&head), tone, LABEL_LEN, text_bytes(body));
}

/* ---- the first line ---- */

static void write_verdict(const struct summary *s)
{
    const struct result *r = s->result;
    const char *mark = "";
    const char *word = "";
    enum tone tone = TONE_PLAIN;
    verdict_line_word(r, &mark, &word, &tone);
    char label[64];
    struct text head = text_in(label, sizeof label);
    text_addf(&head, " %s %s  ", mark, word);

    char array[PROSE_BYTES];
    char facts_array[PROSE_BYTES];
    struct text line = text_in(array, sizeof array);
    struct text facts = text_in(facts_array, sizeof facts_array);
    verdict_line_facts(&facts, r);
    text_add_safe(&line, r->header->plan->name);
    text_adds(&line, " · ");
    text_add(&line, text_bytes(&facts));
    style_wrap(s->out, s->style, text_bytes(&head), tone, 3, text_bytes(&line));
    text_addc(s->out, '\n', 1);
}

/* ---- sections of prose ---- */

static void write_legend(const struct summary *s, const struct summary_legend *legend)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    text_adds(&body, "Times in ms, from the intended moment of each request.");
    if (legend->missed) text_adds(&body, " ✗ over its limit.");
    if (legend->at_least) text_adds(&body, " ≥ at least: timeouts, cuts or drops lie above.");
    if (legend->few) text_adds(&body, " (…) too few to say.");
    if (legend->unjudged) text_adds(&body, " * not judged.");
    if (legend->floor) {
        text_adds(&body, " ~ no longer than an instant answer takes on this host (");
        amount_time(&body, legend->floor_ns);
        text_adds(&body, ").");
    }
    if (legend->mean_users) text_adds(&body, " USERS is their mean over the stage.");
    double errors = summary_tables_errors(s->result, &s->result->totals);
    if (errors > NOT_OK_LABEL) text_adds(&body, " Times leave out what failed at once.");
    if (legend->closed) {
        text_adds(&body, " Stages with users are closed loops: a slow answer delays the next"
                         " request, so waits are hidden.");
    }
    style_begin(s->out, s->style, TONE_DIM);
    style_wrap(s->out, s->style, BYTES_LIT(" "), TONE_PLAIN, 1, text_bytes(&body));
    style_end(s->out, s->style, TONE_DIM);
    text_addc(s->out, '\n', 1);
}

/* Arrivals are also dropped where prony had no row or port for them. */
static bool trust_tells_why(const struct result *r)
{
    for (uint32_t i = 0; i < r->reason_count; i++) {
        struct bytes code = bytes_of(r->reasons[i].code);
        if (bytes_is(code, "rows-short") || bytes_is(code, "ports-short")) return true;
    }
    return false;
}

static void write_outcomes(const struct summary *s)
{
    const struct figures *f = &s->result->totals;
    if (f->offered == 0) return;
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    amount_count(&body, (double)f->offered);
    text_adds(&body, " requests judged:");
    bool bad = false;
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (f->outcomes[i] == 0 && i != OUTCOME_OK) continue;
        text_adds(&body, i == OUTCOME_OK ? " " : " · ");
        amount_count(&body, (double)f->outcomes[i]);
        text_addf(&body, " %s", tick_outcome_name((enum outcome)i));
        bad = bad || i != OUTCOME_OK;
    }
    section(s, "ENDED", bad ? TONE_NEAR : TONE_STRONG, &body);
    if (f->iterations_dropped == 0) return;
    text_clear(&body);
    amount_count(&body, (double)f->iterations_dropped);
    text_adds(&body, " arrivals were never sent: ");
    if (trust_tells_why(s->result)) text_adds(&body, "see TRUST, or ");
    text_adds(&body, "max_in_flight (");
    amount_count(&body, (double)s->result->header->plan->max_in_flight);
    text_adds(&body, " iterations) was reached. They count as failed.");
    section(s, "DROPPED", TONE_NEAR, &body);
}

/* What came instead of what was wanted: the start of the body, as far as it was kept. The sample is
 * masked and safe already, so its line ends are written out. */
static void add_found(struct text *out, struct bytes sample)
{
    static const char *const blanks[] = {"\\x0d", "\\x0a", "\\x09", " "};
    size_t head = bytes_find(sample, BYTES_LIT("\\x0d\\x0a\\x0d\\x0a"));
    bool has_head = bytes_starts(sample, BYTES_LIT("HTTP/1."));
    if (has_head && head >= sample.len) return; /* cut before the body begins */
    if (has_head) sample = bytes_from(sample, head + 16);
    char array[FOUND_COLUMNS * 4];
    struct text found = text_in(array, sizeof array);
    bool between = false;
    size_t columns = 0;
    while (sample.len > 0 && columns < FOUND_COLUMNS) {
        size_t skip = 0;
        for (size_t i = 0; i < COUNT_OF(blanks) && skip == 0; i++) {
            if (bytes_starts(sample, bytes_of(blanks[i]))) skip = strlen(blanks[i]);
        }
        if (skip == 0) {
            skip = text_utf8_len(sample);
            if (skip == 0) skip = 1;
            if (between && found.len > 0) text_addc(&found, ' ', 1), columns++;
            text_add(&found, (struct bytes){sample.at, skip});
            columns++;
            between = false;
        } else {
            between = true;
        }
        sample = bytes_from(sample, skip);
    }
    if (found.len == 0) return;
    text_adds(out, "; the reply: ");
    text_add_safe(out, text_bytes(&found));
    if (sample.len > 0) text_adds(out, "…");
}

/* Why it failed, without the status, which stands before it. */
static void add_why(struct text *out, const struct exemplar *e)
{
    struct bytes why = e->detail;
    size_t status = bytes_find(why, BYTES_LIT(" (status "));
    if (e->status > 0 && status < why.len) why.len = status;
    if (why.len > 0) text_adds(out, " – ");
    text_add_safe(out, why);
    add_found(out, e->sample);
}

/* What the first failures of each kind looked like. */
static void write_errors(const struct summary *s)
{
    const struct result *r = s->result;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < r->exemplar_count; i++) {
        const struct exemplar *e = &r->exemplars[i];
        if (e->kind != EXEMPLAR_FIRST_ERROR) continue;
        if (shown == ERRORS_SHOWN && !s->extra->verbose) break;
        char array[PROSE_BYTES];
        struct text body = text_in(array, sizeof array);
        text_add_safe(&body, r->header->plan->names[e->name]);
        text_addf(&body, ": %s", tick_outcome_name(e->outcome));
        if (e->status > 0) text_addf(&body, " %u", e->status);
        text_adds(&body, " in ");
        text_add_safe(&body, run_stage_name(r->header, e->stage));
        text_adds(&body, " at ");
        amount_length(&body, (double)e->intended_ns);
        add_why(&body, e);
        section(s, shown == 0 ? "ERRORS" : "", TONE_NEAR, &body);
        shown++;
    }
}

/* Which time of the run the figures are of. */
static void write_window(const struct summary *s)
{
    const struct run_header *h = s->result->header;
    const struct run_window *w = h->window;
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    for (uint32_t i = 0; w && i < w->span_count; i++) {
        text_clear(&body);
        window_line_span(&body, h, &w->spans[i]);
        section(s, i == 0 ? "WINDOW" : "", TONE_STRONG, &body);
        if (i + 1 < SPANS_SHOWN || s->extra->verbose || i + 1 == w->span_count) continue;
        text_clear(&body);
        text_addf(&body, "… %u more (--verbose lists them)", w->span_count - i - 1);
        section(s, "", TONE_STRONG, &body);
        break;
    }
    if (!w || !window_line_in_part(w)) return;
    text_clear(&body);
    text_adds(&body, "A request counts in the tick in which it ended; offered is what was taken up"
                     " in the window.");
    section(s, "", TONE_STRONG, &body);
}

/* When the service stood still. */
static void write_stalls(const struct summary *s)
{
    const struct result *r = s->result;
    uint32_t most = s->extra->verbose ? r->stall_count : STALLS_SHOWN;
    uint32_t shown = 0;
    for (; shown < r->stall_count && shown < most; shown++) {
        char array[PROSE_BYTES];
        struct text body = text_in(array, sizeof array);
        stall_lines_one(&body, r, &r->stalls[shown]);
        section(s, shown == 0 ? "STALLS" : "", TONE_NEAR, &body);
    }
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    if (shown < r->stall_count || r->stalls_more > 0) {
        stall_lines_rest(&body, r, shown);
        section(s, "", TONE_NEAR, &body);
        text_clear(&body);
    }
    if (stall_lines_rhythm(&body, r)) section(s, "", TONE_NEAR, &body);
}

/* What the connections of the slowest requests have in common. */
static void write_network(const struct summary *s)
{
    static bool (*const lines[])(struct text *, const struct result *) = {tail_line_resent,
                                                                          tail_line_few};
    bool first = true;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char array[PROSE_BYTES];
        struct text body = text_in(array, sizeof array);
        if (!lines[i](&body, s->result)) continue;
        section(s, first ? "NETWORK" : "", TONE_NEAR, &body);
        first = false;
    }
}

static void write_trust(const struct summary *s)
{
    const struct result *r = s->result;
    const struct figures *f = &r->totals;
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    text_adds(&body, result_trust_name(r->trust));
    if (f->lag.n > 0) {
        text_adds(&body, " · our lag p99 ");
        amount_time(&body, f->lag.ns[FIGURE_P99]);
        text_adds(&body, ", max ");
        amount_time(&body, f->lag.ns[FIGURE_MAX]);
    }
    if (r->end.generator_cpu_ns > 0) {
        text_adds(&body, " · prony took ");
        amount_length(&body, (double)r->end.generator_cpu_ns);
        text_addf(&body, " of CPU on %u thread%s", r->header->threads,
                  r->header->threads == 1 ? "" : "s");
        if (r->end.max_rss_bytes > 0) text_adds(&body, " and ");
        if (r->end.max_rss_bytes > 0) amount_bytes(&body, (double)r->end.max_rss_bytes);
        if (r->header->window) text_adds(&body, " in the whole run");
    }
    if (r->header->calibration.ceiling_per_s > 0) {
        text_adds(&body, " · this host answers at once in ");
        amount_time(&body, (double)r->header->calibration.floor_p50_ns);
        text_adds(&body, " and at most ");
        amount_per_s(&body, r->header->calibration.ceiling_per_s);
        text_adds(&body, "/s");
    }
    enum tone tone = r->trust == TRUST_VALID     ? TONE_STRONG
                     : r->trust == TRUST_SUSPECT ? TONE_NEAR
                                                 : TONE_BAD;
    section(s, "TRUST", tone, &body);
    for (uint32_t i = 0; i < r->reason_count; i++) {
        if (r->reasons[i].level == TRUST_VALID) continue; /* told as a note */
        text_clear(&body);
        text_addf(&body, "%s: ", result_trust_name(r->reasons[i].level));
        text_add_safe(&body, bytes_of(r->reasons[i].text));
        section(s, "", tone, &body);
    }
}

/* How arrivals were spaced: the tail depends on it. */
static void write_load(const struct summary *s)
{
    const struct plan *plan = s->result->header->plan;
    bool seen[ARRIVALS_EXACT + 1] = {false}, open = false;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (plan->stages[i].model != MODEL_OPEN || plan->stages[i].rate_from <= 0) continue;
        seen[plan->stages[i].arrivals] = open = true;
    }
    static const char *const names[] = {
        "Poisson arrivals (independent users)",
        "evenly spaced arrivals (independent users would see a longer tail)",
        "Poisson arrivals of an exact count"};
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!seen[i]) continue;
        if (any) text_adds(&body, " and ");
        text_adds(&body, names[i]);
        any = true;
    }
    if (plan->target_count > 0) {
        if (open) text_adds(&body, " · ");
        text_add_safe(&body, plan->targets[0].text);
        if (plan->target_count > 1) text_addf(&body, " and %u more", plan->target_count - 1);
    }
    text_addf(&body, " · seed %llu", (unsigned long long)plan->seed);
    section(s, "LOAD", TONE_STRONG, &body);
}

/* ---- what to do next ---- */

static bool has_own_objective(const struct result *r)
{
    for (uint32_t i = 0; i < r->header->plan->objective_count; i++) {
        if (!r->header->plan->objectives[i].implicit) return true;
    }
    return false;
}

static void suggest_latency(struct text *out, const char *flag, double limit_ns)
{
    if (limit_ns <= 0) return;
    text_addf(out, "%s--%s ", out->len > 0 ? " " : "", flag);
    if (limit_ns < 1e6) text_addf(out, "%.4gus", limit_ns / 1e3);
    else if (limit_ns < 1e10) text_addf(out, "%.4gms", limit_ns / 1e6);
    else text_addf(out, "%.4gs", limit_ns / 1e9);
}

bool summary_suggest(struct text *out, const struct result *r)
{
    char array[160];
    const double *limits = r->suggestion.limits;
    struct text flags = text_in(array, sizeof array);
    if (!r->final || r->steered || r->trust == TRUST_INVALID || has_own_objective(r)) return false;
    suggest_latency(&flags, "p95", limits[SUGGESTED_P95]);
    suggest_latency(&flags, "p99", limits[SUGGESTED_P99]);
    double errors = summary_tables_errors(r, &r->totals);
    if (flags.len == 0 || isnan(errors) || errors > 0.5) return false;
    double share = limits[SUGGESTED_ERRORS];
    if (share > 0) text_addf(&flags, " --errors %.4g%%", share * 100);
    text_add(out, text_bytes(&flags));
    return true;
}

static void write_files(const struct summary *s)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    const struct summary_extra *extra = s->extra;
    bool has_folder = extra->folder.len > 0;
    if (has_folder) {
        text_add_safe(&body, extra->folder);
        for (uint32_t i = 0; i < extra->file_count; i++) {
            text_adds(&body, i == 0 ? "/ " : " · ");
            text_add_safe(&body, extra->files[i]);
        }
        section(s, "FILES", TONE_STRONG, &body);
        text_clear(&body);
    }
    for (uint32_t i = 0; i < extra->elsewhere_count; i++) {
        if (i > 0) text_adds(&body, " · ");
        text_add_safe(&body, extra->elsewhere[i]);
    }
    if (extra->elsewhere_count > 0) section(s, has_folder ? "" : "FILES", TONE_STRONG, &body);
}

static void write_notes(const struct summary *s)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    for (uint32_t i = 0; i < s->result->reason_count; i++) {
        if (s->result->reasons[i].level != TRUST_VALID) continue;
        text_clear(&body);
        text_add_safe(&body, bytes_of(s->result->reasons[i].text));
        section(s, "NOTE", TONE_NEAR, &body);
    }
    for (uint32_t i = 0; i < s->extra->note_count; i++) {
        text_clear(&body);
        text_add_safe(&body, s->extra->notes[i]);
        section(s, "NOTE", TONE_NEAR, &body);
    }
}

/* One sentence of a run that missed something; `prony why` has the rest. Where nothing of the
 * service was looked at there is nothing to say. */
static void write_why(const struct summary *s)
{
    const struct cause *cause = s->extra->cause;
    bool silent = !cause || cause->state == CAUSE_NONE || cause->state == CAUSE_UNASKED
                  || cause->state == CAUSE_UNSEEN;
    if (silent || s->result->verdict != VERDICT_MISSED) return;
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    text_adds(&body, cause->sentence);
    section(s, "WHY", TONE_BAD, &body);
    if (!cause->logged[0]) return;
    text_clear(&body);
    text_adds(&body, cause->logged);
    section(s, "LOGS", TONE_NEAR, &body);
}

static void write_next(const struct summary *s)
{
    char array[PROSE_BYTES];
    struct text body = text_in(array, sizeof array);
    if (summary_suggest(&body, s->result)) {
        text_adds(&body, "  would have held, with a third or more to spare");
        section(s, "TRY", TONE_STRONG, &body);
    }
    write_notes(s);
    for (uint32_t i = 0; i < s->extra->next_count; i++) {
        text_clear(&body);
        text_add_safe(&body, s->extra->next[i]);
        section(s, i == 0 ? "NEXT" : "", TONE_STRONG, &body);
    }
    write_files(s);
}

void summary_write(struct text *out, const struct result *result, const struct show_style *style,
                   const struct summary_extra *extra)
{
    struct summary s = {.out = out, .result = result, .style = style, .extra = extra};
    size_t from = out->len;
    write_verdict(&s);
    if (run_ended_early(result->end.ended)) {
        write_errors(&s);
    } else {
        struct summary_legend legend = {.floor_ns =
                                            (double)result->header->calibration.floor_p50_ns};
        summary_tables_objectives(&s);
        summary_tables_stages(&s, &legend);
        summary_tables_names(&s, &legend);
        summary_tables_times(&s, &legend);
        write_legend(&s, &legend);
        signal_lines_write(out, result, style, extra->verbose);
        if (extra->verbose) {
            spectrum_write(out, result, style);
            evidence_slowest(out, result, style);
            request_spans_write(out, result, style, UINT32_MAX);
            evidence_failures(out, result, style);
        } else {
            request_spans_write(out, result, style, 1);
        }
        write_window(&s);
        write_outcomes(&s);
        write_why(&s);
        write_errors(&s);
        write_stalls(&s);
        write_network(&s);
        write_trust(&s);
        write_load(&s);
    }
    write_next(&s);
    style_to_ascii(out, style, from);
}
