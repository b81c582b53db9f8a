#include "cli/complete.h"

#include "cli/flags.h"
#include "cli/planning.h"
#include "plan/output_kind.h"
#include "store/replay.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define RUNS_SHOWN 50

/* The command line so far. */
struct line {
    struct text *out;
    int count;
    char *const *words;
    struct bytes current; /* the word being completed */
    struct bytes before;  /* what of it stands as it is: `--output=` */
    enum verb verb;
};

static void add(struct line *l, struct bytes word, const char *end, struct bytes what)
{
    struct bytes typed = bytes_from(l->current, l->before.len);
    if (!bytes_starts(word, typed)) return;
    text_add(l->out, l->before);
    text_add(l->out, word);
    text_addf(l->out, "%s\t", end);
    text_add_safe(l->out, what);
    text_addc(l->out, '\n', 1);
}

static void add_word(struct line *l, const char *word, const char *what)
{
    add(l, bytes_of(word), "", bytes_of(what));
}

/* -- Names ---------------------------------------------------------------------------------- */

static void add_verbs(struct line *l)
{
    for (uint32_t i = 0; i < VERB_COUNT; i++) add_word(l, flags_verbs[i].name, flags_verbs[i].what);
}

static void add_flags(struct line *l)
{
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        char array[40];
        struct text name = text_in(array, sizeof array);
        text_addf(&name, "--%s", flags_table[i].name);
        if (flags_table[i].verbs & (1u << l->verb)) add_word(l, array, flags_table[i].what);
    }
}

/* The flag of this verb that `word` is, all of it; FLAG_COUNT: none. */
static enum flag flag_of(const struct line *l, struct bytes word)
{
    for (uint32_t i = 0; i < FLAG_COUNT; i++) {
        const struct flag_info *info = &flags_table[i];
        if (!(info->verbs & (1u << l->verb))) continue;
        if (word.len == 2 && word.at[0] == '-' && info->brief && word.at[1] == info->brief)
            return (enum flag)i;
        if (bytes_starts(word, BYTES_LIT("--")) && bytes_is(bytes_from(word, 2), info->name))
            return (enum flag)i;
    }
    return FLAG_COUNT;
}

static bool takes_value(const struct line *l, struct bytes word)
{
    enum flag flag = flag_of(l, word);
    return flag != FLAG_COUNT && flags_table[flag].kind != KIND_SWITCH;
}

/* The first word that is no flag and no flag's value: PLAN, URL, RUN; NULL: none so far. */
static const char *first_operand(const struct line *l)
{
    for (int i = 1; i + 1 < l->count; i++) {
        struct bytes word = bytes_of(l->words[i]);
        if (word.len == 0 || word.at[0] != '-') return l->words[i];
        if (takes_value(l, word)) i++;
    }
    return NULL;
}

/* -- What lies here ------------------------------------------------------------------------- */

static bool is_new_group(const struct plan *plan, uint32_t stage)
{
    return stage == 0 || !bytes_equal(plan->stages[stage].group, plan->stages[stage - 1].group);
}

static void add_stages(struct line *l, const struct plan *plan, bool warmup)
{
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        if ((s->warmup && !warmup) || s->by_hand) continue;
        if (is_new_group(plan, i)) add(l, s->group, "", BYTES_LIT("stage"));
        if (!bytes_equal(s->name, s->group)) add(l, s->name, "", BYTES_LIT("stage, one rung"));
    }
}

static void add_names_of(struct line *l, const struct plan *plan, enum flag flag)
{
    for (uint32_t i = 0; i < plan->var_count && flag == FLAG_VAR; i++)
        add(l, plan->vars[i].name, "=", plan->vars[i].secret ? BYTES_LIT("") : plan->vars[i].value);
    if (flag != FLAG_ONLY) return;
    for (uint32_t i = 0; i < plan->scenario_count; i++)
        add(l, plan->scenarios[i].name, "", BYTES_LIT("scenario"));
    add_stages(l, plan, false);
}

/* Names of the plan that stands on the line, if it is correct: reading it sends nothing. */
static void add_plan_names(struct line *l, enum flag flag)
{
    struct planning p;
    struct err err = {0};
    struct flags flags = {.verb = VERB_CHECK, .word = first_operand(l)};
    char program[] = "prony";
    char *const argv[] = {program, NULL};
    if (!flags.word || strcmp(flags.word, "-") == 0) return; /* stdin is not for us to read */
    if (planning_open(&p, &flags, 1, argv, &err)) add_names_of(l, &p.plan, flag);
    planning_close(&p);
}

static struct bytes runs_root(const struct line *l)
{
    struct bytes flag = BYTES_LIT("--runs-dir");
    for (int i = 1; i + 1 < l->count; i++) {
        struct bytes word = bytes_of(l->words[i]);
        if (bytes_equal(word, flag) && i + 2 < l->count) return bytes_of(l->words[i + 1]);
        if (bytes_starts(word, BYTES_LIT("--runs-dir="))) return bytes_from(word, flag.len + 1);
    }
    return BYTES_LIT(RUNS_FOLDER);
}

/* Names of the run that stands on the line: how a window begins. */
static void add_run_stages(struct line *l)
{
    struct arena arena = {0};
    struct err err = {0};
    struct replay *replay = NULL;
    struct bytes path;
    struct bytes run = bytes_of(first_operand(l));
    if (run.len > 0 && arena_open(&arena, ARENA_LIMIT, &err)
        && runs_find(runs_root(l), run, &arena, &path, &err) && replay_open(&replay, path, &err)) {
        add_stages(l, replay_header(replay)->plan, true);
    }
    replay_close(replay);
    arena_close(&arena);
}

static void add_runs(struct line *l)
{
    struct arena arena = {0};
    struct err err = {0};
    struct runs_ids ids = {0};
    if (arena_open(&arena, ARENA_LIMIT, &err)) ids = runs_ids(runs_root(l), RUNS_SHOWN, &arena);
    if (ids.count > 0) add_word(l, RUNS_LAST, "the newest run");
    if (ids.count > 1) add_word(l, RUNS_LAST "~1", "the run before it");
    for (uint32_t i = 0; i < ids.count; i++) {
        struct run_entry run;
        char array[300];
        struct text what = text_in(array, sizeof array);
        runs_read(&run, runs_root(l), ids.items[i], false, &arena);
        text_addf(&what, "%.*s, %.*s", BYTES_ARG(run.plan), BYTES_ARG(run.verdict));
        if (run.trouble.len == 0) add_word(l, run.id, array);
    }
    arena_close(&arena);
}

/* The plans of the recorded runs, each once. */
static void add_run_plans(struct line *l)
{
    struct arena arena = {0};
    struct err err = {0};
    struct runs_ids ids = {0};
    struct bytes names[RUNS_SHOWN];
    uint32_t count = 0;
    if (arena_open(&arena, ARENA_LIMIT, &err)) ids = runs_ids(runs_root(l), RUNS_SHOWN, &arena);
    for (uint32_t i = 0; i < ids.count; i++) {
        struct run_entry run;
        runs_read(&run, runs_root(l), ids.items[i], false, &arena);
        bool seen = run.trouble.len > 0;
        for (uint32_t k = 0; k < count; k++) seen = seen || bytes_equal(names[k], run.plan);
        if (!seen) add(l, names[count++] = run.plan, "", BYTES_LIT("plan"));
    }
    arena_close(&arena);
}

/* -- What is wanted ------------------------------------------------------------------------- */

/* The words of `a|b|c`. */
static void add_choices(struct line *l, const char *choices)
{
    struct bytes left = bytes_of(choices);
    while (left.len > 0) {
        size_t end = bytes_find(left, BYTES_LIT("|"));
        if (end == SIZE_MAX) end = left.len;
        add(l, (struct bytes){left.at, end}, "", BYTES_LIT(""));
        left = bytes_from(left, end + 1);
    }
}

/* Whether `list`, words with commas between, has that word. */
static bool has_word(struct bytes list, struct bytes word)
{
    while (list.len > 0) {
        size_t end = bytes_find(list, BYTES_LIT(","));
        if (end > list.len) end = list.len;
        if (bytes_equal((struct bytes){list.at, end}, word)) return true;
        list = bytes_from(list, end < list.len ? end + 1 : end);
    }
    return false;
}

/* Of words with commas between, the last; each stands once, and another may follow. */
static void add_last_choice(struct line *l, const char *choices)
{
    size_t from = l->before.len;
    for (size_t i = from; i < l->current.len; i++) {
        if (l->current.at[i] == ',') l->before = (struct bytes){l->current.at, i + 1};
    }
    struct bytes said = {l->current.at + from, l->before.len - from};
    struct bytes left = bytes_of(choices);
    text_adds(l->out, ":open\n");
    while (left.len > 0) {
        size_t end = bytes_find(left, BYTES_LIT("|"));
        if (end == SIZE_MAX) end = left.len;
        struct bytes word = {left.at, end};
        if (!has_word(said, word)) add(l, word, "", BYTES_LIT(""));
        left = bytes_from(left, end + 1);
    }
}

/* Files, behind so much of the word that is none: `--output=junit=`, `@`. */
static void add_files(struct line *l, size_t len)
{
    text_adds(l->out, ":files\t");
    text_add(l->out, (struct bytes){l->current.at, len});
    text_addc(l->out, '\n', 1);
}

/* `junit`, or the file behind `junit=`. */
static void add_outputs(struct line *l)
{
    size_t equals = bytes_find(bytes_from(l->current, l->before.len), BYTES_LIT("="));
    if (equals != SIZE_MAX) {
        add_files(l, l->before.len + equals + 1);
        return;
    }
    for (uint32_t i = 0; i < OUTPUT_KINDS; i++)
        add_word(l, output_kind_name((enum output_kind)i), "");
}

static bool is_file(enum flag flag)
{
    return flag == FLAG_CACERT || flag == FLAG_CERT || flag == FLAG_KEY || flag == FLAG_UNIX_SOCKET;
}

static void add_values(struct line *l, enum flag flag)
{
    const struct flag_info *info = &flags_table[flag];
    if (info->kind == KIND_CHOICE) add_choices(l, info->argument);
    if (info->kind == KIND_CHOICES) add_last_choice(l, info->argument);
    if (info->kind == KIND_MOMENT) add_choices(l, "today|yesterday|7d|30d");
    if (flag == FLAG_PLAN) add_run_plans(l);
    if (info->kind == KIND_OUTPUT) add_outputs(l);
    bool from_file = bytes_starts(bytes_from(l->current, l->before.len), BYTES_LIT("@"));
    if (flag == FLAG_BODY && from_file) add_files(l, l->before.len + 1);
    if (is_file(flag)) add_files(l, l->before.len);
    if (flag == FLAG_ONLY || flag == FLAG_VAR) add_plan_names(l, flag);
    if (flag == FLAG_WINDOW) add_run_stages(l);
    if (flag == FLAG_RUNS_DIR) text_adds(l->out, ":folders\n");
}

static void add_operands(struct line *l)
{
    switch (l->verb) {
    case VERB_RUN:
    case VERB_WATCH:
    case VERB_CHECK:
        if (!first_operand(l)) text_adds(l->out, ":plans\n");
        return;
    case VERB_INIT:
        if (first_operand(l)) add_files(l, 0);
        return;
    case VERB_REPORT:
        add_runs(l);
        return;
    case VERB_WHY:
        if (first_operand(l)) add_runs(l);
        return;
    case VERB_HELP:
        add_verbs(l);
        return;
    case VERB_COMPLETION:
        if (!first_operand(l)) add_choices(l, "bash|zsh|fish");
        return;
    case VERB_LIST:
    case VERB_DOCTOR:
    case VERB_SCHEMA:
    case VERB_COUNT:
        return;
    }
}

void complete_write(struct text *out, int count, char *const *words)
{
    struct line l = {.out = out, .count = count, .words = words};
    if (count == 0) return;
    l.current = bytes_of(words[count - 1]);
    if (count == 1) {
        add_verbs(&l);
        return;
    }
    l.verb = flags_verb_of(bytes_of(words[0]));
    if (l.verb == VERB_COUNT) return;
    struct bytes previous = count > 2 ? bytes_of(words[count - 2]) : (struct bytes){0};
    size_t equals = bytes_find(l.current, BYTES_LIT("="));
    bool flag = l.current.len > 0 && l.current.at[0] == '-';
    if (takes_value(&l, previous)) {
        add_values(&l, flag_of(&l, previous));
    } else if (flag && equals != SIZE_MAX) {
        l.before = (struct bytes){l.current.at, equals + 1};
        enum flag of = flag_of(&l, (struct bytes){l.current.at, equals});
        if (of != FLAG_COUNT) add_values(&l, of);
    } else if (flag) {
        add_flags(&l);
    } else {
        add_operands(&l);
    }
}
