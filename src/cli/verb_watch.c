#include "cli/verb_watch.h"

#include "base/clock.h"
#include "campaign/interrupt.h"
#include "campaign/vigil.h"
#include "campaign/watch_day.h"
#include "cli/console.h"
#include "cli/oneliner.h"
#include "cli/planning.h"
#include "cli/running.h"
#include "load/engine.h"
#include "plan/units.h"
#include "plan/watch_plan.h"
#include "store/retention.h"
#include "store/runs.h"

#define FILE_ARENA_LIMIT ((size_t)256 << 20) /* address space */
#define SERVICES_ARENA_LIMIT ((size_t)1 << 20)
#define PROBE_OF_URL_PER_S 1.0
#define TICK_BYTES 250.0 /* of a file, with a dozen series that change; bench/RESULTS.md */
#define DAY_NS (24 * WATCH_HOUR_NS)

struct vigils {
    const struct flags *flags;
    struct planning *planning;
    struct arena services_arena;
    struct services services;
    bool services_started;
    struct bytes services_folder;
    char first_id[RUN_ID_LEN + 1]; /* its folder has the logs of the services */
    struct interrupt interrupt;    /* between files; while one goes on, its own reads first */
    uint64_t left_ns;              /* UINT64_MAX: it goes on until somebody ends it */
    uint32_t index;
    bool missed, undecided; /* in any file so far */
};

/* -- Flags ---------------------------------------------------------------------------------- */

static bool take_length(const struct flags *flags, enum flag flag, uint64_t least_ns,
                        uint64_t most_ns, uint64_t *out_ns, struct err *err)
{
    uint64_t ns = flags_ns(flags, flag);
    char array[80];
    struct text words = text_in(array, sizeof array);
    if (!flags_given(flags, flag)) return true;
    *out_ns = ns;
    if (ns >= least_ns && ns <= most_ns) return true;
    text_adds(&words, "from ");
    units_add_duration(&words, least_ns);
    text_adds(&words, " to ");
    units_add_duration(&words, most_ns);
    err_set(err, ERR_USAGE, 0, "--%s is too %s", flags_table[flag].name,
            ns < least_ns ? "short" : "long");
    return err_hint(err, "%s", array);
}

static bool take_probe(const struct flags *flags, struct watch_plan *w, struct err *err)
{
    const char *why;
    struct bytes text = flags_value(flags, FLAG_PROBE, "");
    if (!flags_given(flags, FLAG_PROBE)) {
        if (oneliner_is_url(flags->word)) w->probe_per_s = PROBE_OF_URL_PER_S;
        return true;
    }
    if (units_rate(text, &w->probe_per_s, &why) && w->probe_per_s > 0
        && w->probe_per_s <= WATCH_PROBE_MOST_PER_S) {
        return true;
    }
    err_set(err, ERR_USAGE, 0, "--probe %.*s is no rate of a probe", BYTES_ARG(text));
    return err_hint(err, "more than nothing, at most 100/s: load is for `run`");
}

static bool take_flags(struct vigils *v, struct err *err)
{
    const struct flags *flags = v->flags;
    struct watch_plan *w = &v->planning->plan.watch;
    v->left_ns = UINT64_MAX;
    return take_probe(flags, w, err)
           && take_length(flags, FLAG_WATCH_WINDOW, WATCH_WINDOW_LEAST_NS, WATCH_WINDOW_MOST_NS,
                          &w->window_ns, err)
           && take_length(flags, FLAG_ROLL, WATCH_ROLL_LEAST_NS, WATCH_ROLL_MOST_NS, &w->roll_ns,
                          err)
           && take_length(flags, FLAG_KEEP, WATCH_KEEP_LEAST_NS, WATCH_KEEP_MOST_NS, &w->keep_ns,
                          err)
           && take_length(flags, FLAG_WATCH_FOR, WATCH_WINDOW_LEAST_NS, WATCH_KEEP_MOST_NS,
                          &v->left_ns, err);
}

/* -- What is said at the start -------------------------------------------------------------- */

static void say(const struct vigils *v, const struct text *line)
{
    if (!flags_given(v->flags, FLAG_QUIET)) console_say(line->at);
}

static void say_left_out(const struct vigils *v)
{
    const struct plan *plan = &v->planning->plan;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        const char *why = watch_day_leaves_out(plan, &plan->objectives[i]);
        if (!why) continue;
        char array[400];
        struct text line = text_in(array, sizeof array);
        text_adds(&line, "not judged by a watch: ");
        text_add_safe(&line, plan->objectives[i].text);
        text_addf(&line, ": %s", why);
        say(v, &line);
    }
}

/* "watch: window 5m; ..., kept 7d: at most 9 files of some 20 MB; at most 60 MB of memory" */
static void say_bounds(const struct vigils *v, const struct plan *day, struct err *err)
{
    const struct watch_plan *w = &day->watch;
    struct engine_needs needs;
    char array[400];
    struct text line = text_in(array, sizeof array);
    uint64_t roll_ns = w->roll_ns > 0 ? w->roll_ns : DAY_NS;
    if (!engine_measure_needs(day, day->threads ? day->threads : 1, &needs, err)) return;
    text_adds(&line, "watch: objectives over ");
    units_add_duration(&line, w->window_ns);
    if (w->probe_per_s > 0) {
        text_adds(&line, ", probe ");
        units_add_rate(&line, w->probe_per_s);
    } else {
        text_adds(&line, ", nothing is sent");
    }
    text_adds(&line, "; a run file ");
    if (w->roll_ns > 0) {
        text_adds(&line, "each ");
        units_add_duration(&line, w->roll_ns);
    } else {
        text_adds(&line, "a day");
    }
    text_adds(&line, ", kept ");
    units_add_duration(&line, w->keep_ns);
    double mb = (double)roll_ns / (double)NS_PER_S * TICK_BYTES / 1e6;
    text_addf(&line, ": at most %llu files of about %.0f %s; memory: at most %.0f MB",
              (unsigned long long)w->keep_ns / roll_ns + 2, mb < 1 ? mb * 1000 + 100 : mb,
              mb < 1 ? "kB" : "MB", (double)needs.memory_bytes / 1e6);
    say(v, &line);
}

/* -- One file behind the other -------------------------------------------------------------- */

static void remove_old(struct vigils *v, const struct plan *plan, struct arena *arena)
{
    uint64_t now_ns = clock_wall_ns();
    if (plan->watch.keep_ns >= now_ns) return;
    uint32_t removed =
        retention_apply(flags_value(v->flags, FLAG_RUNS_DIR, RUNS_FOLDER), plan->name,
                        now_ns - plan->watch.keep_ns, v->first_id, arena);
    char array[80];
    struct text line = text_in(array, sizeof array);
    if (removed == 0) return;
    text_addf(&line, "watch: %u old file%s removed", removed, removed == 1 ? "" : "s");
    say(v, &line);
}

/* The newest run of the folder is the file that just ended. */
static void remember_first(struct vigils *v, struct arena *arena)
{
    const struct plan *plan = &v->planning->plan;
    bool starts = false;
    for (uint32_t i = 0; i < plan->service_count; i++) starts |= plan->services[i].argc > 0;
    if (v->index > 0 || !starts) return;
    struct runs_ids ids = runs_ids(flags_value(v->flags, FLAG_RUNS_DIR, RUNS_FOLDER), 1, arena);
    if (ids.count > 0) memcpy(v->first_id, ids.items[0], sizeof v->first_id);
}

/* True: the next file follows. */
static bool goes_on(struct vigils *v, int code)
{
    v->missed = v->missed || code == EXIT_MISSED;
    v->undecided = v->undecided || code == EXIT_NO_VERDICT;
    bool judged = code == EXIT_HOLDS || code == EXIT_MISSED || code == EXIT_NO_VERDICT;
    return judged && v->left_ns > 0 && interrupt_look(&v->interrupt) == 0;
}

static uint64_t length_of(const struct plan *plan)
{
    uint64_t length_ns = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) length_ns += plan->stages[i].length_ns;
    return length_ns;
}

/* Its exit code. What is made for it lies in an arena of its own: a watch goes on for months. */
static int watch_one(struct vigils *v, struct err *err)
{
    struct planning day = *v->planning;
    const struct watch_day_options options = {.plan = &v->planning->plan,
                                              .now_ns = clock_wall_ns(),
                                              .most_ns = v->left_ns,
                                              .index = v->index};
    struct vigil_options vigil = {.window_ns = day.plan.watch.window_ns,
                                  .probes = day.plan.watch.probe_per_s > 0,
                                  .again = v->index > 0,
                                  .services = &v->services,
                                  .services_arena = &v->services_arena,
                                  .services_started = &v->services_started,
                                  .services_folder = &v->services_folder};
    if (!arena_open(&day.arena, FILE_ARENA_LIMIT, err)) return console_fail(err);
    int code = EXIT_REFUSED;
    if (!watch_day_make(&day.plan, &options, &day.arena)) {
        err_set(err, ERR_LIMIT, 0, "no memory for the watch");
        code = console_fail(err);
        goto out;
    }
    if (v->index == 0) say_left_out(v);
    if (v->index == 0) say_bounds(v, &day.plan, err);
    remove_old(v, &day.plan, &day.arena);
    uint64_t length_ns = length_of(&day.plan);
    code = running_watch(v->flags, &day, &vigil);
    if (v->left_ns != UINT64_MAX) v->left_ns -= length_ns < v->left_ns ? length_ns : v->left_ns;
    remember_first(v, &day.arena);
out:
    arena_close(&day.arena);
    return code;
}

static int watch_all(struct vigils *v)
{
    struct err err = {0};
    int code;
    if (!take_flags(v, &err)) return console_fail(&err);
    if (!interrupt_open(&v->interrupt, &err)) return console_fail(&err);
    if (arena_open(&v->services_arena, SERVICES_ARENA_LIMIT, &err)) {
        bool more;
        do {
            code = watch_one(v, &err);
            more = goes_on(v, code);
            v->index++;
        } while (more);
        v->services.say = NULL; /* nobody who would listen is left */
        if (v->services_started) services_stop(&v->services);
        arena_close(&v->services_arena);
    } else {
        code = console_fail(&err);
    }
    bool judged = code == EXIT_HOLDS || code == EXIT_MISSED || code == EXIT_NO_VERDICT;
    if (judged && v->missed) code = EXIT_MISSED;
    else if (judged && v->undecided) code = EXIT_NO_VERDICT;
    if (judged && v->interrupt.signal != 0) {
        code = exit_code_of(&(struct exit_facts){.signal = v->interrupt.signal});
    }
    interrupt_close(&v->interrupt);
    return code;
}

int verb_watch_main(const struct flags *flags, int argc, char *const *argv)
{
    struct planning p;
    struct err err = {0};
    int code;
    if (!planning_open(&p, flags, argc, argv, &err)) {
        code = planning_fail(&p, &err);
    } else {
        struct vigils v = {.flags = flags, .planning = &p, .interrupt.fd = -1};
        code = watch_all(&v);
    }
    planning_close(&p);
    return code;
}
