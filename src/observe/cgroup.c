#include "observe/cgroup.h"

#include <dirent.h>
#include <math.h>
#include <unistd.h>

#include "base/ns.h"
#include "base/proc_text.h"
#include "base/text.h"
#include "observe/cgroup_text.h"
#include "observe/counter.h"
#include "observe/cpu_list.h"
#include "observe/proc.h"

#define TEXT_BYTES 65536
#define CGROUPS_BYTES 4096 /* of /proc/PID/cgroup */
#define LEVELS_MAX 16      /* cgroups above each other */

/* Controllers, each in a tree of its own in version 1. */
enum part { PART_CPU, PART_CPUACCT, PART_CPUSET, PART_MEMORY, PART_PIDS, PART_IO, PART_COUNT };

static const char *const controllers[PART_COUNT] = {"cpu",    "cpuacct", "cpuset",
                                                    "memory", "pids",    "blkio"};

/* The quota of a cgroup, or of one that it lies in. */
struct level {
    struct counter periods, throttled, throttled_ns;
};

struct cgroup {
    struct bytes service;
    const struct family *family;
    const char *root;
    char *text;                  /* [TEXT_BYTES] */
    char cgroups[CGROUPS_BYTES]; /* as they were when the folders were found */
    size_t cgroups_len;
    struct cgroup_folder folders[PART_COUNT];
    bool has[PART_COUNT]; /* and it is not the host's root, of which host_source.h tells */
    struct level levels[LEVELS_MAX];
    struct counter cpu, oom, io_read, io_write;
    struct slip *slip; /* of the look that is on */
    double seconds;    /* that it covers; 0: it takes the counts' start */
};

/* ---- reading and writing down ---- */

static struct bytes read_file(struct cgroup *g, const struct cgroup_folder *folder,
                              const char *name)
{
    return proc_read_path(g->text, TEXT_BYTES, "%s%s/%s", g->root, folder->path, name);
}

static bool has_file(const struct cgroup *g, const struct cgroup_folder *folder, const char *name)
{
    char array[2 * CGROUP_PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s%s/%s", g->root, folder->path, name);
    return !path.cut && access(array, F_OK) == 0;
}

static void put(struct cgroup *g, enum series_row row, double value)
{
    slip_put(g->slip, slip_series(g->slip, g->service, row, (struct bytes){0}), value);
}

static void put_level(struct cgroup *g, enum series_row row, double value)
{
    slip_put_level(g->slip, slip_series(g->slip, g->service, row, (struct bytes){0}), value);
}

static void put_rate(struct cgroup *g, enum series_row row, struct counter *counter, uint64_t now,
                     double scale)
{
    double rate;
    if (counter_rate(counter, now, g->seconds, &rate)) put(g, row, rate * scale);
}

/* The least number of `name` in the cgroup and in those above; false: none has any. */
static bool least_limit(struct cgroup *g, enum part part, const char *name, uint64_t *least)
{
    struct cgroup_folder folder = g->folders[part];
    uint64_t limit;
    *least = UINT64_MAX;
    do {
        if (cgroup_text_limit(read_file(g, &folder, name), &limit) && limit < *least) {
            *least = limit;
        }
    } while (cgroup_text_up(&folder));
    return *least != UINT64_MAX;
}

/* ---- where it lies ---- */

/* Again when the process is in another cgroup than it was. */
static bool find_folders(struct cgroup *g, pid_t pid)
{
    char array[CGROUPS_BYTES];
    struct bytes cgroups = proc_read_path(array, sizeof array, "%s/proc/%d/cgroup", g->root, pid);
    if (cgroups.len == 0) return false;
    if (bytes_equal(cgroups, (struct bytes){g->cgroups, g->cgroups_len})) return true;
    memcpy(g->cgroups, array, cgroups.len);
    g->cgroups_len = cgroups.len;
    struct bytes mounts = proc_read_path(g->text, TEXT_BYTES, "%s/proc/self/mountinfo", g->root);
    for (uint32_t i = 0; i < PART_COUNT; i++) {
        struct cgroup_folder *folder = &g->folders[i];
        g->has[i] = cgroup_text_find(cgroups, mounts, controllers[i], folder);
    }
    for (uint32_t i = 0; i < PART_COUNT; i++) {
        const struct cgroup_folder *folder = &g->folders[i];
        if (!g->has[i]) continue;
        /* Only the host's root has the one, and only it lacks the other. */
        g->has[i] =
            folder->v2 ? has_file(g, folder, "cgroup.type") : !has_file(g, folder, "release_agent");
    }
    memset(g->levels, 0, sizeof g->levels);
    g->cpu = g->oom = g->io_read = g->io_write = (struct counter){0};
    return true;
}

/* ---- cores ---- */

static bool read_quota(struct cgroup *g, const struct cgroup_folder *folder, double *cores)
{
    if (folder->v2) return cgroup_text_cpu_max(read_file(g, folder, "cpu.max"), cores);
    uint64_t quota;
    uint64_t period;
    bool has = cgroup_text_limit(read_file(g, folder, "cpu.cfs_quota_us"), &quota)
               && cgroup_text_limit(read_file(g, folder, "cpu.cfs_period_us"), &period)
               && period > 0;
    if (has) *cores = (double)quota / (double)period;
    return has;
}

/* What one quota did meanwhile. */
struct throttling {
    double share, cores;
};

static bool look_at_level(struct cgroup *g, struct level *level, struct bytes stat, bool v2,
                          struct throttling *out)
{
    if (bytes_find(stat, BYTES_LIT("nr_periods ")) == SIZE_MAX) return false;
    double periods = 0;
    double throttled = 0;
    double ns = 0;
    uint64_t told_ns = v2 ? proc_text_after(stat, "throttled_usec ") * NS_PER_US
                          : proc_text_after(stat, "throttled_time ");
    bool known =
        counter_rate(&level->periods, proc_text_after(stat, "nr_periods "), g->seconds, &periods);
    known = counter_rate(&level->throttled, proc_text_after(stat, "nr_throttled "), g->seconds,
                         &throttled)
            && known;
    known = counter_rate(&level->throttled_ns, told_ns, g->seconds, &ns) && known;
    if (!known) return false;
    *out = (struct throttling){.share = periods > 0 ? throttled / periods : 0, .cores = ns / 1e9};
    return true;
}

/* The tightest quota, and of the one that held back most what it did; cores that it leaves. */
static double look_at_quota(struct cgroup *g)
{
    double least = HUGE_VAL;
    struct throttling most = {0};
    bool told = false;
    struct cgroup_folder folder = g->folders[PART_CPU];
    for (uint32_t i = 0; i < LEVELS_MAX; i++) {
        double cores;
        struct throttling now;
        if (read_quota(g, &folder, &cores) && cores < least) least = cores;
        struct bytes stat = read_file(g, &folder, "cpu.stat");
        if (look_at_level(g, &g->levels[i], stat, folder.v2, &now)) {
            if (!told || now.cores > most.cores) most = now;
            told = true;
        }
        if (!cgroup_text_up(&folder)) break;
    }
    if (least == HUGE_VAL) return least;
    put_level(g, SERIES_OF_CGROUP_QUOTA, least);
    if (told) put(g, SERIES_OF_CGROUP_THROTTLED, most.cores);
    if (told) put(g, SERIES_OF_CGROUP_THROTTLED_SHARE, most.share);
    return least;
}

static void look_at_cpu(struct cgroup *g)
{
    const struct cgroup_folder *folder = &g->folders[PART_CPUACCT];
    if (!g->has[PART_CPUACCT]) return;
    uint64_t used;
    if (folder->v2) {
        struct bytes stat = read_file(g, folder, "cpu.stat");
        if (!bytes_starts(stat, BYTES_LIT("usage_usec "))) return;
        put_rate(g, SERIES_OF_CGROUP_CPU, &g->cpu, proc_text_after(stat, "usage_usec "), 1e-6);
    } else if (cgroup_text_limit(read_file(g, folder, "cpuacct.usage"), &used)) {
        put_rate(g, SERIES_OF_CGROUP_CPU, &g->cpu, used, 1e-9);
    }
}

/* The cores that the process, its cpuset and the host have in common. */
static void look_at_capacity(struct cgroup *g, pid_t pid, double quota)
{
    static const char label[] = "\nCpus_allowed_list:";
    struct cpu_list cores;
    struct cpu_list more;
    struct bytes status = proc_read_path(g->text, TEXT_BYTES, "%s/proc/%d/status", g->root, pid);
    size_t at = bytes_find(status, bytes_of(label));
    if (at == SIZE_MAX) return;
    if (!cpu_list_read(bytes_from(status, at + strlen(label)), &cores)) return;
    struct bytes text =
        proc_read_path(g->text, TEXT_BYTES, "%s/sys/devices/system/cpu/online", g->root);
    if (cpu_list_read(text, &more)) cpu_list_cut(&cores, &more);
    const struct cgroup_folder *folder = &g->folders[PART_CPUSET];
    if (g->has[PART_CPUSET]) {
        text = read_file(g, folder, folder->v2 ? "cpuset.cpus.effective" : "cpuset.effective_cpus");
        if (cpu_list_read(text, &more)) cpu_list_cut(&cores, &more);
    }
    double count = cpu_list_count(&cores);
    put_level(g, SERIES_OF_CPU_CAPACITY, count < quota ? count : quota);
}

/* ---- memory, tasks, disks ---- */

static void look_at_memory(struct cgroup *g)
{
    const struct cgroup_folder *folder = &g->folders[PART_MEMORY];
    if (!g->has[PART_MEMORY]) return;
    bool v2 = folder->v2;
    uint64_t bytes;
    double killed;
    if (cgroup_text_limit(read_file(g, folder, v2 ? "memory.current" : "memory.usage_in_bytes"),
                          &bytes)) {
        put_level(g, SERIES_OF_CGROUP_MEMORY, (double)bytes);
    }
    if (least_limit(g, PART_MEMORY, v2 ? "memory.max" : "memory.limit_in_bytes", &bytes)) {
        put_level(g, SERIES_OF_CGROUP_MEMORY_LIMIT, (double)bytes);
    }
    struct bytes events = read_file(g, folder, v2 ? "memory.events" : "memory.oom_control");
    if (bytes_find(events, BYTES_LIT("\noom_kill ")) == SIZE_MAX) return;
    if (!counter_rate(&g->oom, proc_text_after(events, "\noom_kill "), g->seconds, &killed)) return;
    put(g, SERIES_OF_CGROUP_OOM, killed);
    if (killed == 0) return;
    slip_say(g->slip, "%.0f processes in the cgroup of %.*s were killed for want of memory",
             killed * g->seconds, BYTES_ARG(g->service));
}

static void look_at_pids(struct cgroup *g)
{
    uint64_t count;
    if (!g->has[PART_PIDS]) return;
    if (cgroup_text_limit(read_file(g, &g->folders[PART_PIDS], "pids.current"), &count)) {
        put_level(g, SERIES_OF_CGROUP_PIDS, (double)count);
    }
    if (least_limit(g, PART_PIDS, "pids.max", &count)) {
        put_level(g, SERIES_OF_CGROUP_PIDS_LIMIT, (double)count);
    }
}

/* A device made of others, whose work is counted there already. */
static bool is_stacked(const struct cgroup *g, const struct cgroup_io *io)
{
    char array[CGROUP_PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/sys/dev/block/%llu:%llu/slaves", g->root, (unsigned long long)io->major,
              (unsigned long long)io->minor);
    DIR *dir = path.cut ? NULL : opendir(array);
    bool any = false;
    for (struct dirent *e = proc_next(dir); e && !any; e = proc_next(dir)) {
        any = e->d_name[0] != '.';
    }
    if (dir) closedir(dir);
    return any;
}

static void look_at_io(struct cgroup *g)
{
    const struct cgroup_folder *folder = &g->folders[PART_IO];
    if (!g->has[PART_IO]) return;
    uint64_t read_bytes = 0;
    uint64_t write_bytes = 0;
    struct cgroup_io io;
    const char *name = folder->v2 ? "io.stat" : "blkio.throttle.io_service_bytes_recursive";
    if (!has_file(g, folder, name)) return;
    struct bytes rest = read_file(g, folder, name); /* empty: it did nothing yet */
    while (cgroup_text_io(&rest, &io)) {
        if (io.read_bytes + io.write_bytes == 0 || is_stacked(g, &io)) continue;
        read_bytes += io.read_bytes;
        write_bytes += io.write_bytes;
    }
    put_rate(g, SERIES_OF_CGROUP_IO_READ, &g->io_read, read_bytes, 1);
    put_rate(g, SERIES_OF_CGROUP_IO_WRITE, &g->io_write, write_bytes, 1);
}

/* ---- the source ---- */

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct cgroup *g = ctx;
    g->slip = slip;
    g->seconds = when->first ? 0 : (double)(when->now_ns - when->since_ns) / 1e9;
    if (g->family->process_count == 0) { /* as process.c tells */
        g->cgroups_len = 0;
        return true;
    }
    pid_t pid = g->family->processes[0].pid;
    if (!find_folders(g, pid)) return err_set(err, ERR_IO, 0, "its cgroup cannot be read");
    double quota = g->has[PART_CPU] ? look_at_quota(g) : HUGE_VAL;
    look_at_capacity(g, pid, quota);
    look_at_cpu(g);
    look_at_memory(g);
    look_at_pids(g);
    look_at_io(g);
    return true;
}

bool cgroup_source(struct source *out, struct arena *arena, struct bytes service,
                   const struct family *family, const char *root)
{
    struct cgroup *g = ARENA_NEW(arena, struct cgroup);
    if (!g) return false;
    *g = (struct cgroup){
        .service = service, .family = family, .root = root, .text = arena_alloc(arena, TEXT_BYTES)};
    *out = (struct source){.ctx = g, .look = look};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "cgroup of %.*s", BYTES_ARG(service));
    return arena_ok(arena);
}
