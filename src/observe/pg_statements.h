/* pg_statements.h - which statements a PostgreSQL server spends its time in, look by look.
 *
 * Why: "the database is slow" is one statement most of the time. Counters are fetched without
 * texts, since the server reads a whole file for those; a text is fetched once, for a statement
 * that is among the ones with most time in a look. What has been named once is told in every look
 * from there on, and all others together are `other`.
 * Source: PostgreSQL 15, "pg_stat_statements".  Deviation: a statement of all users is one.
 * Thread: the source's.  Memory: the arena given, about 2 MB. */
#pragma once

#include "base/arena.h"
#include "net/pgsql.h"
#include "observe/slip.h"
#include "observe/source.h"
#include "observe/sql_label.h"

#define PG_STATEMENTS_MAX 8192 /* counted */
#define PG_STATEMENTS_NAMED 40 /* with series of their own */
#define PG_STATEMENTS_TOP 10   /* may become so in one look */
#define PG_STATEMENTS_OWN 24

enum pg_count { PG_CALLS, PG_TIME, PG_ROWS, PG_HIT, PG_READ, PG_TEMP, PG_COUNTS };

struct pg_statement {
    int64_t id;
    double now[PG_COUNTS], grown[PG_COUNTS]; /* PG_TIME in seconds */
    bool used;
};

struct pg_named {
    int64_t id;
    char label[SQL_LABEL_BYTES + 12];
};

struct pg_statements {
    struct bytes of;
    char from[80];   /* "public.pg_stat_statements"; "" where it is not there */
    bool blind;      /* it cannot be asked, which has been told */
    bool texts_lost; /* the server takes too long for them */
    bool first;      /* counters only begin */
    bool was_full;   /* one that is new may have been there and found no room */
    bool full_told, lost_told;
    double evictions; /* so far; NAN: not asked yet */
    uint64_t since_ns, next_ns;
    struct pg_statement *now, *before; /* [2 * PG_STATEMENTS_MAX], hashed */
    uint32_t count;
    struct pg_named named[PG_STATEMENTS_NAMED];
    uint32_t named_count;
    int64_t own[PG_STATEMENTS_OWN]; /* prony's: not told */
    uint32_t own_count;
};

/* Once; keeps `service`. False: no memory. */
MUST_USE bool pg_statements_open(struct pg_statements *s, struct arena *arena,
                                 struct bytes service);
/* After a connection: `schema` of the extension, at == NULL: it is not installed. */
void pg_statements_begin(struct pg_statements *s, struct bytes schema);
/* A look. False: the connection is gone. What cannot be seen is told once on the slip. */
MUST_USE bool pg_statements_look(struct pg_statements *s, struct pgsql *link, struct slip *slip,
                                 const struct look *when, struct err *err);
/* Appends what a statement is called, which may ask for its text. */
void pg_statements_name(struct pg_statements *s, struct pgsql *link, int64_t id, struct text *out);
