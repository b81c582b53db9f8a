/* result_ndjson.h - the run as it goes, an object a line, format prony.stream/1.
 *
 * Why: programs want to follow a run, not only to read its end: a line for each tick, each stage's
 * edge, event, first error and turn of an objective, at the end the result itself. A replay writes
 * the same lines.
 * Source: docs/result.md, "As it goes: `ndjson`"; ndjson.org.
 * Thread: collecting thread.  Memory: in place; jansson's heap while it writes. */
#pragma once

#include "show/outlet.h"
#include "tick/bus.h"

#define RESULT_NDJSON_OBJECTIVES 256 /* watched for turns; further ones are in the result only */

struct result_ndjson {
    struct outlet to;
    const struct run_header *header;
    uint32_t stage;  /* in progress */
    uint64_t now_ns; /* run time */
    bool in_stage;
    enum verdict verdicts[RESULT_NDJSON_OBJECTIVES];
    bool known[RESULT_NDJSON_OBJECTIVES]; /* verdicts[i] was told */
    enum trust_level trust;
};

/* Before its sink is added; keeps what `to` points to. */
void result_ndjson_init(struct result_ndjson *n, struct outlet to);
/* Keeps `n`. Add it behind the judge. */
struct sink result_ndjson_sink(struct result_ndjson *n);
