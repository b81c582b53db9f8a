/* access_line.h - one line of an access log: which request, how it ended, when, how long.
 *
 * Why: what a server wrote down of each request stands beside what the client saw of it. Query
 * strings, hosts, users and headers are not taken: they hold secrets, and nobody asked for them.
 * Source: access_format.h.
 * Thread: any.  Memory: in place; method and path point into the line or into `room`. */
#pragma once

#include "wire/access_format.h"
#include "wire/when_text.h"

#define ACCESS_UNKNOWN UINT64_MAX
#define ACCESS_ROOM 1024

struct access_line {
    struct bytes method, path; /* path: without query, host and fragment; both may be empty */
    bool is_route;             /* path is a template */
    unsigned status;           /* 0: none was sent */
    bool has_when, starts;     /* starts: `when` is the request's start, not its end */
    struct when when;
    uint64_t duration_ns, queue_ns, connect_ns, server_ns; /* ACCESS_UNKNOWN: not said */
    struct bytes server;                                   /* HAProxy: "backend/server" */
    char room[ACCESS_ROOM];
};

/* False: it is none of this format. */
MUST_USE bool access_line_parse(const struct access_format *format, struct bytes line,
                                struct access_line *out);
/* The first known format of `family` (or any) by which at least four of five of `lines` are read;
 * NULL: none, else its name. */
const char *access_line_guess(struct access_format *out, struct bytes family,
                              const struct bytes *lines, uint32_t count);
