#include "cli/several.h"

#include "base/attr.h"
#include "campaign/rejudge.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/outputs.h"
#include "cli/verb_report.h"
#include "judge/exit_code.h"
#include "show/beside.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)256 << 20)
#define SENTENCES_LIMIT (16u << 10)

struct several {
    const struct flags *flags;
    struct arena *arena;
    struct bytes paths[FLAGS_WORDS_MAX];
    struct beside_run runs[FLAGS_WORDS_MAX];
    struct bytes sentences[FLAGS_OBJECTIVES_MAX];
    uint32_t sentence_count;
    struct exit_facts facts; /* of all together */
    int code;                /* why it could not go on */
};

static bool fail(struct several *s, const struct err *err)
{
    s->code = console_fail(err);
    return false;
}

/* All before the first is judged, which may take seconds. */
static bool find_all(struct several *s)
{
    struct err err = {0};
    struct bytes root = flags_value(s->flags, FLAG_RUNS_DIR, RUNS_FOLDER);
    for (uint32_t i = 0; i < s->flags->word_count; i++) {
        if (!runs_find(root, bytes_of(s->flags->words[i]), s->arena, &s->paths[i], &err)) {
            return fail(s, &err);
        }
    }
    return true;
}

/* The same run under two names would be compared with itself. */
static bool is_another(struct several *s, uint32_t index)
{
    struct err err = {0};
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(s->runs[i].entry.id, s->runs[index].entry.id) != 0) continue;
        err_set(&err, ERR_USAGE, 0, "'%s' and '%s' are the same run, %s", s->flags->words[i],
                s->flags->words[index], s->runs[i].entry.id);
        err_hint(&err, "name it once");
        return fail(s, &err);
    }
    return true;
}

/* Says which of the runs the objectives do not fit. */
static bool wrong_objectives(struct several *s, uint32_t index, const struct diags *diags)
{
    char array[200];
    struct text line = text_in(array, sizeof array);
    s->code = verb_report_objectives(s->arena, diags);
    text_addf(&line, "prony: the run '%s' cannot be judged by that", s->flags->words[index]);
    console_say(array);
    return false;
}

static bool judge(struct several *s, uint32_t index)
{
    struct rejudge r = {0};
    struct err err = {0};
    struct diags *diags = ARENA_NEW(s->arena, struct diags);
    struct rejudge_options options = {.path = s->paths[index],
                                      .sentences = s->sentences,
                                      .sentence_count = s->sentence_count,
                                      .window = flags_value(s->flags, FLAG_WINDOW, NULL)};
    bool judged = verb_report_words(s->flags, s->arena, diags);
    if (!judged) {
        err_set(&err, ERR_LIMIT, 0, "no memory for so many runs");
        fail(s, &err);
    } else if (!rejudge_run(&r, &options, diags, &err)) {
        if (options.window.at) err_context(&err, "'%s'", s->flags->words[index]);
        judged = diags->count > 0 ? wrong_objectives(s, index, diags)
                                  : fail(s, verb_report_unreadable(&err));
    } else {
        struct beside_run *run = &s->runs[index];
        exit_code_add(&s->facts, rejudge_result(&r));
        judged = beside_take(run, rejudge_result(&r), s->arena);
        run->trouble = arena_copy(s->arena, bytes_of(r.trouble));
        if (!judged) {
            err_set(&err, ERR_LIMIT, 0, "no memory for so many objectives");
            fail(s, &err);
        }
    }
    rejudge_close(&r);
    return judged && is_another(s, index);
}

static int report(struct several *s, struct outputs *outputs)
{
    struct beside beside = {.runs = s->runs,
                            .run_count = s->flags->word_count,
                            .window = flags_value(s->flags, FLAG_WINDOW, NULL)};
    char *array = arena_alloc(s->arena, SENTENCES_LIMIT);
    if (!array) return EXIT_BUG;
    struct text sentences = text_in(array, SENTENCES_LIMIT);
    s->sentence_count = flags_objectives(s->flags, &sentences, s->sentences);
    for (uint32_t i = 0; i < beside.run_count; i++) {
        if (!judge(s, i)) {
            outputs_drop(outputs);
            return s->code;
        }
    }
    if (flags_lenient(s->flags)) s->facts.inconclusive = false;
    beside.exit_code = exit_code_of(&s->facts);
    bool joined = beside_join(&beside, s->arena);
    struct ending ending = {.beside = &beside, .flags = s->flags};
    bool written = outputs_finish(outputs, &ending, true) && joined;
    /* A pass that nobody could read is none. */
    return written || beside.exit_code != EXIT_HOLDS ? beside.exit_code : EXIT_PREFLIGHT;
}

int several_main(const struct flags *flags)
{
    struct arena arena = {0};
    struct err err = {0};
    if (!arena_open(&arena, ARENA_LIMIT, &err)) return console_fail(&err);
    struct several *s = ARENA_NEW(&arena, struct several);
    struct outputs *outputs = ARENA_NEW(&arena, struct outputs);
    int code = EXIT_BUG;
    if (!s || !outputs) goto out;
    *s = (struct several){.flags = flags, .arena = &arena, .code = EXIT_BUG};
    code = find_all(s) ? EXIT_HOLDS : s->code;
    if (code != EXIT_HOLDS) goto out;
    const struct outputs_options wanted = {
        .flags = flags, .sources = s->paths, .source_count = flags->word_count, .arena = &arena};
    code = outputs_open(outputs, &wanted, &err) ? report(s, outputs) : console_fail(&err);
out:
    arena_close(&arena);
    return code;
}
