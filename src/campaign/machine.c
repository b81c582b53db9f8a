#include "campaign/machine.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/proc_text.h"
#include "base/text.h"

#define OWN_DESCRIPTORS 32  /* beside the engine's: streams, the run file and its log, signals */
#define PORTS_DEFAULT 28232 /* Linux: 32768..60999 */

/* A file that holds one number; UINT64_MAX for `max` or when there is no such file. */
static uint64_t number_in(const char *path)
{
    char array[64];
    uint64_t value;
    struct bytes text = {array, file_read_at(path, 0, array, sizeof array)};
    while (text.len > 0 && text.at[text.len - 1] == '\n') text.len--;
    return bytes_to_u64(text, &value) ? value : UINT64_MAX;
}

static uint64_t meminfo_bytes(const char *label)
{
    char array[4096];
    struct bytes text = {array, file_read_at("/proc/meminfo", 0, array, sizeof array)};
    return proc_text_after(text, label) * 1024;
}

uint64_t machine_free_memory_bytes(void)
{
    uint64_t free_bytes = meminfo_bytes("MemAvailable:");
    uint64_t most = number_in("/sys/fs/cgroup/memory.max");
    uint64_t used = number_in("/sys/fs/cgroup/memory.current");
    if (most == UINT64_MAX || used == UINT64_MAX) return free_bytes;
    uint64_t left = most > used ? most - used : 0;
    return left < free_bytes ? left : free_bytes;
}

/* Not ru_maxrss of getrusage(2), which remembers what whoever started us held before exec. */
uint64_t machine_resident_peak_bytes(void)
{
    char array[4096];
    struct bytes text = {array, file_read_at("/proc/self/status", 0, array, sizeof array)};
    return proc_text_after(text, "VmHWM:") * 1024;
}

static void read_cpu(struct text *out)
{
    char array[4096];
    struct bytes text = {array, file_read_at("/proc/cpuinfo", 0, array, sizeof array)};
    size_t at = bytes_find(text, BYTES_LIT("model name"));
    if (at == SIZE_MAX) {
        text_adds(out, "unknown");
        return;
    }
    struct bytes rest = bytes_from(text, at);
    rest = bytes_from(rest, bytes_find(rest, BYTES_LIT(":")));
    size_t end = bytes_find(rest, BYTES_LIT("\n"));
    if (end > rest.len) end = rest.len;
    if (end > 0) text_add_safe(out, bytes_trim((struct bytes){rest.at + 1, end - 1}));
}

static uint32_t read_ports(void)
{
    char array[64];
    struct bytes text = {
        array, file_read_at("/proc/sys/net/ipv4/ip_local_port_range", 0, array, sizeof array)};
    uint64_t first = proc_text_after(text, "");
    size_t tab = bytes_find(text, BYTES_LIT("\t"));
    uint64_t last = tab < text.len ? proc_text_after(bytes_from(text, tab), "\t") : 0;
    if (first == 0 || last < first || last > UINT16_MAX) return PORTS_DEFAULT;
    return (uint32_t)(last - first + 1);
}

void machine_look(struct machine *out)
{
    *out = (struct machine){.cores = 1, .ports = read_ports()};
    struct utsname uts;
    if (uname(&uts) == 0) {
        struct text name = text_in(out->name, sizeof out->name);
        struct text kernel = text_in(out->kernel, sizeof out->kernel);
        text_adds(&name, uts.nodename);
        text_adds(&kernel, uts.release);
    }
    struct text cpu = text_in(out->cpu, sizeof out->cpu);
    read_cpu(&cpu);
    cpu_set_t *affinity = &out->affinity;
    if (sched_getaffinity(0, sizeof *affinity, affinity) == 0)
        out->cores = (uint32_t)CPU_COUNT(affinity);
    out->memory_bytes = meminfo_bytes("MemTotal:");
    uint64_t most = number_in("/sys/fs/cgroup/memory.max");
    if (most < out->memory_bytes) out->memory_bytes = most;
    out->memory_free_bytes = machine_free_memory_bytes();
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        out->descriptors_now = limit.rlim_cur;
        out->descriptors_most = limit.rlim_max;
    }
}

uint64_t machine_descriptors(const struct engine_needs *needs, const struct plan *plan)
{
    return needs->descriptors + OWN_DESCRIPTORS + plan->service_count * UINT64_C(2);
}

/* What the plan may be asked to make do with: requests beyond it wait for one that is free. `room`
 * is what there is of the thing, `others` what is taken by what is no connection. */
static void add_fitting(struct err *err, uint64_t room, uint64_t others)
{
    if (!err) return;
    struct text hint = {.at = err->hint, .len = strlen(err->hint), .size = sizeof err->hint};
    uint64_t connections = room > others ? room - others : 0;
    if (connections == 0) {
        text_addf(&hint, "; fewer connections are no cure: with one it takes %llu",
                  (unsigned long long)others + 1);
        return;
    }
    text_addf(&hint,
              "; or make do with fewer: `connections: %llu` fits here, as does "
              "--connections %llu",
              (unsigned long long)connections, (unsigned long long)connections);
}

static bool fit_descriptors(struct machine *m, const struct engine_needs *needs,
                            const struct plan *plan, struct err *err)
{
    uint64_t needed = machine_descriptors(needs, plan);
    if (needed <= m->descriptors_now) return true;
    struct rlimit limit = {.rlim_cur = needed, .rlim_max = m->descriptors_most};
    if (needed <= m->descriptors_most && setrlimit(RLIMIT_NOFILE, &limit) == 0) {
        m->descriptors_now = needed;
        return true;
    }
    err_set(err, ERR_LIMIT, 0,
            "too few file descriptors: the plan may need %llu, this process may have %llu (soft "
            "limit %llu, hard limit %llu)",
            (unsigned long long)needed, (unsigned long long)m->descriptors_most,
            (unsigned long long)m->descriptors_now, (unsigned long long)m->descriptors_most);
    err_hint(err,
             "raise the hard limit (`ulimit -n %llu` in a shell of root, LimitNOFILE=%llu of a "
             "unit, --ulimit nofile=%llu of a container)",
             (unsigned long long)needed, (unsigned long long)needed, (unsigned long long)needed);
    add_fitting(err, m->descriptors_most, needed - needs->connections);
    return false;
}

uint64_t machine_ports(const struct machine *m, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->target_count; i++) {
        if (bytes_starts(plan->targets[i].address, BYTES_LIT("unix:"))) return UINT64_MAX;
    }
    uint32_t sources = plan->source_count > 0 ? plan->source_count : 1;
    return (uint64_t)m->ports * plan->target_count * sources;
}

bool machine_fit(struct machine *m, const struct engine_needs *needs, const struct plan *plan,
                 struct err *err)
{
    if (!fit_descriptors(m, needs, plan, err)) return false;
    /* Each connection to one address needs a port of its own at this end. */
    uint64_t ports = machine_ports(m, plan);
    if (needs->connections > ports) {
        err_set(err, ERR_LIMIT, 0,
                "too few local ports: the plan may need %llu connections, this host has %llu ports",
                (unsigned long long)needs->connections, (unsigned long long)ports);
        err_hint(err, "widen net.ipv4.ip_local_port_range, or name more targets, or more own "
                      "addresses as `source`");
        add_fitting(err, ports, 0);
        return false;
    }
    if (needs->memory_bytes > m->memory_free_bytes) {
        err_set(err, ERR_LIMIT, 0,
                "too little memory: the plan needs about %llu MiB, %llu are free",
                (unsigned long long)(needs->memory_bytes >> 20),
                (unsigned long long)(m->memory_free_bytes >> 20));
        return err_hint(err, "lower `max_in_flight` (or the users), at %llu bytes each",
                        (unsigned long long)needs->user_bytes);
    }
    return true;
}
