/* target.h - the modelled service: what it answers, when, and what it remembers.
 *
 * Why: a property needs a truth that does not come from the engine. The model computes each reply
 * when its request is complete (nothing that happens later can change it), so it knows to the
 * nanosecond when every byte reaches the client.
 * Source: own.  Thread: one.  Memory: fixed arrays, so that a run of it allocates nothing. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define EXCHANGES_MAX (1u << 18)
#define REPLY_MAX ((size_t)96 << 10)
#define PARTS_MAX 64
#define REQUEST_MAX ((size_t)16 << 10)
#define LINKS_MAX 2048
#define NO_EXCHANGE UINT32_MAX

enum reply_kind {
    REPLY_LENGTH,  /* 200 with Content-Length */
    REPLY_CHUNKED, /* 200, chunked */
    REPLY_CLOSE,   /* 200, the end of the connection is the end of the body */
    REPLY_LAST,    /* 200, Connection: close */
    REPLY_500,
    REPLY_404,
    REPLY_WRONG,       /* 200, but not what the check wants */
    REPLY_GARBAGE,     /* not HTTP */
    REPLY_SURPLUS,     /* bytes behind the reply */
    REPLY_500_SURPLUS, /* the same behind a 500 */
    REPLY_CUT,         /* closed in the middle */
    REPLY_RESET,       /* reset in the middle */
    REPLY_NEVER,
    REPLY_KIND_COUNT
};

enum service_law { SERVICE_CONSTANT, SERVICE_EXPONENTIAL, SERVICE_TWO_WAYS };

struct target_law {
    enum service_law law;
    uint64_t service_ns;            /* mean */
    uint32_t servers;               /* requests served at once, the others wait; 0: any number */
    uint64_t trip_ns;               /* one way */
    uint64_t stall_at_ns, stall_ns; /* from then on nothing is served for so long */
    uint32_t per_million[REPLY_KIND_COUNT]; /* what is left is REPLY_LENGTH */
    uint32_t drips;                         /* per million: the reply comes in many parts */
    uint32_t sends_part;                    /* per million: a send takes only a part */
    uint32_t large;                         /* per million: more than one read holds */
    uint64_t flood_bytes;                   /* a body so long, all there at once; 0: none */
    uint32_t unstamped;                     /* per million: a read without the kernel's stamp */
    uint32_t blocks;                        /* per million: a read that must write first */
    uint32_t refuses;                       /* per million of connects */
    uint32_t ignores;                       /* per million: a connect that is never answered */
    uint32_t no_port;                       /* per million: the client has no port */
    uint64_t idle_ns;  /* closes a connection that was idle for so long; 0: never */
    uint32_t open_max; /* refuses more connections; 0: any number */
    uint32_t polls;    /* a poll is done at its try number 1..polls, by its iteration */
};

/* A request that reached the service whole, and its reply. Times: world. */
struct exchange {
    uint64_t seq, user; /* X-Seq, X-User */
    uint32_t name;      /* X-Name: n<number> */
    uint32_t row;       /* X-Row; UINT32_MAX: none came with it */
    uint32_t before;    /* the exchange before in its iteration, NO_EXCHANGE: the first */
    uint64_t sent_ns;   /* the client began to send it */
    uint64_t first_ns;  /* stamp of the client's first read of the reply */
    uint64_t last_ns;   /* stamp of its last */
    uint64_t read_ns;   /* when it had read all, 0: it never did */
    uint64_t closed_ns; /* the client gave up, 0: it did not */
    uint64_t hash;      /* of the request's bytes */
    enum reply_kind kind;
    bool id_matches; /* what was captured from the reply before came with it */
    bool id_empty;   /* nothing did */
    bool done;       /* of a poll: the state in the reply */
};

struct part {
    uint64_t at_ns;
    size_t end; /* of the reply's bytes */
};

/* One connection, both ends. */
struct link {
    bool used, reset_after, closed_after; /* after the last part */
    bool sending;                         /* a request has begun and is not whole */
    uint64_t end_ns;                      /* of reset or close */
    uint64_t busy_until_ns;
    uint32_t exchange;
    size_t request_len, reply_len, reply_read;
    uint64_t flood_left; /* bytes of body behind the last part */
    uint64_t request_began_ns;
    uint32_t part_count, part_next;
    struct part parts[PARTS_MAX];
    char request[REQUEST_MAX];
    char reply[REPLY_MAX];
};

struct target_counts {
    uint64_t connects, refused, ignored, no_port, accepted;
    uint64_t late; /* sends into a connection that the service had closed */
    uint64_t open, open_most;
    uint64_t reads_most;     /* of one connection between two waits */
    uint64_t last_action_ns; /* the client's last connect or send */
};

enum welcome { WELCOME_YES, WELCOME_REFUSED, WELCOME_NEVER, WELCOME_NO_PORT };

void target_open(const struct target_law *law);
void target_close(void);
/* How a connect ends; `*at_ns`: when the client knows. */
enum welcome target_connect(uint64_t now_ns, uint64_t *at_ns);
/* Bytes of a request at the service's end; a whole one is answered into `link`. */
void target_take(struct link *link, struct bytes in, uint64_t now_ns);
/* The client closed. */
void target_left(struct link *link, uint64_t now_ns);

const struct target_law *target_law(void);
struct target_counts *target_counts(void);
struct exchange *target_exchange(uint32_t index);
uint32_t target_exchange_count(void);
/* The last exchange of the iteration `seq`; NO_EXCHANGE: none yet. */
uint32_t target_last_of(uint64_t seq);
