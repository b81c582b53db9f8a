#include "observe/net_counters.h"

#include "observe/host_text.h"

static void put(const struct net_out *out, enum series_row row, struct bytes label,
                struct counter *counter, uint64_t now)
{
    double rate;
    if (!counter_rate(counter, now, out->seconds, &rate)) return;
    slip_put(out->slip, slip_series(out->slip, out->of, row, label), rate);
}

static struct net_device *find_device(struct net_counters *n, struct bytes name)
{
    for (uint32_t i = 0; i < n->device_count; i++) {
        if (bytes_is(name, n->devices[i].name)) return &n->devices[i];
    }
    if (n->device_count == NET_DEVICES || name.len >= NET_DEVICE_BYTES) return NULL;
    struct net_device *device = &n->devices[n->device_count++];
    *device = (struct net_device){0};
    struct text text = text_in(device->name, sizeof device->name);
    text_add(&text, name);
    return device;
}

void net_counters_dev(struct net_counters *n, struct bytes text, const struct net_out *out)
{
    struct host_device is;
    while (host_text_device(&text, &is)) {
        if (is.in_bytes + is.out_bytes == 0) continue; /* never used */
        struct net_device *device = find_device(n, is.name);
        if (!device) continue;
        struct bytes label = bytes_of(device->name);
        put(out, out->rows.in, label, &device->in, is.in_bytes);
        put(out, out->rows.out, label, &device->out, is.out_bytes);
        put(out, out->rows.drops, label, &device->drops, is.drops);
    }
}

void net_counters_snmp(struct net_counters *n, struct bytes text, const struct net_out *out)
{
    uint64_t again;
    if (host_text_counter(text, "Tcp:", "RetransSegs", &again)) {
        put(out, out->rows.retransmits, (struct bytes){0}, &n->retransmits, again);
    }
}

void net_counters_netstat(struct net_counters *n, struct bytes text, const struct net_out *out)
{
    uint64_t overflows;
    uint64_t refused;
    if (host_text_counter(text, "TcpExt:", "ListenOverflows", &overflows)) {
        put(out, out->rows.overflows, (struct bytes){0}, &n->overflows, overflows);
    }
    if (host_text_counter(text, "TcpExt:", "ListenDrops", &refused)) {
        put(out, out->rows.refused, (struct bytes){0}, &n->refused, refused);
    }
}
