#include "cli/watching.h"

#include <stdlib.h>
#include <unistd.h>

#include "campaign/machine.h"
#include "cli/console.h"
#include "cli/moment.h"
#include "plan/by_hand.h"

#define LOG_HEARTBEAT_NS UINT64_C(60000000000)

void watching_say(void *watching, const char *line)
{
    struct watching *w = watching;
    if (!flags_given(w->flags, FLAG_QUIET)) console_say(line);
}

/* A line of the progress, which knows where it may be folded. */
static void show_line(void *watching, struct bytes line)
{
    struct watching *w = watching;
    char array[1024];
    struct text text = text_in(array, sizeof array);
    if (w->is_live && live_say(&w->live, line)) return;
    if (flags_given(w->flags, FLAG_QUIET)) return;
    text_add(&text, line);
    text_addc(&text, '\n', 1);
    console_say_all(text_bytes(&text));
}

void watching_status(void *watching, uint64_t now_ns)
{
    struct watching *w = watching;
    char array[1024];
    struct text line = text_in(array, sizeof array);
    progress_status(&w->progress, now_ns, &line);
    if (!w->is_live || !live_say(&w->live, text_bytes(&line))) console_say(array);
}

/* Set, and neither `false` nor `0`. */
static bool in_ci(void)
{
    const char *value = getenv("CI");
    return value && value[0] && strcmp(value, "false") != 0 && strcmp(value, "0") != 0;
}

static bool is_wanted(const struct flags *flags, const struct outputs *outputs)
{
    const char *term = getenv("TERM");
    if (flags_given(flags, FLAG_QUIET) || flags_given(flags, FLAG_NO_LIVE)) return false;
    if (flags->verb == VERB_WATCH) return false; /* days of lines are read, not watched */
    if (!isatty(STDERR_FILENO) || in_ci()) return false;
    if (!term || !term[0] || strcmp(term, "dumb") == 0) return false;
    /* What streams onto the same screen would be drawn over. */
    return !(isatty(STDOUT_FILENO) && outputs_streams(outputs));
}

void watching_open(struct watching *w, const struct flags *flags, const struct outputs *outputs,
                   struct bus *bus)
{
    *w = (struct watching){.flags = flags};
    struct show_style style = console_style(CONSOLE_ERR, flags);
    struct err err = {0};
    if (is_wanted(flags, outputs)) {
        w->is_live = live_init(&w->live, &style, bus, &err);
        if (!w->is_live) live_close(&w->live);
    }
    struct show_style plain = {.ascii = style.ascii}; /* the view has tones of its own */
    progress_init(&w->progress, w->is_live ? &plain : &style, show_line, w);
    /* A log is read afterwards: few lines. The view shows all the time what a heartbeat says. */
    if (!isatty(STDERR_FILENO) || in_ci()) w->progress.heartbeat_ns = LOG_HEARTBEAT_NS;
    if (w->is_live) w->progress.heartbeat_ns = PROGRESS_NO_HEARTBEAT;
    if (flags->verb != VERB_WATCH) return;
    w->progress.heartbeat_ns = PROGRESS_NO_HEARTBEAT; /* each hour says how it was */
    w->progress.by_day = true;
    w->progress.utc_offset_s = moment_utc_offset_s();
}

void watching_steer(struct watching *w, struct plan *plan, struct arena *arena)
{
    struct machine machine;
    struct engine_needs needs;
    struct err err = {0};
    if (!w->is_live || !by_hand_reserve(plan, arena)) return;
    machine_look(&machine);
    uint32_t threads = plan->threads ? plan->threads : engine_default_threads();
    /* What could not be steered on this machine can still be run on it. */
    bool fits = engine_measure_needs(plan, threads, &needs, &err)
                && machine_fit(&machine, &needs, plan, &err);
    if (fits) w->stages = plan->stages;
    else plan->stage_count = by_hand_first(plan);
    w->live.steers = w->stages != NULL;
}

void watching_close(struct watching *w)
{
    if (w->is_live) live_close(&w->live);
    w->is_live = false;
}

uint32_t watching_sinks(struct watching *w, struct sink *sinks)
{
    sinks[0] = progress_sink(&w->progress);
    if (w->is_live) sinks[1] = live_sink(&w->live);
    return w->is_live ? 2 : 1;
}

void watching_look(void *watching)
{
    struct watching *w = watching;
    console_look();
    if (w->is_live) live_look(&w->live);
}
