/* connection_priv.h - a socket that serves one flow at a time, and the pool of those to a target.
 *
 * Why: exchange.c keeps them; the worker lays them out. Apart from worker_priv.h so that either can
 * be read in one sitting.
 * Source: own.  Thread: the worker's.  Memory: arrays in the worker's arena; ids are indexes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/stream.h"
#include "wire/h1.h"

#define NOBODY UINT32_MAX
#define MAX_CONNECTIONS (1u << 20)          /* a worker */
#define KEEP_SIZE ((size_t)H1_MAX_LINE * 2) /* of a partial line, kept with its connection */
#define IN_SIZE ((size_t)64 << 10)          /* one read */

enum connection_state { CONNECTION_FREE, CONNECTION_MAKING, CONNECTION_IDLE, CONNECTION_BUSY };

/* What of the tail lies on it; kept while another connection takes its place. */
struct tail_place {
    uint32_t stage; /* 1 + the stage that the counts are of; 0: none yet */
    uint32_t requests, slow;
    uint32_t resent;     /* segments, when the kernel was asked last, ... */
    uint32_t generation; /* ... about this connection */
    bool lossy;
    bool mixed; /* another connection was in its place before, in the same stage */
};

struct connection {
    enum connection_state state;
    struct stream stream;
    uint32_t generation;    /* tells events of an earlier socket in this place apart */
    union {                 /* the one list that it can be in, by its state */
        uint32_t next_free; /* CONNECTION_FREE */
        uint32_t next_idle; /* CONNECTION_IDLE: the next older one to its target */
    };
    uint32_t flow; /* CONNECTION_MAKING, CONNECTION_BUSY */
    uint32_t target;
    char *keep, *body; /* what is kept of the reply (gather_priv.h); NULL: nothing */
    uint32_t keep_len; /* bytes of a partial line kept from the last read */
    uint32_t body_len; /* bytes of body gathered for checks */
    bool body_cut;     /* there was more than BODY_READ_MAX */
    bool no_room;      /* for the body, so it was given up */
    bool shaking;      /* CONNECTION_MAKING: it stands, TLS is shaking hands */
    bool ended;        /* the peer is done: no more will come than is there */
    bool blocked;      /* TLS must write before it can be read on */
    size_t unsent_len; /* bytes of a request the kernel did not take yet */
    const char *unsent;
    uint64_t began_ns; /* CONNECTION_MAKING */
    struct tail_place tail;
    struct h1_resp response;
};

/* One target: newest idle connection first, waiting flows first come first served. */
struct pool {
    uint32_t open; /* connections made or being made */
    uint32_t idle;
    uint32_t queue_head, queue_tail;
};
