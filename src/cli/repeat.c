#include "cli/repeat.h"

#include "base/attr.h"
#include "campaign/interrupt.h"
#include "cli/console.h"
#include "cli/ending.h"
#include "cli/outputs.h"
#include "cli/running.h"
#include "show/spread.h"

#define ARENA_LIMIT ((size_t)256 << 20)

struct repeat {
    const struct flags *flags;
    struct arena *arena;
    struct running_series series;
    struct interrupt interrupt; /* between runs; while one goes on, its own reads first */
    int code;                   /* of the run that kept the series from going on */
};

/* Flags that are about one run. */
static bool fits(const struct flags *flags, struct err *err)
{
    static const enum flag single[] = {FLAG_ONCE, FLAG_PRINT_PLAN};
    uint64_t count = flags_count(flags, FLAG_REPEAT);
    for (size_t i = 0; i < COUNT_OF(single); i++) {
        if (!flags_given(flags, single[i])) continue;
        err_set(err, ERR_USAGE, 0, "--repeat does not go with --%s", flags_table[single[i]].name);
        return err_hint(err, "leave out one of them");
    }
    if (count <= SPREAD_RUNS_MOST) return true;
    err_set(err, ERR_USAGE, 0, "--repeat %llu: at most %d runs make a series",
            (unsigned long long)count, SPREAD_RUNS_MOST);
    return err_hint(err, "five to ten say how far runs lie apart");
}

static void say_next(const struct repeat *r)
{
    char array[80];
    struct text line = text_in(array, sizeof array);
    if (flags_given(r->flags, FLAG_QUIET)) return;
    text_addf(&line, "run %u of %u", r->series.index, r->series.count);
    console_say(array);
}

/* Whether the series goes on after a run that ended so. */
static bool goes_on(struct repeat *r, uint32_t judged_before, int code)
{
    r->code = code;
    bool could_not_start = r->series.judged == judged_before;
    if (could_not_start || code == EXIT_PREFLIGHT || code == EXIT_REFUSED) return false;
    return r->series.facts.signal == 0 && interrupt_look(&r->interrupt) == 0;
}

static void run_all(struct repeat *r, struct planning *first)
{
    struct running_series *s = &r->series;
    for (s->index = 1; s->index <= s->count; s->index++) {
        struct planning next;
        struct err err = {0};
        struct planning *p = first;
        uint32_t judged = s->judged;
        if (s->index > 1) {
            p = &next;
            if (!planning_again(p, first, s->index, r->flags, &err)) {
                r->code = planning_fail(p, &err);
                planning_close(p);
                return;
            }
        }
        say_next(r);
        bool more = goes_on(r, judged, running_run(r->flags, p, s));
        if (p == &next) planning_close(p);
        if (!more) return;
    }
}

/* The exit code of all runs together; `whole`: each could be run. */
static int conclude(struct repeat *r, struct outputs *outputs)
{
    struct running_series *s = &r->series;
    bool whole = s->judged == s->count;
    if (flags_lenient(r->flags)) s->facts.inconclusive = false;
    if (s->facts.signal == 0) s->facts.signal = r->interrupt.signal;
    struct beside beside = {
        .runs = s->runs, .run_count = s->judged, .series = s->id, .asked = s->count};
    beside.exit_code = exit_code_of(&s->facts);
    /* What kept it from going on comes first where it is not in a result. */
    if (!whole && beside.exit_code <= EXIT_NO_VERDICT && r->code > EXIT_NO_VERDICT) {
        beside.exit_code = r->code;
    }
    bool joined = beside_join(&beside, r->arena);
    struct ending ending = {.beside = &beside, .flags = r->flags};
    bool written = outputs_finish(outputs, &ending, true) && joined;
    /* A pass that nobody could read is none. */
    return written || beside.exit_code != EXIT_HOLDS ? beside.exit_code : EXIT_PREFLIGHT;
}

int repeat_run(const struct flags *flags, struct planning *p)
{
    struct err err = {0};
    struct arena arena = {0};
    if (!fits(flags, &err)) return console_fail(&err);
    if (!arena_open(&arena, ARENA_LIMIT, &err)) return console_fail(&err);
    uint32_t count = (uint32_t)flags_count(flags, FLAG_REPEAT);
    struct repeat r = {.flags = flags,
                       .arena = &arena,
                       .series = {.arena = &arena, .count = count},
                       .interrupt.fd = -1};
    r.series.runs = ARENA_ARRAY(&arena, count, struct beside_run);
    struct outputs *outputs = ARENA_NEW(&arena, struct outputs);
    const struct outputs_options wanted = {.flags = flags,
                                           .source = p->path.len > 0 ? p->path.at : NULL,
                                           .source_count = count,
                                           .arena = &arena};
    int code = EXIT_BUG;
    if (!arena_ok(&arena)) goto out;
    if (!outputs_open(outputs, &wanted, &err) || !interrupt_open(&r.interrupt, &err)) {
        code = console_fail(&err);
        goto out;
    }
    run_all(&r, p);
    if (r.series.judged > 0) {
        if (!flags_given(flags, FLAG_QUIET)) console_part();
        code = conclude(&r, outputs);
    } else {
        outputs_drop(outputs);
        code = r.code;
    }
    interrupt_close(&r.interrupt);
out:
    arena_close(&arena);
    return code;
}
