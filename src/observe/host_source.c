#include "observe/host_source.h"

#include <unistd.h>

#include "base/attr.h"
#include "base/text.h"
#include "observe/counter.h"
#include "observe/cpu_list.h"
#include "observe/host_text.h"
#include "observe/net_counters.h"
#include "observe/proc.h"

#define TEXT_BYTES 65536
#define DISKS_MAX 64
#define NAME_BYTES 32
#define PATH_BYTES 512

enum host_file {
    FILE_STAT,
    FILE_LOADAVG,
    FILE_MEMINFO,
    FILE_VMSTAT,
    FILE_DISKSTATS,
    FILE_DEV,
    FILE_SNMP,
    FILE_NETSTAT,
    FILE_ONLINE,
    FILE_PRESSURE_CPU,
    FILE_PRESSURE_MEMORY,
    FILE_PRESSURE_IO,
    FILE_COUNT
};

static const char *const paths[FILE_COUNT] = {
    [FILE_STAT] = "/proc/stat",
    [FILE_LOADAVG] = "/proc/loadavg",
    [FILE_MEMINFO] = "/proc/meminfo",
    [FILE_VMSTAT] = "/proc/vmstat",
    [FILE_DISKSTATS] = "/proc/diskstats",
    [FILE_DEV] = "/proc/self/net/dev",
    [FILE_SNMP] = "/proc/self/net/snmp",
    [FILE_NETSTAT] = "/proc/self/net/netstat",
    [FILE_ONLINE] = "/sys/devices/system/cpu/online",
    [FILE_PRESSURE_CPU] = "/proc/pressure/cpu",
    [FILE_PRESSURE_MEMORY] = "/proc/pressure/memory",
    [FILE_PRESSURE_IO] = "/proc/pressure/io",
};

/* A share of time in which some task, or every one, stood still. */
static const struct {
    enum host_file file;
    const char *kind, *label;
} pressures[] = {{FILE_PRESSURE_CPU, "some", "cpu"},
                 {FILE_PRESSURE_MEMORY, "some", "memory"},
                 {FILE_PRESSURE_MEMORY, "full", "memory, all tasks"},
                 {FILE_PRESSURE_IO, "some", "io"},
                 {FILE_PRESSURE_IO, "full", "io, all tasks"}};

struct known_disk {
    char name[NAME_BYTES];
    bool whole;
    bool used; /* it has done something since the host's start */
    struct counter reads, writes, read_bytes, write_bytes, read_ms, write_ms, waiting_ms;
};

struct host_source {
    const char *root;
    struct proc_file files[FILE_COUNT];
    char *text; /* [TEXT_BYTES] */
    struct counter cpu[HOST_STATES], pressure[COUNT_OF(pressures)];
    struct counter swap_in, swap_out;
    struct net_counters network;
    struct known_disk disks[DISKS_MAX];
    uint32_t disk_count;
    double ticks_per_s, page_bytes;
    bool opened, pressure_told;
    struct slip *slip; /* of the look that is on */
    double seconds;    /* that it covers; 0: it takes the counts' start */
};

/* ---- writing down ---- */

#define HOST BYTES_LIT("host")

static void put(struct host_source *h, enum series_row row, struct bytes label, double value)
{
    slip_put(h->slip, slip_series(h->slip, HOST, row, label), value);
}

static void put_level(struct host_source *h, enum series_row row, double value)
{
    slip_put_level(h->slip, slip_series(h->slip, HOST, row, (struct bytes){0}), value);
}

static void put_rate(struct host_source *h, enum series_row row, struct bytes label,
                     struct counter *counter, uint64_t now, double scale)
{
    double rate;
    if (counter_rate(counter, now, h->seconds, &rate)) put(h, row, label, rate * scale);
}

static struct bytes read_text(struct host_source *h, enum host_file file)
{
    return proc_read(&h->files[file], h->text, TEXT_BYTES);
}

/* ---- cores, memory ---- */

static bool look_at_cores(struct host_source *h)
{
    uint64_t of[HOST_STATES];
    if (!host_text_cpu(read_text(h, FILE_STAT), of)) return false;
    for (uint32_t i = 0; i < HOST_STATES; i++) {
        put_rate(h, SERIES_OF_HOST_CPU, bytes_of(host_text_state(i)), &h->cpu[i], of[i],
                 1 / h->ticks_per_s);
    }
    struct cpu_list online;
    uint64_t runnable;
    if (cpu_list_read(read_text(h, FILE_ONLINE), &online)) {
        put_level(h, SERIES_OF_HOST_CORES, cpu_list_count(&online));
    }
    if (host_text_runnable(read_text(h, FILE_LOADAVG), &runnable)) {
        put_level(h, SERIES_OF_HOST_RUNNABLE, (double)runnable);
    }
    return true;
}

static void look_at_pressure(struct host_source *h)
{
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(pressures); i++) {
        uint64_t us;
        struct bytes text = read_text(h, pressures[i].file);
        if (!host_text_pressure(text, pressures[i].kind, &us)) continue;
        any = true;
        put_rate(h, SERIES_OF_HOST_PRESSURE, bytes_of(pressures[i].label), &h->pressure[i], us,
                 1e-6);
    }
    if (any || h->pressure_told) return;
    h->pressure_told = true;
    slip_say(h->slip, "host: pressure is not seen: this kernel keeps none (PSI); started with "
                      "psi=1 it may");
}

static void look_at_memory(struct host_source *h)
{
    uint64_t all;
    uint64_t available;
    uint64_t swap_all;
    uint64_t swap_free;
    uint64_t in;
    uint64_t out;
    struct bytes text = read_text(h, FILE_MEMINFO);
    if (host_text_line(text, "MemTotal:", &all)) {
        put_level(h, SERIES_OF_HOST_MEMORY, (double)all * 1024);
    }
    if (host_text_line(text, "MemAvailable:", &available)) {
        put_level(h, SERIES_OF_HOST_MEMORY_FREE, (double)available * 1024);
    }
    if (host_text_line(text, "SwapTotal:", &swap_all)
        && host_text_line(text, "SwapFree:", &swap_free) && swap_free <= swap_all) {
        put_level(h, SERIES_OF_HOST_SWAP_USED, (double)(swap_all - swap_free) * 1024);
    }
    text = read_text(h, FILE_VMSTAT);
    if (host_text_line(text, "pswpin", &in)) {
        put_rate(h, SERIES_OF_HOST_SWAP_IN, (struct bytes){0}, &h->swap_in, in, h->page_bytes);
    }
    if (host_text_line(text, "pswpout", &out)) {
        put_rate(h, SERIES_OF_HOST_SWAP_OUT, (struct bytes){0}, &h->swap_out, out, h->page_bytes);
    }
}

/* ---- disks ---- */

/* Partitions have no folder of their own there, and memory that poses as a disk is none. */
static bool is_whole(const struct host_source *h, const char *name)
{
    static const char *const unreal[] = {"loop", "ram", "zram"};
    for (size_t i = 0; i < COUNT_OF(unreal); i++) {
        if (bytes_starts(bytes_of(name), bytes_of(unreal[i]))) return false;
    }
    char array[PATH_BYTES];
    struct text path = text_in(array, sizeof array);
    text_addf(&path, "%s/sys/block/", h->root);
    for (; *name; name++) text_addc(&path, *name == '/' ? '!' : *name, 1);
    return !path.cut && access(array, F_OK) == 0;
}

static struct known_disk *find_disk(struct host_source *h, struct bytes name)
{
    for (uint32_t i = 0; i < h->disk_count; i++) {
        if (bytes_is(name, h->disks[i].name)) return &h->disks[i];
    }
    if (h->disk_count == DISKS_MAX || name.len >= NAME_BYTES) return NULL;
    struct known_disk *disk = &h->disks[h->disk_count++];
    *disk = (struct known_disk){0};
    struct text text = text_in(disk->name, sizeof disk->name);
    text_add(&text, name);
    disk->whole = is_whole(h, disk->name);
    return disk;
}

/* Mean time of what was done, in seconds. */
static void put_mean(struct host_source *h, enum series_row row, struct bytes label, double ms,
                     double done)
{
    if (done > 0) put(h, row, label, ms / done / 1000);
}

static void look_at_disk(struct host_source *h, struct known_disk *disk, const struct host_disk *is)
{
    struct bytes label = bytes_of(disk->name);
    double reads;
    double writes;
    double ms;
    put_rate(h, SERIES_OF_HOST_DISK_READ, label, &disk->read_bytes, is->read_bytes, 1);
    put_rate(h, SERIES_OF_HOST_DISK_WRITE, label, &disk->write_bytes, is->write_bytes, 1);
    put_rate(h, SERIES_OF_HOST_DISK_WAITING, label, &disk->waiting_ms, is->waiting_ms, 1e-3);
    bool read = counter_rate(&disk->reads, is->reads, h->seconds, &reads);
    if (counter_rate(&disk->read_ms, is->read_ms, h->seconds, &ms) && read) {
        put_mean(h, SERIES_OF_HOST_DISK_READ_TIME, label, ms, reads);
    }
    bool written = counter_rate(&disk->writes, is->writes, h->seconds, &writes);
    if (counter_rate(&disk->write_ms, is->write_ms, h->seconds, &ms) && written) {
        put_mean(h, SERIES_OF_HOST_DISK_WRITE_TIME, label, ms, writes);
    }
}

static void look_at_disks(struct host_source *h)
{
    struct bytes rest = read_text(h, FILE_DISKSTATS);
    struct host_disk is;
    while (host_text_disk(&rest, &is)) {
        struct known_disk *disk = find_disk(h, is.name);
        if (!disk || !disk->whole) continue;
        disk->used = disk->used || is.reads + is.writes > 0;
        if (disk->used) look_at_disk(h, disk, &is);
    }
}

/* ---- network ---- */

static void look_at_network(struct host_source *h)
{
    const struct net_out out = {.slip = h->slip,
                                .of = HOST,
                                .rows = {SERIES_OF_HOST_NET_IN, SERIES_OF_HOST_NET_OUT,
                                         SERIES_OF_HOST_NET_DROPS, SERIES_OF_HOST_TCP_RETRANSMITS,
                                         SERIES_OF_HOST_TCP_OVERFLOWS, SERIES_OF_HOST_TCP_DROPS},
                                .seconds = h->seconds};
    net_counters_dev(&h->network, read_text(h, FILE_DEV), &out);
    net_counters_snmp(&h->network, read_text(h, FILE_SNMP), &out);
    net_counters_netstat(&h->network, read_text(h, FILE_NETSTAT), &out);
}

/* ---- the source ---- */

static void open_files(struct host_source *h)
{
    for (uint32_t i = 0; i < FILE_COUNT; i++) proc_open(&h->files[i], "%s%s", h->root, paths[i]);
    h->opened = true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct host_source *h = ctx;
    if (!h->opened) open_files(h);
    h->slip = slip;
    h->seconds = when->first ? 0 : (double)(when->now_ns - when->since_ns) / 1e9;
    if (!look_at_cores(h)) return err_set(err, ERR_IO, 0, "/proc/stat cannot be read");
    look_at_pressure(h);
    look_at_memory(h);
    look_at_disks(h);
    look_at_network(h);
    return true;
}

static void close_source(void *ctx)
{
    struct host_source *h = ctx;
    for (uint32_t i = 0; i < FILE_COUNT; i++) proc_close(&h->files[i]);
}

bool host_source(struct source *out, struct arena *arena, const char *root)
{
    struct host_source *h = ARENA_NEW(arena, struct host_source);
    if (!h) return false;
    *h = (struct host_source){.root = root,
                              .text = arena_alloc(arena, TEXT_BYTES),
                              .ticks_per_s = (double)sysconf(_SC_CLK_TCK),
                              .page_bytes = (double)sysconf(_SC_PAGESIZE)};
    for (uint32_t i = 0; i < FILE_COUNT; i++) h->files[i].fd = -1;
    *out = (struct source){.ctx = h, .look = look, .close = close_source};
    struct text name = text_in(out->name, sizeof out->name);
    text_adds(&name, "host");
    return arena_ok(arena);
}
