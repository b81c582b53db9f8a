#include "cli/verb_check.h"

#include <math.h>

#include "campaign/machine.h"
#include "cli/check_json.h"
#include "cli/console.h"
#include "cli/planning.h"
#include "cli/warnings.h"
#include "judge/exit_code.h"
#include "load/engine.h"
#include "plan/mask.h"
#include "plan/plan_doubt.h"
#include "plan/print_plan.h"
#include "show/amount.h"
#include "show/table.h"

#define OUT_LIMIT (256u << 10)
#define PLAN_LIMIT (16u << 20)   /* of a plan written in full; the plan itself has 1 MiB at most */
#define ASSUMED_REPLY_NS (100e6) /* of a reply, where no objective gives a better guess */
#define LABEL_COLUMNS 14

/* -- Sums over the load curve --------------------------------------------------------------- */

/* It ends with its last iteration; its length is the longest that may take. */
static bool is_by_count(const struct stage *s)
{
    return s->model == MODEL_CLOSED && s->requests > 0;
}

/* Requests of one iteration in the stage's mix; each poll counts as one. */
static double steps_of(const struct plan *plan, const struct stage *s)
{
    double steps = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        steps += s->mix[i] * plan->scenarios[i].step_count;
    }
    return steps;
}

/* Pauses of one iteration in the stage's mix. */
static double think_s_of(const struct plan *plan, const struct stage *s)
{
    double sum_ns = 0;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *scenario = &plan->scenarios[i];
        for (uint32_t k = 0; k < scenario->step_count; k++) {
            const struct step *step = &scenario->steps[k];
            if (!step->has_think) continue;
            sum_ns += s->mix[i] * ((double)step->think.lo_ns + (double)step->think.hi_ns) / 2;
        }
    }
    return sum_ns / 1e9;
}

/* What a reply may take, by the tightest limit on a quantile or average of requests. */
static const struct objective *reply_limit(const struct plan *plan)
{
    const struct objective *best = NULL;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        bool time = o->metric == METRIC_AVG || o->metric == METRIC_QUANTILE;
        if (!time || o->scope == SCOPE_SCENARIO || (o->op != OP_LT && o->op != OP_LE)) continue;
        if (!best || o->value < best->value) best = o;
    }
    return best;
}

static bool has_polls(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t k = 0; k < plan->scenarios[i].step_count; k++) {
            if (plan->scenarios[i].steps[k].until) return true;
        }
    }
    return false;
}

/* -- The table of stages -------------------------------------------------------------------- */

enum {
    COLUMN_STAGE,
    COLUMN_MODEL,
    COLUMN_LOAD,
    COLUMN_FOR,
    COLUMN_SETTLE,
    COLUMN_JUDGED,
    COLUMN_ARRIVALS
};

static const struct table_column columns[] = {
    [COLUMN_STAGE] = {.title = "STAGE", .flexible = true},
    [COLUMN_MODEL] = {.title = "MODEL"},
    [COLUMN_LOAD] = {.title = "LOAD", .right = true},
    [COLUMN_FOR] = {.title = "FOR", .right = true},
    [COLUMN_SETTLE] = {.title = "SETTLE", .right = true, .spare = true},
    [COLUMN_JUDGED] = {.title = "JUDGED"},
    [COLUMN_ARRIVALS] = {.title = "ARRIVALS", .right = true, .spare = true},
};

static void add_load(struct text *out, const struct stage *s)
{
    if (s->model == MODEL_OPEN) {
        amount_rate(out, s->rate_from);
        if (s->rate_to == s->rate_from) return;
        text_adds(out, " to ");
        amount_rate(out, s->rate_to);
        return;
    }
    text_addf(out, "%u", s->users_from);
    if (s->users_to != s->users_from) text_addf(out, " to %u", s->users_to);
    text_adds(out, " users");
}

static void stage_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct plan *plan = ctx;
    const struct stage *s = &plan->stages[row];
    static const char *const patterns[] = {"poisson", "even", "exact"};
    switch (column) {
    case COLUMN_STAGE:
        text_add_safe(&out->text, s->name);
        break;
    case COLUMN_MODEL:
        text_adds(&out->text, s->model == MODEL_CLOSED ? "closed" : "open, ");
        if (s->model == MODEL_OPEN) text_adds(&out->text, patterns[s->arrivals]);
        break;
    case COLUMN_LOAD:
        add_load(&out->text, s);
        break;
    case COLUMN_FOR:
        if (is_by_count(s) || s->until_steady) text_adds(&out->text, "≤ ");
        amount_length(&out->text, (double)s->length_ns);
        break;
    case COLUMN_SETTLE:
        if (s->settle_ns > 0) amount_length(&out->text, (double)s->settle_ns);
        break;
    case COLUMN_JUDGED:
        text_adds(&out->text, s->judged ? "yes" : "no");
        break;
    case COLUMN_ARRIVALS:
        amount_count(&out->text, round(plan_doubt_arrivals(s)));
        break;
    }
}

/* -- The lines below it --------------------------------------------------------------------- */

/* A line as it stands, but for folds. */
static void add_folded(struct text *out, const struct show_style *style, struct text *line)
{
    style_fold(out, style, LABEL_COLUMNS, text_bytes(line));
    text_addc(out, '\n', 1);
    text_clear(line);
}

static void add_line(struct text *out, const struct show_style *style, const char *label,
                     struct text *body)
{
    char array[LABEL_COLUMNS + 1];
    struct text head = text_in(array, sizeof array);
    text_adds(&head, label);
    text_addc(&head, ' ', LABEL_COLUMNS - head.len);
    style_wrap(out, style, text_bytes(&head), TONE_PLAIN, LABEL_COLUMNS, text_bytes(body));
    text_clear(body);
}

static void add_requests(struct text *out, const struct show_style *style, const struct plan *plan)
{
    double sent = 0;
    double length_ns = 0;
    double counted_ns = 0;
    bool closed = false;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        double arrivals = plan_doubt_arrivals(s);
        *(is_by_count(s) ? &counted_ns : &length_ns) += (double)s->length_ns;
        if (isnan(arrivals)) closed = true;
        else sent += arrivals * steps_of(plan, s);
    }
    char array[400];
    struct text body = text_in(array, sizeof array);
    if (sent > 0 || !closed) {
        text_adds(&body, has_polls(plan) ? "at least " : "about ");
        amount_count(&body, round(sent));
        const char *where =
            counted_ns > 0 ? " in the stages by rate or count" : " in the open stages";
        if (closed) text_adds(&body, where);
    }
    if (closed) {
        text_addf(&body, "%sin the closed ones%s as many as the target answers",
                  sent > 0 ? ", " : "", counted_ns > 0 ? " by time" : "");
    }
    if (length_ns > 0) text_adds(&body, closed ? "; in all " : " in ");
    if (length_ns > 0) amount_length(&body, length_ns);
    if (counted_ns > 0) {
        text_adds(&body, length_ns > 0 ? " and what" : " in what");
        text_adds(&body, " the stages by count take, at most ");
        amount_length(&body, counted_ns);
    }
    if (has_polls(plan)) text_adds(&body, " (a poll is counted once)");
    add_line(out, style, "requests", &body);
}

/* L = lambda W, for the stage with the most. */
static void add_in_flight(struct text *out, const struct show_style *style, const struct plan *plan)
{
    const struct objective *limit = reply_limit(plan);
    double reply_s = (limit ? limit->value : ASSUMED_REPLY_NS) / 1e9;
    const struct stage *most = &plan->stages[0]; /* a plan has at least one */
    double most_count = -1;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        double rate = s->rate_from > s->rate_to ? s->rate_from : s->rate_to;
        double users = s->users_from > s->users_to ? s->users_from : s->users_to;
        double time_s = steps_of(plan, s) * reply_s + think_s_of(plan, s);
        double count = s->model == MODEL_CLOSED ? users : rate * time_s;
        if (count <= most_count) continue;
        most_count = count;
        most = s;
    }
    char array[500];
    struct text body = text_in(array, sizeof array);
    text_adds(&body, most->model == MODEL_CLOSED ? "at most " : "about ");
    amount_count(&body, ceil(most_count));
    const char *what = most->model == MODEL_CLOSED ? "user" : "iteration";
    text_addf(&body, " %s%s at once in ", what, most_count > 1 ? "s" : "");
    text_add_safe(&body, most->name);
    if (most->model == MODEL_OPEN) {
        text_adds(&body, ", by Little's law: rate x time of an iteration, with ");
        amount_time(&body, reply_s * 1e9);
        text_addf(&body, " a reply (%s%.*s%s)", limit ? "the limit of `" : "assumed",
                  BYTES_ARG(limit ? limit->text : BYTES_LIT("")), limit ? "`" : "");
        if (has_polls(plan)) text_adds(&body, "; polls add their waiting");
    }
    text_adds(&body, "; dropped beyond ");
    amount_count(&body, (double)plan->max_in_flight);
    add_line(out, style, "in flight", &body);
}

static void add_machine(struct text *out, const struct show_style *style, const struct plan *plan,
                        const struct machine *m, const struct engine_needs *needs, uint32_t threads)
{
    char array[400];
    struct text body = text_in(array, sizeof array);
    amount_bytes(&body, (double)needs->memory_bytes);
    text_adds(&body, " for the generator, ");
    amount_bytes(&body, (double)m->memory_free_bytes);
    text_adds(&body, " free");
    add_line(out, style, "memory", &body);

    text_addf(&body, "%llu at most, %llu allowed",
              (unsigned long long)machine_descriptors(needs, plan),
              (unsigned long long)m->descriptors_most);
    add_line(out, style, "descriptors", &body);
    uint64_t ports = machine_ports(m, plan);
    if (ports < UINT64_MAX) {
        text_addf(&body, "%llu at most, %llu here", (unsigned long long)needs->connections,
                  (unsigned long long)ports);
        add_line(out, style, "local ports", &body);
    }
    text_addf(&body, "%u of %u cores", threads, m->cores);
    add_line(out, style, "threads", &body);
}

/* A word of a command line, in quotes where it needs them; secrets never appear. */
static void add_word(struct text *out, struct bytes word, const struct plan *plan)
{
    char array[4096];
    struct text shown = text_in(array, sizeof array);
    mask_add(&shown, word, plan);
    bool plain = word.len > 0 && bytes_find(word, BYTES_LIT(" ")) == SIZE_MAX
                 && bytes_find(word, BYTES_LIT("'")) == SIZE_MAX;
    text_addc(out, ' ', 1);
    if (!plain) text_addc(out, '"', 1);
    text_add_safe(out, text_bytes(&shown));
    if (!plain) text_addc(out, '"', 1);
}

/* One line, "asks" before the first of them. */
static void add_question(struct text *out, const struct show_style *style, struct bytes service,
                         const char *kind, struct bytes place, const struct plan *plan, bool *first)
{
    char array[2400];
    char masked_array[2048];
    struct text line = text_in(array, sizeof array);
    struct text masked = text_in(masked_array, sizeof masked_array);
    text_adds(&line, *first ? "asks          " : "              ");
    *first = false;
    text_addf(&line, "%.*s: %s at ", BYTES_ARG(service), kind);
    mask_add(&masked, place, plan);
    text_add(&line, text_bytes(&masked));
    add_folded(out, style, &line);
}

static void add_asked(struct text *out, const struct show_style *style, const struct plan *plan)
{
    bool first = true;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct service *s = &plan->services[i];
        for (unsigned kind = 0; kind < ASK_KINDS; kind++) {
            char array[2048];
            struct text place = text_in(array, sizeof array);
            if (s->asks[kind].text.len == 0) continue;
            ask_add_masked(&place, &s->asks[kind]);
            add_question(out, style, s->name, ask_name((enum ask_kind)kind), text_bytes(&place),
                         plan, &first);
        }
        if (s->scrape.url.len == 0) continue;
        add_question(out, style, s->name, "metrics", s->scrape.url, plan, &first);
    }
}

/* What is there already: neither started nor stopped, only looked at. */
static void add_attached(struct text *out, const struct show_style *style, const struct plan *plan)
{
    char array[1024];
    struct text line = text_in(array, sizeof array);
    bool first = true;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct attach *a = &plan->services[i].attach;
        if (a->kind == ATTACH_NONE) continue;
        text_adds(&line, first ? "looks at      " : "              ");
        first = false;
        text_addf(&line, "%.*s: %s ", BYTES_ARG(plan->services[i].name), attach_name(a->kind));
        if (a->text.len == 0) text_addf(&line, "%llu", (unsigned long long)a->number);
        else mask_add(&line, a->text, plan);
        if (a->required) text_adds(&line, ", which must be there");
        add_folded(out, style, &line);
    }
}

static void add_log(struct text *out, const struct show_style *style, const struct plan *plan,
                    const char *what, struct bytes path)
{
    char array[2048];
    struct text line = text_in(array, sizeof array);
    text_adds(&line, what);
    if (bytes_is(path, "output")) text_adds(&line, "in its output");
    else mask_add(&line, path, plan);
    add_folded(out, style, &line);
}

/* What is read along. */
static void add_logs(struct text *out, const struct show_style *style, const struct plan *plan)
{
    char array[300];
    struct text what = text_in(array, sizeof array);
    bool first = true;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct log_plan *log = &plan->services[i].log;
        bool access = log->access_log.len > 0;
        for (uint32_t k = 0; k < log->file_count + access; k++) {
            bool is_access = access && k == 0;
            text_clear(&what);
            text_addf(&what, "%s%.*s: %s", first ? "reads         " : "              ",
                      BYTES_ARG(plan->services[i].name), is_access ? "access log " : "log ");
            first = false;
            add_log(out, style, plan, what.at,
                    is_access ? log->access_log : log->files[k - access]);
        }
    }
}

static void add_services(struct text *out, const struct show_style *style, const struct plan *plan)
{
    char array[32768]; /* of a command line and its environment */
    struct text line = text_in(array, sizeof array);
    bool first = true;
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct service *s = &plan->services[i];
        if (s->argc == 0) continue;
        text_adds(&line, first ? "starts here   " : "              ");
        first = false;
        text_addf(&line, "%.*s:", BYTES_ARG(s->name));
        for (uint32_t k = 0; k < s->env_count; k++) add_word(&line, s->env[k], plan);
        for (uint32_t k = 0; k < s->argc; k++) add_word(&line, s->argv[k], plan);
        add_folded(out, style, &line);
        text_addf(&line, "              in %.*s", BYTES_ARG(s->cwd));
        add_folded(out, style, &line);
    }
    if (first) text_adds(out, "starts here   nothing\n");
    add_attached(out, style, plan);
    add_asked(out, style, plan);
    add_logs(out, style, plan);
}

static void add_objectives(struct text *out, const struct show_style *style,
                           const struct plan *plan)
{
    char array[2048];
    struct text line = text_in(array, sizeof array);
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const struct objective *o = &plan->objectives[i];
        text_adds(&line, i == 0 ? "objectives    " : "              ");
        if (o->warn) text_adds(&line, "warn: ");
        text_add_safe(&line, o->text);
        if (o->implicit) text_adds(&line, " (implied: nothing else looks at failures)");
        add_folded(out, style, &line);
    }
    for (uint32_t i = 0; i < plan->abort_count; i++) {
        text_adds(&line, i == 0 ? "aborts when   " : "              ");
        text_add_safe(&line, plan->abort_when[i].text);
        add_folded(out, style, &line);
    }
}

static void add_warnings(struct text *out, const struct show_style *style, struct planning *p)
{
    struct warnings warnings;
    warnings_find(&warnings, p);
    for (uint32_t i = 0; i < warnings.count; i++) {
        char array[2 * WARNING_BYTES];
        struct text body = text_in(array, sizeof array);
        text_add(&body, warnings.items[i].text);
        text_adds(&body, " – ");
        text_add(&body, warnings.items[i].fix);
        add_line(out, style, "warning", &body);
    }
}

static void write_check(struct text *out, const struct flags *flags, struct planning *p,
                        const struct machine *m, const struct engine_needs *needs, uint32_t threads)
{
    const struct plan *plan = &p->plan;
    struct show_style style = console_style(CONSOLE_OUT, flags);
    text_adds(out, "plan ");
    text_add_safe(out, plan->name);
    text_adds(out, " is correct\n");
    for (uint32_t i = 0; i < plan->target_count; i++) {
        char array[1024];
        struct text line = text_in(array, sizeof array);
        text_adds(&line, i == 0 ? "target        " : "              ");
        text_add_safe(&line, plan->targets[i].text);
        add_folded(out, &style, &line);
    }
    add_objectives(out, &style, plan);
    add_warnings(out, &style, p);
    text_addc(out, '\n', 1);
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = plan->stage_count,
                          .cell = stage_cell,
                          .ctx = plan};
    table_write(out, &table, &style);
    text_addc(out, '\n', 1);
    add_requests(out, &style, plan);
    add_in_flight(out, &style, plan);
    add_machine(out, &style, plan, m, needs, threads);
    add_services(out, &style, plan);
    text_adds(out, "Nothing was sent.\n");
}

/* --print and --print-plan: the plan, and nothing else. */
static int print_plan(const struct flags *flags, struct planning *p)
{
    struct text text = text_in(arena_alloc(&p->arena, PLAN_LIMIT), PLAN_LIMIT);
    struct err err;
    if (flags_given(flags, FLAG_PRINT_PLAN)) planning_add_shown(&text, flags);
    else print_plan_write(&text, &p->plan);
    if (!text.cut) return console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
    err_set(&err, ERR_LIMIT, 0, "the plan is too large to be printed");
    return console_fail(&err);
}

int verb_check_main(const struct flags *flags, int argc, char *const *argv)
{
    struct planning p;
    struct err err = {0};
    int code;
    bool json = bytes_is(flags_value(flags, FLAG_FORM, "text"), "json");
    if (!planning_open(&p, flags, argc, argv, &err)) {
        code = json ? check_json_fail(&p, flags, &err) : planning_fail(&p, &err);
        goto out;
    }
    if (flags_given(flags, FLAG_PRINT_PLAN) || flags_given(flags, FLAG_PRINT)) {
        code = print_plan(flags, &p);
        goto out;
    }
    struct machine machine;
    struct engine_needs needs;
    uint32_t threads = p.plan.threads ? p.plan.threads : engine_default_threads();
    machine_look(&machine);
    bool fits = engine_measure_needs(&p.plan, threads, &needs, &err)
                && machine_fit(&machine, &needs, &p.plan, &err);
    if (json) {
        code = check_json_print(&p, &needs, threads, fits ? NULL : &err);
        goto out;
    }
    struct text text = text_in(arena_alloc(&p.arena, OUT_LIMIT), OUT_LIMIT);
    write_check(&text, flags, &p, &machine, &needs, threads);
    code = console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
    if (!fits) code = console_fail(&err);
out:
    planning_close(&p);
    return code;
}
