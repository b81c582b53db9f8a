#include "cli/verb_run.h"

#include "campaign/conduct.h"
#include "cli/ci.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/once.h"
#include "cli/outputs.h"
#include "cli/planning.h"
#include "cli/warnings.h"
#include "cli/watching.h"
#include "judge/exit_code.h"
#include "store/runs.h"

/* What `check` warns of, for those who did not ask it; before the load, where it can be stopped. */
static void warn(const struct flags *flags, struct planning *p)
{
    struct warnings warnings;
    if (flags_given(flags, FLAG_QUIET)) return;
    warnings_find(&warnings, p);
    warnings_say(&warnings, p);
}

static int run(const struct flags *flags, struct planning *p, struct err *err)
{
    struct watching watching;
    struct conduct c = {.interrupt.fd = -1};
    struct outputs outputs;
    const struct outputs_options wanted = {.flags = flags,
                                           .plan = &p->plan,
                                           .folder = &c.folder,
                                           .source = p->path.len > 0 ? p->path.at : NULL,
                                           .arena = &p->arena};
    if (!outputs_open(&outputs, &wanted, err)) return console_fail(err);
    console_hurry(&p->arena);
    warn(flags, p);
    struct sink sinks[1 + WATCHING_SINKS] = {outputs_sink(&outputs)};
    watching_open(&watching, flags, &outputs, &c.bus);
    watching_steer(&watching, &p->plan, &p->arena);
    struct conduct_options options = {
        .plan = &p->plan,
        .stages = watching.stages,
        .command = p->command,
        .version = BYTES_LIT(PRONY_VERSION),
        .runs_folder = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER),
        .sinks = sinks,
        .sink_count = 1 + watching_sinks(&watching, sinks + 1),
        .look = watching_look,
        .look_ctx = &watching,
        .trouble = outputs_trouble,
        .trouble_ctx = &outputs,
        .say = watching_say,
        .say_ctx = &watching,
        .status = watching_status,
        .status_ctx = &watching,
    };
    bool ran = conduct_run(&c, &options, err);
    console_last_words();
    watching_close(&watching); /* from here on the terminal is the shell's again */
    if (ran && !flags_given(flags, FLAG_QUIET)) console_part();
    int code = ran ? EXIT_HOLDS : console_fail(err);
    struct ending ending = {
        .result = conduct_result(&c), .flags = flags, .folder = c.folder, .trouble = c.trouble};
    /* What could not start has its reason on stderr; only a program wants the result as well. */
    bool written = ending.result && outputs_finish(&outputs, &ending, ran);
    if (ending.result) ci_tell(ending.result, &p->arena);
    if (ran) code = ending_code(&ending, written);
    outputs_drop(&outputs);
    conduct_close(&c);
    console_settle();
    return code;
}

static int print_plan(const struct flags *flags, struct planning *p)
{
    size_t size = 2 * p->source.len + 4096; /* each name of a variable stands there twice */
    struct text text = text_in(arena_alloc(&p->arena, size), size);
    planning_add_shown(&text, flags);
    return console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}

int verb_run_main(const struct flags *flags, int argc, char *const *argv)
{
    struct planning p;
    struct err err = {0};
    int code;
    if (!planning_open(&p, flags, argc, argv, &err)) code = planning_fail(&p, &err);
    else if (flags_given(flags, FLAG_PRINT_PLAN)) code = print_plan(flags, &p);
    else code = flags_given(flags, FLAG_ONCE) ? once_run(flags, &p) : run(flags, &p, &err);
    planning_close(&p);
    return code;
}
