#include "judge/trust.h"

#include <math.h>

#include "judge/redirects.h"
#include "judge/trust_priv.h"
#include "judge/warming.h"

#define LAG_PER_MILLION 999000
#define LAG_SHORT_PER_MILLION 990000 /* of a run too short to have a p99.9 */
#define LAG_LEAST_COUNT 3688         /* a stage with fewer take-ups has no p99.9 of its own */

static bool is_missed(const struct trust_case *c, uint32_t row)
{
    return c->results[row].verdict == VERDICT_MISSED && !c->rows->rows[row].objective->warn
           && !c->rows->rows[row].capacity;
}

/* A missed limit of times that prony's own lag decides. */
static bool read_lag_decides(const struct trust_case *c, struct reading *out)
{
    static const struct limits_pardon lag = {.lag = true};
    for (uint32_t i = 0; i < c->rows->count; i++) {
        const struct row *row = &c->rows->rows[i];
        if (!is_missed(c, i) || !limits_pardoned(c->desk, row, &lag)) continue;
        if (out->value <= 0) text_add(&out->subject, row->objective->text);
        out->value += 1;
    }
    return true;
}

/* The timeouts without which a missed limit would not be missed. */
static bool read_lag_timeouts(const struct trust_case *c, struct reading *out)
{
    static const struct limits_pardon lag = {.lag = true};
    static const struct limits_pardon both = {.lag = true, .timeouts = true};
    for (uint32_t i = 0; i < c->rows->count; i++) {
        const struct row *row = &c->rows->rows[i];
        if (!is_missed(c, i) || limits_pardoned(c->desk, row, &lag)) continue; /* told by that */
        if (!limits_pardoned(c->desk, row, &both)) continue;
        uint64_t count = limits_suspect_timeouts(c->desk, row);
        if ((double)count <= out->value) continue;
        out->value = (double)count;
        text_clear(&out->subject);
        text_addc(&out->subject, '\'', 1);
        text_add(&out->subject, row->objective->text);
        text_addf(&out->subject, "' is missed only by %llu timeout%s", (unsigned long long)count,
                  count == 1 ? "" : "s");
    }
    return true;
}

/* For want of what a missed limit would not be missed else. */
static bool read_shortage_decides(const struct trust_case *c, struct reading *out)
{
    static const struct limits_pardon late = {.lag = true, .timeouts = true};
    static const struct limits_pardon all = {.lag = true, .timeouts = true, .shortages = true};
    static const char *const wants[SHORTAGE_COUNT] = {
        [SHORTAGE_ROWS] = "rows",
        [SHORTAGE_PORTS] = "local ports or descriptors",
        [SHORTAGE_TRIES] = "tries of an expression",
        [SHORTAGE_ROOM] = "room for bodies",
        [SHORTAGE_LATE] = "a place in flight, since prony took too many up late",
    };
    for (uint32_t i = 0; i < c->rows->count; i++) {
        const struct row *row = &c->rows->rows[i];
        uint64_t shortages[SHORTAGE_COUNT] = {0};
        if (!is_missed(c, i)) continue;
        uint64_t count = limits_lacking(c->desk, row, shortages);
        if ((double)count <= out->value || limits_pardoned(c->desk, row, &late)) continue;
        if (!limits_pardoned(c->desk, row, &all)) continue;
        out->value = (double)count;
        text_clear(&out->subject);
        text_addc(&out->subject, '\'', 1);
        text_add(&out->subject, row->objective->text);
        bool walks = row->objective->scope == SCOPE_SCENARIO;
        text_addf(&out->subject, "' is missed only by %llu %s%s that ended for want of",
                  (unsigned long long)count, walks ? "iteration" : "request",
                  count == 1 ? "" : "s");
        const char *before = " ";
        for (uint32_t k = 0; k < SHORTAGE_COUNT; k++) {
            if (shortages[k] == 0 || !wants[k]) continue;
            text_addf(&out->subject, "%s%s", before, wants[k]);
            before = ", ";
        }
    }
    return true;
}

/* The least share of the plan that was taken up, over the judged stages that are over. One arrival
 * proves nothing: it may have been due a moment before the stage's end. */
static bool read_taken_up(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    bool found = false;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct stage_book *book = &books->stages[s];
        if (!book->judged || !book->over || book->planned <= book->taken + 1) continue;
        double share = (double)book->taken / (double)book->planned;
        if (found && share >= out->value) continue;
        found = true;
        out->value = share;
        text_clear(&out->subject);
        text_add(&out->subject, run_stage_name(books->header, s));
    }
    return found;
}

/* The tightest limit of times that must hold; 0: none. */
static uint64_t tightest_ns(const struct rows *rows)
{
    uint64_t tightest = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->rows[i];
        if (row->kind != ROW_TIMES || row->objective->warn || row->limit_ns == 0) continue;
        if (tightest == 0 || row->limit_ns < tightest) tightest = row->limit_ns;
    }
    return tightest;
}

/* The largest p99.9 of lag, as a share of the tightest limit: of the judged stages together (p99
 * where they have too few take-ups), and of each that has enough of its own. */
static bool read_lag(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    uint64_t tightest = tightest_ns(c->rows);
    uint64_t largest = 0;
    uint64_t lag_ns;
    if (tightest == 0) return false;
    bool few = books->lag && books->lag->count < LAG_LEAST_COUNT;
    text_addf(&out->subject, "%s of the judged stages", few ? "p99" : "p99.9");
    if (books->lag) {
        uint32_t carried = few ? LAG_SHORT_PER_MILLION : LAG_PER_MILLION;
        if (hist_quantile(books->lag, carried, &lag_ns)) largest = lag_ns;
    }
    for (uint32_t s = 0; s < books->stage_count; s++) {
        const struct stage_book *book = &books->stages[s];
        if (!book->judged || !book->lag || book->lag->count < LAG_LEAST_COUNT) continue;
        if (!hist_quantile(book->lag, LAG_PER_MILLION, &lag_ns) || lag_ns <= largest) continue;
        largest = lag_ns;
        text_clear(&out->subject);
        text_adds(&out->subject, "p99.9 of ");
        text_add(&out->subject, run_stage_name(books->header, s));
    }
    out->value = (double)largest / (double)tightest;
    return true;
}

static uint64_t difference(struct books_balance b)
{
    return b.begun > b.ended ? b.begun - b.ended : b.ended - b.begun;
}

/* Ticks that the run file lacks, though what came later is there. */
static bool read_file(const struct trust_case *c, struct reading *out)
{
    uint32_t ticks = c->end->missing_ticks;
    if (!c->desk->final || ticks == 0) return false;
    text_addf(&out->subject, "%u tick%s or more from %.1f s on", ticks, ticks == 1 ? "" : "s",
              (double)c->end->missing_from_ns / 1e9);
    out->value = ticks;
    return true;
}

/* Requests and iterations whose end is missing or told twice. Known once the last tick is in; where
 * ticks are missing nobody can know. */
static bool read_books(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    if (!c->desk->final || !books->last_seen || c->end->missing_ticks > 0) return false;
    uint64_t requests = 0;
    uint64_t iterations = 0;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        requests += difference(books->stages[s].requests_balance);
        iterations += difference(books->stages[s].iterations_balance);
    }
    text_addf(&out->subject, "%llu requests, %llu iterations, %u unknown cells",
              (unsigned long long)requests, (unsigned long long)iterations, books->strays);
    out->value = (double)requests + (double)iterations + (double)books->strays;
    return true;
}

/* Requests of the judged stages that ended so for want of something of prony's. */
static bool read_shortage(const struct trust_case *c, enum shortage shortage, struct reading *out)
{
    const struct books *books = c->desk->books;
    uint64_t count = 0;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        if (books->stages[s].judged) count += books->stages[s].shortages[shortage];
    }
    text_addf(&out->subject, "%llu request%s", (unsigned long long)count, count == 1 ? "" : "s");
    out->value = (double)count;
    return true;
}

static bool read_ports(const struct trust_case *c, struct reading *out)
{
    return read_shortage(c, SHORTAGE_PORTS, out);
}

static bool read_tries(const struct trust_case *c, struct reading *out)
{
    return read_shortage(c, SHORTAGE_TRIES, out);
}

static bool read_room(const struct trust_case *c, struct reading *out)
{
    return read_shortage(c, SHORTAGE_ROOM, out);
}

static bool read_values(const struct trust_case *c, struct reading *out)
{
    return read_shortage(c, SHORTAGE_VALUE, out);
}

/* Arrivals and users of the judged stages that found no row left. */
static bool read_rows(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    for (uint32_t s = 0; s < books->stage_count; s++) {
        uint64_t count = books->stages[s].shortages[SHORTAGE_ROWS];
        if (!books->stages[s].judged || count == 0) continue;
        if (out->value <= 0) text_add(&out->subject, run_stage_name(books->header, s));
        out->value += (double)count;
    }
    return true;
}

/* The least share of its iterations that a stage by count began before its time was over. */
static bool read_count(const struct trust_case *c, struct reading *out)
{
    const struct books *books = c->desk->books;
    const struct plan *plan = books->header->plan;
    bool found = false;
    for (uint32_t s = 0; c->desk->final && s < plan->stage_count; s++) {
        const struct stage *stage = &plan->stages[s];
        const struct stage_book *book = &books->stages[s];
        bool by_count = stage->model == MODEL_CLOSED && stage->requests > 0 && book->reached;
        if (!by_count || book->end_ns - book->start_ns < stage->length_ns) continue;
        uint64_t begun = books_begun(books, s);
        double share = (double)begun / (double)stage->requests;
        if (begun >= stage->requests || (found && share >= out->value)) continue;
        found = true;
        out->value = share;
        text_clear(&out->subject);
        text_add(&out->subject, stage->name);
        text_addf(&out->subject, " began %llu of its %llu iterations, ", (unsigned long long)begun,
                  (unsigned long long)stage->requests);
    }
    return found;
}

/* A warm-up that was given all its time and had not come to rest. */
static bool read_warming(const struct trust_case *c, struct reading *out)
{
    const struct warming *w = c->warming;
    const struct stage_book *book = c->desk->books->stages;
    if (!w->stage || w->steady || !book->over || book->cut || book->unseen) return false;
    if (book->end_ns - book->start_ns < w->stage->length_ns) return false;
    double given_s = (double)w->stage->length_ns / 1e9;
    text_addf(&out->subject, "after %.0f s ", given_s);
    out->value = fabs(warming_unrest(w, &out->subject));
    text_addf(&out->subject, ". Give it longer (--set load.warmup.at_most=%.0fs)",
              ceil(given_s * 2));
    return true;
}

static bool read_redirects(const struct trust_case *c, struct reading *out)
{
    out->value = redirects_say(c->redirects, &out->subject);
    return true;
}

static bool read_memory(const struct trust_case *c, struct reading *out)
{
    out->value = c->out_of_memory;
    return true;
}

enum side { ABOVE, BELOW };

/* The rules: name, what is measured, threshold, sentence. {value} is a percentage, {share} one with
 * its "of", or a multiple. docs/method.md, "Trust", has a row for each; a test holds it to that. */
static const struct rule {
    const char *code;
    enum trust_level level;
    bool bug;
    bool (*read)(const struct trust_case *, struct reading *);
    enum side side;
    double threshold;
    const char *sentence;
} rules[] = {
    {"file-short", TRUST_INVALID, false, read_file, ABOVE, 0,
     "the run file lacks {subject}, so these are not the figures of the run and give no verdict. "
     "What the run itself found stands in its result.json."},
    {"books-differ", TRUST_INVALID, true, read_books, ABOVE, 0,
     "what began and what ended differ by {subject}: this is a bug in prony, please report it "
     "with the run file."},
    {"out-of-memory", TRUST_INVALID, false, read_memory, ABOVE, 0,
     "there was no memory to keep every series: use fewer request names or stages."},
    {"lag-decides", TRUST_INVALID, false, read_lag_decides, ABOVE, 0,
     "'{subject}' is missed only because prony itself was late, so nobody can say how the service "
     "did. Use more threads, a lower rate, or a machine of its own."},
    {"lag-timeouts", TRUST_INVALID, false, read_lag_timeouts, ABOVE, 0,
     "{subject} that may be prony's own doing: it was late by more than half of their time. Use "
     "more threads, a lower rate, or a machine of its own."},
    {"shortage-decides", TRUST_INVALID, false, read_shortage_decides, ABOVE, 0,
     "{subject}, which is not the service's doing: nobody can say how it would have done."},
    {"schedule-behind", TRUST_INVALID, false, read_taken_up, BELOW, 0.98,
     "only {value} of what the plan asked for in {subject} was taken up in time (98% needed): "
     "prony could not keep its schedule. Use more threads or a lower rate."},
    {"ports-short", TRUST_SUSPECT, false, read_ports, ABOVE, 0,
     "{subject} could not be sent, and count as dropped: prony had no local port or descriptor "
     "left. Raise `ulimit -n` or net.ipv4.ip_local_port_range, or lower `connections`."},
    {"expression-limit", TRUST_SUSPECT, false, read_tries, ABOVE, 0,
     "{subject} count as failed checks though nobody knows: a regular expression gave up on the "
     "reply. Write it so that it needs fewer tries, or check less of the body."},
    {"bodies-short", TRUST_SUSPECT, false, read_room, ABOVE, 0,
     "{subject} count as failed checks though nobody knows: prony had no room left to keep their "
     "bodies. Lower `connections` or `max_in_flight`, or check fewer bodies."},
    {"rows-short", TRUST_SUSPECT, false, read_rows, ABOVE, 0,
     "data with `pick: unique` ran out of rows in {subject}: from there on arrivals were dropped "
     "or users left, and the load was not the plan's. Give it more rows."},
    {"lag-high", TRUST_SUSPECT, false, read_lag, ABOVE, 0.10,
     "prony's own lag ({subject}) is {share} the tightest limit (up to 10% is fine): times look "
     "longer than they were. What holds, holds all the same."},
    {"stood-still", TRUST_SUSPECT, false, trust_host_held, ABOVE, 0.001,
     "prony stood still for {subject}: it was stopped, its machine was paused, or it got no core. "
     "What was due meanwhile was late. Run it again where nothing holds it up."},
    {"cpu-busy", TRUST_SUSPECT, false, trust_host_busy, ABOVE, 0.10,
     "a thread of prony took over 80% {subject}: what is slow there may be prony, and the "
     "throughput its own limit. Use more threads, a faster machine, or ask for less."},
    {"core-shared", TRUST_SUSPECT, false, trust_host_waited, ABOVE, 0.10,
     "a thread of prony had work and got no core for {value} of the time of {subject}: something "
     "else runs there, and lag shows it. Give prony cores of its own (taskset, cpuset), or stop "
     "the rest."},
    {"cpu-throttled", TRUST_SUSPECT, false, trust_host_throttled, ABOVE, 0.01,
     "the CPU quota of prony's cgroup was used up in {subject}: what is slow there may be prony. "
     "Give it more (cpu.max, --cpus), or ask for less."},
    {"cpu-stolen", TRUST_SUSPECT, false, trust_host_stolen, ABOVE, 0.02,
     "{value} of the time of prony's cores went to other machines in {subject} (up to 2% is fine): "
     "what is slow there may be prony. Use a machine whose cores are its own."},
    {"clock-step", TRUST_SUSPECT, false, trust_host_step, ABOVE, 0.010,
     "the wall clock was set {subject}: the kernel stamps replies by it, so times around then may "
     "be wrong by as much. Have it slewed, not set, while prony runs."},
    {"warmup-unsteady", TRUST_SUSPECT, false, read_warming, ABOVE, -1,
     "the warm-up did not come to rest: {subject}, or more requests a second. What is judged may "
     "not be warm."},
    {"pattern-off", TRUST_SUSPECT, false, trust_host_rhythm, BELOW, 1e-4,
     "arrivals were not taken up in the plan's Poisson pattern in {subject}: prony let them go in "
     "lumps, which other users would not. Use more threads, a lower rate, or a quieter machine."},
    {"users-differ", TRUST_SUSPECT, false, trust_host_users, ABOVE, 0.05,
     "{subject} (rate x time and pause of one, Little's law; 5% off is fine): prony lost sight of "
     "users or time. Please report it with the run file."},
    {"never-sent", TRUST_VALID, false, read_values, ABOVE, 0,
     "{subject} count as failed checks though they were never sent: a value of an earlier reply "
     "cannot stand where it is used. ERRORS has the first; a check where it is captured tells "
     "more."},
    {"count-short", TRUST_VALID, false, read_count, BELOW, 1,
     "{subject}{value}, before its time was over: its figures are of these. Give it a longer `for` "
     "or more users, or ask for fewer."},
    {"redirected", TRUST_VALID, false, read_redirects, ABOVE, 0,
     "every reply of {subject}: the redirect is what was measured, for prony follows none. Ask for "
     "where it leads; `prony run --once` shows its Location."},
};

static void say(struct text *out, const char *sentence, const struct reading *reading)
{
    struct bytes left = bytes_of(sentence);
    while (left.len > 0) {
        if (bytes_starts(left, BYTES_LIT("{subject}"))) {
            text_add_safe(out, text_bytes(&reading->subject));
            left = bytes_from(left, sizeof "{subject}" - 1);
        } else if (bytes_starts(left, BYTES_LIT("{share}"))) {
            /* Beyond tenfold a percentage is hard to read. */
            if (reading->value <= 10) text_addf(out, "%.1f%% of", reading->value * 100);
            else text_addf(out, "%.0f times", reading->value);
            left = bytes_from(left, sizeof "{share}" - 1);
        } else if (bytes_starts(left, BYTES_LIT("{value}"))) {
            text_addf(out, "%.1f%%", reading->value * 100);
            left = bytes_from(left, sizeof "{value}" - 1);
        } else {
            text_addc(out, left.at[0], 1);
            left = bytes_from(left, 1);
        }
    }
}

bool trust_rule(uint32_t index, struct trust_rule *out)
{
    if (index >= COUNT_OF(rules)) return false;
    *out = (struct trust_rule){rules[index].code, rules[index].level};
    return true;
}

bool trust_judge(const struct trust_case *c, struct result *result)
{
    bool bug = false;
    result->trust = TRUST_VALID;
    result->reason_count = 0;
    static_assert(COUNT_OF(rules) <= TRUST_REASONS_MAX, "each rule may speak");
    for (uint32_t i = 0; i < COUNT_OF(rules); i++) {
        const struct rule *rule = &rules[i];
        char array[200];
        struct reading reading = {0, text_in(array, sizeof array)};
        if (!rule->read(c, &reading)) continue;
        bool fires =
            rule->side == ABOVE ? reading.value > rule->threshold : reading.value < rule->threshold;
        if (!fires) continue;
        struct trust_reason *reason = &result->reasons[result->reason_count++];
        *reason = (struct trust_reason){rule->level, rule->code, reading.value, ""};
        struct text text = text_in(reason->text, sizeof reason->text);
        say(&text, rule->sentence, &reading);
        if (rule->level > result->trust) result->trust = rule->level;
        bug = bug || rule->bug;
    }
    return bug;
}
