#include "observe/pg_sessions.h"

#include <math.h>

#include "base/clock.h"

#define WITHIN_NS (NS_PER_S)
#define TOLD_AGAIN_NS (10 * NS_PER_S) /* who is told to block others is not told again before */

static void add_wait(struct pg_sessions *s, const char *label, double sessions)
{
    for (uint32_t i = 0; i < s->wait_count; i++) {
        if (strcmp(s->waits[i].label, label) != 0) continue;
        s->waits[i].sessions += sessions;
        return;
    }
    if (s->wait_count == PG_WAITS_MAX) return; /* PostgreSQL 15 has more, but never at once */
    struct pg_wait *wait = &s->waits[s->wait_count++];
    struct text text = text_in(wait->label, sizeof wait->label);
    text_adds(&text, label);
    wait->sessions = sessions;
}

static void add_active(struct pg_sessions *s, struct bytes type, struct bytes event, double count)
{
    char array[64];
    struct text label = text_in(array, sizeof array);
    if (type.len > 0) text_addf(&label, "%.*s:%.*s", BYTES_ARG(type), BYTES_ARG(event));
    else text_adds(&label, "CPU");
    if (bytes_is(type, "Lock")) s->locked = true;
    add_wait(s, array, count);
}

static void on_sessions(void *ctx, const struct pgsql_row *row)
{
    struct pg_sessions *s = ctx;
    struct bytes state = pgsql_text(row, 0);
    double count = pgsql_number(row, 3);
    double age_s = pgsql_number(row, 4);
    bool active = bytes_is(state, "active") || bytes_is(state, "fastpath function call");
    bool idle = bytes_starts(state, BYTES_LIT("idle in transaction"));
    if (!isfinite(count)) return;
    s->connections += count;
    if (isfinite(age_s) && age_s > s->oldest_s) s->oldest_s = age_s;
    if (idle) s->idle_in_transaction += count;
    if (active) add_active(s, pgsql_text(row, 1), pgsql_text(row, 2), count);
}

bool pg_sessions_glance(struct pg_sessions *s, struct pgsql *link, struct err *err)
{
    s->connections = 1; /* prony's own */
    s->oldest_s = 0;
    if (!pgsql_ask(link,
                   "SELECT /* prony */ state, wait_event_type, wait_event, count(*),"
                   " extract(epoch FROM max(clock_timestamp() - xact_start))"
                   " FROM pg_stat_get_activity(NULL) WHERE pid <> pg_backend_pid()"
                   " AND datid IS NOT NULL"
                   " AND coalesce(backend_type, 'client backend') = 'client backend'"
                   " GROUP BY 1, 2, 3",
                   WITHIN_NS, on_sessions, s, err)) {
        return false;
    }
    s->glances++;
    return true;
}

void pg_sessions_put(struct pg_sessions *s, struct slip *slip)
{
    if (s->glances == 0) return;
    add_wait(s, "CPU", 0); /* a series from the start, so that none is seen to be none */
    for (uint32_t i = 0; i < s->wait_count; i++) {
        struct pg_wait *wait = &s->waits[i];
        uint32_t id = slip_series(slip, s->of, SERIES_OF_DB_SESSIONS, bytes_of(wait->label));
        slip_put(slip, id, wait->sessions / s->glances);
        wait->sessions = 0;
    }
    struct bytes none = {0};
    slip_put(slip, slip_series(slip, s->of, SERIES_OF_DB_IDLE_IN_TRANSACTION, none),
             s->idle_in_transaction / s->glances);
    slip_put_level(slip, slip_series(slip, s->of, SERIES_OF_DB_TRANSACTION_AGE, none), s->oldest_s);
    slip_put_level(slip, slip_series(slip, s->of, SERIES_OF_DB_CONNECTIONS, none), s->connections);
    s->idle_in_transaction = 0;
    s->glances = 0;
}

/* -- Who blocks whom ------------------------------------------------------------------------ */

/* Of those that block others and wait for nobody, the one with most behind it. */
struct blocker {
    int64_t pid, query, waiter_query;
    double waiters, waited_s, open_s;
    char state[40];
};

static void on_blocker(void *ctx, const struct pgsql_row *row)
{
    struct blocker *b = ctx;
    b->pid = pgsql_integer(row, 0);
    struct text state = text_in(b->state, sizeof b->state);
    text_add(&state, pgsql_text(row, 1));
    b->query = pgsql_integer(row, 2);
    b->open_s = pgsql_number(row, 3);
    b->waiters = pgsql_number(row, 4);
    b->waited_s = pgsql_number(row, 5);
    b->waiter_query = pgsql_integer(row, 6);
}

static const char blocker_sql[] =
    "WITH w AS (SELECT pid, query_id, query_start FROM pg_stat_get_activity(NULL)"
    " WHERE wait_event_type = 'Lock' ORDER BY query_start LIMIT 16),"
    " e AS (SELECT w.*, b AS by FROM w, unnest(pg_blocking_pids(w.pid)) AS b)"
    " SELECT /* prony */ e.by, a.state, a.query_id,"
    " extract(epoch FROM clock_timestamp() - a.xact_start), count(*),"
    " extract(epoch FROM clock_timestamp() - min(e.query_start)),"
    " (array_agg(e.query_id ORDER BY e.query_start))[1]"
    " FROM e LEFT JOIN pg_stat_get_activity(NULL) a ON a.pid = e.by"
    " WHERE e.by NOT IN (SELECT pid FROM w) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC LIMIT 1";

static void add_query(struct pg_statements *names, struct pgsql *link, int64_t id, size_t most,
                      struct text *out)
{
    char array[SQL_LABEL_BYTES + 12];
    struct text name = text_in(array, sizeof array);
    if (id == 0) return;
    pg_statements_name(names, link, id, &name);
    struct bytes shown = text_bytes(&name);
    bool cut = shown.len > most;
    if (cut) shown.len = most;
    text_addf(out, " (%.*s%s)", BYTES_ARG(shown), cut ? "..." : "");
}

bool pg_sessions_tell_blocker(struct pg_sessions *s, struct pg_statements *names,
                              struct pgsql *link, struct slip *slip, uint64_t now_ns,
                              struct err *err)
{
    struct blocker b = {0};
    if (!s->locked) return true;
    s->locked = false;
    if (!pgsql_ask(link, blocker_sql, WITHIN_NS, on_blocker, &b, err)) return link->link != NULL;
    bool news = b.pid != s->blocker || now_ns > s->blocker_at_ns + TOLD_AGAIN_NS;
    if (b.pid == 0 || !news) return true;
    s->blocker = b.pid;
    s->blocker_at_ns = now_ns;
    char array[SLIP_NEWS_BYTES];
    struct text line = text_in(array, sizeof array);
    text_addf(&line, "%.*s: %.0f %s for a lock of pid %lld, %s", BYTES_ARG(s->of), b.waiters,
              b.waiters > 1 ? "sessions wait" : "session waits", (long long)b.pid,
              b.state[0] ? b.state : "of a prepared transaction");
    if (isfinite(b.open_s)) text_addf(&line, ", open for %.1f s", b.open_s);
    add_query(names, link, b.query, 40, &line);
    text_addf(&line, "; the first for %.1f s", b.waited_s);
    add_query(names, link, b.waiter_query, 40, &line);
    slip_say(slip, "%s", array);
    return true;
}
