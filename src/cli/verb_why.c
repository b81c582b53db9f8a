#include "cli/verb_why.h"

#include "campaign/rejudge.h"
#include "cli/console.h"
#include "cli/verb_report.h"
#include "judge/exit_code.h"
#include "show/request_spans.h"
#include "show/why_forms.h"
#include "show/why_text.h"
#include "store/runs.h"

#define ARENA_LIMIT ((size_t)64 << 20)
#define OUT_LIMIT (256u << 10)

static int print(const struct flags *flags, const struct rejudge *r, struct arena *arena)
{
    const struct cause *cause = rejudge_cause(r);
    const struct result *result = rejudge_result(r);
    struct bytes form = flags_value(flags, FLAG_WHY_FORM, "text");
    struct text text = text_in(arena_alloc(arena, OUT_LIMIT), OUT_LIMIT);
    struct show_style style = console_style(CONSOLE_OUT, flags);
    if (bytes_is(form, "json")) why_forms_json(&text, cause, result);
    else if (bytes_is(form, "markdown")) why_forms_markdown(&text, cause);
    else {
        why_text_write(&text, cause, &style);
        if (cause->bad != PLAN_NO_INDEX) request_spans_write(&text, result, &style, 1);
    }
    return console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}

int verb_why_main(const struct flags *flags)
{
    struct arena arena = {0};
    struct rejudge r = {0};
    struct err err = {0};
    struct rejudge_options options = {0};
    struct diags none = {0};
    int code = EXIT_HOLDS;
    struct bytes root = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER);
    if (!arena_open(&arena, ARENA_LIMIT, &err)
        || !runs_find(root, bytes_of(flags->word), &arena, &options.path, &err)) {
        code = console_fail(&err);
    } else if (!rejudge_run(&r, &options, &none, &err)) {
        code = console_fail(verb_report_unreadable(&err));
    } else {
        code = print(flags, &r, &arena);
    }
    rejudge_close(&r);
    arena_close(&arena);
    return code;
}
