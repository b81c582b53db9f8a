/* pg_sessions.h - what the sessions of a PostgreSQL server wait for, by glances.
 *
 * Why: the mean number of sessions that wait for a lock, a disk or a core is in the unit in which
 * requests in flight are counted, so that it can be set against them. One look at an instant sees
 * nothing of a wait of 20 ms; ten a second, summed up, do.
 * Source: PostgreSQL 15, "pg_stat_activity", "Wait Events".  Deviation: asked of the function under
 * the view, which joins nothing.
 * Thread: the source's.  Memory: in place, 8 KB. */
#pragma once

#include "net/pgsql.h"
#include "observe/pg_statements.h"
#include "observe/slip.h"
#include "observe/source.h"

#define PG_WAITS_MAX 100

struct pg_wait {
    char label[64];
    double sessions; /* summed over glances */
};

struct pg_sessions {
    struct bytes of;
    struct pg_wait waits[PG_WAITS_MAX];
    uint32_t wait_count;
    uint32_t glances;
    double idle_in_transaction;   /* summed over glances */
    double connections, oldest_s; /* of the last glance */
    bool locked;                  /* somebody waited for a lock since the last look */
    int64_t blocker;              /* told last */
    uint64_t blocker_at_ns;
};

/* One glance. False: the connection is gone, or it cannot be asked. */
MUST_USE bool pg_sessions_glance(struct pg_sessions *s, struct pgsql *link, struct err *err);
/* What was seen since the last look. */
void pg_sessions_put(struct pg_sessions *s, struct slip *slip);
/* Says who holds a lock that others wait for, where that is the case and news. False: the
 * connection is gone. */
MUST_USE bool pg_sessions_tell_blocker(struct pg_sessions *s, struct pg_statements *names,
                                       struct pgsql *link, struct slip *slip, uint64_t now_ns,
                                       struct err *err);
