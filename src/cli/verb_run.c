#include "cli/verb_run.h"

#include "campaign/conduct.h"
#include "cli/ci.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/outputs.h"
#include "cli/planning.h"
#include "judge/exit_code.h"
#include "show/progress.h"
#include "store/runs.h"

static void say(void *ctx, const char *line)
{
    const struct flags *flags = ctx;
    if (!flags_given(flags, FLAG_QUIET)) console_say(line);
}

/* A line of the progress, which knows where it may be folded. */
static void show_line(void *ctx, struct bytes line)
{
    const struct flags *flags = ctx;
    char array[1024];
    struct text text = text_in(array, sizeof array);
    if (flags_given(flags, FLAG_QUIET)) return;
    text_add(&text, line);
    text_addc(&text, '\n', 1);
    console_say_all(text_bytes(&text));
}

/* SIGUSR1 was sent by hand, so it is answered whatever the flags say. */
static void say_status(void *ctx, uint64_t now_ns)
{
    char array[1024];
    struct text line = text_in(array, sizeof array);
    progress_status(ctx, now_ns, &line);
    console_say(array);
}

static int run(const struct flags *flags, struct planning *p, struct err *err)
{
    struct flags own = *flags; /* the callback's context is not const */
    struct progress progress;
    struct show_style style = console_style(CONSOLE_ERR, flags);
    progress_init(&progress, &style, show_line, &own);
    struct conduct c = {.interrupt.fd = -1};
    struct outputs outputs;
    if (!outputs_open(&outputs, flags, &p->plan, &c.folder, &p->arena, err)) {
        return console_fail(err);
    }
    const struct sink sinks[] = {progress_sink(&progress), outputs_sink(&outputs)};
    struct conduct_options options = {
        .plan = &p->plan,
        .command = p->command,
        .version = BYTES_LIT(PRONY_VERSION),
        .runs_folder = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER),
        .sinks = sinks,
        .sink_count = COUNT_OF(sinks),
        .say = say,
        .say_ctx = &own,
        .status = say_status,
        .status_ctx = &progress,
    };
    bool ran = conduct_run(&c, &options, err);
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
    return code;
}

int verb_run_main(const struct flags *flags, int argc, char *const *argv)
{
    struct planning p;
    struct err err = {0};
    int code;
    if (!planning_open(&p, flags, argc, argv, &err)) code = planning_fail(&p, &err);
    else if (!flags_given(flags, FLAG_PRINT_PLAN)) code = run(flags, &p, &err);
    else code = console_print(p.source) ? EXIT_HOLDS : EXIT_PREFLIGHT;
    planning_close(&p);
    return code;
}
