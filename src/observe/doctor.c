#include "observe/doctor.h"

#include <errno.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/proc_text.h"
#include "base/text.h"
#include "net/sock_diag.h"
#include "observe/cgroup_text.h"
#include "observe/doctor_servers.h"
#include "observe/host_text.h"
#include "observe/proc.h"

#define TEXT_BYTES 65536
#define PATH_BYTES 1024
#define CAP_DAC_OVERRIDE_BIT 1 /* linux/capability.h */
#define CAP_DAC_READ_SEARCH_BIT 2
#define CAP_SYS_PTRACE_BIT 19
#define CAP_PERFMON_BIT 38
#define CAP_SYS_ADMIN_BIT 21
#define ALLOW_ALL "sudo setcap cap_sys_ptrace,cap_dac_read_search+ep \"$(command -v prony)\""

/* What is asked for several times. */
struct host_facts {
    const char *root;
    uint64_t capabilities;
    uint64_t ptrace_scope; /* 0 where there is no such rule */
    char *text;            /* [TEXT_BYTES] */
};

static const char *const states[] = {"sees", "partly", "blind"};

const char *doctor_state_name(enum doctor_state state)
{
    return states[state];
}

static bool may(const struct host_facts *h, int bit)
{
    return h->capabilities >> bit & 1;
}

/* Files of other users' processes: their owner alone may open them, and who may trace him. */
static bool sees_all(const struct host_facts *h)
{
    return may(h, CAP_SYS_PTRACE_BIT)
           && (may(h, CAP_DAC_READ_SEARCH_BIT) || may(h, CAP_DAC_OVERRIDE_BIT));
}

static struct bytes read_text(const struct host_facts *h, const char *path)
{
    return proc_read_path(h->text, TEXT_BYTES, "%s%s", h->root, path);
}

static bool is_there(const struct host_facts *h, const char *path)
{
    char array[PATH_BYTES];
    struct text whole = text_in(array, sizeof array);
    text_addf(&whole, "%s%s", h->root, path);
    return !whole.cut && access(array, R_OK) == 0;
}

/* "CapEff:\t000001ffffffffff" */
static uint64_t read_capabilities(const struct host_facts *h)
{
    struct bytes label = BYTES_LIT("\nCapEff:\t");
    struct bytes text = read_text(h, "/proc/self/status");
    size_t at = bytes_find(text, label);
    uint64_t value = 0;
    for (text = bytes_from(text, at == SIZE_MAX ? text.len : at + label.len); text.len > 0;
         text = bytes_from(text, 1)) {
        int digit = bytes_hex_value(text.at[0]);
        if (digit < 0) break;
        value = value << 4 | (uint64_t)digit;
    }
    return value;
}

static struct doctor_finding *add(struct doctor *d, const char *source)
{
    struct doctor_finding *f = &d->findings[d->count++];
    *f = (struct doctor_finding){.source = source};
    return f;
}

static void say(char *into, const char *words)
{
    struct text text = text_in(into, DOCTOR_WORDS);
    text_adds(&text, words);
}

static void lacks(struct doctor_finding *f, enum doctor_state state, const char *words,
                  const char *cure)
{
    f->state = state;
    if (state == DOCTOR_BLIND) f->sees[0] = '\0';
    say(f->lacks, words);
    say(f->cure, cure);
}

/* ---- the sources ---- */

/* Whether /proc is mounted so that processes of others are hidden. */
static bool is_hidden(const struct host_facts *h)
{
    struct bytes rest = read_text(h, "/proc/self/mountinfo");
    while (rest.len > 0) {
        size_t len = bytes_find(rest, BYTES_LIT("\n"));
        if (len > rest.len) len = rest.len;
        struct bytes line = {rest.at, len};
        size_t at = bytes_find(line, BYTES_LIT(" - proc "));
        size_t rule = bytes_find(line, BYTES_LIT("hidepid="));
        bool of_proc = at != SIZE_MAX && bytes_find(line, BYTES_LIT(" /proc ")) < at;
        if (of_proc && rule != SIZE_MAX) {
            struct bytes value = bytes_from(line, rule + 8);
            return !bytes_starts(value, BYTES_LIT("0")) && !bytes_starts(value, BYTES_LIT("off"));
        }
        rest = bytes_from(rest, len + 1);
    }
    return false;
}

static void examine_processes(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "processes");
    say(f->sees, "cores, memory, disks, descriptors of all processes");
    if (sees_all(h)) return;
    say(f->sees, "all of this user's; cores, threads and memory of others");
    lacks(f, DOCTOR_PARTLY, "disks, descriptors and shared memory of other users' processes",
          ALLOW_ALL);
    if (!is_hidden(h)) return;
    say(f->sees, "this user's");
    lacks(f, DOCTOR_PARTLY, "other users' processes: /proc is mounted with hidepid",
          "sudo mount -o remount,hidepid=0 /proc");
}

static void examine_run_queue(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "run queue");
    say(f->sees, "threads that could run and had no core");
    if (is_there(h, "/proc/self/schedstat")) return;
    lacks(f, DOCTOR_BLIND, "this kernel is built without CONFIG_SCHED_INFO", "");
}

static void examine_places(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "places");
    say(f->sees, "where each thread of any process waits");
    if (!is_there(h, "/proc/self/syscall")) {
        lacks(f, DOCTOR_BLIND, "this kernel is built without CONFIG_HAVE_ARCH_TRACEHOOK", "");
    } else if (h->ptrace_scope == 3) {
        lacks(f, DOCTOR_BLIND, "kernel.yama.ptrace_scope is 3 until the next start of the host",
              "");
    } else if (sees_all(h)) {
        return;
    } else if (h->ptrace_scope == 2) {
        lacks(f, DOCTOR_BLIND, "kernel.yama.ptrace_scope is 2: only with CAP_SYS_PTRACE",
              ALLOW_ALL);
    } else if (h->ptrace_scope == 1) {
        say(f->sees, "where threads of services wait that prony starts");
        lacks(f, DOCTOR_PARTLY, "those of others: kernel.yama.ptrace_scope is 1",
              "sudo sysctl kernel.yama.ptrace_scope=0");
    } else {
        say(f->sees, "where threads of this user's processes wait");
        lacks(f, DOCTOR_PARTLY, "those of other users", ALLOW_ALL);
    }
}

static void examine_sockets(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "sockets");
    struct sock_diag diag;
    struct err err = {0};
    say(f->sees, "accept queues, connections and retransmits of all services");
    bool asked = sock_diag_open(&diag, &err) && sock_diag_listens(&diag, &err);
    sock_diag_close(&diag);
    if (!asked) {
        lacks(f, DOCTOR_BLIND, err.msg, "sudo modprobe -a tcp_diag unix_diag");
    } else if (!sees_all(h)) {
        say(f->sees, "accept queues, connections and retransmits of this user's services");
        lacks(f, DOCTOR_PARTLY, "which sockets are other users', but for those at a `port:`",
              ALLOW_ALL);
    }
}

/* Adds the controllers of our own cgroup that are not there; how many. */
static uint32_t add_missing(const struct host_facts *h, struct text *out, bool *v2)
{
    static const char *const parts[][2] = {
        {"cpu", "cpu"}, {"memory", "memory"}, {"pids", "pids"}, {"blkio", "io"}};
    char cgroups[4096];
    uint32_t missing = 0;
    struct bytes ours = proc_read_path(cgroups, sizeof cgroups, "%s/proc/self/cgroup", h->root);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct cgroup_folder folder;
        struct bytes mounts = read_text(h, "/proc/self/mountinfo");
        bool has = cgroup_text_find(ours, mounts, parts[i][0], &folder);
        if (has && folder.v2) {
            char array[512];
            struct bytes list = proc_read_path(array, sizeof array, "%s%.*s/cgroup.controllers",
                                               h->root, (int)folder.mount_len, folder.path);
            *v2 = true;
            has = bytes_find(list, bytes_of(parts[i][1])) != SIZE_MAX;
        }
        if (!has) text_addf(out, "%s%s", missing > 0 ? ", " : "", parts[i][1]);
        missing += !has;
    }
    return missing;
}

static void examine_cgroups(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "cgroups");
    char array[100];
    bool v2 = false;
    struct text missing = text_in(array, sizeof array);
    uint32_t count = add_missing(h, &missing, &v2);
    struct text sees = text_in(f->sees, sizeof f->sees);
    text_addf(&sees, "quota, throttling, memory, tasks and disks (%s)",
              v2 ? "version 2" : "version 1");
    if (count == 0) return;
    text_clear(&sees);
    text_adds(&sees, "affinity and cores online; of cgroups what is there");
    lacks(f, count == 4 ? DOCTOR_BLIND : DOCTOR_PARTLY, "", "");
    struct text words = text_in(f->lacks, sizeof f->lacks);
    text_addf(&words, "no controller here: %s", array);
    say(f->cure, "echo '+cpu +memory +pids +io' | sudo tee /sys/fs/cgroup/cgroup.subtree_control");
}

static void examine_host(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "host");
    uint64_t of[HOST_STATES];
    say(f->sees, "cores by state, memory, swap, disks, network devices, TCP");
    if (host_text_cpu(read_text(h, "/proc/stat"), of)) return;
    lacks(f, DOCTOR_BLIND, "/proc/stat cannot be read", "sudo mount -t proc proc /proc");
}

static void examine_pressure(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "pressure");
    uint64_t us;
    say(f->sees, "time that work stood still for want of cores, memory, disks (PSI)");
    if (host_text_pressure(read_text(h, "/proc/pressure/cpu"), "some", &us)) return;
    lacks(f, DOCTOR_BLIND, "this kernel keeps none (PSI); it must be started with psi=1",
          "sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&psi=1 /' /etc/default/grub && sudo update-grub "
          "&& sudo reboot");
}

static void examine_perf(struct doctor *d, const struct host_facts *h)
{
    struct doctor_finding *f = add(d, "perf events");
    struct bytes text = read_text(h, "/proc/sys/kernel/perf_event_paranoid");
    uint64_t level;
    say(f->sees, "counters of cores; nothing in this version needs them");
    if (text.len == 0) {
        lacks(f, DOCTOR_BLIND, "this kernel has none; nothing in this version needs them", "");
        return;
    }
    bool privileged = may(h, CAP_PERFMON_BIT) || may(h, CAP_SYS_ADMIN_BIT);
    if (privileged || bytes_starts(text, BYTES_LIT("-"))) return;
    if (!proc_text_next(&text, &level) || level <= 1) return;
    lacks(f, level > 2 ? DOCTOR_BLIND : DOCTOR_PARTLY,
          "kernel.perf_event_paranoid keeps them back; nothing in this version needs them",
          "sudo sysctl kernel.perf_event_paranoid=1");
}

static void examine_metrics(struct doctor *d)
{
    struct doctor_finding *f = add(d, "metrics");
    say(f->sees, "pages that services have for Prometheus, where the plan's `metrics:` says so");
}

/* Logs where Debian's servers write them: mostly of the group adm. */
static void examine_logs(struct doctor *d, const struct host_facts *h)
{
    static const char *const usual[] = {"/var/log/nginx/access.log", "/var/log/apache2/access.log",
                                        "/var/log/haproxy.log", "/var/log/syslog"};
    struct doctor_finding *f = add(d, "logs");
    char array[DOCTOR_WORDS];
    struct text refused = text_in(array, sizeof array);
    say(f->sees, "what prony starts writes to its output, and files that this user may read");
    for (size_t i = 0; i < COUNT_OF(usual); i++) {
        char path[PATH_BYTES];
        struct text whole = text_in(path, sizeof path);
        text_addf(&whole, "%s%s", h->root, usual[i]);
        if (access(path, R_OK) == 0 || errno != EACCES) continue;
        text_addf(&refused, "%s%s", refused.len > 0 ? ", " : "", usual[i]);
    }
    if (refused.len > 0) {
        lacks(f, DOCTOR_PARTLY, refused.at, "sudo usermod -aG adm \"$USER\" # then log in anew");
    }
}

void doctor_examine(struct doctor *out, const char *root)
{
    static char text[TEXT_BYTES];
    struct host_facts facts = {.root = root, .text = text};
    *out = (struct doctor){0};
    facts.capabilities = read_capabilities(&facts);
    struct bytes scope = read_text(&facts, "/proc/sys/kernel/yama/ptrace_scope");
    if (!proc_text_next(&scope, &facts.ptrace_scope)) facts.ptrace_scope = 0;
    examine_processes(out, &facts);
    examine_run_queue(out, &facts);
    examine_places(out, &facts);
    examine_sockets(out, &facts);
    examine_cgroups(out, &facts);
    examine_host(out, &facts);
    examine_pressure(out, &facts);
    examine_perf(out, &facts);
    doctor_servers_examine(out, root);
    examine_metrics(out);
    examine_logs(out, &facts);
}
