/* probe.h - is somebody there? One HTTP request, with a time limit.
 *
 * Why: rig/ asks a service whether it is ready before any load is sent. It is a handful of plain
 * calls, not worth an event loop, and sockets live in net/ alone.
 * Source: RFC 9112 by wire/h1.  Deviation: the body is not read, the status is all that is wanted.
 * Thread: any; blocks at most `within_ns`.  Memory: the stack. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"
#include "base/err.h"

struct probe_request {
    struct bytes host; /* a name or an address without brackets */
    uint16_t port;
    struct bytes method, path;
};

/* Sends the request and reads the final status. False: no reply that is HTTP within the time. */
MUST_USE bool probe_http(const struct probe_request *request, uint64_t within_ns, uint32_t *status,
                         struct err *err);
