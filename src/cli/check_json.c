#include "cli/check_json.h"

#include "base/json_tree.h"
#include "cli/console.h"
#include "cli/warnings.h"
#include "judge/exit_code.h"
#include "plan/mask.h"
#include "show/json_part.h"

#define MISUSE_LIMIT ((size_t)1 << 20)

/* -- Errors --------------------------------------------------------------------------------- */

static json_t *text_or_null(struct bytes b)
{
    return b.len > 0 ? json_part_text(b) : json_null();
}

/* What is not about the text of a plan: no code, no place. */
static json_t *error_of(const struct err *err, struct bytes file)
{
    json_t *o = json_object();
    static const char *const none[] = {"line", "column", "length"};
    json_tree_put(o, "severity", json_string("error"));
    json_tree_put(o, "code", json_null());
    json_tree_put(o, "flag", json_null());
    json_tree_put(o, "file", text_or_null(file));
    for (size_t i = 0; i < COUNT_OF(none); i++) json_tree_put(o, none[i], json_null());
    json_tree_put(o, "message", json_part_text(bytes_of(err->msg)));
    json_tree_put(o, "fix", text_or_null(bytes_of(err->hint)));
    json_tree_put(o, "near", json_null());
    return o;
}

static void add_place(json_t *o, const struct planning *p, struct span at)
{
    bool placed = at.line > 0;
    json_tree_put(o, "file", placed ? text_or_null(p->path) : json_null());
    json_tree_put(o, "line", placed ? json_part_count(at.line) : json_null());
    json_tree_put(o, "column", placed ? json_part_count(at.col) : json_null());
    json_tree_put(o, "length", placed ? json_part_count(at.len) : json_null());
}

/* `--set load.seed=x`: the word of the command line that it is about. */
static json_t *word_of(const struct diags *diags, const struct diag *d, struct arena *arena)
{
    const struct diag_word *word = diag_word_of(diags, d);
    if (!word) return json_null();
    size_t size = strlen(word->flag) + word->value.len + sizeof "-- ";
    char *array = arena_alloc(arena, size);
    if (!array) return json_null();
    struct text text = text_in(array, size);
    if (word->flag[0]) text_addf(&text, "--%s ", word->flag);
    text_add(&text, word->value);
    return json_part_text(text_bytes(&text));
}

static json_t *diag_of(const struct diag *d, struct planning *p)
{
    char code[8];
    struct text t = text_in(code, sizeof code);
    json_t *o = json_object();
    text_addf(&t, "P%03d", (int)d->code);
    json_tree_put(o, "severity", json_string("error"));
    json_tree_put(o, "code", json_string(code));
    json_tree_put(o, "flag", word_of(p->diags, d, &p->arena));
    add_place(o, p, d->at);
    json_tree_put(o, "message", json_part_text(bytes_of(d->msg)));
    json_tree_put(o, "fix", text_or_null(bytes_of(d->hint)));
    json_tree_put(o, "near", text_or_null(diag_near(d)));
    return o;
}

/* In the form of an error, so that one reader is enough for both. */
static json_t *warnings_of(struct planning *p)
{
    struct warnings warnings;
    json_t *list = json_array();
    warnings_find(&warnings, p);
    for (uint32_t i = 0; i < warnings.count; i++) {
        const struct warning *w = &warnings.items[i];
        json_t *o = json_object();
        json_tree_put(o, "severity", json_string("warning"));
        json_tree_put(o, "code", json_null());
        json_tree_put(o, "flag", json_null());
        add_place(o, p, w->at);
        json_tree_put(o, "message", json_part_text(w->text));
        json_tree_put(o, "fix", json_part_text(w->fix));
        json_tree_put(o, "near", json_null());
        json_tree_append(list, o);
    }
    return list;
}

/* -- A good plan ---------------------------------------------------------------------------- */

static json_t *stage_of(const struct stage *s)
{
    static const char *const patterns[] = {"poisson", "even", "exact"};
    json_t *o = json_object();
    bool open = s->model == MODEL_OPEN;
    json_tree_put(o, "name", json_part_text(s->name));
    json_tree_put(o, "model", json_string(open ? "open" : "closed"));
    json_tree_put(o, "rate_from", open ? json_part_figure(s->rate_from) : json_null());
    json_tree_put(o, "rate_to", open ? json_part_figure(s->rate_to) : json_null());
    json_tree_put(o, "users_from", open ? json_null() : json_part_count(s->users_from));
    json_tree_put(o, "users_to", open ? json_null() : json_part_count(s->users_to));
    json_tree_put(o, "arrivals", open ? json_string(patterns[s->arrivals]) : json_null());
    json_tree_put(o, "seconds", json_part_figure((double)s->length_ns / 1e9));
    json_tree_put(o, "settle_seconds", json_part_figure((double)s->settle_ns / 1e9));
    json_tree_put(o, "iterations", s->requests > 0 ? json_part_count(s->requests) : json_null());
    json_tree_put(o, "judged", json_boolean(s->judged));
    return o;
}

static json_t *sentences_of(const struct objective *items, uint32_t count)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_t *o = json_object();
        json_tree_put(o, "objective", json_part_text(items[i].text));
        json_tree_put(o, "warn", json_boolean(items[i].warn));
        json_tree_put(o, "implied", json_boolean(items[i].implicit));
        json_tree_append(list, o);
    }
    return list;
}

/* What the run would start on this machine, secrets masked. */
static json_t *starts_of(const struct plan *plan)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < plan->service_count; i++) {
        const struct service *s = &plan->services[i];
        if (s->argc == 0) continue;
        json_t *o = json_object();
        json_t *words = json_array();
        for (uint32_t k = 0; k < s->argc; k++) {
            char array[4096];
            struct text word = text_in(array, sizeof array);
            mask_add(&word, s->argv[k], plan);
            json_tree_append(words, json_part_text(text_bytes(&word)));
        }
        json_tree_put(o, "service", json_part_text(s->name));
        json_tree_put(o, "command", words);
        json_tree_put(o, "folder", json_part_text(s->cwd));
        json_tree_append(list, o);
    }
    return list;
}

static void add_plan(json_t *o, const struct plan *plan)
{
    json_t *targets = json_array();
    json_t *stages = json_array();
    double seconds = 0;
    for (uint32_t i = 0; i < plan->target_count; i++)
        json_tree_append(targets, json_part_text(plan->targets[i].text));
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        json_tree_append(stages, stage_of(&plan->stages[i]));
        seconds += (double)plan->stages[i].length_ns / 1e9;
    }
    json_tree_put(o, "name", json_part_text(plan->name));
    json_tree_put(o, "targets", targets);
    json_tree_put(o, "stages", stages);
    json_tree_put(o, "seconds", json_part_figure(seconds));
    json_tree_put(o, "objectives", sentences_of(plan->objectives, plan->objective_count));
    json_tree_put(o, "abort_when", sentences_of(plan->abort_when, plan->abort_count));
    json_tree_put(o, "starts", starts_of(plan));
}

/* -- Both ----------------------------------------------------------------------------------- */

/* Prints `o` and gives it away; `code` unless that fails. */
static int print(json_t *o, struct arena *arena, int code)
{
    size_t how = JSON_INDENT(2) | JSON_REAL_PRECISION(JSON_PART_PRECISION);
    size_t size = json_dumpb(o, NULL, 0, how);
    char *at = arena_alloc(arena, size + 1);
    bool whole = at && json_dumpb(o, at, size, how) == size;
    json_decref(o);
    if (!whole) return EXIT_BUG;
    at[size] = '\n';
    if (console_print((struct bytes){at, size + 1}) || code != EXIT_HOLDS) return code;
    return EXIT_PREFLIGHT;
}

int check_json_fail(struct planning *p, const struct flags *flags, const struct err *err)
{
    json_t *o = json_object();
    json_t *errors = json_array();
    const struct diags *diags = p->diags;
    const struct diag *sorted[DIAGS_MAX] = {0};
    if (diags) diag_sort(sorted, diags);
    for (uint32_t i = 0; diags && i < diags->count; i++)
        json_tree_append(errors, diag_of(sorted[i], p));
    if (!diags || diags->count == 0) json_tree_append(errors, error_of(err, bytes_of(flags->word)));
    json_tree_put(o, "correct", json_false());
    json_tree_put(o, "fits", json_null());
    json_tree_put(o, "plan", text_or_null(p->path));
    json_tree_put(o, "errors", errors);
    json_tree_put(o, "more_errors", json_part_count(diags ? diags->dropped : 0));
    json_tree_put(o, "warnings", json_array()); /* looked for in correct plans only */
    return print(o, &p->arena, exit_code_of_err(err->kind));
}

int check_json_misuse(const struct flags *flags, const struct err *err)
{
    struct arena arena;
    struct err none = {0};
    if (!arena_open(&arena, MISUSE_LIMIT, &none)) return console_fail(err);
    json_t *o = json_object();
    json_t *errors = json_array();
    json_tree_append(errors, error_of(err, (struct bytes){0}));
    for (uint32_t i = 0; i < flags->more_count; i++)
        json_tree_append(errors, error_of(&flags->more[i], (struct bytes){0}));
    json_tree_put(o, "correct", json_false());
    json_tree_put(o, "fits", json_null());
    json_tree_put(o, "plan", json_null());
    json_tree_put(o, "errors", errors);
    json_tree_put(o, "more_errors", json_part_count(0));
    json_tree_put(o, "warnings", json_array());
    int code = print(o, &arena, exit_code_of_err(err->kind));
    arena_close(&arena);
    return code;
}

int check_json_print(struct planning *p, const struct engine_needs *needs, uint32_t threads,
                     const struct err *misfit)
{
    json_t *o = json_object();
    json_t *errors = json_array();
    json_t *host = json_object();
    if (misfit) json_tree_append(errors, error_of(misfit, p->path));
    json_tree_put(o, "correct", json_true());
    json_tree_put(o, "fits", json_boolean(!misfit));
    json_tree_put(o, "plan", text_or_null(p->path));
    json_tree_put(o, "errors", errors);
    json_tree_put(o, "more_errors", json_part_count(0));
    json_tree_put(o, "warnings", warnings_of(p));
    add_plan(o, &p->plan);
    json_tree_put(host, "memory_bytes", json_part_count(needs->memory_bytes));
    json_tree_put(host, "connections", json_part_count(needs->connections));
    json_tree_put(host, "threads", json_part_count(threads));
    json_tree_put(o, "needs", host);
    return print(o, &p->arena, misfit ? exit_code_of_err(misfit->kind) : EXIT_HOLDS);
}
