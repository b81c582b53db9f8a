#include "cli/hints.h"

#include <math.h>

#include "base/attr.h"
#include "base/ns.h"
#include "base/self.h"
#include "show/amount.h"
#include "show/summary.h"

#define BUSY_SHARE 0.5 /* of the time of its threads */
#define LINE_BYTES 1024
#define LONG_ENOUGH "30s" /* as where no length is given */
#define LONG_ENOUGH_NS (30 * NS_PER_S)
#define LONG_MOST_S 3600.0 /* that anybody is asked to wait, ... */
#define LONG_MOST_TIMES 10 /* ... or so many times what was judged, if that is more */

struct hinting {
    const struct result *result;
    const struct flags *flags;
    struct arena *arena;
    struct bytes command; /* how it was started, by the name that was typed; empty: no memory */
    struct bytes *out;
    uint32_t count;
};

/* Keeps the line, with why behind it as a comment for the shell. */
static void add_line(struct hinting *h, const struct text *line, const char *why)
{
    char array[LINE_BYTES];
    struct text whole = text_in(array, sizeof array);
    if (h->count == HINTS_MAX || line->cut) return;
    text_add(&whole, text_bytes(line));
    if (why) text_addf(&whole, "  # %s", why);
    struct bytes kept = arena_copy(h->arena, text_bytes(&whole));
    if (!whole.cut && kept.at) h->out[h->count++] = kept;
}

void hints_with_flag(struct text *out, struct bytes command, enum flag flag, const char *value)
{
    char array[64];
    struct text name = text_in(array, sizeof array);
    text_addf(&name, " --%s", flags_table[flag].name);
    for (size_t at = 0; at < command.len; at++) {
        size_t end = at + name.len;
        if (!bytes_starts(bytes_from(command, at), text_bytes(&name)) || end == command.len)
            continue;
        if (command.at[end] == ' ' || command.at[end] == '=') {
            size_t left = bytes_find(bytes_from(command, end + 1), BYTES_LIT(" "));
            text_add(out, (struct bytes){command.at, end + 1});
            text_adds(out, value);
            if (left != SIZE_MAX) text_add(out, bytes_from(command, end + 1 + left));
            return;
        }
    }
    text_add(out, command);
    text_addf(out, "%s %s", array, value);
}

/* A name that needs no quotes in `--set load.stages.NAME.for=...`. */
static bool is_plain(struct bytes name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bytes_is_digit(c)
                     || c == '_' || c == '-';
        if (!plain) return false;
    }
    return name.len > 0;
}

static bool runs(const struct hinting *h)
{
    return h->flags->verb == VERB_RUN && h->command.len > 0;
}

/* The run keeps its command as `prony ...`, wherever the program lay. */
static struct bytes command_as_typed(const struct result *r, struct arena *arena)
{
    struct bytes kept = r->header->command;
    struct bytes usual = BYTES_LIT("prony ");
    size_t size = kept.len + strlen(self_name()) + 2;
    if (!bytes_starts(kept, usual)) return kept;
    char *array = arena_alloc(arena, size);
    if (!array) return (struct bytes){0};
    struct text out = text_in(array, size);
    text_addf(&out, "%s ", self_name());
    text_add(&out, bytes_from(kept, usual.len));
    return text_bytes(&out);
}

static void add_report(const struct hinting *h, struct text *line)
{
    const struct run_window *window = h->result->header->window;
    text_addf(line, "%s report %s", self_name(), h->result->header->id);
    if (window) text_adds(line, " --window ");
    if (window) text_add_word(line, window->asked);
    if (!flags_given(h->flags, FLAG_RUNS_DIR)) return;
    text_addf(line, " --runs-dir %.*s", BYTES_ARG(flags_value(h->flags, FLAG_RUNS_DIR, "")));
}

/* Too short for any limit to be suggested, where nothing but its length keeps it from that. */
static void hint_long_enough(struct hinting *h)
{
    const struct result *r = h->result;
    const struct plan *plan = r->header->plan;
    uint64_t failed = r->totals.offered - r->totals.outcomes[OUTCOME_OK];
    uint64_t length_ns = plan->stage_count > 0 ? plan->stages[plan->stage_count - 1].length_ns : 0;
    for (uint32_t i = 0; i < plan->objective_count; i++) {
        if (!plan->objectives[i].implicit) return;
    }
    bool url = runs(h) && plan->path.len == 0 && !flags_given(h->flags, FLAG_REQUESTS);
    bool whole = r->end.ended == RUN_COMPLETE && !r->steered && r->trust != TRUST_INVALID;
    if (!url || !whole || 2 * failed >= r->totals.offered || length_ns >= LONG_ENOUGH_NS) return;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    hints_with_flag(&line, h->command, FLAG_FOR, LONG_ENOUGH);
    add_line(h, &line, "long enough to suggest objectives");
}

/* Limits for a run that had none. */
static void hint_objectives(struct hinting *h)
{
    char array[LINE_BYTES];
    char suggested_array[200];
    struct text line = text_in(array, sizeof array);
    struct text suggested = text_in(suggested_array, sizeof suggested_array);
    if (!summary_suggest(&suggested, h->result)) {
        hint_long_enough(h);
        return;
    }
    if (runs(h)) text_add(&line, h->command);
    else add_report(h, &line);
    text_addf(&line, " %s", suggested_array);
    add_line(h, &line, NULL);
}

/* Undecided: the objective that needs the longest; NULL: none says. */
static const struct objective_result *longest_need(const struct result *r)
{
    const struct objective_result *found = NULL;
    for (uint32_t i = 0; i < r->objective_count; i++) {
        const struct objective_result *o = &r->objectives[i];
        bool open = o->verdict == VERDICT_INCONCLUSIVE && !o->objective->warn;
        if (open && !isnan(o->needed_s) && (!found || o->needed_s > found->needed_s)) found = o;
    }
    return found;
}

/* What lies so near its limit that no time which anybody would wait settles it. */
static void hint_limit(struct hinting *h, const struct objective_result *o)
{
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    text_adds(&line, "# '");
    text_add_safe(&line, o->objective->text);
    text_adds(&line, "' would take ");
    amount_length(&line, o->needed_s * 1e9);
    text_adds(&line, " of this to decide: it is too close to its limit. Another limit settles it");
    if (!isnan(o->lo) && !isnan(o->hi) && isfinite(o->hi)) {
        text_adds(&line, ", one outside ");
        amount_of(&line, o->objective, o->lo);
        text_adds(&line, " to ");
        amount_of(&line, o->objective, o->hi);
    }
    add_line(h, &line, NULL);
}

/* As long as would settle it, and a fifth more, in round tens of seconds. */
static void hint_longer(struct hinting *h)
{
    const struct plan *plan = h->result->header->plan;
    const struct objective_result *o = longest_need(h->result);
    if (!o || !runs(h)) return;
    if (o->needed_s > fmax(LONG_MOST_S, LONG_MOST_TIMES * h->result->totals.seconds)) {
        hint_limit(h, o);
        return;
    }
    char value[32];
    char array[LINE_BYTES];
    struct text length = text_in(value, sizeof value);
    struct text line = text_in(array, sizeof array);
    text_addf(&length, "%.0fs", ceil(o->needed_s * 1.2 / 10) * 10);
    bool url = plan->path.len == 0;
    if (url && !flags_given(h->flags, FLAG_REQUESTS)) {
        hints_with_flag(&line, h->command, FLAG_FOR, value);
    } else if (!url && o->stage < plan->stage_count && plan->stages[o->stage].requests == 0
               && is_plain(plan->stages[o->stage].name)) {
        text_add(&line, h->command);
        text_addf(&line, " --set load.stages.%.*s.for=%s", BYTES_ARG(plan->stages[o->stage].name),
                  value);
    } else {
        return;
    }
    add_line(h, &line, "long enough to decide");
}

/* Whether its threads had their hands full; else the machine was busy with others. */
static bool was_busy(const struct result *r)
{
    double could = (double)r->end.at_ns * r->header->threads;
    return (double)r->end.generator_cpu_ns > BUSY_SHARE * could;
}

/* Each thread wants its share of the connections and of what may be in flight. */
static bool has_use_for_thread(const struct run_header *header)
{
    const struct plan *plan = header->plan;
    bool connection = plan->connections == 0 || header->threads < plan->connections;
    return connection && header->threads < plan->max_in_flight && header->threads < header->cores;
}

static bool was_said(const struct result *r, const char *code)
{
    for (uint32_t i = 0; i < r->reason_count; i++) {
        if (strcmp(r->reasons[i].code, code) == 0) return true;
    }
    return false;
}

/* What only prony's own lateness put in doubt, with a core to spare. */
static void hint_threads(struct hinting *h)
{
    const struct run_header *header = h->result->header;
    bool late = false;
    if (!was_busy(h->result)) return;
    for (uint32_t i = 0; i < h->result->reason_count; i++) {
        const char *code = h->result->reasons[i].code;
        late = late || strncmp(code, "lag", 3) == 0 || strcmp(code, "schedule-behind") == 0;
    }
    if (!late || !runs(h) || !has_use_for_thread(header)) return;
    char value[16];
    char array[LINE_BYTES];
    struct text threads = text_in(value, sizeof value);
    struct text line = text_in(array, sizeof array);
    text_addf(&threads, "%u", header->threads + 1);
    hints_with_flag(&line, h->command, FLAG_THREADS, value);
    add_line(h, &line, "prony itself was late");
}

static void hint_dropped(struct hinting *h)
{
    const struct plan *plan = h->result->header->plan;
    if (h->result->totals.iterations_dropped == 0 || !runs(h)) return;
    /* Rows that ran out come no sooner where more is open at once. */
    if (was_said(h->result, "rows-short")) return;
    char value[32];
    char array[LINE_BYTES];
    struct text most = text_in(value, sizeof value);
    struct text line = text_in(array, sizeof array);
    /* Who waits for one of too few connections waits however many may wait. */
    bool few = plan->connections > 0 && plan->connections < plan->max_in_flight
               && h->result->totals.wait.ns[FIGURE_P50] > 0;
    uint64_t now = few ? plan->connections : plan->max_in_flight;
    text_addf(&most, "%llu", (unsigned long long)now * 4);
    hints_with_flag(&line, h->command, few ? FLAG_CONNECTIONS : FLAG_MAX_IN_FLIGHT, value);
    add_line(h, &line,
             few ? "arrivals waited for a connection until some were dropped"
                 : "arrivals were dropped: let more be open at once");
}

/* The report of this run: with more to see, where there is a question and it was not shown yet. */
static void hint_report(struct hinting *h)
{
    const struct result *r = h->result;
    char array[LINE_BYTES];
    struct text line = text_in(array, sizeof array);
    bool question = r->verdict == VERDICT_MISSED || r->verdict == VERDICT_INCONCLUSIVE
                    || r->totals.outcomes[OUTCOME_OK] < r->totals.offered;
    bool more = question && !flags_given(h->flags, FLAG_VERBOSE);
    if (!more && h->flags->verb != VERB_RUN) return;
    add_report(h, &line);
    if (more) text_adds(&line, " --verbose");
    add_line(h, &line, more ? "the slowest requests, the spread of times, what failed" : NULL);
}

uint32_t hints_list(const struct result *result, const struct flags *flags, struct arena *arena,
                    struct bytes out[HINTS_MAX])
{
    struct hinting h = {.result = result,
                        .flags = flags,
                        .arena = arena,
                        .command = command_as_typed(result, arena),
                        .out = out};
    hint_objectives(&h);
    if (run_ended_early(result->end.ended)) return h.count;
    hint_longer(&h);
    hint_threads(&h);
    hint_dropped(&h);
    if (h.count == HINTS_MAX) h.count--; /* the report is always named */
    hint_report(&h);
    return h.count;
}
