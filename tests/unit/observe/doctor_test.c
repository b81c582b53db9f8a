/* What is seen of hosts of all kinds, and the cure where there is one. */
#include "observe/doctor.h"

#include "check.h"
#include "seen.h"

#define ROOT "CapEff:\t000001ffffffffff\n"
#define NOBODY "CapEff:\t0000000000000000\n"
#define TRACER "CapEff:\t0000000000080000\n"  /* it may trace, but opens no file of others */
#define ALLOWED "CapEff:\t0000000000080004\n" /* by setcap */
#define MOUNTS                                                                                     \
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"                                              \
    "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define HIDDEN "22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=invisible\n"
#define NOT_HIDDEN "22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=0\n"

static struct doctor doctor;

static void put_host(void)
{
    seen_again();
    seen_put("/proc/self/status", "Name:\tx\n" NOBODY);
    seen_put("/proc/self/mountinfo", MOUNTS);
    seen_put("/proc/self/cgroup", "0::/a\n");
    seen_put("/proc/self/schedstat", "1 2 3\n");
    seen_put("/proc/self/syscall", "running\n");
    seen_put("/proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\n");
    seen_put("/proc/pressure/cpu", "some avg10=0.00 total=1\n");
    seen_put("/proc/sys/kernel/perf_event_paranoid", "1\n");
    seen_put("/sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
}

static const struct doctor_finding *find(const char *source)
{
    doctor_examine(&doctor, seen_root());
    for (uint32_t i = 0; i < doctor.count; i++) {
        if (strcmp(doctor.findings[i].source, source) == 0) return &doctor.findings[i];
    }
    fail_msg("no source %s", source);
    return NULL;
}

/* One file of the host is another; what one source says then. */
static void hosts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *path, *words, *source;
        enum doctor_state state;
        const char *lacks, *cure; /* parts of them; "": none */
    } cases[] = {
        {"root", "/proc/self/status", "N\n" ROOT, "processes", DOCTOR_SEES, "", ""},
        {"nobody", "/proc/self/status", "N\n" NOBODY, "processes", DOCTOR_PARTLY, "other users",
         "setcap"},
        {"half allowed", "/proc/self/status", "N\n" TRACER, "processes", DOCTOR_PARTLY,
         "other users", "setcap"},
        {"allowed", "/proc/self/status", "N\n" ALLOWED, "processes", DOCTOR_SEES, "", ""},
        {"hidden", "/proc/self/mountinfo", HIDDEN, "processes", DOCTOR_PARTLY, "hidepid",
         "hidepid=0"},
        {"not hidden", "/proc/self/mountinfo", NOT_HIDDEN, "processes", DOCTOR_PARTLY,
         "other users", "setcap"},
        {"one's own", "/proc/sys/kernel/yama/ptrace_scope", "0\n", "places", DOCTOR_PARTLY,
         "other users", "setcap"},
        {"children only", "/proc/sys/kernel/yama/ptrace_scope", "1\n", "places", DOCTOR_PARTLY,
         "ptrace_scope is 1", "sysctl kernel.yama.ptrace_scope=0"},
        {"nobody traces", "/proc/sys/kernel/yama/ptrace_scope", "2\n", "places", DOCTOR_BLIND,
         "ptrace_scope is 2", "setcap"},
        {"never", "/proc/sys/kernel/yama/ptrace_scope", "3\n", "places", DOCTOR_BLIND,
         "ptrace_scope is 3", ""},
        {"root traces", "/proc/self/status", "N\n" ROOT, "places", DOCTOR_SEES, "", ""},
        {"no pressure", "/proc/pressure/cpu", "", "pressure", DOCTOR_BLIND, "psi=1", "psi=1"},
        {"pressure", "/proc/x", "", "pressure", DOCTOR_SEES, "", ""},
        {"all controllers", "/proc/x", "", "cgroups", DOCTOR_SEES, "", ""},
        {"no memory", "/sys/fs/cgroup/cgroup.controllers", "cpu pids io\n", "cgroups",
         DOCTOR_PARTLY, "no controller here: memory", "subtree_control"},
        {"no cgroups", "/proc/self/cgroup", "", "cgroups", DOCTOR_BLIND, "cpu, memory, pids, io",
         "subtree_control"},
        {"counters", "/proc/x", "", "perf events", DOCTOR_SEES, "", ""},
        {"none", "/proc/sys/kernel/perf_event_paranoid", "3\n", "perf events", DOCTOR_BLIND,
         "perf_event_paranoid", "perf_event_paranoid=1"},
        {"no such", "/proc/sys/kernel/perf_event_paranoid", "", "perf events", DOCTOR_BLIND,
         "has none", ""},
        {"no PostgreSQL", "/proc/x", "", "postgres", DOCTOR_PARTLY, "pg_monitor", "CREATE ROLE"},
        {"no Redis", "/proc/x", "", "redis", DOCTOR_SEES, "", ""},
        {"no stat", "/proc/stat", "x", "host", DOCTOR_BLIND, "/proc/stat", "mount"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_host();
        seen_put(cases[i].path, cases[i].words);
        const struct doctor_finding *f = find(cases[i].source);
        CHECK_STR(cases[i].name, doctor_state_name(f->state), doctor_state_name(cases[i].state));
        CHECK(cases[i].name, strstr(f->lacks, cases[i].lacks) != NULL);
        CHECK(cases[i].name, strstr(f->cure, cases[i].cure) != NULL);
        CHECK(cases[i].name, (f->lacks[0] == '\0') == (cases[i].lacks[0] == '\0'));
        CHECK(cases[i].name, (f->cure[0] == '\0') == (cases[i].cure[0] == '\0'));
        CHECK(cases[i].name, (f->sees[0] == '\0') == (f->state == DOCTOR_BLIND));
    }
}

/* Which servers run here is said; one of another user's, too. */
static void servers(void **state)
{
    (void)state;
    put_host();
    seen_put("/proc/4711/comm", "redis-server\n");
    seen_put("/proc/815/comm", "redis-server\n");
    seen_put("/proc/816/comm", "redis-server-x\n");
    assert_non_null(strstr(find("redis")->sees, "one runs here (815)"));
    assert_non_null(strstr(find("memcached")->sees, "none runs here"));
}

/* A host that tells nothing at all has an answer for each source, too; none of them is cut. */
static void nothing_is_told(void **state)
{
    (void)state;
    seen_again();
    doctor_examine(&doctor, seen_root());
    for (uint32_t i = 0; i < doctor.count; i++) {
        const struct doctor_finding *f = &doctor.findings[i];
        CHECK(f->source, f->sees[0] || f->lacks[0]);
        CHECK(f->source, strlen(f->lacks) < DOCTOR_WORDS - 1);
        CHECK(f->source, strlen(f->cure) < DOCTOR_WORDS - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hosts), cmocka_unit_test(servers),
                                       cmocka_unit_test(nothing_is_told)};
    return cmocka_run_group_tests_name("doctor", tests, seen_open_root, seen_close_root);
}
