#include "plan/telemetry.h"

#include "plan/units.h"

#define DEFAULT_HOST "127.0.0.1"

bool telemetry_read_trace(struct bytes in, struct trace_plan *out, const char **why)
{
    double share = 0;
    bool off = bytes_is(in, "off");
    if (!off && !units_share(in, &share, why)) {
        *why = "write off, or the share of requests whose spans are asked for, such as 1%";
        return false;
    }
    *out = (struct trace_plan){.off = off, .share = share};
    return true;
}

/* Whoever can reach it may write into the run, so nobody from outside may: an address, since a name
 * may become another. */
static bool is_loopback(struct bytes host)
{
    return bytes_is(host, DEFAULT_HOST) || bytes_is(host, "localhost") || bytes_is(host, "::1");
}

static bool read_address(struct bytes in, struct otlp_plan *out, const char **why)
{
    size_t colon = in.len;
    uint64_t port = 0;
    while (colon > 0 && in.at[colon - 1] != ':') colon--;
    struct bytes host = {in.at, colon > 0 ? colon - 1 : 0};
    if (host.len > 1 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = (struct bytes){host.at + 1, host.len - 2};
    }
    *why = "it listens on 127.0.0.1 or ::1 only, since anybody beyond could write into the run";
    if (colon > 0 && !is_loopback(host)) return false;
    *why = "write a port from 1 to 65535, 127.0.0.1:4318, or: free";
    if (!bytes_to_u64(bytes_from(in, colon), &port) || port == 0 || port > UINT16_MAX) return false;
    bool six = bytes_is(host, "::1");
    out->host = six ? BYTES_LIT("::1") : BYTES_LIT(DEFAULT_HOST);
    out->port = (uint16_t)port;
    return true;
}

bool telemetry_read_otlp(struct bytes in, struct otlp_plan *out, const char **why)
{
    struct otlp_plan read = {.at = out->at};
    size_t blank = bytes_find(in, BYTES_LIT(" "));
    struct bytes place = {in.at, blank < in.len ? blank : in.len};
    struct bytes rest = bytes_trim(bytes_from(in, place.len));
    *why = "only `required` may stand behind the address";
    if (rest.len > 0 && !bytes_is(rest, "required")) return false;
    read.required = rest.len > 0;
    read.free = bytes_is(place, "free");
    read.host = BYTES_LIT(DEFAULT_HOST);
    if (!read.free && !read_address(place, &read, why)) return false;
    *out = read;
    return true;
}
