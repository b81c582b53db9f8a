#include "explain/ledger.h"

#include <math.h>

#include "base/attr.h"

static const char *const names[LEDGER_CLASSES] = {
    [LEDGER_LAG] = "late to be sent",
    [LEDGER_CONNECT] = "for a connection",
    [LEDGER_NETWORK] = "on the network",
    [LEDGER_ACCEPT] = "to be accepted",
    [LEDGER_CPU] = "on a core",
    [LEDGER_RUN_QUEUE] = "for a core",
    [LEDGER_THROTTLED] = "for CPU quota",
    [LEDGER_LOCK] = "for a lock",
    [LEDGER_CONDITION] = "for a condition",
    [LEDGER_DISK] = "for the disk",
    [LEDGER_PEER] = "for a peer",
    [LEDGER_SLEEP] = "asleep",
    [LEDGER_DB_CPU] = "computing in the database",
    [LEDGER_DB_LOCK] = "for a lock in the database",
    [LEDGER_DB_IO] = "for the database's disk",
    [LEDGER_DB_OTHER] = "in the database",
    [LEDGER_POOL] = "in line at a pool",
    [LEDGER_INSIDE] = "inside, on no thread",
    [LEDGER_OTHER] = "elsewhere",
};

const char *ledger_class_name(enum ledger_class class)
{
    return names[class];
}

/* What the first word of a place is. `spare`: threads wait there for work, or may. */
static const struct {
    const char *word;
    enum ledger_class class;
    bool spare;
} words[] = {{"running", LEDGER_CPU, false},        {"lock", LEDGER_LOCK, false},
             {"condition", LEDGER_CONDITION, true}, {"disk", LEDGER_DISK, false},
             {"peer client", LEDGER_OTHER, true},   {"peer pipe", LEDGER_PEER, true},
             {"peer", LEDGER_PEER, false},          {"poll", LEDGER_OTHER, true},
             {"accept", LEDGER_OTHER, true},        {"sleep", LEDGER_SLEEP, true},
             {"child", LEDGER_OTHER, true},         {"signal", LEDGER_OTHER, true},
             {"memory", LEDGER_OTHER, false},       {"other", LEDGER_OTHER, true}};

/* -- Adding rows ---------------------------------------------------------------------------- */

static double known(double value)
{
    return isnan(value) ? 0 : value;
}

static struct ledger_row *add(struct ledger *l, const struct recall *r, uint32_t series)
{
    if (l->row_count == LEDGER_ROWS || isnan(recall_mean(r, series, l->bad))) return NULL;
    struct ledger_row *row = &l->rows[l->row_count++];
    *row = (struct ledger_row){.class = LEDGER_OTHER,
                               .of = r->series[series].of,
                               .label = r->series[series].label,
                               .series = series,
                               .before = known(recall_mean(r, series, l->good)),
                               .after = known(recall_mean(r, series, l->bad))};
    return row;
}

static void add_of_load(struct ledger *l, enum ledger_class class, const char *of, double before,
                        double after)
{
    if (l->row_count == LEDGER_ROWS) return;
    l->rows[l->row_count++] = (struct ledger_row){
        .class = class, .of = bytes_of(of), .series = SERIES_MAX, .before = before, .after = after};
}

/* The last " of " parts a place from its group of threads. */
static void part(struct ledger_row *row)
{
    struct bytes word = BYTES_LIT(" of ");
    for (size_t at = row->label.len; at >= word.len; at--) {
        struct bytes end = bytes_from(row->label, at - word.len);
        if (!bytes_starts(end, word)) continue;
        row->group = bytes_from(end, word.len);
        row->label.len = at - word.len;
        return;
    }
}

static void add_thread_place(struct ledger *l, const struct recall *r, uint32_t series)
{
    struct ledger_row *row = add(l, r, series);
    if (!row) return;
    part(row);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!bytes_starts(row->label, bytes_of(words[i].word))) continue;
        row->class = words[i].class;
        row->spare = words[i].spare;
        break;
    }
    row->rough = row->class == LEDGER_CPU;
}

/* -- Kinds of series ------------------------------------------------------------------------ */

static enum ledger_class class_of_session(struct bytes label)
{
    if (bytes_starts(label, BYTES_LIT("CPU"))) return LEDGER_DB_CPU;
    if (bytes_starts(label, BYTES_LIT("Lock")) || bytes_starts(label, BYTES_LIT("LWLock"))) {
        return LEDGER_DB_LOCK;
    }
    return bytes_starts(label, BYTES_LIT("IO")) ? LEDGER_DB_IO : LEDGER_DB_OTHER;
}

static const struct {
    const char *name; /* of a series */
    enum ledger_class class;
} plain[] = {{"accept_queue", LEDGER_ACCEPT},
             {"cpu", LEDGER_CPU},
             {"run_queue", LEDGER_RUN_QUEUE},
             {"cgroup.throttled", LEDGER_THROTTLED},
             {"pool.waiting", LEDGER_POOL}};

static bool has_sessions(const struct recall *r, struct bytes of)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        if (r->series[i].known && bytes_equal(r->series[i].of, of)
            && bytes_is(r->series[i].name, "db.sessions")) {
            return true;
        }
    }
    return false;
}

static void add_series(struct ledger *l, const struct recall *r, uint32_t i)
{
    const struct recall_series *s = &r->series[i];
    if (!s->known) return;
    if (bytes_is(s->name, "db.sessions")) {
        struct ledger_row *row = add(l, r, i);
        if (row) row->class = class_of_session(s->label);
        return;
    }
    if (has_sessions(r, s->of)) return; /* its processes are these sessions */
    if (bytes_is(s->name, "waiting")) {
        add_thread_place(l, r, i);
        return;
    }
    for (size_t k = 0; k < COUNT_OF(plain); k++) {
        if (!bytes_is(s->name, plain[k].name)) continue;
        struct ledger_row *row = add(l, r, i);
        if (row) row->class = plain[k].class;
    }
}

static double mean_of(const struct recall_stage *s, double sum_ns)
{
    return s->seconds > 0 ? sum_ns / 1e9 / s->seconds : 0;
}

static void add_load(struct ledger *l, const struct recall *r)
{
    static const struct recall_stage none = {0};
    const struct recall_stage *stages[2] = {l->good < r->stage_count ? &r->stages[l->good] : &none,
                                            &r->stages[l->bad]};
    double values[3][2];
    for (int i = 0; i < 2; i++) {
        const struct recall_stage *s = stages[i];
        l->n[i] = mean_of(s, s->in_flight_ns);
        l->x[i] = s->seconds > 0 ? (double)s->done / s->seconds : 0;
        l->r_ms[i] = s->done > 0 ? s->response_ns / 1e6 / (double)s->done : (double)NAN;
        double rtt_ns = s->rtt_count > 0 ? s->rtt_ns / (double)s->rtt_count : 0;
        values[0][i] = mean_of(s, s->lag_ns);
        values[1][i] = mean_of(s, s->wait_ns);
        values[2][i] = mean_of(s, rtt_ns * (double)s->lag_count);
    }
    add_of_load(l, LEDGER_LAG, "prony", values[0][0], values[0][1]);
    add_of_load(l, LEDGER_CONNECT, "prony", values[1][0], values[1][1]);
    add_of_load(l, LEDGER_NETWORK, "network", values[2][0], values[2][1]);
}

/* -- Summing up ----------------------------------------------------------------------------- */

/* A thread that is throttled could run: the kernel counts its time as run delay, too. */
static void part_throttled(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *queue = &l->rows[i];
        if (queue->class != LEDGER_RUN_QUEUE) continue;
        for (uint32_t j = 0; j < l->row_count; j++) {
            const struct ledger_row *row = &l->rows[j];
            if (row->class != LEDGER_THROTTLED || !bytes_equal(row->of, queue->of)) continue;
            queue->before = fmax(0, queue->before - row->before);
            queue->after = fmax(0, queue->after - row->after);
        }
    }
}

static bool is_inside(const struct ledger_row *row)
{
    return row->class != LEDGER_PEER && row->class != LEDGER_LAG && row->class != LEDGER_CONNECT
           && row->class != LEDGER_NETWORK && !row->spare && !row->rough;
}

/* Who waits for a peer that is looked at too is charged there: what is left of the socket is the
 * way between. The service with the most of it is the one that asks. */
static void charge_deeper(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *peer = &l->rows[i];
        if (peer->class != LEDGER_PEER || peer->spare) continue;
        double deeper[2] = {0, 0};
        for (uint32_t j = 0; j < l->row_count; j++) {
            const struct ledger_row *row = &l->rows[j];
            if (!is_inside(row) || bytes_equal(row->of, peer->of)) continue;
            deeper[0] += row->before;
            deeper[1] += row->after;
        }
        peer->before = peer->before > deeper[0] ? peer->before - deeper[0] : 0;
        peer->after = peer->after > deeper[1] ? peer->after - deeper[1] : 0;
        return;
    }
}

/* More threads at a place where threads may wait for work wait for something else: fewer of them
 * just have work. */
static void sum_up(struct ledger *l)
{
    l->left = l->n[1] - l->n[0];
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *row = &l->rows[i];
        double grown = row->after - row->before;
        bool may_hold = row->class == LEDGER_CONDITION || row->class == LEDGER_SLEEP
                        || row->class == LEDGER_PEER;
        if (row->spare && grown > 0 && may_hold && l->good < PLAN_NO_INDEX) row->spare = false;
        if (row->spare || row->rough) continue;
        if (grown > 0) l->grown[row->class] += grown;
        l->left -= grown;
    }
}

/* -- Groups of threads ---------------------------------------------------------------------- */

static struct ledger_group *group_of(struct ledger *l, struct bytes of, struct bytes name)
{
    for (uint32_t i = 0; i < l->group_count; i++) {
        struct ledger_group *g = &l->groups[i];
        if (bytes_equal(g->of, of) && bytes_equal(g->name, name)) return g;
    }
    if (l->group_count == LEDGER_GROUPS) return NULL;
    struct ledger_group *g = &l->groups[l->group_count++];
    *g = (struct ledger_group){.of = of, .name = name};
    return g;
}

/* Behind sum_up(), which knows who waits for work. */
static void add_to_group(struct ledger *l, const struct ledger_row *row)
{
    struct ledger_group *g = row->group.len > 0 ? group_of(l, row->of, row->group) : NULL;
    if (!g) return;
    const double values[2] = {row->before, row->after};
    for (int i = 0; i < 2; i++) {
        g->threads[i] += values[i];
        if (row->spare) g->idle[i] += values[i];
        else g->busy[i][row->class] += values[i];
    }
}

/* -- Following lines ------------------------------------------------------------------------ */

static void charge(struct ledger *l, struct bytes of, enum ledger_class class, double grown)
{
    uint32_t i = 0;
    while (i < l->charge_count && !bytes_equal(l->charges[i].of, of)) i++;
    if (i == LEDGER_CHARGES) return;
    if (i == l->charge_count) l->charges[l->charge_count++] = (struct ledger_charge){.of = of};
    l->charges[i].grown[class] += grown;
}

/* A glance does not tell a thread on a core from one that wants one; the kernel's sums do. */
static void charge_cores(struct ledger *l, struct bytes of, double grown)
{
    double sums[2] = {0, 0};
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (!bytes_equal(row->of, of)) continue;
        if (row->class == LEDGER_CPU && !row->rough) sums[0] += row->after;
        if (row->class == LEDGER_RUN_QUEUE) sums[1] += row->after;
    }
    double all = sums[0] + sums[1];
    charge(l, of, LEDGER_CPU, all > 0 ? grown * sums[0] / all : grown);
    if (all > 0) charge(l, of, LEDGER_RUN_QUEUE, grown * sums[1] / all);
}

/* Whoever waits for a peer waits for what is done there, where that is looked at. */
static void charge_peers(struct ledger *l, struct bytes from, double grown)
{
    double all = 0;
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (is_inside(row) && row->class != LEDGER_INSIDE && !bytes_equal(row->of, from)) {
            all += row->after;
        }
    }
    if (all < 0.1) {
        charge(l, from, LEDGER_PEER, grown);
        return;
    }
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (is_inside(row) && row->class != LEDGER_INSIDE && !bytes_equal(row->of, from)) {
            charge(l, row->of, row->class, grown * row->after / all);
        }
    }
}

static void follow_line(struct ledger *l, const struct ledger_group *g, double grown)
{
    double busy = 0;
    for (uint32_t i = 0; i < LEDGER_CLASSES; i++) busy += g->busy[1][i];
    for (uint32_t i = 0; i < LEDGER_CLASSES && busy > 0; i++) {
        double part = grown * g->busy[1][i] / busy;
        if (part <= 0) continue;
        if (i == LEDGER_CPU) charge_cores(l, g->of, part);
        else if (i == LEDGER_PEER) charge_peers(l, g->of, part);
        else charge(l, g->of, (enum ledger_class)i, part);
    }
}

static void charge_rows(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        double grown = row->after - row->before;
        if (!row->spare && !row->rough && grown > 0) charge(l, row->of, row->class, grown);
    }
}

void ledger_make(struct ledger *l, const struct recall *r, uint32_t good, uint32_t bad)
{
    *l = (struct ledger){.good = good, .bad = bad};
    add_load(l, r);
    for (uint32_t i = 0; i < r->series_count; i++) add_series(l, r, i);
    part_throttled(l);
    charge_deeper(l);
    sum_up(l);
    for (uint32_t i = 0; i < l->row_count; i++) add_to_group(l, &l->rows[i]);
    charge_rows(l);
    const struct ledger_group *full = ledger_busiest(l, 0.5);
    if (l->left <= 0 || !full || ledger_busy(full, 1) < 0.85) return;
    /* They are inside and nobody works on them: in line for those that have no time. */
    l->grown[LEDGER_INSIDE] = l->left;
    follow_line(l, full, l->left);
    if (l->row_count < LEDGER_ROWS) {
        l->rows[l->row_count++] = (struct ledger_row){.class = LEDGER_INSIDE,
                                                      .of = full->of,
                                                      .group = full->name,
                                                      .series = SERIES_MAX,
                                                      .after = l->left};
    }
    l->left = 0;
}

double ledger_charged(const struct ledger *l, enum ledger_class class)
{
    double grown = l->n[1] - l->n[0];
    double sum = 0;
    for (uint32_t i = 0; i < l->charge_count; i++) sum += l->charges[i].grown[class];
    return grown > 0 ? sum / grown : 0;
}

double ledger_share(const struct ledger *l, enum ledger_class class)
{
    double grown = l->n[1] - l->n[0];
    return grown > 0 ? l->grown[class] / grown : 0;
}

double ledger_busy(const struct ledger_group *g, int at)
{
    return g->threads[at] > 0 ? 1 - g->idle[at] / g->threads[at] : 0;
}

const struct ledger_group *ledger_busiest(const struct ledger *l, double least)
{
    const struct ledger_group *most = NULL;
    for (uint32_t i = 0; i < l->group_count; i++) {
        const struct ledger_group *g = &l->groups[i];
        if (g->threads[1] < least) continue;
        if (!most || ledger_busy(g, 1) > ledger_busy(most, 1)) most = g;
    }
    return most;
}
