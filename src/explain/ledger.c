#include "explain/ledger.h"

#include <math.h>

#include "base/attr.h"
#include "explain/lines.h"

#define GLANCES_PER_S 20 /* observe/blocked.h */
#define FULL 0.85        /* of its time a group has work: others stand in line for it */
#define FULL_SELDOM 0.7  /* the same of connections, which are seen seldom, against their most */
#define THREADS_LEAST 0.5
#define BY_THREADS 0.1 /* of those that wait for an answer are so many threads */
#define SERVERS_MOST 1000.0
#define BUSY_MOST 0.999
#define LINE_HALF 0.5 /* of a line is as much as chance must make of it */

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
    [LEDGER_DB_LATCH] = "for another session's work",
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
    /* An instant counts for a second: of what is known by instants there is one look in it. */
    double seconds = recall_seconds(r, series, l->good);
    row->looks = bytes_is(r->series[series].name, "awaiting") ? seconds : seconds * GLANCES_PER_S;
    row->seen[0] = row->before;
    row->seen[1] = row->after;
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
    if (bytes_starts(label, BYTES_LIT("LWLock"))) return LEDGER_DB_LATCH;
    if (bytes_starts(label, BYTES_LIT("Lock"))) return LEDGER_DB_LOCK;
    return bytes_starts(label, BYTES_LIT("IO")) ? LEDGER_DB_IO : LEDGER_DB_OTHER;
}

static const struct {
    const char *name; /* of a series */
    enum ledger_class class;
} plain[] = {{"accept_queue", LEDGER_ACCEPT},
             {"cpu", LEDGER_CPU},
             {"run_queue", LEDGER_RUN_QUEUE},
             {"cgroup.throttled", LEDGER_THROTTLED},
             {"db.pool.waiting", LEDGER_POOL}};

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

/* An event loop asks others by connections at which no thread waits. */
static void add_connections(struct ledger *l, const struct recall *r, uint32_t series)
{
    struct ledger_row *row = add(l, r, series);
    if (!row) return;
    row->class = LEDGER_PEER;
    row->group = row->label;
    row->connections = true;
    uint64_t tick_ns = r->header->tick_ns;
    for (uint64_t at = r->starts[l->bad] / tick_ns; at <= r->ends[l->bad] / tick_ns; at++) {
        row->limit = fmax(row->limit, known(recall_at(r, series, (uint32_t)at)));
    }
}

/* Who asks a peer by threads is counted by those, which are seen much more often. */
static void part_connections(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *row = &l->rows[i];
        double threads[2] = {0, 0};
        for (uint32_t k = 0; k < l->row_count && row->connections; k++) {
            const struct ledger_row *o = &l->rows[k];
            if (o->connections || !bytes_equal(o->of, row->of)) continue;
            if (!bytes_equal(o->label, row->label)) continue;
            for (int at = 0; at < 2; at++) threads[at] += o->seen[at];
        }
        if (!row->connections
            || threads[0] + threads[1] < BY_THREADS * (row->before + row->after)) {
            continue;
        }
        row->before = row->after = row->seen[0] = row->seen[1] = row->limit = 0;
    }
}

/* Of an accept queue. */
static double limit_of(const struct ledger *l, const struct recall *r,
                       const struct recall_series *queue)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        if (!s->known || !bytes_is(s->name, "accept_queue.limit")) continue;
        if (!bytes_equal(s->of, queue->of) || !bytes_equal(s->label, queue->label)) continue;
        return known(recall_mean(r, i, l->bad));
    }
    return 0;
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
    if (bytes_is(s->name, "awaiting")) {
        add_connections(l, r, i);
        return;
    }
    for (size_t k = 0; k < COUNT_OF(plain); k++) {
        if (!bytes_is(s->name, plain[k].name)) continue;
        struct ledger_row *row = add(l, r, i);
        if (!row) continue;
        row->class = plain[k].class;
        if (row->class == LEDGER_ACCEPT) row->limit = limit_of(l, r, s);
    }
}

static double mean_of(const struct recall_stage *s, double sum_ns)
{
    return s->seconds > 0 ? sum_ns / 1e9 / s->seconds : 0;
}

/* Of what is in flight: how much, how much a second, how long. */
static void add_flow(struct ledger *l, const struct recall *r, int at, uint32_t stage)
{
    const struct recall_stage *s = &r->stages[stage];
    double in_flight_ns = s->in_flight_ns;
    double time_ns = s->response_ns;
    uint64_t done = s->done;
    uint64_t passed = s->passed;
    if (l->scenario != PLAN_NO_INDEX) {
        const struct recall_visits *v = recall_visits_of(r, stage, l->scenario);
        in_flight_ns = v->in_flight_ns;
        time_ns = v->time_ns;
        done = v->done;
        passed = v->passed;
    }
    l->n[at] = mean_of(s, in_flight_ns + s->lag_ns); /* in flight, or late to be */
    l->x[at] = s->seconds > 0 ? (double)passed / s->seconds : 0;
    l->r_ms[at] = done > 0 ? time_ns / 1e6 / (double)done : (double)NAN;
}

static void add_load(struct ledger *l, const struct recall *r)
{
    const uint32_t stages[2] = {l->good, l->bad};
    double values[3][2] = {{0}};
    for (int i = 0; i < 2; i++) {
        if (!recall_has_stage(r, stages[i])) continue;
        const struct recall_stage *s = &r->stages[stages[i]];
        add_flow(l, r, i, stages[i]);
        double rtt_ns = s->rtt_count > 0 ? s->rtt_ns / (double)s->rtt_count : 0;
        values[0][i] = mean_of(s, s->lag_ns);
        values[1][i] = mean_of(s, s->wait_ns);
        values[2][i] = mean_of(s, rtt_ns * (double)s->lag_count);
    }
    l->load = l->x[0] > 0 && l->x[1] > 0 ? l->x[1] / l->x[0] : 1;
    l->slower = l->n[1] - l->load * l->n[0];
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

static bool is_of_load(const struct ledger_row *row)
{
    return row->class == LEDGER_LAG || row->class == LEDGER_CONNECT || row->class == LEDGER_NETWORK;
}

bool ledger_is_work(const struct ledger_row *row)
{
    return !is_of_load(row) && row->class != LEDGER_PEER && row->class != LEDGER_INSIDE
           && !row->spare && !row->rough;
}

/* Does the service listen where that peer is? The label of the one ends with the other's port. */
static bool listens_at(const struct recall_series *s, struct bytes peer)
{
    if (!s->known || !bytes_is(s->name, "accept_queue")) return false;
    struct bytes word = BYTES_LIT("port ");
    if (!bytes_starts(s->label, word)) { /* a unix socket, by its path */
        return s->label.len < peer.len
               && bytes_equal(bytes_from(peer, peer.len - s->label.len), s->label);
    }
    struct bytes port = bytes_from(s->label, word.len);
    if (peer.len <= port.len) return false;
    struct bytes end = bytes_from(peer, peer.len - port.len);
    return bytes_equal(end, port) && peer.at[peer.len - port.len - 1] == ':';
}

/* A database that is asked how it fares may be anywhere: where there is one, and nobody is known to
 * listen at the peer, it is that. */
static struct bytes only_database(const struct recall *r)
{
    struct bytes found = {0};
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        if (!s->known || !bytes_is(s->name, "db.sessions") || bytes_equal(s->of, found)) continue;
        if (found.len > 0) return (struct bytes){0};
        found = s->of;
    }
    return found;
}

static bool is_listener(const struct recall *r, struct bytes of)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        const struct recall_series *s = &r->series[i];
        if (s->known && bytes_is(s->name, "accept_queue") && bytes_equal(s->of, of)) return true;
    }
    return false;
}

static void find_behind(const struct recall *r, struct ledger_row *row)
{
    for (uint32_t i = 0; i < r->series_count; i++) {
        if (!listens_at(&r->series[i], row->label)) continue;
        row->behind = r->series[i].of;
        return;
    }
    struct bytes database = only_database(r);
    if (!is_listener(r, database)) row->behind = database;
}

static bool is_pool(const struct ledger *l, struct bytes of)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        if (l->rows[i].class == LEDGER_POOL && bytes_equal(l->rows[i].of, of)) return true;
    }
    return false;
}

static bool is_session(const struct ledger_row *row)
{
    return row->class >= LEDGER_DB_CPU && row->class <= LEDGER_DB_OTHER;
}

/* A connection so new that its other end is not known yet goes where the others of its group go. */
static void find_unknown(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *row = &l->rows[i];
        if (row->class != LEDGER_PEER || !bytes_is(row->label, "peer unknown")) continue;
        row->behind = (struct bytes){0};
        const struct ledger_row *most = NULL;
        for (uint32_t k = 0; k < l->row_count; k++) {
            const struct ledger_row *o = &l->rows[k];
            bool beside = k != i && o->behind.len > 0 && bytes_equal(o->of, row->of)
                          && bytes_equal(o->group, row->group);
            if (beside && (!most || o->seen[1] > most->seen[1])) most = o;
        }
        if (most) row->behind = most->behind;
    }
}

/* Who waits for a peer that is looked at too is charged there: what is left of the socket is the
 * way between. Behind a pool of connections is its database. */
static void charge_deeper(struct ledger *l, const struct recall *r)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *peer = &l->rows[i];
        if (peer->class == LEDGER_PEER && !peer->spare) find_behind(r, peer);
        if (bytes_equal(peer->behind, peer->of)) peer->behind = (struct bytes){0};
    }
    find_unknown(l);
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *peer = &l->rows[i];
        if (peer->behind.len == 0) continue;
        double deeper[2] = {0, 0};
        double asking[2] = {0, 0};
        bool pool = is_pool(l, peer->behind);
        for (uint32_t j = 0; j < l->row_count; j++) {
            const struct ledger_row *row = &l->rows[j];
            bool inside = ledger_is_work(row)
                          && (bytes_equal(row->of, peer->behind) || (pool && is_session(row)));
            bool beside = bytes_equal(row->behind, peer->behind);
            for (int k = 0; k < 2; k++) {
                if (inside) deeper[k] += row->seen[k];
                if (beside) asking[k] += row->seen[k];
            }
        }
        peer->before *= asking[0] > deeper[0] ? 1 - deeper[0] / asking[0] : 0;
        peer->after *= asking[1] > deeper[1] ? 1 - deeper[1] / asking[1] : 0;
    }
}

double ledger_excess(const struct ledger *l, double before, double after)
{
    double excess = after - l->load * before;
    return excess > 0 ? excess : fmin(0, after - before);
}

/* More threads at a place where threads may wait for work wait for something else: fewer of them
 * just have work. */
static void sum_up(struct ledger *l)
{
    l->left = l->n[1] - l->n[0];
    l->unexplained = l->slower;
    for (uint32_t i = 0; i < l->row_count; i++) {
        struct ledger_row *row = &l->rows[i];
        double grown = row->after - row->before;
        bool may_hold = row->class == LEDGER_CONDITION || row->class == LEDGER_SLEEP
                        || row->class == LEDGER_PEER;
        if (row->spare && grown > 0 && may_hold && l->good < PLAN_NO_INDEX) row->spare = false;
        if (row->spare || row->rough) continue;
        l->left -= grown;
        l->unexplained -= fmax(0, ledger_excess(l, row->before, row->after));
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
    g->connections = row->connections;
    for (int i = 0; i < 2; i++) {
        if (row->connections) g->idle[i] = fmax(0, row->limit - row->seen[i]);
        g->threads[i] += row->seen[i] + (row->connections ? g->idle[i] : 0);
        if (row->spare) g->idle[i] += row->seen[i];
        else g->busy[i][row->class] += row->seen[i];
    }
}

/* They are inside and nobody works on them: in line for those that have no time. */
static void add_line(struct ledger *l)
{
    const struct ledger_group *full = ledger_busiest(l, l->unexplained, (struct bytes){0});
    if (l->unexplained <= 0 || !full || !ledger_has_line(full, l->unexplained)) return;
    l->line = l->unexplained;
    l->unexplained = 0;
    lines_follow(l, full, l->line);
    if (l->row_count < LEDGER_ROWS && l->left > 0) {
        l->rows[l->row_count++] = (struct ledger_row){.class = LEDGER_INSIDE,
                                                      .of = full->of,
                                                      .group = full->name,
                                                      .series = SERIES_MAX,
                                                      .after = l->left};
        l->left = 0;
    }
}

void ledger_make(struct ledger *l, const struct recall *r, const struct chosen *chosen)
{
    *l = (struct ledger){.good = chosen->good, .bad = chosen->bad, .scenario = chosen->scenario};
    add_load(l, r);
    for (uint32_t i = 0; i < r->series_count; i++) add_series(l, r, i);
    part_throttled(l);
    part_connections(l);
    charge_deeper(l, r);
    sum_up(l);
    for (uint32_t i = 0; i < l->row_count; i++) add_to_group(l, &l->rows[i]);
    lines_charge_places(l);
    add_line(l);
}

double ledger_charged(const struct ledger *l, enum ledger_class class)
{
    double sum = 0;
    for (uint32_t i = 0; i < l->charge_count; i++) sum += l->charges[i].grown[class];
    return l->slower > 0 ? sum / l->slower : 0;
}

double ledger_busy(const struct ledger_group *g, int at)
{
    return g->threads[at] > 0 ? 1 - g->idle[at] / g->threads[at] : 0;
}

/* Erlang C, by the recursion of Erlang B. */
double ledger_expected_line(double servers_mean, double busy_share)
{
    uint32_t servers = (uint32_t)fmin(fmax(1, round(servers_mean)), SERVERS_MOST);
    double busy = fmin(fmax(busy_share, 0), BUSY_MOST);
    double offered = busy * servers;
    double blocked = 1;
    for (uint32_t i = 1; i <= servers; i++) blocked = offered * blocked / (i + offered * blocked);
    double waits = blocked / (1 - busy * (1 - blocked));
    return waits * busy / (1 - busy);
}

bool ledger_has_line(const struct ledger_group *g, double line)
{
    double busy = ledger_busy(g, 1);
    if (g->threads[1] < THREADS_LEAST) return false;
    if (busy >= (g->connections ? FULL_SELDOM : FULL)) return true;
    return busy > 0 && ledger_expected_line(g->threads[1], busy) >= LINE_HALF * line;
}

double ledger_filled(const struct ledger_group *g)
{
    return ledger_busy(g, 1) - ledger_busy(g, 0);
}

const struct ledger_group *ledger_busiest(const struct ledger *l, double line, struct bytes of)
{
    const struct ledger_group *most = NULL;
    for (uint32_t i = 0; i < l->group_count; i++) {
        const struct ledger_group *g = &l->groups[i];
        if (g->threads[1] < THREADS_LEAST) continue;
        if (of.len > 0 && !bytes_equal(g->of, of)) continue;
        bool full = ledger_has_line(g, line);
        bool was_full = most && ledger_has_line(most, line);
        bool more = !most || (full && !was_full);
        if (most && full == was_full) {
            more = full ? ledger_filled(g) > ledger_filled(most)
                        : ledger_busy(g, 1) > ledger_busy(most, 1);
        }
        if (more) most = g;
    }
    return most;
}
