/* net_counters.h - what a network namespace counts: bytes by device, segments and connections lost.
 *
 * Why: the host's own and those of services in containers are told by the same files of /proc.
 * Source: proc(5), /proc/PID/net/{dev,snmp,netstat}.
 * Thread: one owner.  Memory: in place. */
#pragma once

#include "observe/counter.h"
#include "observe/slip.h"

#define NET_DEVICES 64
#define NET_DEVICE_BYTES 32

struct net_device {
    char name[NET_DEVICE_BYTES];
    struct counter in, out, drops;
};

/* Which series they are. */
struct net_rows {
    enum series_row in, out, drops, retransmits, overflows, refused;
};

struct net_counters {
    struct net_device devices[NET_DEVICES];
    uint32_t device_count;
    struct counter retransmits, overflows, refused;
};

/* Where rates go: `of` is kept for the run; `seconds` 0: this look takes the counts' start. */
struct net_out {
    struct slip *slip;
    struct bytes of;
    struct net_rows rows;
    double seconds;
};

/* Of the text of each file; an empty one tells nothing. */
void net_counters_dev(struct net_counters *n, struct bytes text, const struct net_out *out);
void net_counters_snmp(struct net_counters *n, struct bytes text, const struct net_out *out);
void net_counters_netstat(struct net_counters *n, struct bytes text, const struct net_out *out);
