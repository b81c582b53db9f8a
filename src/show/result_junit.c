#include "show/result_junit.h"

#include <math.h>

#include "show/amount.h"
#include "show/objective_row.h"
#include "show/verdict_line.h"

#define WORDS_BYTES 1024
#define TEXT_BYTES 8192 /* of a text at most: names, messages */

/* ---- text ---- */

void result_junit_text(struct text *out, struct bytes value)
{
    char array[TEXT_BYTES];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, value);
    text_end_whole(&safe);
    for (size_t i = 0; i < safe.len; i++) {
        if (array[i] == '&') text_adds(out, "&amp;");
        else if (array[i] == '<') text_adds(out, "&lt;");
        else if (array[i] == '>') text_adds(out, "&gt;");
        else if (array[i] == '"') text_adds(out, "&quot;");
        else text_addc(out, array[i], 1);
    }
}

static void add_attribute(struct text *out, const char *name, struct bytes value)
{
    text_addf(out, " %s=\"", name);
    result_junit_text(out, value);
    text_addc(out, '"', 1);
}

/* Seconds without an exponent: the schemas want digits. */
static void add_seconds(struct text *out, double seconds)
{
    text_addf(out, " time=\"%.3f\"", seconds);
}

/* ---- what a test case comes to ---- */

enum fate { FATE_PASSED, FATE_FAILED, FATE_ERROR, FATE_SKIPPED, FATE_COUNT };

static const char *const tags[FATE_COUNT] = {NULL, "failure", "error", "skipped"};

struct test_case {
    enum fate fate;
    const char *type; /* of what is not passed */
    char name_array[WORDS_BYTES], message_array[WORDS_BYTES];
    struct text name, message;
    const struct objective_result *objective; /* NULL: of the run itself */
};

/* The run's own cases, before the objectives: the same in every run, so that a CI system can keep
 * their history. */
enum { CASE_RUN, CASE_TRUST, CASES_OF_RUN };

static void judge_run(struct test_case *t, const struct result *r)
{
    static const enum fate fates[] = {[RUN_COMPLETE] = FATE_PASSED,
                                      [RUN_ABORTED] = FATE_FAILED,
                                      [RUN_INTERRUPTED] = FATE_ERROR,
                                      [RUN_PREFLIGHT] = FATE_ERROR,
                                      [RUN_REFUSED] = FATE_ERROR};
    text_adds(&t->name, "the run goes to its end");
    t->fate = fates[r->end.ended];
    t->type = run_end_name(&r->end);
    text_adds(&t->message, run_end_name(&r->end));
    if (r->steered && t->fate == FATE_PASSED) t->fate = FATE_ERROR;
    if (r->steered) text_adds(&t->message, ", steered by hand");
    if (r->end.reason[0] == '\0') return;
    text_adds(&t->message, ": ");
    text_adds(&t->message, r->end.reason);
}

static void judge_trust(struct test_case *t, const struct result *r)
{
    text_adds(&t->name, "the numbers can be trusted");
    t->fate = r->trust == TRUST_INVALID ? FATE_ERROR : FATE_PASSED;
    if (run_ended_early(r->end.ended)) t->fate = FATE_SKIPPED;
    t->type = result_trust_name(r->trust);
    for (uint32_t i = 0; i < r->reason_count; i++) {
        if (t->message.len > 0) text_adds(&t->message, "; ");
        text_addf(&t->message, "%s: %s", result_reason_name(r->reasons[i].level),
                  r->reasons[i].text);
    }
    if (run_ended_early(r->end.ended)) text_adds(&t->message, "nothing was judged");
}

static enum fate fate_of(const struct result *r, const struct objective_result *o, bool lenient)
{
    switch (o->verdict) {
    case VERDICT_HOLDS:
        return FATE_PASSED;
    case VERDICT_NOT_JUDGED:
        return FATE_SKIPPED;
    case VERDICT_MISSED:
    case VERDICT_INVALID:
        if (o->objective->warn) return FATE_SKIPPED;
        return r->trust == TRUST_INVALID ? FATE_ERROR : FATE_FAILED;
    case VERDICT_INCONCLUSIVE:
        return lenient || o->objective->warn ? FATE_SKIPPED : FATE_ERROR;
    }
    return FATE_ERROR;
}

static void judge_objective(struct test_case *t, const struct result *r,
                            const struct objective_result *o, bool lenient)
{
    t->objective = o;
    t->fate = fate_of(r, o, lenient);
    bool withheld = o->verdict == VERDICT_MISSED && r->trust == TRUST_INVALID;
    t->type = withheld ? "invalid" : result_verdict_name(o->verdict);
    if (o->objective->warn) text_adds(&t->name, "warn: ");
    objective_row_sentence(&t->name, r, o);
    if (withheld) text_adds(&t->message, "not to be trusted: ");
    objective_row_words(&t->message, r, o);
}

static void judge_case(struct test_case *t, const struct result *r, uint32_t index, bool lenient)
{
    t->fate = FATE_PASSED;
    t->type = NULL;
    t->objective = NULL;
    t->name = text_in(t->name_array, sizeof t->name_array);
    t->message = text_in(t->message_array, sizeof t->message_array);
    if (index == CASE_RUN) judge_run(t, r);
    else if (index == CASE_TRUST) judge_trust(t, r);
    else judge_objective(t, r, &r->objectives[index - CASES_OF_RUN], lenient);
}

/* ---- the document ---- */

/* Stage by stage, for whoever opens the failure. */
static void add_stages(struct text *out, const struct result *r, const struct objective_result *o)
{
    const struct plan *plan = r->header->plan;
    for (uint32_t i = 0; o->stages && i < plan->stage_count; i++) {
        const struct finding *f = &o->stages[i];
        if (!result_stage_judged(r, i) || (f->n == 0 && isnan(f->value))) continue;
        char array[WORDS_BYTES];
        struct text line = text_in(array, sizeof array);
        text_addc(&line, '\n', 1);
        result_junit_text(&line, plan->stages[i].name);
        text_addf(&line, ": %s", f->at_least ? "≥ " : "");
        amount_of(&line, o->objective, f->value);
        text_addf(&line, ", %s", result_verdict_name(f->verdict));
        text_add(out, text_bytes(&line));
    }
}

static void write_case(struct text *out, const struct result *r, const struct test_case *t,
                       struct bytes class_name)
{
    text_adds(out, "    <testcase");
    add_attribute(out, "name", text_bytes(&t->name));
    add_attribute(out, "classname", class_name);
    add_seconds(out, t->objective ? 0 : (double)r->end.at_ns / 1e9);
    if (t->fate == FATE_PASSED && t->message.len == 0) {
        text_adds(out, "/>\n");
        return;
    }
    text_adds(out, ">\n");
    if (t->fate == FATE_PASSED) {
        text_adds(out, "      <system-out>");
        result_junit_text(out, text_bytes(&t->message));
        text_adds(out, "</system-out>\n");
    } else {
        text_addf(out, "      <%s", tags[t->fate]);
        add_attribute(out, "type", bytes_of(t->type));
        add_attribute(out, "message", text_bytes(&t->message));
        text_addc(out, '>', 1);
        result_junit_text(out, text_bytes(&t->message));
        if (t->objective) add_stages(out, r, t->objective);
        text_addf(out, "</%s>\n", tags[t->fate]);
    }
    text_adds(out, "    </testcase>\n");
}

static void add_property(struct text *out, const char *name, struct bytes value)
{
    text_adds(out, "      <property");
    add_attribute(out, "name", bytes_of(name));
    add_attribute(out, "value", value);
    text_adds(out, "/>\n");
}

static void write_properties(struct text *out, const struct result *r)
{
    const struct run_header *h = r->header;
    char array[64];
    struct text number = text_in(array, sizeof array);
    text_adds(out, "    <properties>\n");
    add_property(out, "run", bytes_of(h->id));
    add_property(out, "prony", h->version);
    add_property(out, "verdict", bytes_of(result_verdict_name(r->verdict)));
    text_addf(&number, "%d", r->exit_code);
    add_property(out, "exit", text_bytes(&number));
    add_property(out, "trust", bytes_of(result_trust_name(r->trust)));
    text_clear(&number);
    text_addf(&number, "%llu", (unsigned long long)h->plan->seed);
    add_property(out, "seed", text_bytes(&number));
    if (h->window) add_property(out, "window", h->window->asked);
    if (h->plan->path.len > 0) add_property(out, "plan", h->plan->path);
    for (uint32_t i = 0; i < h->plan->target_count; i++) {
        add_property(out, "target", h->plan->targets[i].text);
    }
    text_adds(out, "    </properties>\n");
}

/* `prony.NAME`: CI systems cut a class name at its dots, so the name keeps none. */
static void add_class(struct text *out, struct bytes name)
{
    text_adds(out, "prony.");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bytes_is_digit(c)
                     || c == '-' || (unsigned char)c >= 0x80;
        text_addc(out, plain ? c : '_', 1);
    }
}

static void add_counts(struct text *out, const uint32_t *counts, uint32_t all, bool skipped)
{
    text_addf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\"", all, counts[FATE_FAILED],
              counts[FATE_ERROR]);
    if (skipped) text_addf(out, " skipped=\"%u\"", counts[FATE_SKIPPED]);
}

void result_junit_write(struct text *out, const struct result *r, bool lenient)
{
    const struct run_header *h = r->header;
    uint32_t all = CASES_OF_RUN + r->objective_count;
    uint32_t counts[FATE_COUNT] = {0};
    struct test_case t;
    for (uint32_t i = 0; i < all; i++) {
        judge_case(&t, r, i, lenient);
        counts[t.fate]++;
    }
    char class_array[WORDS_BYTES];
    char moment_array[64];
    struct text class_name = text_in(class_array, sizeof class_array);
    struct text moment = text_in(moment_array, sizeof moment_array);
    add_class(&class_name, h->plan->name);
    amount_moment(&moment, h->wall_start_ns);
    double seconds = (double)r->end.at_ns / 1e9;

    text_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"prony\"");
    add_counts(out, counts, all, false);
    add_seconds(out, seconds);
    text_adds(out, ">\n  <testsuite");
    add_attribute(out, "name", h->plan->name);
    add_counts(out, counts, all, true);
    add_seconds(out, seconds);
    add_attribute(out, "timestamp", text_bytes(&moment));
    if (h->host.len > 0) add_attribute(out, "hostname", h->host);
    text_adds(out, ">\n");
    write_properties(out, r);
    for (uint32_t i = 0; i < all; i++) {
        judge_case(&t, r, i, lenient);
        write_case(out, r, &t, text_bytes(&class_name));
    }
    const char *mark;
    const char *word;
    enum tone tone;
    char line_array[2 * WORDS_BYTES];
    struct text line = text_in(line_array, sizeof line_array);
    verdict_line_word(r, &mark, &word, &tone);
    verdict_line_facts(&line, r);
    text_addf(out, "    <system-out>%s · ", word);
    result_junit_text(out, text_bytes(&line));
    text_adds(out, "</system-out>\n  </testsuite>\n</testsuites>\n");
}
