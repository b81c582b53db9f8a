#include "observe/process.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc_text.h"
#include "observe/blocked.h"
#include "observe/family.h"
#include "observe/roots.h"

#define STAT_BYTES 1024
#define TOP_THREADS 5
#define CORES_SHOWN 0.005 /* of a thread, to be among the busiest */
#define DEAR_SHARE 1000   /* what is dear is looked at so seldom that it takes 1/1000 */
#define GLANCE_SHARE 500  /* glances at many threads */
#define STAT_FIRST 3      /* the field behind the name in brackets */
#define STAT_FIELDS 22    /* from there on, up to rss */

enum stat_field { /* of /proc/PID/stat, counted from STAT_FIRST */
                  STAT_MINOR = 10 - STAT_FIRST,
                  STAT_MAJOR = 12 - STAT_FIRST,
                  STAT_USER = 14 - STAT_FIRST,
                  STAT_SYSTEM = 15 - STAT_FIRST,
                  STAT_THREADS = 20 - STAT_FIRST,
                  STAT_RSS = 24 - STAT_FIRST
};

/* Something that costs much: looked at again when it is due. */
struct dear {
    uint64_t due_ns;
};

/* Sums over the processes. */
struct sums {
    double user, system, delay, cpu;
    double minor, major, io_read, io_written;
    double voluntary, forced;
    double threads, rss, pss, uss, anon;
    double descriptors, descriptors_limit;
    bool io_denied, memory_denied, memory_seen, anon_seen, switches_seen;
};

struct process {
    struct bytes service;
    struct roots roots;
    struct family family;
    struct blocked blocked;
    struct dear memory, anon, descriptors, switches;
    uint64_t voluntary, forced, switches_at_ns; /* as they were */
    bool has_switches;
    double ticks_per_s, page_bytes;
    uint32_t ids[SERIES_ROWS]; /* series number + 1, 0: not met */
};

static void put_as(struct process *p, struct slip *slip, enum series_row row, double value,
                   bool level)
{
    if (p->ids[row] == 0) {
        uint32_t id = slip_series(slip, p->service, row, (struct bytes){0});
        if (id == SLIP_FULL) return;
        p->ids[row] = id + 1;
    }
    if (level) slip_put_level(slip, p->ids[row] - 1, value);
    else slip_put(slip, p->ids[row] - 1, value);
}

/* -- Counters ------------------------------------------------------------------------------- */

static uint64_t grown(uint64_t *was, uint64_t is, bool fresh)
{
    uint64_t by = fresh || is < *was ? 0 : is - *was;
    *was = is;
    return by;
}

static bool read_stat(const struct proc_file *file, uint64_t *fields)
{
    char array[STAT_BYTES];
    struct bytes rest = proc_read(file, array, sizeof array);
    size_t at = rest.len;
    while (at > 0 && rest.at[at - 1] != ')') at--;
    if (at == 0) return false;
    rest = bytes_trim(bytes_from(rest, at));
    for (uint32_t i = 0; i < STAT_FIELDS; i++) {
        size_t len = 0;
        while (len < rest.len && rest.at[len] != ' ') len++;
        if (!bytes_to_u64((struct bytes){rest.at, len}, &fields[i])) fields[i] = 0;
        rest = bytes_from(rest, len < rest.len ? len + 1 : len);
    }
    return true;
}

static void add_process(const struct process *p, struct family_process *one, struct sums *s)
{
    uint64_t f[STAT_FIELDS];
    if (!read_stat(&one->stat, f)) return;
    s->user += (double)grown(&one->user, f[STAT_USER], one->fresh) / p->ticks_per_s;
    s->system += (double)grown(&one->system, f[STAT_SYSTEM], one->fresh) / p->ticks_per_s;
    s->minor += (double)grown(&one->minor, f[STAT_MINOR], one->fresh);
    s->major += (double)grown(&one->major, f[STAT_MAJOR], one->fresh);
    s->threads += (double)f[STAT_THREADS];
    s->rss += (double)f[STAT_RSS] * p->page_bytes;
    char array[STAT_BYTES];
    struct bytes io = proc_read(&one->io, array, sizeof array);
    s->io_denied = s->io_denied || io.len == 0;
    s->io_read += (double)grown(&one->io_read, proc_text_after(io, "\nread_bytes:"), one->fresh);
    s->io_written +=
        (double)grown(&one->io_written, proc_text_after(io, "\nwrite_bytes:"), one->fresh);
    one->fresh = false;
}

static void add_thread(struct family_thread *t, struct sums *s)
{
    char array[STAT_BYTES];
    struct bytes rest = proc_read(&t->sched, array, sizeof array);
    uint64_t cpu;
    uint64_t delay;
    t->cpu_now_ns = t->delay_now_ns = 0;
    if (!proc_text_next(&rest, &cpu) || !proc_text_next(&rest, &delay)) return;
    t->cpu_now_ns = grown(&t->cpu_ns, cpu, t->fresh);
    t->delay_now_ns = grown(&t->delay_ns, delay, t->fresh);
    t->fresh = false;
    s->cpu += (double)t->cpu_now_ns;
    s->delay += (double)t->delay_now_ns;
}

/* -- What is dear --------------------------------------------------------------------------- */

static bool is_due(const struct dear *d, uint64_t now_ns)
{
    return now_ns >= d->due_ns;
}

static void pay(struct dear *d, uint64_t now_ns, uint64_t began_ns)
{
    uint64_t cost_ns = clock_thread_cpu_ns() - began_ns;
    uint64_t pause_ns = cost_ns * DEAR_SHARE;
    d->due_ns = now_ns + (pause_ns > NS_PER_S / 2 ? pause_ns : NS_PER_S / 2);
}

static void add_memory(struct process *p, uint64_t now_ns, struct sums *s)
{
    if (!is_due(&p->memory, now_ns)) return;
    uint64_t began_ns = clock_thread_cpu_ns();
    for (uint32_t i = 0; i < p->family.process_count; i++) {
        char array[4096];
        struct bytes text = proc_read_path(array, sizeof array, "/proc/%d/smaps_rollup",
                                           p->family.processes[i].pid);
        if (text.len == 0) s->memory_denied = true;
        s->pss += (double)proc_text_after(text, "\nPss:") * 1024;
        s->uss += (double)(proc_text_after(text, "\nPrivate_Clean:")
                           + proc_text_after(text, "\nPrivate_Dirty:"))
                  * 1024;
    }
    s->memory_seen = true;
    pay(&p->memory, now_ns, began_ns);
}

/* Counters, where smaps_rollup walks all pages: a leak is looked at each second. */
static void add_anon(struct process *p, uint64_t now_ns, struct sums *s)
{
    if (!is_due(&p->anon, now_ns)) return;
    uint64_t began_ns = clock_thread_cpu_ns();
    for (uint32_t i = 0; i < p->family.process_count; i++) {
        char array[4096];
        struct bytes text =
            proc_read_path(array, sizeof array, "/proc/%d/status", p->family.processes[i].pid);
        s->anon_seen = s->anon_seen || bytes_find(text, BYTES_LIT("\nRssAnon:")) < text.len;
        s->anon +=
            (double)(proc_text_after(text, "\nRssAnon:") + proc_text_after(text, "\nVmSwap:"))
            * 1024;
    }
    pay(&p->anon, now_ns, began_ns);
}

/* Linux 6.2 and later tell the number as the folder's size. */
static uint64_t count_descriptors(pid_t pid)
{
    char array[64];
    struct text path = text_in(array, sizeof array);
    struct stat st;
    text_addf(&path, "/proc/%d/fd", pid);
    if (stat(array, &st) == 0 && st.st_size > 0) return (uint64_t)st.st_size;
    DIR *dir = opendir(array);
    uint64_t count = 0;
    while (proc_next(dir)) count++;
    if (dir) closedir(dir);
    return count > 2 ? count - 2 : 0;
}

static void add_descriptors(struct process *p, uint64_t now_ns, struct sums *s)
{
    if (!is_due(&p->descriptors, now_ns)) return;
    uint64_t began_ns = clock_thread_cpu_ns();
    for (uint32_t i = 0; i < p->family.process_count; i++) {
        pid_t pid = p->family.processes[i].pid;
        double count = (double)count_descriptors(pid);
        if (count <= s->descriptors) continue;
        char array[2048];
        struct bytes limits = proc_read_path(array, sizeof array, "/proc/%d/limits", pid);
        s->descriptors = count;
        s->descriptors_limit = (double)proc_text_after(limits, "Max open files");
    }
    pay(&p->descriptors, now_ns, began_ns);
}

static void add_switches(struct process *p, uint64_t now_ns, struct sums *s)
{
    if (!is_due(&p->switches, now_ns)) return;
    uint64_t began_ns = clock_thread_cpu_ns();
    uint64_t voluntary = 0;
    uint64_t forced = 0;
    for (uint32_t i = 0; i < p->family.thread_count; i++) {
        const struct family_thread *t = &p->family.threads[i];
        char array[4096];
        struct bytes text =
            proc_read_path(array, sizeof array, "/proc/%d/task/%d/status", t->pid, t->tid);
        voluntary += proc_text_after(text, "\nvoluntary_ctxt_switches:");
        forced += proc_text_after(text, "nonvoluntary_ctxt_switches:");
    }
    double seconds = (double)(now_ns - p->switches_at_ns) / 1e9;
    s->switches_seen = p->has_switches && seconds > 0;
    s->voluntary = (double)grown(&p->voluntary, voluntary, !p->has_switches) / seconds;
    s->forced = (double)grown(&p->forced, forced, !p->has_switches) / seconds;
    p->has_switches = true;
    p->switches_at_ns = now_ns;
    pay(&p->switches, now_ns, began_ns);
}

/* -- The look ------------------------------------------------------------------------------- */

static void put_rates(struct process *p, struct slip *slip, const struct sums *s, double seconds)
{
    put_as(p, slip, SERIES_OF_CPU, (s->user + s->system) / seconds, false);
    put_as(p, slip, SERIES_OF_CPU_USER, s->user / seconds, false);
    put_as(p, slip, SERIES_OF_CPU_SYSTEM, s->system / seconds, false);
    put_as(p, slip, SERIES_OF_RUN_QUEUE, s->delay / 1e9 / seconds, false);
    put_as(p, slip, SERIES_OF_FAULTS_MINOR, s->minor / seconds, false);
    put_as(p, slip, SERIES_OF_FAULTS_MAJOR, s->major / seconds, false);
    if (s->switches_seen) {
        put_as(p, slip, SERIES_OF_SWITCHES_VOLUNTARY, s->voluntary, false);
        put_as(p, slip, SERIES_OF_SWITCHES_FORCED, s->forced, false);
    }
    if (s->io_denied) return;
    put_as(p, slip, SERIES_OF_IO_READ, s->io_read / seconds, false);
    put_as(p, slip, SERIES_OF_IO_WRITE, s->io_written / seconds, false);
}

static void put_levels(struct process *p, struct slip *slip, const struct sums *s)
{
    put_as(p, slip, SERIES_OF_PROCESSES, p->family.process_count, true);
    put_as(p, slip, SERIES_OF_THREADS, s->threads, true);
    put_as(p, slip, SERIES_OF_MEMORY_RSS, s->rss, true);
    if (s->memory_denied) {
        put_as(p, slip, SERIES_OF_MEMORY, s->rss, true);
    } else if (s->memory_seen) {
        put_as(p, slip, SERIES_OF_MEMORY, s->pss, true);
        put_as(p, slip, SERIES_OF_MEMORY_USS, s->uss, true);
    }
    if (s->anon_seen) put_as(p, slip, SERIES_OF_MEMORY_ANON, s->anon, true);
    if (s->descriptors_limit == 0) return;
    put_as(p, slip, SERIES_OF_DESCRIPTORS, s->descriptors, true);
    put_as(p, slip, SERIES_OF_DESCRIPTORS_LIMIT, s->descriptors_limit, true);
}

static void put_threads(struct process *p, struct slip *slip, double seconds)
{
    for (uint32_t shown = 0; shown < TOP_THREADS; shown++) {
        struct family_thread *top = NULL;
        for (uint32_t i = 0; i < p->family.thread_count; i++) {
            struct family_thread *t = &p->family.threads[i];
            if (!top || t->cpu_now_ns > top->cpu_now_ns) top = t;
        }
        if (!top || (double)top->cpu_now_ns / 1e9 / seconds < CORES_SHOWN) return;
        char array[64];
        struct text label = text_in(array, sizeof array);
        text_addf(&label, "%s %d", top->name, top->tid);
        uint32_t id = slip_series(slip, p->service, SERIES_OF_THREAD_CPU, text_bytes(&label));
        slip_put(slip, id, (double)top->cpu_now_ns / 1e9 / seconds);
        top->cpu_now_ns = 0; /* shown */
    }
}

/* The second time for one that was there until now: it may be back already. */
static bool find_processes(struct process *p, uint64_t now_ns, struct err *err)
{
    for (int i = 0; i < 2; i++) {
        if (!roots_look(&p->roots, p->family.process_count == 0, now_ns, err)) return false;
        p->family.root_count = p->roots.count;
        if (family_look(&p->family) > 0) return true;
    }
    return err_set(err, ERR_IO, 0, "none of its processes is there");
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct process *p = ctx;
    struct sums s = {0};
    if (!find_processes(p, when->now_ns, err)) return false;
    for (uint32_t i = 0; i < p->family.process_count; i++) {
        add_process(p, &p->family.processes[i], &s);
    }
    for (uint32_t i = 0; i < p->family.thread_count; i++) add_thread(&p->family.threads[i], &s);
    add_memory(p, when->now_ns, &s);
    add_anon(p, when->now_ns, &s);
    add_descriptors(p, when->now_ns, &s);
    add_switches(p, when->now_ns, &s);
    put_levels(p, slip, &s);
    if (!when->first) {
        double seconds = (double)(when->now_ns - when->since_ns) / 1e9;
        put_rates(p, slip, &s, seconds);
        put_threads(p, slip, seconds);
        blocked_put(&p->blocked, slip, p->service);
    }
    blocked_reset(&p->blocked);
    return true;
}

static void glance(void *ctx)
{
    struct process *p = ctx;
    blocked_glance(&p->blocked, &p->family);
}

static void close_source(void *ctx)
{
    struct process *p = ctx;
    family_close(&p->family);
    blocked_close(&p->blocked);
}

bool process_source(struct source *out, struct arena *arena, const struct service *service,
                    pid_t started)
{
    struct process *p = ARENA_NEW(arena, struct process);
    const struct attach *attach = started > 0 ? NULL : &service->attach;
    if (!p || !roots_open(&p->roots, arena, attach, started, "")
        || !family_open(&p->family, arena, p->roots.pids, 0) || !blocked_open(&p->blocked, arena)) {
        return false;
    }
    p->service = service->name;
    p->ticks_per_s = (double)sysconf(_SC_CLK_TCK);
    p->page_bytes = (double)sysconf(_SC_PAGESIZE);
    *out = (struct source){.ctx = p,
                           .look = look,
                           .glance = glance,
                           .close = close_source,
                           .glance_share = GLANCE_SHARE};
    struct text name = text_in(out->name, sizeof out->name);
    text_addf(&name, "processes of %.*s", BYTES_ARG(service->name));
    return true;
}

const struct family *process_family(const struct source *source)
{
    const struct process *p = source->ctx;
    return &p->family;
}
