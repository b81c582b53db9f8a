#include "campaign/window_find.h"

#include "base/ns.h"
#include "base/text.h"
#include "plan/diag.h"
#include "plan/units.h"

#define TIME_BYTES 40
#define HINT_BYTES 200
#define FORMS "a window is written climb:+5s..+20s, climb or 90s..2m"

/* Where a stage lies in the run, as far as it was seen. */
struct stage_time {
    bool seen;
    uint64_t start_ns, settled_ns, end_ns;
};

/* What was asked for. Of a stage by itself both ends are open and its settle time is left out. */
struct asked {
    struct bytes text;
    struct bytes stage; /* at == NULL: run time */
    bool has_from, has_to;
    uint64_t from_ns, to_ns;
};

struct finding_out {
    const struct window_question *q;
    struct asked asked;
    struct stage_time *times;  /* [stage_count] */
    struct window_span *spans; /* [stage_count] */
    uint32_t span_count;
    struct err *err;
};

static bool refuse(struct err *err, const struct asked *asked, const char *why)
{
    return err_set(err, ERR_USAGE, 0, "--window %.*s: %s", BYTES_ARG(asked->text), why);
}

/* As it would be written in a window: `1m30s`, `5.25s`. */
static const char *time_of(uint64_t ns, char array[TIME_BYTES])
{
    struct text out = text_in(array, TIME_BYTES);
    uint64_t minutes = ns / (60 * NS_PER_S);
    if (minutes >= 60) text_addf(&out, "%lluh", (unsigned long long)(minutes / 60));
    if (minutes % 60 > 0) text_addf(&out, "%llum", (unsigned long long)(minutes % 60));
    uint64_t rest_ns = ns % (60 * NS_PER_S);
    if (rest_ns == 0 && minutes > 0) return array;
    text_addf(&out, "%llu", (unsigned long long)(rest_ns / NS_PER_S));
    uint64_t part_ns = rest_ns % NS_PER_S;
    if (part_ns > 0) {
        text_addf(&out, ".%09llu", (unsigned long long)part_ns);
        while (out.at[out.len - 1] == '0') out.at[--out.len] = '\0';
    }
    text_addc(&out, 's', 1);
    return array;
}

/* ---- the words ---- */

static bool is_stage(const struct run_header *header, struct bytes name, uint32_t stage)
{
    const struct stage *s = &header->plan->stages[stage];
    return bytes_equal(s->name, name) || bytes_equal(s->group, name);
}

static bool is_any_stage(const struct run_header *header, struct bytes name)
{
    for (uint32_t i = 0; i < header->plan->stage_count; i++) {
        if (is_stage(header, name, i)) return true;
    }
    return false;
}

/* `5s` or nothing; of an offset `+5s`. */
static bool read_end(struct bytes word, const struct asked *asked, bool *has, uint64_t *ns,
                     struct err *err)
{
    const char *why;
    bool offset = asked->stage.at != NULL;
    bool plus = word.len > 0 && word.at[0] == '+';
    *has = word.len > 0;
    if (!*has) return true;
    if (plus != offset) {
        refuse(err, asked,
               offset ? "an offset from the start of a stage begins with +"
                      : "run time has no +, which is for an offset from a stage");
        return err_hint(err, FORMS);
    }
    if (units_duration(bytes_from(word, plus ? 1 : 0), ns, &why)) return true;
    refuse(err, asked, why);
    return err_hint(err, FORMS);
}

/* Words without dots that name no stage: what begins as an amount of time does is meant for one,
 * and what follows the name of a stage for a part of it. Else it is a stage, which is looked for
 * later. */
static bool check_bare(const struct window_question *q, const struct asked *asked, size_t colon,
                       struct err *err)
{
    uint64_t ns;
    const char *why;
    struct bytes text = asked->text;
    if (units_duration(text, &ns, &why)) {
        refuse(err, asked, "a window has two ends, with two dots between");
        return err_hint(err, "write 0s..%.*s for the first of it, %.*s.. for what is behind",
                        BYTES_ARG(text), BYTES_ARG(text));
    }
    bool time = text.len > 0 && bytes_is_digit(text.at[0]);
    bool part = colon > 0 && is_any_stage(q->header, (struct bytes){text.at, colon - 1});
    if (!time && !part) return true;
    refuse(err, asked,
           part ? "two dots are between the ends of a part of a stage"
                : "it is no stage, and no two times with two dots between");
    return err_hint(err, FORMS);
}

/* The words into `asked`; stages are only named. */
static bool read_words(const struct window_question *q, struct asked *asked, struct err *err)
{
    struct bytes text = q->asked;
    *asked = (struct asked){.text = text, .stage = text};
    if (is_any_stage(q->header, text)) return true; /* whatever else it may look like */
    size_t colon = text.len;
    while (colon > 0 && text.at[colon - 1] != ':') colon--;
    struct bytes range = bytes_from(text, colon);
    size_t dots = bytes_find(range, BYTES_LIT(".."));
    if (dots == SIZE_MAX && range.len > 0 && range.at[0] == '+') {
        refuse(err, asked, "its other end is missing");
        return err_hint(err, "%.*s.. goes to the end of the stage", BYTES_ARG(text));
    }
    if (dots == SIZE_MAX) return check_bare(q, asked, colon, err);
    asked->stage = (struct bytes){colon > 0 ? text.at : NULL, colon > 0 ? colon - 1 : 0};
    struct bytes first = {range.at, dots};
    struct bytes last = bytes_from(range, dots + 2);
    if (!read_end(first, asked, &asked->has_from, &asked->from_ns, err)) return false;
    if (!read_end(last, asked, &asked->has_to, &asked->to_ns, err)) return false;
    if (!asked->has_from && !asked->has_to) {
        refuse(err, asked, "neither its start nor its end is said");
        return err_hint(err, FORMS);
    }
    if (!asked->has_to || asked->from_ns < asked->to_ns) return true;
    refuse(err, asked,
           asked->from_ns > asked->to_ns ? "it ends before it begins" : "it has no length");
    if (asked->from_ns == asked->to_ns) return err_hint(err, FORMS);
    return err_hint(err, "write %.*s%.*s..%.*s", (int)colon, text.at, BYTES_ARG(last),
                    BYTES_ARG(first));
}

/* ---- the stages ---- */

static bool is_bare(const struct asked *a)
{
    return a->stage.at && !a->has_from && !a->has_to;
}

static void see_tick(struct finding_out *f, const struct tick *tick)
{
    const struct plan *plan = f->q->header->plan;
    if (tick->stage >= plan->stage_count) return;
    const struct stage *stage = &plan->stages[tick->stage];
    struct stage_time *t = &f->times[tick->stage];
    if (!t->seen) {
        *t = (struct stage_time){.seen = true, .start_ns = tick->start_ns};
        t->settled_ns = tick->start_ns + stage->settle_ns;
    }
    bool settles = tick->start_ns < t->settled_ns;
    /* A tick that is not judged behind judged ones is what is left of a stage by count. */
    if (!settles && stage->judged && !tick->judged) return;
    t->end_ns = tick->end_ns;
}

/* The stage's part of what was asked for: [from, to). False: none. */
static bool part_of(const struct finding_out *f, uint32_t stage, uint64_t *from_ns, uint64_t *to_ns)
{
    const struct stage_time *t = &f->times[stage];
    const struct asked *a = &f->asked;
    bool offset = a->stage.at != NULL;
    if (!t->seen || (offset && !is_stage(f->q->header, a->stage, stage))) return false;
    uint64_t origin_ns = offset ? t->start_ns : 0;
    *from_ns = is_bare(a) ? t->settled_ns : origin_ns + a->from_ns;
    *to_ns = a->has_to ? origin_ns + a->to_ns : t->end_ns;
    if (*from_ns < t->start_ns) *from_ns = t->start_ns;
    if (*to_ns > t->end_ns) *to_ns = t->end_ns;
    return *from_ns < *to_ns;
}

/* Takes the ticks of a stage that lie wholly in its part. */
static void take_stage(struct finding_out *f, uint32_t stage)
{
    const struct stage_time *t = &f->times[stage];
    struct window_span span = {.stage = stage,
                               .start_ns = t->start_ns,
                               .settled_ns = t->settled_ns,
                               .open = !f->asked.has_to};
    uint64_t from_ns;
    uint64_t to_ns;
    if (!part_of(f, stage, &from_ns, &to_ns)) return;
    for (uint32_t i = 0; i < f->q->tick_count; i++) {
        const struct tick *tick = &f->q->ticks[i];
        if (tick->stage != stage || tick->start_ns < from_ns || tick->end_ns > to_ns) continue;
        if (span.ticks++ == 0) span.from_ns = tick->start_ns;
        span.to_ns = tick->end_ns;
    }
    if (span.ticks == 0) return;
    bool from_start = span.from_ns == t->start_ns || span.from_ns == t->settled_ns;
    span.to_end = span.to_ns == t->end_ns;
    span.whole = span.to_end && from_start;
    f->spans[f->span_count++] = span;
}

/* ---- what cannot be had ---- */

static void list_names(const struct finding_out *f, bool seen_only, struct bytes *names,
                       uint32_t *count)
{
    const struct plan *plan = f->q->header->plan;
    *count = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *s = &plan->stages[i];
        if (seen_only ? !f->times[i].seen : s->by_hand && !f->times[i].seen) continue;
        bool new_group = i == 0 || !bytes_equal(plan->stages[i - 1].group, s->group);
        if (new_group) names[(*count)++] = s->group;
        if (!bytes_equal(s->name, s->group)) names[(*count)++] = s->name;
    }
}

static bool suggest(const struct finding_out *f, bool seen_only, struct arena *arena)
{
    uint32_t count = 0;
    char array[HINT_BYTES];
    struct text hint = text_in(array, sizeof array);
    struct bytes *names =
        ARENA_ARRAY(arena, 2 * (size_t)f->q->header->plan->stage_count + 1, struct bytes);
    if (!names) return false;
    list_names(f, seen_only, names, &count);
    struct bytes word = seen_only ? (struct bytes){0} : f->asked.stage;
    diag_suggest(&hint, word, seen_only ? "seen were" : "stages", names, count);
    return err_hint(f->err, "%s", array);
}

/* The name is one of the plan's, and the run came to some stage of it. */
static bool check_stage(const struct finding_out *f, struct arena *arena)
{
    const struct asked *a = &f->asked;
    const struct plan *plan = f->q->header->plan;
    char array[HINT_BYTES];
    struct text why = text_in(array, sizeof array);
    if (bytes_is(a->stage, "drain") && !is_any_stage(f->q->header, a->stage)) {
        refuse(f->err, a, "nothing is sent in the drain, so nothing is judged in it");
        return err_hint(f->err, "what ends in it counts for the stage it was meant for");
    }
    if (!is_any_stage(f->q->header, a->stage)) {
        text_addf(&why, "no stage is named '%.*s'", BYTES_ARG(a->stage));
        refuse(f->err, a, array);
        return suggest(f, false, arena);
    }
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        if (f->times[i].seen && is_stage(f->q->header, a->stage, i)) return true;
    }
    refuse(f->err, a, "the run did not come to that stage");
    return suggest(f, true, arena);
}

/* No offset lies beyond the stage that it is of. */
static bool check_offsets(const struct finding_out *f)
{
    const struct asked *a = &f->asked;
    const struct plan *plan = f->q->header->plan;
    uint64_t longest_ns = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage_time *t = &f->times[i];
        if (!t->seen || !is_stage(f->q->header, a->stage, i)) continue;
        char time[TIME_BYTES];
        char array[HINT_BYTES];
        struct text why = text_in(array, sizeof array);
        uint64_t length_ns = t->end_ns - t->start_ns;
        if (length_ns > longest_ns) longest_ns = length_ns;
        if (!a->has_to || a->to_ns <= length_ns) continue;
        text_addf(&why, "%.*s lasted no longer than to +%s", BYTES_ARG(plan->stages[i].name),
                  time_of(length_ns, time));
        refuse(f->err, a, array);
        return err_hint(f->err, "%.*s:+%s.. goes to its end", BYTES_ARG(a->stage),
                        time_of(a->from_ns < length_ns ? a->from_ns : 0, time));
    }
    if (a->from_ns < longest_ns) return true;
    char time[TIME_BYTES];
    refuse(f->err, a, "it begins when the stage is over");
    return err_hint(f->err, "%.*s lasted to +%s", BYTES_ARG(a->stage), time_of(longest_ns, time));
}

/* Run time that the run had, and in which it sent. */
static bool check_run_time(const struct finding_out *f)
{
    const struct asked *a = &f->asked;
    char time[TIME_BYTES];
    char array[HINT_BYTES];
    struct text why = text_in(array, sizeof array);
    uint64_t sent_ns = 0; /* until then */
    uint64_t end_ns = f->q->tick_count > 0 ? f->q->ticks[f->q->tick_count - 1].end_ns : 0;
    for (uint32_t i = 0; i < f->q->header->plan->stage_count; i++) {
        if (f->times[i].end_ns > sent_ns) sent_ns = f->times[i].end_ns;
    }
    if (a->from_ns >= sent_ns) {
        text_addf(&why, "nothing was sent any more: the last stage ended at %s",
                  time_of(sent_ns, time));
        refuse(f->err, a, array);
        return err_hint(f->err, "a window lies between 0s and %s", time_of(sent_ns, time));
    }
    if (!a->has_to || a->to_ns <= end_ns) return true;
    text_addf(&why, "the run lasted no longer than to %s", time_of(end_ns, time));
    refuse(f->err, a, array);
    return err_hint(f->err, "%s.. goes to its end", time_of(a->from_ns, time));
}

/* It lies between two edges of ticks: which ones? */
static bool refuse_empty(const struct finding_out *f)
{
    const struct asked *a = &f->asked;
    bool offset = a->stage.at != NULL;
    if (is_bare(a)) {
        refuse(f->err, a, "only its settle time was seen");
        return err_hint(f->err, "%.*s:+0s.. is that", BYTES_ARG(a->stage));
    }
    for (uint32_t i = 0; i < f->q->tick_count; i++) {
        const struct tick *tick = &f->q->ticks[i];
        bool meant = tick->stage < f->q->header->plan->stage_count
                     && (!offset || is_stage(f->q->header, a->stage, tick->stage));
        if (!meant) continue;
        uint64_t origin_ns = offset ? f->times[tick->stage].start_ns : 0;
        uint64_t from_ns = origin_ns + a->from_ns;
        if (tick->end_ns <= from_ns) continue;
        char from[TIME_BYTES];
        char to[TIME_BYTES];
        char array[HINT_BYTES];
        struct text why = text_in(array, sizeof array);
        text_addf(&why, "no whole tick lies in it; that of its start lasts %s",
                  time_of(tick->end_ns - tick->start_ns, to));
        refuse(f->err, a, array);
        const char *plus = offset ? "+" : "";
        return err_hint(f->err, "that tick is %.*s%s%s%s..%s%s", BYTES_ARG(a->stage),
                        offset ? ":" : "", plus, time_of(tick->start_ns - origin_ns, from), plus,
                        time_of(tick->end_ns - origin_ns, to));
    }
    return refuse(f->err, a, "no tick of it is in the file");
}

/* ---- the whole ---- */

static const struct run_window *window_of(const struct finding_out *f, struct arena *arena)
{
    struct run_window *w = ARENA_NEW(arena, struct run_window);
    if (!w) return NULL;
    *w =
        (struct run_window){.asked = f->asked.text, .spans = f->spans, .span_count = f->span_count};
    for (uint32_t i = 0; i < f->span_count; i++) {
        w->ticks += f->spans[i].ticks;
        w->length_ns += f->spans[i].to_ns - f->spans[i].from_ns;
    }
    return w;
}

const struct run_window *window_find(const struct window_question *q, struct arena *arena,
                                     struct err *err)
{
    uint32_t stage_count = q->header->plan->stage_count;
    struct finding_out f = {.q = q, .err = err};
    f.times = ARENA_ARRAY(arena, stage_count, struct stage_time);
    f.spans = ARENA_ARRAY(arena, stage_count, struct window_span);
    if (!arena_ok(arena)) {
        err_set(err, ERR_LIMIT, 0, "no memory for the window");
        return NULL;
    }
    if (!read_words(q, &f.asked, err)) return NULL;
    for (uint32_t i = 0; i < q->tick_count; i++) see_tick(&f, &q->ticks[i]);
    bool offset = f.asked.stage.at != NULL;
    if (offset && (!check_stage(&f, arena) || !check_offsets(&f))) return NULL;
    if (!offset && !check_run_time(&f)) return NULL;
    for (uint32_t i = 0; i < stage_count; i++) take_stage(&f, i);
    if (f.span_count > 0) return window_of(&f, arena);
    refuse_empty(&f);
    return NULL;
}
