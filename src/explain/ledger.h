/* ledger.h - where the requests in flight are, in one stage and in another, adding up.
 *
 * Why: a place is blamed by its share of what grew, in one unit for all of them, and what is left
 * over is said. Each request is charged once, at the deepest place that was seen: one that waits
 * for a database is in the database's wait class, not in the socket.
 * Source: docs/why.md.
 * Thread: collecting thread.  Memory: in place. */
#pragma once

#include "explain/choose.h"
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
    LEDGER_DB_LATCH, /* for what another session has in hand: followed to what the others do */
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
    struct bytes
        behind;      /* at a peer: the service that it is, where that is looked at; else empty */
    uint32_t series; /* SERIES_MAX: none */
    double before, after;
    double seen[2];   /* the same, those charged deeper included */
    double looks;     /* at it, before: how finely `before` is known */
    double limit;     /* of an accept queue: how many it takes; 0: not known */
    bool connections; /* by which a peer is asked, and no threads; limit: the most there were */
    bool spare;       /* threads that wait for work: less of it is no loss, more of it no gain */
    bool rough; /* threads on a core or for one, by glances: in no sum, the kernel's are exact */
};

/* Threads of one kind, or connections to one peer. */
struct ledger_group {
    struct bytes of, name;
    bool connections;               /* to a peer, as many as there ever are, instead */
    double threads[2], idle[2];     /* mean numbers, before and after */
    double busy[2][LEDGER_CLASSES]; /* by what they do */
};

/* What of the slowdown is at a service in the end: its own places, and the lines of those who wait
 * for it, followed to where what they wait for is. */
struct ledger_charge {
    struct bytes of;
    double grown[LEDGER_CLASSES];
};

#define LEDGER_CHARGES 32

struct ledger {
    uint32_t good, bad;
    uint32_t scenario; /* its iterations are what is in flight; PLAN_NO_INDEX: requests are */
    double n[2], x[2], r_ms[2]; /* in flight, through it a second, mean time; before, after */
    struct ledger_row rows[LEDGER_ROWS];
    uint32_t row_count;
    struct ledger_group groups[LEDGER_GROUPS];
    uint32_t group_count;
    struct ledger_charge charges[LEDGER_CHARGES];
    uint32_t charge_count;
    double left;        /* n[1] - n[0] less what grew at each place; below 0: more than there are */
    double load;        /* times as many requests a second as before */
    double slower;      /* n[1] - load x n[0]: in flight because each request takes longer */
    double unexplained; /* of that; below 0 likewise */
    double line;        /* of that, in line for a full group of threads */
};

/* `good` PLAN_NO_INDEX: nothing to hold it against; then all of before is 0. */
void ledger_make(struct ledger *l, const struct recall *r, const struct chosen *chosen);
/* "on a core", ...: static. */
const char *ledger_class_name(enum ledger_class class);
/* Share of the slowdown at a class, at all services, lines followed; 0 where there is none. */
double ledger_charged(const struct ledger *l, enum ledger_class class);
/* What of `after` is there because a request is there for longer than `before`, by Little's law: a
 * place with as many more requests as there is more load is no slower. Below 0: there are fewer. */
double ledger_excess(const struct ledger *l, double before, double after);
/* Is it a place at which something is done for requests: neither a peer nor threads that are idle?
 */
bool ledger_is_work(const struct ledger_row *row);
/* Share of a group's threads that are not idle; `at` 0 before, 1 after. */
double ledger_busy(const struct ledger_group *g, int at);
/* How many wait in the mean for one of `servers`, each of which is busy for a share of its time, if
 * they come and take as long as chance has it: M/M/m. */
double ledger_expected_line(double servers, double busy);
/* Would so many requests stand in line for it? They do where it has no time left; and where it has
 * little, some do, since they come when they come. */
bool ledger_has_line(const struct ledger_group *g, double line);
/* How much busier it became: of those with a line, that which became so. */
double ledger_filled(const struct ledger_group *g);
/* The group of a service (empty: of any) for which so many stand in line; else the busiest; NULL:
 * there is none. */
const struct ledger_group *ledger_busiest(const struct ledger *l, double line, struct bytes of);
