#include "observe/pg_statements.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/clock.h"
#include "observe/meters.h"

#define SLOTS ((size_t)2 * PG_STATEMENTS_MAX)
#define WITHIN_NS (NS_PER_S)
#define COST_SHARE 200 /* a look at statements is 1/200 of the time at most, 0.5 % */
#define OWN_MARK "/* prony */"

bool pg_statements_open(struct pg_statements *s, struct arena *arena, struct bytes service)
{
    *s = (struct pg_statements){.of = service,
                                .now = ARENA_ARRAY(arena, SLOTS, struct pg_statement),
                                .before = ARENA_ARRAY(arena, SLOTS, struct pg_statement)};
    return arena_ok(arena);
}

void pg_statements_begin(struct pg_statements *s, struct bytes schema)
{
    struct text from = text_in(s->from, sizeof s->from);
    if (schema.at) text_addf(&from, "%.*s.pg_stat_statements", BYTES_ARG(schema));
    if (from.cut) text_clear(&from);
    s->first = true;
    s->next_ns = 0;
    s->evictions = (double)NAN;
}

/* -- Counters ------------------------------------------------------------------------------- */

/* The slot of a statement, or the free one where it belongs. */
static struct pg_statement *slot_of(struct pg_statement *all, int64_t id)
{
    uint64_t at = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15) >> 32;
    for (;; at++) {
        struct pg_statement *slot = &all[at % SLOTS];
        if (!slot->used || slot->id == id) return slot;
    }
}

static void on_statement(void *ctx, const struct pgsql_row *row)
{
    struct pg_statements *s = ctx;
    int64_t id = pgsql_integer(row, 0);
    struct pg_statement *now = slot_of(s->now, id);
    const struct pg_statement *before = slot_of(s->before, id);
    if (!now->used && s->count == PG_STATEMENTS_MAX) return;
    if (!now->used) s->count++;
    *now = (struct pg_statement){.id = id, .used = true};
    for (uint32_t i = 0; i < PG_COUNTS; i++) {
        double value = pgsql_number(row, i + 1);
        if (!isfinite(value)) value = 0;
        now->now[i] = i == PG_TIME ? value / 1e3 : value;
        double was = before->used ? before->now[i] : 0;
        bool known = before->used || !s->was_full;
        now->grown[i] = s->first || !known ? 0 : meters_growth(was, now->now[i]);
    }
}

static bool count_all(struct pg_statements *s, struct pgsql *link, struct err *err)
{
    struct pg_statement *older = s->before;
    s->before = s->now;
    s->now = older;
    s->was_full = s->count == PG_STATEMENTS_MAX;
    s->count = 0;
    memset(s->now, 0, SLOTS * sizeof *s->now);
    char array[512];
    struct text sql = text_in(array, sizeof array);
    text_addf(&sql,
              "SELECT " OWN_MARK " queryid, sum(calls), sum(total_exec_time), sum(rows),"
              " sum(shared_blks_hit), sum(shared_blks_read),"
              " sum(temp_blks_read + temp_blks_written) FROM %s(false) WHERE queryid IS NOT NULL"
              " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
              " GROUP BY queryid",
              s->from);
    return pgsql_ask(link, array, WITHIN_NS, on_statement, s, err);
}

/* -- Names ---------------------------------------------------------------------------------- */

static bool is_own(const struct pg_statements *s, int64_t id)
{
    for (uint32_t i = 0; i < s->own_count; i++) {
        if (s->own[i] == id) return true;
    }
    return false;
}

static const struct pg_named *find_named(const struct pg_statements *s, int64_t id)
{
    for (uint32_t i = 0; i < s->named_count; i++) {
        if (s->named[i].id == id) return &s->named[i];
    }
    return NULL;
}

/* Two statements that begin alike are told apart by the end of their number. */
static void name_as(struct text *out, int64_t id, struct bytes sql)
{
    struct text label = text_in(out->at + out->len, out->size - out->len);
    if (!bytes_starts(sql, BYTES_LIT("<insufficient"))) sql_label_add(&label, sql);
    bool cut = label.len > 3 && bytes_is(bytes_from(text_bytes(&label), label.len - 3), "...");
    if (label.len == 0) text_addf(&label, "query %" PRId64, id);
    else if (cut) text_addf(&label, " #%08" PRIx32, (uint32_t)id);
    out->len += label.len;
}

struct naming {
    struct pg_statements *s;
    int64_t id;
    struct text *out;
    bool own;
};

static void on_text(void *ctx, const struct pgsql_row *row)
{
    struct naming *n = ctx;
    struct bytes sql = pgsql_text(row, 0);
    if (n->out->len > 0) return; /* of another user */
    n->own = bytes_find(sql, BYTES_LIT(OWN_MARK)) != SIZE_MAX;
    name_as(n->out, n->id, sql);
}

/* Asks for the text of one statement; the connection may be gone behind it. */
static void ask_text(struct pg_statements *s, struct pgsql *link, struct naming *n)
{
    char array[320];
    struct text sql = text_in(array, sizeof array);
    struct err err = {0};
    text_addf(&sql, "SELECT " OWN_MARK " left(query, 1000) FROM %s(true) WHERE queryid = %" PRId64,
              s->from, n->id);
    bool asked = s->from[0] && !s->blind && !s->texts_lost && link->link;
    if (asked && !pgsql_ask(link, array, WITHIN_NS, on_text, n, &err)) s->texts_lost = true;
    if (n->out->len == 0) name_as(n->out, n->id, (struct bytes){0});
}

void pg_statements_name(struct pg_statements *s, struct pgsql *link, int64_t id, struct text *out)
{
    const struct pg_named *known = find_named(s, id);
    char array[SQL_LABEL_BYTES + 12];
    struct text name = text_in(array, sizeof array);
    struct naming naming = {.s = s, .id = id, .out = &name};
    if (!known) ask_text(s, link, &naming);
    text_adds(out, known ? known->label : array);
}

static void give_name(struct pg_statements *s, struct pgsql *link, int64_t id)
{
    struct pg_named *named = &s->named[s->named_count];
    *named = (struct pg_named){.id = id};
    struct text label = text_in(named->label, sizeof named->label);
    struct naming naming = {.s = s, .id = id, .out = &label};
    ask_text(s, link, &naming);
    if (!naming.own) s->named_count++;
    else if (s->own_count < PG_STATEMENTS_OWN) s->own[s->own_count++] = id;
}

/* The statement with most time in this look that has no name yet and is none of ours. */
static const struct pg_statement *find_top(const struct pg_statements *s)
{
    const struct pg_statement *top = NULL;
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct pg_statement *it = &s->now[i];
        if (!it->used || it->grown[PG_CALLS] <= 0 || is_own(s, it->id)) continue;
        if (top && it->grown[PG_TIME] <= top->grown[PG_TIME]) continue;
        if (!find_named(s, it->id)) top = it;
    }
    return top;
}

/* Whether so many others have more time than it. */
static bool is_among_first(const struct pg_statements *s, const struct pg_statement *of)
{
    uint32_t above = 0;
    for (uint32_t i = 0; i < s->named_count; i++) {
        const struct pg_statement *it = slot_of(s->now, s->named[i].id);
        above += it->used && it->grown[PG_TIME] > of->grown[PG_TIME];
    }
    return above < PG_STATEMENTS_TOP;
}

static void give_names(struct pg_statements *s, struct pgsql *link)
{
    for (uint32_t i = 0; i < PG_STATEMENTS_TOP && s->named_count < PG_STATEMENTS_NAMED; i++) {
        const struct pg_statement *top = find_top(s);
        if (!top || !is_among_first(s, top) || !link->link) return;
        give_name(s, link, top->id);
        if (s->own_count == PG_STATEMENTS_OWN) return; /* it would be found again */
    }
}

/* -- Series --------------------------------------------------------------------------------- */

static void put_one(const struct pg_statements *s, struct slip *slip, struct bytes label,
                    const double *grown, double seconds)
{
    static const struct {
        enum series_row row;
        enum pg_count count;
    } rates[] = {
        {SERIES_OF_DB_STATEMENT_RUNNING, PG_TIME},     {SERIES_OF_DB_STATEMENT_CALLS, PG_CALLS},
        {SERIES_OF_DB_STATEMENT_ROWS, PG_ROWS},        {SERIES_OF_DB_STATEMENT_BLOCKS_HIT, PG_HIT},
        {SERIES_OF_DB_STATEMENT_BLOCKS_READ, PG_READ}, {SERIES_OF_DB_STATEMENT_TEMP, PG_TEMP}};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        slip_put(slip, slip_series(slip, s->of, rates[i].row, label),
                 grown[rates[i].count] / seconds);
    }
    if (grown[PG_CALLS] <= 0) return; /* no call: no mean */
    slip_put(slip, slip_series(slip, s->of, SERIES_OF_DB_STATEMENT_TIME, label),
             grown[PG_TIME] / grown[PG_CALLS]);
}

static void put_all(struct pg_statements *s, struct slip *slip, const struct look *when)
{
    uint64_t from_ns = slip->from_ns; /* of the look; statements may be looked at less often */
    double other[PG_COUNTS] = {0};
    double seconds = (double)(when->now_ns - s->since_ns) / 1e9;
    slip->from_ns = s->since_ns;
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct pg_statement *it = &s->now[i];
        if (!it->used || is_own(s, it->id) || find_named(s, it->id)) continue;
        for (uint32_t k = 0; k < PG_COUNTS; k++) other[k] += it->grown[k];
    }
    for (uint32_t i = 0; i < s->named_count; i++) {
        const struct pg_statement *it = slot_of(s->now, s->named[i].id);
        put_one(s, slip, bytes_of(s->named[i].label), it->grown, seconds);
    }
    put_one(s, slip, BYTES_LIT("other"), other, seconds);
    slip->from_ns = from_ns;
}

/* -- A look --------------------------------------------------------------------------------- */

static void on_evictions(void *ctx, const struct pgsql_row *row)
{
    *(double *)ctx = pgsql_number(row, 0);
}

/* Counters of statements that were thrown out begin anew: differences of them lie. */
static bool see_evictions(struct pg_statements *s, struct pgsql *link, struct slip *slip,
                          struct err *err)
{
    char array[160];
    struct text sql = text_in(array, sizeof array);
    double now = (double)NAN;
    text_addf(&sql, "SELECT " OWN_MARK " dealloc FROM %s_info", s->from);
    if (!pgsql_ask(link, array, WITHIN_NS, on_evictions, &now, err)) return link->link != NULL;
    if (!s->lost_told && now > s->evictions) {
        slip_say(slip,
                 "%.*s: statements are thrown out of pg_stat_statements, so that some are not "
                 "counted: raise pg_stat_statements.max",
                 BYTES_ARG(s->of));
        s->lost_told = true;
    }
    s->evictions = now;
    return true;
}

static void tell_blind(struct pg_statements *s, struct slip *slip, const char *why)
{
    s->blind = true;
    slip_say(slip, "%.*s: statements are not seen: %s", BYTES_ARG(s->of), why);
}

bool pg_statements_look(struct pg_statements *s, struct pgsql *link, struct slip *slip,
                        const struct look *when, struct err *err)
{
    if (s->blind || when->now_ns < s->next_ns) return true;
    if (!s->from[0]) {
        tell_blind(s, slip, "CREATE EXTENSION pg_stat_statements in its database");
        return true;
    }
    uint64_t began_ns = clock_now_ns();
    if (!count_all(s, link, err)) {
        if (!link->link) return false;
        bool unloaded = strcmp(link->sqlstate, "55000") == 0;
        tell_blind(s, slip,
                   unloaded ? "set shared_preload_libraries = 'pg_stat_statements' and restart it"
                            : err->msg);
        return true;
    }
    if (s->count == PG_STATEMENTS_MAX && !s->full_told) {
        slip_say(slip, "%.*s: only %d statements are counted", BYTES_ARG(s->of), PG_STATEMENTS_MAX);
        s->full_told = true;
    }
    if (!s->first) {
        give_names(s, link);
        put_all(s, slip, when);
    }
    if (!link->link) return err_set(err, ERR_IO, 0, "it does not say in time what it was asked");
    if (!see_evictions(s, link, slip, err)) return false;
    s->first = false;
    s->since_ns = when->now_ns;
    s->next_ns = when->now_ns + (clock_now_ns() - began_ns) * COST_SHARE;
    if (s->next_ns < when->now_ns + NS_PER_S) s->next_ns = when->now_ns; /* the next one */
    return true;
}
