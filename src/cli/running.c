#include "cli/running.h"

#include "campaign/conduct.h"
#include "campaign/vigil.h"
#include "cli/ci.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/outputs.h"
#include "cli/warnings.h"
#include "cli/watching.h"
#include "show/verdict_line.h"
#include "store/runs.h"

/* What `check` warns of, for those who did not ask it; before the load, where it can be stopped. */
static void warn(const struct flags *flags, struct planning *p)
{
    struct warnings warnings;
    if (flags_given(flags, FLAG_QUIET)) return;
    warnings_find(&warnings, p);
    warnings_say(&warnings, p);
}

/* `run 2 of 5: ✓ HOLDS  all 3 objectives hold · 30 s` */
static void say_verdict(const struct flags *flags, const struct running_series *s,
                        const struct result *result)
{
    const char *mark;
    const char *word;
    enum tone tone;
    char array[400];
    struct text line = text_in(array, sizeof array);
    if (flags_given(flags, FLAG_QUIET)) return;
    verdict_line_word(result, &mark, &word, &tone);
    text_addf(&line, "run %u of %u, %s: %s %s", s->index, s->count, result->header->id, mark, word);
    verdict_line_facts(&line, result);
    struct show_style style = console_style(CONSOLE_ERR, flags);
    style_to_ascii(&line, &style, 0);
    console_say(array);
}

static bool keep(struct running_series *s, const struct result *result, const char *trouble)
{
    struct beside_run *run = &s->runs[s->judged];
    exit_code_add(&s->facts, result);
    if (s->id[0] == '\0') memcpy(s->id, result->header->id, sizeof s->id);
    if (!beside_take(run, result, s->arena)) return false;
    run->trouble = arena_copy(s->arena, bytes_of(trouble));
    s->judged++;
    return true;
}

/* What is left of a run: its files, and what a series keeps of it. */
static int finish(const struct flags *flags, struct planning *p, struct running_series *series,
                  struct conduct *c, struct outputs *outputs, int code)
{
    struct ending ending = {.result = conduct_result(c),
                            .cause = conduct_cause(c),
                            .flags = flags,
                            .folder = c->folder,
                            .trouble = c->trouble};
    bool ran = code == EXIT_HOLDS;
    /* What could not start has its reason on stderr; only a program wants the result as well. */
    bool written = ending.result && outputs_finish(outputs, &ending, ran);
    if (ending.result) ci_tell(ending.result, &p->arena);
    if (ran) code = ending_code(&ending, written);
    if (!series || !ending.result) return code;
    if (ran) say_verdict(flags, series, ending.result);
    return keep(series, ending.result, c->trouble) ? code : EXIT_BUG;
}

static int run(const struct flags *flags, struct planning *p, struct running_series *series,
               const struct vigil_options *vigil)
{
    struct err err = {0};
    struct watching watching;
    struct conduct c = {.interrupt.fd = -1};
    struct outputs outputs;
    const struct outputs_options wanted = {.flags = flags,
                                           .plan = &p->plan,
                                           .folder = &c.folder,
                                           .source = p->path.len > 0 ? p->path.at : NULL,
                                           .in_series = series != NULL,
                                           .arena = &p->arena};
    if (!outputs_open(&outputs, &wanted, &err)) return console_fail(&err);
    console_hurry(&p->arena);
    bool first = vigil ? vigil->probes && !vigil->again : !series || series->index == 1;
    if (first) warn(flags, p); /* where nothing is sent the load says nothing */
    struct sink sinks[1 + WATCHING_SINKS] = {outputs_sink(&outputs)};
    watching_open(&watching, flags, &outputs, &c.bus);
    watching_steer(&watching, &p->plan, &p->arena);
    struct conduct_options options = {
        .plan = &p->plan,
        .stages = watching.stages,
        .vigil = vigil,
        .command = p->command,
        .version = BYTES_LIT(PRONY_VERSION),
        .runs_folder = flags_value(flags, FLAG_RUNS_DIR, RUNS_FOLDER),
        .calibrate = flags_given(flags, FLAG_CALIBRATE),
        .blind = flags_given(flags, FLAG_NO_OBSERVE),
        .series = series && series->id[0] ? series->id : NULL,
        .series_index = series ? series->index : 0,
        .series_count = series ? series->count : 0,
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
    bool ran = conduct_run(&c, &options, &err);
    console_last_words();
    watching_close(&watching); /* from here on the terminal is the shell's again */
    if (ran && !series && !flags_given(flags, FLAG_QUIET)) console_part();
    int code = finish(flags, p, series, &c, &outputs, ran ? EXIT_HOLDS : console_fail(&err));
    outputs_drop(&outputs);
    conduct_close(&c);
    console_settle();
    return code;
}

int running_run(const struct flags *flags, struct planning *p, struct running_series *series)
{
    return run(flags, p, series, NULL);
}

int running_watch(const struct flags *flags, struct planning *p, const struct vigil_options *vigil)
{
    return run(flags, p, NULL, vigil);
}
