#include "observe/network_source.h"

#include "observe/net_counters.h"
#include "observe/netns.h"

#define TEXT_BYTES 65536

struct network {
    struct bytes service;
    const struct family *family;
    struct netns at;
    struct proc_file dev, snmp, netstat;
    struct net_counters counters;
    bool fresh; /* the counters have no start yet */
    char *text; /* [TEXT_BYTES] */
};

static void close_files(struct network *n)
{
    proc_close(&n->dev);
    proc_close(&n->snmp);
    proc_close(&n->netstat);
}

/* It is somewhere else than before: counts begin anew. */
static bool move(struct network *n, struct err *err)
{
    close_files(n);
    n->counters = (struct net_counters){0};
    n->fresh = true;
    if (!n->at.other) return true;
    if (proc_open(&n->dev, "/proc/%d/net/dev", n->at.pid)
        && proc_open(&n->snmp, "/proc/%d/net/snmp", n->at.pid)
        && proc_open(&n->netstat, "/proc/%d/net/netstat", n->at.pid)) {
        return true;
    }
    err_set(err, ERR_IO, 0, "the network of process %d cannot be read", n->at.pid);
    n->at = (struct netns){0}; /* tried again by the next look */
    return false;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct network *n = ctx;
    if (netns_look(&n->at, n->family) && !move(n, err)) return false;
    if (!n->at.other) return true; /* host.net.* and host.tcp.* tell of it */
    bool start = when->first || n->fresh;
    struct net_out out = {.slip = slip,
                          .of = n->service,
                          .rows = {SERIES_OF_NET_IN, SERIES_OF_NET_OUT, SERIES_OF_NET_DROPS,
                                   SERIES_OF_NET_RETRANSMITS, SERIES_OF_TCP_OVERFLOWS,
                                   SERIES_OF_TCP_DROPS},
                          .seconds = start ? 0 : (double)(when->now_ns - when->since_ns) / 1e9};
    n->fresh = false;
    net_counters_dev(&n->counters, proc_read(&n->dev, n->text, TEXT_BYTES), &out);
    net_counters_snmp(&n->counters, proc_read(&n->snmp, n->text, TEXT_BYTES), &out);
    net_counters_netstat(&n->counters, proc_read(&n->netstat, n->text, TEXT_BYTES), &out);
    return true;
}

static void close_source(void *ctx)
{
    close_files(ctx);
}

bool network_source(struct source *out, struct arena *arena, struct bytes service,
                    const struct family *family)
{
    struct network *n = ARENA_NEW(arena, struct network);
    if (!n) return false;
    *n = (struct network){.service = service,
                          .family = family,
                          .dev.fd = -1,
                          .snmp.fd = -1,
                          .netstat.fd = -1,
                          .text = arena_alloc(arena, TEXT_BYTES)};
    *out = (struct source){.ctx = n, .look = look, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "network of %.*s", BYTES_ARG(service));
    return arena_ok(arena);
}
