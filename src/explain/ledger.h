/* ledger.h - where the requests in flight are, in one stage and in another, adding up.
 *
 * Why: a place is blamed by its share of what grew, in one unit for all of them, and what is left
 * over is said. Each request is charged once, at the deepest place that was seen: one that waits
 * for a database is in the database's wait class, not in the socket.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "explain/recall.h"
#include "tick/cause.h"

#define LEDGER_ROWS 192
#define LEDGER_GROUPS 48

enum ledger_class {
    LEDGER_LAG,       /* prony's own */
    LEDGER_CONNECT,   /* for a connection: pool, DNS, handshake */
    LEDGER_NETWORK,   /* round trips */
    LEDGER_ACCEPT,    /* in a listener's queue */
    LEDGER_CPU,       /* on a core */
    LEDGER_RUN_QUEUE, /* could run and had no core */
    LEDGER_THROTTLED, /* stood still for want of quota */
    LEDGER_LOCK,
    LEDGER_CONDITION,
    LEDGER_DISK,
    LEDGER_PEER, /* for somebody at the other end */
    LEDGER_SLEEP,
    LEDGER_DB_CPU, /* in a database, by what its session waits for */
    LEDGER_DB_LOCK,
    LEDGER_DB_IO,
    LEDGER_DB_OTHER,
    LEDGER_POOL,   /* in line for a pool that says so */
    LEDGER_INSIDE, /* inside the service, on no thread: in line for a group of threads */
    LEDGER_OTHER,
    LEDGER_CLASSES
};

struct ledger_row {
    enum ledger_class class;
    struct bytes of;    /* service, "prony" or "network" */
    struct bytes label; /* place as it was seen; empty: the class says all */
    struct bytes group; /* of threads; empty: none */
    uint32_t series;    /* SERIES_MAX: none */
    double before, after;
    bool spare; /* threads that wait for work: less of it is no loss, more of it no gain */
    bool rough; /* threads on a core or for one, by glances: in no sum, the kernel's are exact */
};

/* Threads of one kind. */
struct ledger_group {
    struct bytes of, name;
    double threads[2], idle[2];     /* mean numbers, before and after */
    double busy[2][LEDGER_CLASSES]; /* by what they do */
};

/* What of the growth is at a service in the end: its own places, and the lines of those who wait
 * for it, followed to where what they wait for is. */
struct ledger_charge {
    struct bytes of;
    double grown[LEDGER_CLASSES];
};

#define LEDGER_CHARGES 32

struct ledger {
    uint32_t good, bad;
    double n[2], x[2], r_ms[2]; /* in flight, done a second, mean time; before and after */
    struct ledger_row rows[LEDGER_ROWS];
    uint32_t row_count;
    struct ledger_group groups[LEDGER_GROUPS];
    uint32_t group_count;
    double grown[LEDGER_CLASSES]; /* of each class, not spare, losses left out */
    struct ledger_charge charges[LEDGER_CHARGES];
    uint32_t charge_count;
    double left; /* n[1] - n[0] less all of these; below 0: more than there are */
};

/* `good` PLAN_NO_INDEX: nothing to hold it against; then all of before is 0. */
void ledger_make(struct ledger *l, const struct recall *r, uint32_t good, uint32_t bad);
/* "on a core", ...: static. */
const char *ledger_class_name(enum ledger_class class);
/* What of dN grew at a class, lines not followed; 0 where nothing did. */
double ledger_share(const struct ledger *l, enum ledger_class class);
/* The same with lines followed, at all services. */
double ledger_charged(const struct ledger *l, enum ledger_class class);
/* The group whose threads are busiest in the bad stage; NULL: none has at least `least` of them. */
const struct ledger_group *ledger_busiest(const struct ledger *l, double least);
/* Share of a group's threads that are not idle; `at` 0 before, 1 after. */
double ledger_busy(const struct ledger_group *g, int at);
