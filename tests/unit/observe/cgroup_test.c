/* The cgroup of a service, of both versions, from a made-up root; and this process's own. */
#include "observe/cgroup.h"

#include <sched.h>
#include <unistd.h>

#include "check.h"
#include "seen.h"

#define PID 71

static struct family_process processes[1] = {{.pid = PID}};
static struct family family = {.processes = processes, .process_count = 1};
static struct source source;

static void open_source(void)
{
    seen_open();
    assert_true(cgroup_source(&source, seen_arena(), BYTES_LIT("api"), &family, seen_root()));
}

static void put_process(const char *cores)
{
    char array[200];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t%s\nMems_allowed:\t1\n",
              cores);
    seen_put("/proc/71/status", array);
    seen_put("/sys/devices/system/cpu/online", "0-7\n");
}

static void put_v2(void)
{
    seen_again();
    put_process("0-5");
    seen_put("/proc/71/cgroup", "0::/pod/box\n");
    seen_put("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    seen_put("/sys/fs/cgroup/cpu.stat", "usage_usec 1\n");
    seen_put("/sys/fs/cgroup/pod/cpu.max", "150000 100000\n");
    seen_put("/sys/fs/cgroup/pod/cpu.stat",
             "usage_usec 1\nnr_periods 10\nnr_throttled 1\nthrottled_usec 500000\n");
    seen_put("/sys/fs/cgroup/pod/memory.max", "1000000\n");
    seen_put("/sys/fs/cgroup/pod/box/cgroup.type", "domain\n");
    seen_put("/sys/fs/cgroup/pod/box/cpu.max", "max 100000\n");
    seen_put("/sys/fs/cgroup/pod/box/cpu.stat",
             "usage_usec 3000000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n");
    seen_put("/sys/fs/cgroup/pod/box/cpuset.cpus.effective", "0-3\n");
    seen_put("/sys/fs/cgroup/pod/box/memory.current", "700000\n");
    seen_put("/sys/fs/cgroup/pod/box/memory.max", "2000000\n");
    seen_put("/sys/fs/cgroup/pod/box/memory.events", "low 0\noom 0\noom_kill 0\n");
    seen_put("/sys/fs/cgroup/pod/box/pids.current", "7\n");
    seen_put("/sys/fs/cgroup/pod/box/pids.max", "max\n");
    seen_put("/sys/fs/cgroup/pod/box/io.stat",
             "8:0 rbytes=1000 wbytes=0\n253:0 rbytes=9 wbytes=9\n");
    seen_put("/sys/dev/block/253:0/slaves/sda", "");
}

static double value(const char *name)
{
    return seen_value("api", name, "");
}

/* The quota is that of the pod, and so is the memory's limit; the cpuset allows more than it. */
static void version_2(void **state)
{
    (void)state;
    put_v2();
    open_source();
    assert_true(seen_look(&source, 2 * NS_PER_S, NULL));
    CHECK_NEAR("quota", value("cgroup.quota"), 1.5);
    CHECK_NEAR("capacity", value("cpu.capacity"), 1.5);
    CHECK_NEAR("memory", value("cgroup.memory"), 700000);
    CHECK_NEAR("its limit", value("cgroup.memory.limit"), 1000000);
    CHECK_NEAR("tasks", value("cgroup.pids"), 7);
    CHECK_NEAR("without a limit", value("cgroup.pids.limit"), SEEN_NONE);
    CHECK_NEAR("rates need two looks", value("cgroup.cpu"), SEEN_NONE);
    seen_put("/sys/fs/cgroup/pod/cpu.stat",
             "usage_usec 1\nnr_periods 30\nnr_throttled 6\nthrottled_usec 1500000\n");
    seen_put("/sys/fs/cgroup/pod/box/cpu.stat",
             "usage_usec 5000000\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n");
    seen_put("/sys/fs/cgroup/pod/box/memory.events", "low 0\noom 2\noom_kill 2\n");
    seen_put("/sys/fs/cgroup/pod/box/io.stat",
             "8:0 rbytes=1000 wbytes=400\n253:0 rbytes=9 wbytes=409\n");
    assert_true(seen_look(&source, 4 * NS_PER_S, NULL));
    CHECK_NEAR("cores", value("cgroup.cpu"), 1);
    CHECK_NEAR("stood still", value("cgroup.throttled"), 0.5);
    CHECK_NEAR("periods", value("cgroup.throttled.share"), 0.25);
    CHECK_NEAR("killed", value("cgroup.oom"), 1);
    CHECK_STR("an event", seen_news(),
              "2 processes in the cgroup of api were killed for want of memory");
    CHECK_NEAR("read", value("cgroup.io.read"), 0);
    CHECK_NEAR("written, the stacked device left out", value("cgroup.io.write"), 200);
    seen_close();
}

static void version_1(void **state)
{
    (void)state;
    seen_again();
    put_process("2");
    seen_put("/proc/71/cgroup", "4:cpu,cpuacct:/a\n3:memory:/a/b\n2:pids:/\n1:blkio:/a\n");
    seen_put("/proc/self/mountinfo",
             "1 2 0:1 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n1 2 0:2 / /cg/mem rw - cgroup "
             "cgroup rw,memory\n1 2 0:3 / /cg/pids rw - cgroup cgroup rw,pids\n"
             "1 2 0:4 / /cg/io rw - cgroup cgroup rw,blkio\n");
    seen_put("/cg/cpu/a/cpu.cfs_quota_us", "300000\n");
    seen_put("/cg/cpu/a/cpu.cfs_period_us", "100000\n");
    seen_put("/cg/cpu/a/cpu.stat", "nr_periods 10\nnr_throttled 0\nthrottled_time 0\n");
    seen_put("/cg/cpu/a/cpuacct.usage", "1000000000\n");
    seen_put("/cg/mem/memory.limit_in_bytes", "9223372036854771712\n");
    seen_put("/cg/mem/a/memory.limit_in_bytes", "5000\n");
    seen_put("/cg/mem/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    seen_put("/cg/mem/a/b/memory.usage_in_bytes", "4000\n");
    seen_put("/cg/mem/a/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
    seen_put("/cg/pids/release_agent", "\n"); /* the host's root: no cgroup of the service */
    seen_put("/cg/pids/pids.current", "900\n");
    seen_put("/cg/io/a/blkio.throttle.io_service_bytes_recursive",
             "8:0 Read 100\n8:0 Write 50\n8:0 Total 150\nTotal 150\n");
    open_source();
    assert_true(seen_look(&source, NS_PER_S, NULL));
    seen_put("/cg/cpu/a/cpu.stat", "nr_periods 20\nnr_throttled 5\nthrottled_time 250000000\n");
    seen_put("/cg/cpu/a/cpuacct.usage", "1700000000\n");
    seen_put("/cg/io/a/blkio.throttle.io_service_bytes_recursive",
             "8:0 Read 300\n8:0 Write 150\n8:0 Total 450\nTotal 450\n");
    assert_true(seen_look(&source, 2 * NS_PER_S, NULL));
    CHECK_NEAR("quota", value("cgroup.quota"), 3);
    CHECK_NEAR("one core of three", value("cpu.capacity"), 1);
    CHECK_NEAR("cores", value("cgroup.cpu"), 0.7);
    CHECK_NEAR("stood still", value("cgroup.throttled"), 0.25);
    CHECK_NEAR("periods", value("cgroup.throttled.share"), 0.5);
    CHECK_NEAR("memory", value("cgroup.memory"), 4000);
    CHECK_NEAR("limit above it", value("cgroup.memory.limit"), 5000);
    CHECK_NEAR("killed before", value("cgroup.oom"), 0);
    CHECK_NEAR("tasks of the host", value("cgroup.pids"), SEEN_NONE);
    CHECK_NEAR("read", value("cgroup.io.read"), 200);
    CHECK_NEAR("written", value("cgroup.io.write"), 100);
    CHECK_STR("nothing to tell", seen_news(), "");
    seen_close();
}

/* In another cgroup all counts begin anew: what stood there before it came is not its own. */
static void moved(void **state)
{
    (void)state;
    put_v2();
    open_source();
    assert_true(seen_look(&source, NS_PER_S, NULL));
    seen_put("/proc/71/cgroup", "0::/pod/new\n");
    seen_put("/sys/fs/cgroup/pod/new/cgroup.type", "domain\n");
    seen_put("/sys/fs/cgroup/pod/new/cpu.stat", "usage_usec 900000000\n");
    seen_put("/sys/fs/cgroup/pod/new/memory.events", "oom 9\noom_kill 9\n");
    assert_true(seen_look(&source, 2 * NS_PER_S, NULL));
    CHECK_NEAR("cores", value("cgroup.cpu"), SEEN_NONE);
    CHECK_NEAR("killed", value("cgroup.oom"), SEEN_NONE);
    seen_put("/sys/fs/cgroup/pod/new/cpu.stat", "usage_usec 900500000\n");
    assert_true(seen_look(&source, 3 * NS_PER_S, NULL));
    CHECK_NEAR("cores", value("cgroup.cpu"), 0.5);
    seen_close();
}

/* Files that are cut, empty or of nonsense are gaps; without a process there is nothing. */
static void nothing_is_told(void **state)
{
    (void)state;
    static const char *const words[] = {"",   "\n",          "x",     "max",
                                        "-1", "nr_periods ", ": : :", "0::/pod"};
    static const char *const files[] = {"cpu.max",        "cpu.stat",   "cpuset.cpus.effective",
                                        "memory.current", "memory.max", "memory.events",
                                        "pids.current",   "pids.max",   "io.stat"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        put_v2();
        seen_put("/proc/71/status", words[i]);
        seen_put("/sys/fs/cgroup/pod/cpu.max", words[i]);
        seen_put("/sys/fs/cgroup/pod/cpu.stat", words[i]);
        seen_put("/sys/fs/cgroup/pod/memory.max", words[i]);
        for (size_t j = 0; j < sizeof files / sizeof *files; j++) {
            char path[200];
            struct text text = text_in(path, sizeof path);
            text_addf(&text, "/sys/fs/cgroup/pod/box/%s", files[j]);
            seen_put(path, words[i]);
        }
        open_source();
        for (uint64_t at = 1; at < 4; at++) assert_true(seen_look(&source, at * NS_PER_S, NULL));
        static const char *const names[] = {"cpu.capacity",     "cgroup.cpu",    "cgroup.quota",
                                            "cgroup.throttled", "cgroup.memory", "cgroup.oom",
                                            "cgroup.pids"};
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            CHECK_NEAR(words[i], value(names[j]), SEEN_NONE);
        }
        seen_close();
    }
    struct err err = {0};
    seen_again();
    open_source();
    assert_false(seen_look(&source, NS_PER_S, &err));
    assert_string_equal(err.msg, "its cgroup cannot be read");
    family.process_count = 0; /* which the source of its processes tells */
    assert_true(seen_look(&source, NS_PER_S, &err));
    CHECK_NEAR("no process", value("cpu.capacity"), SEEN_NONE);
    family.process_count = 1;
    seen_close();
}

/* This process: as many cores as it is told it has, or the quota of its cgroup. */
static void this_process(void **state)
{
    (void)state;
    cpu_set_t set;
    processes[0].pid = getpid();
    seen_open();
    assert_true(cgroup_source(&source, seen_arena(), BYTES_LIT("api"), &family, ""));
    assert_true(seen_look(&source, NS_PER_S, NULL));
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    double cores = CPU_COUNT(&set);
    double quota = value("cgroup.quota");
    CHECK_NEAR("capacity", value("cpu.capacity"), quota > 0 && quota < cores ? quota : cores);
    seen_print();
    processes[0].pid = PID;
    seen_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_2),       cmocka_unit_test(version_1),    cmocka_unit_test(moved),
        cmocka_unit_test(nothing_is_told), cmocka_unit_test(this_process),
    };
    return cmocka_run_group_tests_name("cgroup", tests, seen_open_root, seen_close_root);
}
