#include "truth.h"

#include <string.h>

#include "base/clock.h"
#include "load/schedule.h"
#include "percentiles.h"

enum { DUES = 1 << 14 };

struct truth_cell {
    bool used;
    uint64_t ok;
    struct hist response, service, ttfb;
};

/* What the plan says of a request name. */
struct place {
    const struct step *step;
    uint32_t scenario, step_index, name;
};

static struct {
    const struct run_outcome *run;
    struct place places[LEDGER_NAMES]; /* by the number in X-Name */
    uint32_t place_count;
    struct truth_cell requests[LEDGER_STAGES][2][LEDGER_NAMES];
    struct truth_cell iterations[LEDGER_STAGES][2][LEDGER_SCENARIOS];
    uint64_t intended_ns[EXCHANGES_MAX]; /* run time */
    uint64_t arrival_ns[EXCHANGES_MAX];  /* of its iteration */
    uint64_t dues_ns[LEDGER_STAGES][DUES];
    uint32_t due_count[LEDGER_STAGES];
} truth;

static const struct stage *stage_at(uint32_t stage)
{
    return &truth.run->plan->stages[stage];
}

static uint64_t run_ns(uint64_t world_ns)
{
    return world_ns - truth.run->origin_ns;
}

static uint32_t stage_users(const struct stage *s)
{
    return s->users_from > s->users_to ? s->users_from : s->users_to;
}

static uint32_t stage_of_seq(uint64_t seq)
{
    uint32_t stage = 0;
    while (stage + 1 < truth.run->plan->stage_count && truth.run->sequence_base[stage + 1] <= seq) {
        stage++;
    }
    return stage;
}

static uint32_t stage_of_time(uint64_t at_ns)
{
    return ledger_stage_at(truth.run->ledger, at_ns);
}

static bool settles(uint32_t stage, uint64_t at_ns)
{
    if (stage >= truth.run->plan->stage_count) return false;
    return at_ns < truth.run->ledger->starts[stage] + stage_at(stage)->settle_ns;
}

/* End of a stage as the run had it; the end of the run where it did not get there. */
static uint64_t stage_end_ns(uint32_t stage)
{
    uint64_t end_ns = ledger_stage_end_ns(truth.run->ledger, stage);
    return end_ns == UINT64_MAX ? ledger_end_ns(truth.run->ledger) : end_ns;
}

static void find_places(void)
{
    const struct plan *plan = truth.run->plan;
    truth.place_count = plan->name_count;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t j = 0; j < plan->scenarios[i].step_count; j++) {
            const struct step *step = &plan->scenarios[i].steps[j];
            struct bytes name = plan->names[step->name_index];
            uint64_t number = 0;
            MUST(name.at[0] == 'n' && bytes_to_u64(bytes_from(name, 1), &number)
                     && number < LEDGER_NAMES,
                 "the test's plan names its requests n0, n1, ...");
            truth.places[number] = (struct place){step, i, j, step->name_index};
        }
    }
}

/* The schedule of the open stages, walked once more; what lies beyond the stage's end is not due.
 */
static void walk_schedules(void)
{
    static uint64_t room_ns[DUES];
    for (uint32_t s = 0; s < truth.run->plan->stage_count; s++) {
        struct schedule schedule;
        struct arrival a;
        truth.due_count[s] = 0;
        uint64_t start_ns = truth.run->ledger->starts[s];
        if (stage_at(s)->model == MODEL_CLOSED || start_ns == UINT64_MAX) continue;
        schedule_open(&schedule, stage_at(s), s, truth.run->plan->seed, room_ns, DUES);
        while (schedule_next(&schedule, &a) && start_ns + a.due_ns < stage_end_ns(s)) {
            MUST(truth.due_count[s] < DUES, "more arrivals than the truth can hold");
            truth.dues_ns[s][truth.due_count[s]++] = a.due_ns;
        }
    }
}

static const struct place *place_of(const struct exchange *x)
{
    MUST(x->name < truth.place_count, "a request named n%u", x->name);
    return &truth.places[x->name];
}

/* When a closed user comes first: spread over the first second, or where the ramp reaches it. */
static uint64_t user_start_ns(const struct stage *s, uint64_t user)
{
    if (s->requests > 0 && !s->has_think && s->pacing_ns == 0) return 0;
    uint64_t spread_ns = s->length_ns < NS_PER_S ? s->length_ns : NS_PER_S;
    if (user < s->users_from || s->users_to <= s->users_from) {
        return (uint64_t)(((double)user + 0.5) / (s->users_from > 0 ? s->users_from : 1)
                          * (double)spread_ns);
    }
    double share = ((double)(user - s->users_from) + 0.5) / (s->users_to - s->users_from);
    return (uint64_t)(share * (double)s->length_ns);
}

static uint64_t pause_of(const struct range_ns *range)
{
    MUST(range->lo_ns == range->hi_ns, "the truth knows constant pauses only");
    return range->lo_ns;
}

/* When the user whose iteration ended with the exchange `last` is due again. */
static uint64_t next_turn_ns(uint32_t last, uint32_t stage)
{
    const struct stage *s = stage_at(stage);
    const struct exchange *x = target_exchange(last);
    const struct place *place = place_of(x);
    uint64_t next_ns = run_ns(x->read_ns);
    if (s->has_think) next_ns += pause_of(&s->think);
    else if (place->step->has_think) next_ns += pause_of(&place->step->think);
    uint64_t paced_ns = truth.arrival_ns[last] + s->pacing_ns;
    return s->pacing_ns > 0 && paced_ns > next_ns ? paced_ns : next_ns;
}

static uint64_t closed_arrival_ns(const struct exchange *x, uint32_t stage)
{
    const struct stage *s = stage_at(stage);
    uint64_t start_ns = truth.run->ledger->starts[stage];
    uint64_t number = x->seq - truth.run->sequence_base[stage];
    MUST(number % stage_users(s) == x->user, "a number of another user");
    if (number < stage_users(s)) return start_ns + user_start_ns(s, x->user);
    uint32_t last = target_last_of(x->seq - stage_users(s));
    MUST(last != NO_EXCHANGE, "an iteration without the one before");
    return next_turn_ns(last, stage);
}

/* Works out when the exchange was intended. */
static void intend(uint32_t index)
{
    const struct exchange *x = target_exchange(index);
    if (x->before == NO_EXCHANGE) {
        uint32_t stage = stage_of_seq(x->seq);
        bool open = stage_at(stage)->model == MODEL_OPEN;
        uint64_t k = x->seq - truth.run->sequence_base[stage];
        MUST(!open || k < truth.due_count[stage], "arrival %llu of stage %u is not in the schedule",
             (unsigned long long)k, stage);
        uint64_t at_ns = open ? truth.run->ledger->starts[stage] + truth.dues_ns[stage][k]
                              : closed_arrival_ns(x, stage);
        truth.intended_ns[index] = truth.arrival_ns[index] = at_ns;
        return;
    }
    const struct exchange *before = target_exchange(x->before);
    const struct place *from = place_of(before), *to = place_of(x);
    uint64_t pause_ns = 0;
    if (from == to) pause_ns = to->step->every_ns;
    else if (from->step->has_think) pause_ns = pause_of(&from->step->think);
    truth.intended_ns[index] = run_ns(before->read_ns) + pause_ns;
    truth.arrival_ns[index] = truth.arrival_ns[x->before];
}

static bool is_well(const struct exchange *x)
{
    switch (x->kind) {
    case REPLY_LENGTH:
    case REPLY_CHUNKED:
    case REPLY_CLOSE:
    case REPLY_LAST:
        return x->read_ns > 0;
    case REPLY_WRONG:
        return x->read_ns > 0 && place_of(x)->step->check_count == 0;
    case REPLY_500:
    case REPLY_404:
    case REPLY_GARBAGE:
    case REPLY_SURPLUS:
    case REPLY_500_SURPLUS:
    case REPLY_CUT:
    case REPLY_RESET:
    case REPLY_NEVER:
    case REPLY_KIND_COUNT:
        break;
    }
    return false;
}

static void check_arrivals(void)
{
    const struct ledger *l = truth.run->ledger;
    for (uint32_t s = 0; s < truth.run->plan->stage_count; s++) {
        if (stage_at(s)->model == MODEL_CLOSED) continue;
        uint64_t begun = 0;
        for (uint32_t settle = 0; settle < 2; settle++) {
            for (uint32_t i = 0; i < truth.run->plan->scenario_count; i++) {
                begun += l->iterations[s][settle][i].begun;
            }
        }
        MUST(begun == truth.due_count[s], "stage %u: %llu arrivals begun, %u due", s,
             (unsigned long long)begun, truth.due_count[s]);
    }
}

/* Whether an iteration may come to step `to` after step `from - 1`: with `on_fail: continue` it
 * goes on where a request failed, or could not even be sent. */
static bool may_pass(const struct place *place, uint32_t from)
{
    const struct scenario *scenario = &truth.run->plan->scenarios[place->scenario];
    for (uint32_t i = from; i < place->step_index; i++) {
        if (scenario->steps[i].on_fail != ON_FAIL_CONTINUE) return false;
    }
    return from <= place->step_index;
}

/* Whether the first request of this iteration was answered well, before `x`. */
static bool has_captured(const struct exchange *x)
{
    while (x->before != NO_EXCHANGE) x = target_exchange(x->before);
    return place_of(x)->step_index == 0 && is_well(x);
}

/* An iteration walks its steps in order, once, and brings along what it captured. */
static void check_walks(void)
{
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        const struct place *place = place_of(x);
        MUST(has_captured(x) ? x->id_matches : x->id_empty || x->id_matches,
             "iteration %llu brings an id that is not its own", (unsigned long long)x->seq);
        MUST(x->sent_ns >= truth.run->origin_ns, "sent before the run");
        if (x->before == NO_EXCHANGE) {
            MUST(may_pass(place, 0), "iteration %llu does not begin at its beginning",
                 (unsigned long long)x->seq);
            continue;
        }
        const struct exchange *before = target_exchange(x->before);
        const struct place *from = place_of(before);
        bool again = from == place && place->step->until && !before->done;
        bool next = from->scenario == place->scenario && may_pass(place, from->step_index + 1);
        MUST(again || next, "iteration %llu goes from n%u to n%u", (unsigned long long)x->seq,
             before->name, x->name);
        bool fails = !is_well(before), goes_on = from->step->on_fail == ON_FAIL_CONTINUE;
        MUST(!fails || goes_on, "iteration %llu went on after a failure",
             (unsigned long long)x->seq);
        uint64_t end_ns = before->read_ns > 0 ? before->read_ns : before->closed_ns;
        MUST(end_ns > 0 && end_ns <= x->sent_ns, "iteration %llu went on before the reply",
             (unsigned long long)x->seq);
    }
}

static void check_outcomes(void)
{
    const uint64_t *counted = truth.run->ledger->outcomes;
    uint64_t seen[OUTCOME_COUNT] = {0}, given_up = 0, broken = 0;
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        if (x->read_ns > 0 && x->kind == REPLY_500) broken++;
        if (x->read_ns == 0) given_up++;
        else if (is_well(x)) seen[OUTCOME_OK]++;
        else if (x->kind == REPLY_500 || x->kind == REPLY_404) seen[OUTCOME_STATUS]++;
        else if (x->kind == REPLY_WRONG) seen[OUTCOME_CHECK]++;
        else if (x->kind == REPLY_CUT || x->kind == REPLY_RESET) seen[OUTCOME_RESET]++;
        else seen[OUTCOME_PROTOCOL]++;
    }
    /* `within` that is spent turns a good reply into a check that failed; one that came behind its
     * limit, and was read all the same by a worker that was held up, is a timeout. */
    uint64_t read = seen[OUTCOME_OK] + seen[OUTCOME_CHECK];
    uint64_t taken = counted[OUTCOME_OK] + counted[OUTCOME_CHECK];
    MUST(taken <= read && read - taken <= counted[OUTCOME_TIMEOUT],
         "%llu ok and %llu check, the service saw %llu and %llu",
         (unsigned long long)counted[OUTCOME_OK], (unsigned long long)counted[OUTCOME_CHECK],
         (unsigned long long)seen[OUTCOME_OK], (unsigned long long)seen[OUTCOME_CHECK]);
    given_up += read - taken;
    MUST(counted[OUTCOME_CHECK] >= seen[OUTCOME_CHECK], "checks");
    MUST(counted[OUTCOME_STATUS] == seen[OUTCOME_STATUS], "status");
    MUST(counted[OUTCOME_PROTOCOL] == seen[OUTCOME_PROTOCOL], "protocol");
    /* Of sends into a closed connection some may time out before the end of it is read. */
    MUST(counted[OUTCOME_RESET] >= seen[OUTCOME_RESET]
             && counted[OUTCOME_RESET] <= seen[OUTCOME_RESET] + target_counts()->late,
         "%llu reset, want %llu and at most %llu late", (unsigned long long)counted[OUTCOME_RESET],
         (unsigned long long)seen[OUTCOME_RESET], (unsigned long long)target_counts()->late);
    MUST(truth.run->ledger->answered_5xx == broken, "%llu replies with a 5xx, want %llu",
         (unsigned long long)truth.run->ledger->answered_5xx, (unsigned long long)broken);
    uint64_t unsent = truth.run->ledger->unsent;
    MUST(unsent == target_counts()->no_port, "%llu had no port, told are %llu",
         (unsigned long long)target_counts()->no_port, (unsigned long long)unsent);
    uint64_t refused = target_counts()->refused;
    MUST(counted[OUTCOME_REFUSED] <= refused, "%llu refused of %llu",
         (unsigned long long)counted[OUTCOME_REFUSED], (unsigned long long)refused);
    uint64_t open = counted[OUTCOME_TIMEOUT] + counted[OUTCOME_CUT];
    MUST(given_up <= open, "given up %llu, counted %llu", (unsigned long long)given_up,
         (unsigned long long)open);
    MUST(counted[OUTCOME_DNS] == 0 || truth.run->nameless, "names were known all the time");
    MUST(counted[OUTCOME_TLS] == 0, "nobody speaks TLS");
}

static void look_at(const struct run_outcome *run)
{
    truth.run = run;
    find_places();
    walk_schedules();
}

void truth_of_any(const struct run_outcome *run)
{
    look_at(run);
    check_arrivals();
    check_walks();
    check_outcomes();
    ledger_check_dropped(run->ledger, run->plan->max_in_flight / run->threads);
    const struct ledger *l = run->ledger;
    uint64_t unstarted = l->outcomes[OUTCOME_DROPPED] - l->unsent;
    MUST(l->walks[OUTCOME_DROPPED] >= unstarted, "a dropped arrival is one");
    MUST(l->walks[OUTCOME_DROPPED] <= l->outcomes[OUTCOME_DROPPED], "dropped for nothing");
}

static struct truth_cell *fresh(struct truth_cell *c)
{
    if (!c->used) {
        hist_init(&c->response);
        hist_init(&c->service);
        hist_init(&c->ttfb);
        c->ok = 0;
        c->used = true;
    }
    return c;
}

static void fill(uint32_t index)
{
    const struct exchange *x = target_exchange(index);
    const struct place *place = place_of(x);
    MUST(is_well(x), "request %u is not well, in a world that is", index);
    intend(index);
    uint64_t at_ns = truth.intended_ns[index], arrival_ns = truth.arrival_ns[index];
    uint32_t stage = stage_of_time(at_ns);
    uint64_t end_ns = run_ns(x->read_ns);
    MUST(end_ns >= at_ns && x->sent_ns - truth.run->origin_ns >= at_ns, "sent before it was due");
    struct truth_cell *c = fresh(&truth.requests[stage][settles(stage, at_ns)][place->name]);
    c->ok++;
    hist_record(&c->response, end_ns - at_ns);
    hist_record(&c->service, x->last_ns - x->sent_ns);
    hist_record(&c->ttfb, x->first_ns - x->sent_ns);
    if (target_last_of(x->seq) != index) return;
    stage = stage_of_seq(x->seq);
    struct truth_cell *walk =
        fresh(&truth.iterations[stage][settles(stage, arrival_ns)][place->scenario]);
    walk->ok++;
    hist_record(&walk->response, end_ns - arrival_ns);
}

/* Equal in every bucket: then every percentile is, too. */
static void compare_hist(const struct hist *got, const struct hist *want, const char *what,
                         uint32_t stage, uint32_t at)
{
    MUST(got->count == want->count && got->sum_ns == want->sum_ns && got->max_ns == want->max_ns,
         "%s of %u in stage %u: %llu of %llu ns at most %llu, want %llu of %llu at most %llu", what,
         at, stage, (unsigned long long)got->count, (unsigned long long)got->sum_ns,
         (unsigned long long)got->max_ns, (unsigned long long)want->count,
         (unsigned long long)want->sum_ns, (unsigned long long)want->max_ns);
    MUST(memcmp(got, want, sizeof *got) == 0, "%s of %u in stage %u: a bucket differs", what, at,
         stage);
}

static void compare_cell(const struct ledger_cell *got, struct truth_cell *want, bool request,
                         uint32_t stage, uint32_t at)
{
    if (!got->used && !want->used) return; /* most places of most runs */
    fresh(want);
    MUST(got->outcomes[OUTCOME_OK] == want->ok, "ok of %u in stage %u: %llu, want %llu", at, stage,
         (unsigned long long)got->outcomes[OUTCOME_OK], (unsigned long long)want->ok);
    compare_hist(&got->measures[MEASURE_OK], &want->response, "response", stage, at);
    if (request) {
        compare_hist(&got->measures[MEASURE_SERVICE], &want->service, "service", stage, at);
        compare_hist(&got->measures[MEASURE_TTFB], &want->ttfb, "first byte", stage, at);
    }
    want->used = false;
}

/* What a user waits is ours, the way's or the service's: nothing is left over, nothing twice. */
static void check_parts(uint32_t stage)
{
    const struct ledger *l = truth.run->ledger;
    uint64_t response_ns = 0, less_lag_ns = 0, service_ns = 0, lag_ns = 0, wait_ns = 0;
    for (uint32_t settle = 0; settle < 2; settle++) {
        for (uint32_t i = 0; i < truth.run->plan->name_count; i++) {
            const struct hist *m = l->requests[stage][settle][i].measures;
            response_ns += m[MEASURE_OK].sum_ns;
            less_lag_ns += m[MEASURE_OK_LESS_LAG].sum_ns;
            service_ns += m[MEASURE_SERVICE].sum_ns;
        }
        lag_ns += l->stages[stage][settle].measures[STAGE_LAG].sum_ns;
        wait_ns += l->stages[stage][settle].measures[STAGE_WAIT].sum_ns;
    }
    MUST(response_ns == lag_ns + wait_ns + service_ns,
         "stage %u: response %llu is not lag %llu + wait %llu + service %llu", stage,
         (unsigned long long)response_ns, (unsigned long long)lag_ns, (unsigned long long)wait_ns,
         (unsigned long long)service_ns);
    MUST(response_ns == lag_ns + less_lag_ns, "stage %u: less lag", stage);
}

/* A request stands in the tick in which it ended. One that ended at the very edge may stand on
 * either side: the edge may have been its doing. */
static void check_ends(void)
{
    const struct ledger *l = truth.run->ledger;
    for (uint32_t i = 0; i < l->tick_count; i++) {
        const struct ledger_tick *t = &l->ticks[i];
        uint64_t least = 0, most = 0;
        for (uint32_t k = 0; k < target_exchange_count(); k++) {
            uint64_t read_ns = run_ns(target_exchange(k)->read_ns);
            least += read_ns > t->start_ns && read_ns < t->end_ns;
            most += read_ns >= t->start_ns && read_ns <= t->end_ns;
        }
        MUST(t->done >= least && t->done <= most, "tick %u: %llu done, want %llu to %llu", i,
             (unsigned long long)t->done, (unsigned long long)least, (unsigned long long)most);
    }
}

uint64_t truth_response_ns(uint32_t exchange)
{
    return run_ns(target_exchange(exchange)->read_ns) - truth.intended_ns[exchange];
}

void truth_of_good(const struct run_outcome *run)
{
    truth_of_any(run);
    for (uint32_t i = 0; i < target_exchange_count(); i++) fill(i);
    percentiles_check(run);
    check_ends();
    double waited_ns = 0, response_ns = 0;
    for (uint32_t s = 0; s <= run->plan->stage_count; s++) {
        for (uint32_t settle = 0; settle < 2; settle++) {
            for (uint32_t i = 0; i < run->plan->name_count; i++) {
                const struct ledger_cell *c = &run->ledger->requests[s][settle][i];
                waited_ns += (double)c->measures[MEASURE_SERVICE].sum_ns;
                response_ns += (double)c->measures[MEASURE_OK].sum_ns;
                compare_cell(c, &truth.requests[s][settle][i], true, s, i);
            }
            for (uint32_t i = 0; i < run->plan->scenario_count; i++) {
                compare_cell(&run->ledger->iterations[s][settle][i],
                             &truth.iterations[s][settle][i], false, s, i);
            }
            const struct ledger_cell *stage = &run->ledger->stages[s][settle];
            waited_ns += (double)stage->measures[STAGE_WAIT].sum_ns;
        }
        check_parts(s);
    }
    /* In flight from taken up to read: at least wait and service, at most all. */
    double flight_ns = ledger_requests_in_flight(run->ledger);
    MUST(flight_ns >= waited_ns && flight_ns <= response_ns, "in flight %.0f, not in %.0f..%.0f",
         flight_ns, waited_ns, response_ns);
}

/* The part of [from, to) that lies in [start, end). */
static double overlap(uint64_t from, uint64_t to, uint64_t start, uint64_t end)
{
    if (from < start) from = start;
    if (to > end) to = end;
    return to > from ? (double)(to - from) : 0;
}

static double users_in(uint64_t start_ns, uint64_t end_ns)
{
    double sum = 0;
    for (uint32_t s = 0; s < truth.run->plan->stage_count; s++) {
        const struct stage *stage = stage_at(s);
        if (stage->model == MODEL_OPEN) continue;
        for (uint32_t i = 0; i < target_exchange_count(); i++) {
            const struct exchange *x = target_exchange(i);
            if (stage_of_seq(x->seq) != s || target_last_of(x->seq) != i) continue;
            uint64_t next = x->seq + stage_users(stage), end = run_ns(x->read_ns);
            uint64_t turn = next_turn_ns(i, s), edge = stage_end_ns(s);
            uint32_t last = target_last_of(next);
            uint64_t number = next - truth.run->sequence_base[s];
            bool spent = stage->requests > 0 && number >= stage->requests;
            bool goes_on = last != NO_EXCHANGE && stage_of_seq(next) == s;
            /* Without a further turn it leaves: with the last of its share, with the stage, or
             * when a falling ramp has no place for it at its next turn. */
            if (goes_on) end = truth.arrival_ns[last];
            else if (!spent && turn < edge) end = turn;
            else if (!spent && end < edge) end = edge;
            sum += overlap(truth.arrival_ns[i], end, start_ns, end_ns);
        }
    }
    return sum;
}

/* What was offered is known in the tick in which it was due, whenever replies come; at its very
 * edges as with those that ended. */
static void compare_begun(const struct ledger_tick *t)
{
    uint64_t least = 0, most = 0, walks_least = 0, walks_most = 0;
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        uint64_t at_ns = truth.intended_ns[i];
        bool inside = at_ns > t->start_ns && at_ns < t->end_ns;
        bool within = at_ns >= t->start_ns && at_ns <= t->end_ns;
        bool first = target_exchange(i)->before == NO_EXCHANGE;
        least += inside;
        most += within;
        walks_least += first && inside;
        walks_most += first && within;
    }
    MUST(t->begun >= least && t->begun <= most, "%llu begun, want %llu to %llu",
         (unsigned long long)t->begun, (unsigned long long)least, (unsigned long long)most);
    MUST(t->planned >= walks_least && t->planned <= walks_most, "%llu planned, want %llu to %llu",
         (unsigned long long)t->planned, (unsigned long long)walks_least,
         (unsigned long long)walks_most);
}

static void compare_tick(uint32_t index)
{
    const struct ledger *l = truth.run->ledger;
    double want[LEDGER_NAMES] = {0}, walks = 0, walking = 0;
    const struct ledger_tick *t = &l->ticks[index];
    uint64_t start_ns = t->start_ns, end_ns = t->end_ns;
    for (uint32_t n = 0; n < truth.run->plan->scenario_count; n++) walks += t->iterations[n];
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        uint64_t read_ns = run_ns(x->read_ns);
        want[place_of(x)->name] += overlap(truth.intended_ns[i], read_ns, start_ns, end_ns);
        if (target_last_of(x->seq) != i) continue;
        walking += overlap(truth.arrival_ns[i], read_ns, start_ns, end_ns);
    }
    for (uint32_t n = 0; n < truth.run->plan->name_count; n++) {
        MUST(t->requests[n] >= want[n] && t->requests[n] <= want[n],
             "tick %u: %.0f of name %u in flight, want %.0f", index, t->requests[n], n, want[n]);
    }
    MUST(walks >= walking && walks <= walking, "tick %u: %g in flight, want %g", index, walks,
         walking);
    compare_begun(t);
    double users_want = users_in(start_ns, end_ns);
    MUST(t->users >= users_want && t->users <= users_want, "tick %u: %g users", index, t->users);
}

void truth_of_instant(const struct run_outcome *run)
{
    const struct ledger *l = run->ledger;
    truth_of_good(run);
    for (uint32_t s = 0; s <= run->plan->stage_count; s++) {
        for (uint32_t settle = 0; settle < 2; settle++) {
            uint64_t lag_ns = l->stages[s][settle].measures[STAGE_LAG].sum_ns;
            MUST(lag_ns == 0, "stage %u: lag where nothing costs any", s);
        }
    }
    for (uint32_t i = 0; i < l->tick_count; i++) compare_tick(i);
}

uint64_t truth_digest(const struct run_outcome *run)
{
    uint64_t digest = 0;
    look_at(run);
    for (uint32_t i = 0; i < target_exchange_count(); i++) {
        const struct exchange *x = target_exchange(i);
        if (stage_at(stage_of_seq(x->seq))->model == MODEL_CLOSED) continue;
        /* The sum does not know the order; the product tells who sent what. */
        digest += (x->hash ^ x->seq) * UINT64_C(0x9e3779b97f4a7c15);
    }
    return digest;
}
