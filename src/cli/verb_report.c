#include "cli/verb_report.h"

#include <string.h>

#include "base/file.h"
#include "base/self.h"
#include "campaign/rejudge.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/outputs.h"
#include "cli/several.h"
#include "judge/exit_code.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define SENTENCES_LIMIT (16u << 10)
#define DIAGS_TEXT_LIMIT (64u << 10)

/* The folder a run file lies in, where it is a run's own folder. */
static struct bytes folder_of(struct bytes path)
{
    for (size_t i = path.len; i > 0; i--) {
        if (path.at[i - 1] == '/') return (struct bytes){path.at, i > 1 ? i - 1 : 1};
    }
    return BYTES_LIT(".");
}

bool verb_report_words(const struct flags *flags, struct arena *arena, struct diags *diags)
{
    struct diag_word *words = ARENA_ARRAY(arena, FLAGS_OBJECTIVES_MAX, struct diag_word);
    if (!words || !diags) return false;
    diags->words = words;
    diags->word_count = flags_objective_words(flags, words);
    return true;
}

int verb_report_objectives(struct arena *arena, const struct diags *diags)
{
    struct text text = text_in(arena_alloc(arena, DIAGS_TEXT_LIMIT), DIAGS_TEXT_LIMIT);
    diag_print(&text, diags, (struct bytes){0}, (struct bytes){0});
    console_say_all(text_bytes(&text));
    return exit_code_of_err(ERR_PLAN);
}

const struct err *verb_report_unreadable(struct err *err)
{
    if (err->kind != ERR_IO) return err;
    err->kind = ERR_USAGE;
    if (!err->hint[0] && err->sys == 0)
        err_hint(err, "`%s list` shows the runs there are", self_name());
    return err;
}

static int report(const struct flags *flags, struct arena *arena, struct rejudge *r,
                  struct err *err)
{
    struct bytes list[FLAGS_OBJECTIVES_MAX];
    struct text sentences = text_in(arena_alloc(arena, SENTENCES_LIMIT), SENTENCES_LIMIT);
    struct diags *diags = ARENA_NEW(arena, struct diags);
    struct rejudge_options options = {.sentences = list};
    options.window = flags_value(flags, FLAG_WINDOW, NULL);
    options.sentence_count = flags_objectives(flags, &sentences, list);
    if (!verb_report_words(flags, arena, diags)) return EXIT_BUG;
    struct bytes root = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER);
    if (!runs_find(root, bytes_of(flags->word), arena, &options.path, err)) {
        return console_fail(err);
    }
    struct bytes folder = folder_of(options.path);
    struct outputs outputs;
    const struct outputs_options wanted = {
        .flags = flags, .folder = &folder, .source = options.path.at, .arena = arena};
    if (!outputs_open(&outputs, &wanted, err)) return console_fail(err);
    const struct sink sink = outputs_sink(&outputs);
    options.sinks = &sink;
    options.sink_count = 1;
    if (!rejudge_run(r, &options, diags, err)) {
        outputs_drop(&outputs);
        if (diags->count > 0) return verb_report_objectives(arena, diags);
        return console_fail(verb_report_unreadable(err));
    }
    struct ending ending = {.result = rejudge_result(r),
                            .cause = rejudge_cause(r),
                            .flags = flags,
                            .folder = folder,
                            .trouble = r->trouble};
    return ending_code(&ending, outputs_finish(&outputs, &ending, true));
}

int verb_report_main(const struct flags *flags)
{
    if (flags->word_count > 1) return several_main(flags);
    struct arena arena = {0};
    struct rejudge r = {0};
    struct err err = {0};
    int code = arena_open(&arena, ARENA_LIMIT, &err) ? report(flags, &arena, &r, &err)
                                                     : console_fail(&err);
    rejudge_close(&r);
    arena_close(&arena);
    return code;
}
