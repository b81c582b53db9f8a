/* tail.h - on which connections the slowest requests were, and what TCP says of those.
 *
 * Why: a tail that sits on a few connections, or on those that lost packets, is the network's or a
 * backend's, not the service's as a whole; a percentile cannot tell.
 * Source: load/tail_priv.h counts; docs/method.md, "The tail by connection".
 * Thread: as tick.h.  Memory: in place. */
#pragma once

#include <stdint.h>

/* Counts of one tick and stage, which add up. Run files have them by number: new ones go to the
 * end. */
enum tail_fact {
    TAIL_SLOW,   /* requests slower than 99 % of those of the tick before */
    TAIL_LOSSY,  /* of them, those whose connection had to send something again meanwhile */
    TAIL_RESENT, /* segments sent again, as far as was looked */
    TAIL_LOSSY_CONNECTIONS, /* that were found so for the first time in this stage */
    TAIL_CONNECTIONS,       /* told once a stage, at its end: that answered something, ... */
    TAIL_FEW,               /* ... the fewest of them that hold half of the slow requests, ... */
    TAIL_FEW_OF,            /* ... how many slow requests those are half of, ... */
    TAIL_FEW_REQUESTS,      /* ... how many of all requests those few had, ... */
    TAIL_REQUESTS,          /* ... and how many all had */
    TAIL_COUNT
};

struct tail {
    uint64_t of[TAIL_COUNT];
};
