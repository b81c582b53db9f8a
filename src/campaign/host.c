#include "campaign/host.h"

#include <unistd.h>

#include "base/file.h"
#include "base/ns.h"
#include "base/proc_text.h"
#include "base/text.h"

#define STAT_BYTES 65536 /* lines of some 600 cores; of more, those speak for the rest */
#define STOLEN_FIELD 7   /* behind user nice system idle iowait irq softirq */
#define GROUP_FILE "cpu.stat"

static struct bytes read_text(const struct host *h, const char *path, char *into, size_t size)
{
    char array[HOST_PATH_MAX + 256];
    struct text whole = text_in(array, sizeof array);
    text_adds(&whole, h->root);
    text_adds(&whole, path);
    return (struct bytes){into, file_read_at(array, 0, into, size)};
}

static struct bytes take_line(struct bytes *rest)
{
    size_t len = bytes_find(*rest, BYTES_LIT("\n"));
    if (len > rest->len) len = rest->len;
    struct bytes line = {rest->at, len};
    *rest = bytes_from(*rest, len + 1);
    return line;
}

/* -- Cores ---------------------------------------------------------------------------------- */

/* Adds a core's counts. Time of guests is in that of the user already. */
static void add_core(struct bytes line, uint64_t *stolen, uint64_t *total)
{
    uint64_t value;
    for (uint32_t field = 0; field <= STOLEN_FIELD && proc_text_next(&line, &value); field++) {
        *total += value;
        if (field == STOLEN_FIELD) *stolen += value;
    }
}

static void read_cores(const struct host *h, uint64_t *stolen, uint64_t *total)
{
    char array[STAT_BYTES];
    struct bytes rest = read_text(h, "/proc/stat", array, sizeof array);
    *stolen = *total = 0;
    while (rest.len > 0) {
        if (bytes_find(rest, BYTES_LIT("\n")) >= rest.len) return; /* cut, within a number maybe */
        struct bytes line = take_line(&rest);
        uint64_t core;
        if (!bytes_starts(line, BYTES_LIT("cpu"))) return; /* those of the cores come first */
        line = bytes_from(line, 3);
        /* Without a number: all of them. */
        if (line.len == 0 || !bytes_is_digit(line.at[0]) || !proc_text_next(&line, &core)) continue;
        if (core < CPU_SETSIZE && CPU_ISSET(core, &h->cores)) add_core(line, stolen, total);
    }
}

static uint64_t risen(uint64_t from, uint64_t to)
{
    return to > from ? to - from : 0;
}

static void look_at_cores(struct host *h, struct strain *out)
{
    uint64_t stolen;
    uint64_t total;
    read_cores(h, &stolen, &total);
    if (total == 0) return;
    out->of[STRAIN_STOLEN] = risen(h->stolen, stolen) * h->ns_per_count;
    out->of[STRAIN_CORES] = risen(h->total, total) * h->ns_per_count;
    h->stolen = stolen;
    h->total = total;
}

/* -- The quota ------------------------------------------------------------------------------ */

/* False: this cgroup has no such count. */
static bool read_group(const struct host *h, struct host_group *g)
{
    char array[2048];
    struct bytes text = read_text(h, g->path, array, sizeof array);
    if (bytes_find(text, BYTES_LIT("nr_periods ")) == SIZE_MAX) return false;
    g->periods = proc_text_after(text, "nr_periods ");
    g->throttled = proc_text_after(text, "nr_throttled ");
    uint64_t us = proc_text_after(text, "throttled_usec "); /* version 2; 1 has ns */
    g->throttled_ns = us > 0 ? us * NS_PER_US : proc_text_after(text, "throttled_time ");
    return true;
}

/* The cgroup `path` below `mount`, and those it lies in: each may have a quota. */
static void find_groups(struct host *h, const char *mount, struct bytes path)
{
    while (h->group_count < HOST_GROUPS_MAX) {
        while (path.len > 0 && path.at[path.len - 1] == '/') path.len--;
        struct host_group *g = &h->groups[h->group_count];
        struct text text = text_in(g->path, sizeof g->path);
        text_adds(&text, mount);
        text_add(&text, path);
        text_adds(&text, "/" GROUP_FILE);
        if (!text.cut && read_group(h, g)) h->group_count++;
        if (path.len == 0) return;
        while (path.len > 0 && path.at[path.len - 1] != '/') path.len--;
    }
}

static bool has_controller(struct bytes list, struct bytes name)
{
    while (list.len > 0) {
        size_t len = bytes_find(list, BYTES_LIT(","));
        if (len > list.len) len = list.len;
        if (bytes_equal((struct bytes){list.at, len}, name)) return true;
        list = bytes_from(list, len + 1);
    }
    return false;
}

/* /proc/self/cgroup has lines of number:controllers:path; that of version 2 names no controller. In
 * a container the path may be the host's while its own cgroup is what is mounted: then none of the
 * folders above is there, and the mount itself speaks. */
static void find_quota(struct host *h)
{
    static const char *const mounts[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct",
                                         "/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char array[4096];
    struct bytes rest = read_text(h, "/proc/self/cgroup", array, sizeof array);
    while (rest.len > 0 && h->group_count == 0) {
        struct bytes line = take_line(&rest);
        struct bytes list = bytes_from(line, bytes_find(line, BYTES_LIT(":")));
        list = bytes_from(list, 1);
        size_t colon = bytes_find(list, BYTES_LIT(":"));
        if (colon >= list.len) continue;
        struct bytes path = bytes_from(list, colon + 1);
        list.len = colon;
        if (list.len > 0 && !has_controller(list, BYTES_LIT("cpu"))) continue;
        if (bytes_find(path, BYTES_LIT("..")) != SIZE_MAX) path.len = 0; /* beyond what we see */
        size_t first = list.len > 0 ? 0 : 2;
        for (size_t i = first; i < first + 2 && h->group_count == 0; i++)
            find_groups(h, mounts[i], path);
    }
}

/* That of the one which was short most often. */
static void look_at_quota(struct host *h, struct strain *out)
{
    for (uint32_t i = 0; i < h->group_count; i++) {
        struct host_group before = h->groups[i];
        struct host_group *now = &h->groups[i];
        if (!read_group(h, now)) continue;
        uint64_t throttled = risen(before.throttled, now->throttled);
        if (i > 0 && throttled <= out->of[STRAIN_THROTTLED]) continue;
        out->of[STRAIN_PERIODS] = risen(before.periods, now->periods);
        out->of[STRAIN_THROTTLED] = throttled;
        out->of[STRAIN_THROTTLED_NS] = risen(before.throttled_ns, now->throttled_ns);
    }
}

/* -- Waiting for a core --------------------------------------------------------------------- */

static void look_at_threads(struct host *h, const uint32_t *ids, uint32_t count, struct strain *out)
{
    for (uint32_t i = 0; i < count && i < HOST_THREADS_MAX; i++) {
        char path[64];
        char array[128];
        struct text text = text_in(path, sizeof path);
        text_addf(&text, "/proc/self/task/%u/schedstat", ids[i]);
        struct bytes rest = read_text(h, path, array, sizeof array);
        uint64_t ran_ns;
        uint64_t waited_ns;
        if (!proc_text_next(&rest, &ran_ns) || !proc_text_next(&rest, &waited_ns)) continue;
        uint64_t more_ns = risen(h->waited_ns[i], waited_ns);
        if (more_ns > out->of[STRAIN_WAITED]) out->of[STRAIN_WAITED] = more_ns;
        h->waited_ns[i] = waited_ns;
    }
}

void host_open(struct host *h, const char *root, const cpu_set_t *cores)
{
    *h = (struct host){.root = root, .cores = *cores};
    long counts_per_s = sysconf(_SC_CLK_TCK);
    h->ns_per_count = NS_PER_S / (counts_per_s > 0 ? (uint64_t)counts_per_s : 100);
    read_cores(h, &h->stolen, &h->total);
    find_quota(h);
}

void host_look(struct host *h, const uint32_t *ids, uint32_t count, struct strain *out)
{
    look_at_cores(h, out);
    look_at_quota(h, out);
    look_at_threads(h, ids, count, out);
}
