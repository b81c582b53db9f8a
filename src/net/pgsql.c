#include "net/pgsql.h"

#include <assert.h>
#include <errno.h>
#include <libpq-fe.h>
#include <math.h>
#include <poll.h>

#include "base/clock.h"
#include "base/text.h"

static void ignore(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result; /* notices would be printed */
}

/* The first line of what libpq says, whose own begin with the kind of message. */
static bool fail(struct err *err, const char *said)
{
    struct bytes line = bytes_of(said);
    size_t end = bytes_find(line, BYTES_LIT("\n"));
    if (end != SIZE_MAX) line.len = end;
    struct bytes kinds[] = {BYTES_LIT("ERROR:"), BYTES_LIT("FATAL:")};
    for (size_t i = 0; i < 2; i++) {
        if (bytes_starts(line, kinds[i])) line = bytes_from(line, kinds[i].len);
    }
    char array[256];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, bytes_trim(line));
    return err_set(err, ERR_IO, 0, "%s", safe.len > 0 ? array : "the connection is gone");
}

/* Waits until the socket is ready; false: the deadline has passed. */
static bool wait_for(PGconn *link, short events, uint64_t deadline_ns)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= deadline_ns) return false;
        struct pollfd p = {.fd = PQsocket(link), .events = events};
        int ready = poll(&p, 1, (int)((deadline_ns - now_ns) / NS_PER_MS) + 1);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

static bool connect_within(PGconn *link, uint64_t deadline_ns, struct err *err)
{
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    if (PQstatus(link) == CONNECTION_BAD) return fail(err, PQerrorMessage(link));
    while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
        short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!wait_for(link, events, deadline_ns)) {
            return err_set(err, ERR_IO, 0, "it accepts no session in time");
        }
        status = PQconnectPoll(link);
    }
    if (status != PGRES_POLLING_OK) return fail(err, PQerrorMessage(link));
    if (PQsetnonblocking(link, 1) != 0) return fail(err, PQerrorMessage(link));
    return true;
}

bool pgsql_open(struct pgsql *out, const char *url, uint64_t within_ns, struct err *err)
{
    static const char *const keys[] = {"dbname", "application_name", "client_encoding", NULL};
    const char *const values[] = {url, "prony", "UTF8", NULL};
    *out = (struct pgsql){0};
    PGconn *link = PQconnectStartParams(keys, values, 1);
    if (!link) return err_set(err, ERR_LIMIT, 0, "no memory for a connection");
    PQsetNoticeReceiver(link, ignore, NULL);
    if (connect_within(link, clock_now_ns() + within_ns, err)) {
        out->link = link;
        return true;
    }
    PQfinish(link);
    return false;
}

void pgsql_close(struct pgsql *p)
{
    if (p->link) PQfinish(p->link);
    p->link = NULL;
}

static bool send_all(PGconn *link, uint64_t deadline_ns)
{
    for (;;) {
        int left = PQflush(link);
        if (left == 0) return true;
        if (left < 0 || !wait_for(link, POLLIN | POLLOUT, deadline_ns)) return false;
        if (PQconsumeInput(link) == 0) return false;
    }
}

/* The next part of the answer; NULL: there is no more. False: time or connection are gone. */
static bool next_result(PGconn *link, uint64_t deadline_ns, PGresult **out)
{
    while (PQisBusy(link)) {
        if (!wait_for(link, POLLIN, deadline_ns)) return false;
        if (PQconsumeInput(link) == 0) return false;
    }
    *out = PQgetResult(link);
    return true;
}

static bool give_up(struct pgsql *p, uint64_t deadline_ns, struct err *err)
{
    if (clock_now_ns() >= deadline_ns) err_set(err, ERR_IO, 0, "it does not answer in time");
    else fail(err, PQerrorMessage(p->link));
    pgsql_close(p);
    return false;
}

/* A refusal of the server: kept until the answer is over. */
static void note_refusal(struct pgsql *p, const PGresult *result, struct err *err)
{
    if (p->sqlstate[0]) return; /* the first says it */
    struct text state = text_in(p->sqlstate, sizeof p->sqlstate);
    const char *said = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    text_adds(&state, said ? said : "XX000");
    fail(err, PQresultErrorMessage(result));
}

bool pgsql_ask(struct pgsql *p, const char *sql, uint64_t within_ns,
               void (*row)(void *ctx, const struct pgsql_row *row), void *ctx, struct err *err)
{
    assert(p->link);
    PGconn *link = p->link;
    uint64_t deadline_ns = clock_now_ns() + within_ns;
    uint32_t count = 0;
    p->sqlstate[0] = '\0';
    if (PQsendQuery(link, sql) == 0 || PQsetSingleRowMode(link) == 0
        || !send_all(link, deadline_ns)) {
        return give_up(p, deadline_ns, err);
    }
    for (;;) {
        PGresult *result = NULL;
        if (!next_result(link, deadline_ns, &result)) return give_up(p, deadline_ns, err);
        if (!result) break;
        ExecStatusType status = PQresultStatus(result);
        bool good =
            status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
        if (!good) note_refusal(p, result, err);
        for (int i = 0; good && i < PQntuples(result) && count <= PGSQL_ROWS_MAX; i++, count++) {
            if (row && count < PGSQL_ROWS_MAX) row(ctx, &(struct pgsql_row){result, i});
        }
        PQclear(result);
        if (count > PGSQL_ROWS_MAX) {
            pgsql_close(p);
            return err_set(err, ERR_LIMIT, 0, "its answer has more than %d rows", PGSQL_ROWS_MAX);
        }
    }
    if (PQstatus(link) == CONNECTION_BAD) return give_up(p, UINT64_MAX, err);
    return p->sqlstate[0] == '\0';
}

struct bytes pgsql_text(const struct pgsql_row *row, uint32_t column)
{
    int at = (int)column;
    if (column >= (uint32_t)PQnfields(row->result) || PQgetisnull(row->result, row->index, at)) {
        return (struct bytes){0};
    }
    return (struct bytes){PQgetvalue(row->result, row->index, at),
                          (size_t)PQgetlength(row->result, row->index, at)};
}

double pgsql_number(const struct pgsql_row *row, uint32_t column)
{
    double value;
    struct bytes text = pgsql_text(row, column);
    return bytes_to_double(text, &value) ? value : (double)NAN;
}

int64_t pgsql_integer(const struct pgsql_row *row, uint32_t column)
{
    struct bytes text = pgsql_text(row, column);
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t value;
    if (!bytes_to_u64(bytes_from(text, negative ? 1 : 0), &value)) return 0;
    return (int64_t)(negative ? 0 - value : value);
}

uint32_t pgsql_column(const struct pgsql_row *row, const char *name)
{
    int at = PQfnumber(row->result, name);
    return at < 0 ? UINT32_MAX : (uint32_t)at;
}
