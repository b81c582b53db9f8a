/* The host's own words about cores, quotas and threads, from a made-up root. */
#include "campaign/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "check.h"

#define MS UINT64_C(1000000)

static char root[64];

static int open_root(void **state)
{
    (void)state;
    struct text text = text_in(root, sizeof root);
    text_adds(&text, P_tmpdir "/prony-host-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int close_root(void **state)
{
    (void)state;
    return file_remove_tree(root, NULL) ? 0 : -1;
}

/* Writes a file below the root, and the folders above it. */
static void put(const char *path, const char *words)
{
    char array[300];
    struct text text = text_in(array, sizeof array);
    text_adds(&text, root);
    text_adds(&text, path);
    char *slash = strrchr(array, '/');
    *slash = '\0';
    assert_true(file_make_folders(array, NULL));
    *slash = '/';
    assert_true(file_write(array, bytes_of(words), NULL));
}

static void again(void)
{
    assert_int_equal(close_root(NULL), 0);
    assert_int_equal(open_root(NULL), 0);
}

static void check(const char *name, const struct strain *got, enum strain_fact fact, uint64_t want)
{
    CHECK_U64(name, got->of[fact], want);
}

static void only(cpu_set_t *cores, size_t core)
{
    CPU_ZERO(cores);
    CPU_SET(core, cores);
}

/* Time that went to others counts on the cores prony may use, from the open on. */
static void cores(void **state)
{
    (void)state;
    uint64_t count_ns = 1000 * MS / (uint64_t)sysconf(_SC_CLK_TCK);
    struct host h;
    struct strain out = {{0}};
    cpu_set_t set;
    only(&set, 1);
    put("/proc/stat", "cpu  600 0 0 0 0 0 0 500 9 9\ncpu0 300 0 0 0 0 0 0 400 9 9\n"
                      "cpu1 300 0 0 0 0 0 0 100 9 9\nintr 1 2 3\ncpu1 9 9 9 9 9 9 9 9 9 9\n");
    host_open(&h, root, &set);
    put("/proc/stat", "cpu  700 0 0 0 0 0 0 900 9 9\ncpu0 300 0 0 0 0 0 0 795 9 9\n"
                      "cpu1 310 20 30 40 10 5 5 105 99 99\nintr 1 2 3\n");
    host_look(&h, NULL, 0, &out);
    check("stolen", &out, STRAIN_STOLEN, 5 * count_ns);
    check("all", &out, STRAIN_CORES, 125 * count_ns);
    host_look(&h, NULL, 0, &out);
    check("nothing since", &out, STRAIN_STOLEN, 0);
    check("nothing since", &out, STRAIN_CORES, 0);
    put("/proc/stat", "cpu0 1 1 1 1 1 1 1 1\ncpu1 0 0 0 0 0 0 0 0\n");
    host_look(&h, NULL, 0, &out);
    check("backwards, as after a migration", &out, STRAIN_STOLEN, 0);
}

/* Of a machine with so many cores that not all lines are read, the last of those is cut somewhere:
 * a number of which digits are lost is no count. */
static void more_cores_than_are_read(void **state)
{
    (void)state;
    static char words[CPU_SETSIZE * 128];
    uint64_t count_ns = 1000 * MS / (uint64_t)sysconf(_SC_CLK_TCK);
    cpu_set_t set;
    memset(&set, 0xff, sizeof set);
    for (size_t shift = 0; shift < 120; shift++) {
        struct host h;
        struct strain out = {{0}};
        for (uint64_t look = 0; look < 2; look++) {
            struct text text = text_in(words, sizeof words);
            /* Of another length each time, so that the cut falls everywhere. */
            text_addf(&text, "cpu  %0*d\n", (int)shift + 1, 0);
            for (uint32_t core = 0; core < CPU_SETSIZE; core++) {
                text_addf(&text,
                          "cpu%u 1000000 0 0 0 0 0 0 %llu 1000000000 1000000000"
                          " 1000000000 1000000000 1000000000 1000000000\n",
                          core, (unsigned long long)(1000000 + look));
            }
            assert_false(text.cut);
            put("/proc/stat", words);
            if (look == 0) host_open(&h, root, &set);
            else host_look(&h, NULL, 0, &out);
        }
        /* One count more a core, whatever number of them. */
        assert_int_equal(h.total, h.stolen * 2 - h.stolen % 1000000);
        assert_int_equal(out.of[STRAIN_STOLEN], h.stolen % 1000000 * count_ns);
        assert_int_equal(out.of[STRAIN_CORES], out.of[STRAIN_STOLEN]);
        assert_int_equal(h.stolen / 1000000, h.stolen % 1000000); /* whole lines only */
    }
}

/* A cgroup's own quota, that of one above it, of a container that sees only its own. */
static void quotas(void **state)
{
    (void)state;
    static const struct {
        const char *name, *self, *path;
        bool second; /* the words of version 2 */
    } cases[] = {
        {"version 2", "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.stat", true},
        {"above it", "0::/a/b\n", "/sys/fs/cgroup/a/cpu.stat", true},
        {"what is mounted is its own", "0::/docker/1f\n", "/sys/fs/cgroup/cpu.stat", true},
        {"its own name space", "0::/\n", "/sys/fs/cgroup/cpu.stat", true},
        {"beyond its name space", "0::/../x\n", "/sys/fs/cgroup/cpu.stat", true},
        {"version 1", "2:memory:/m\n3:cpu:/a/b\n0::/\n", "/sys/fs/cgroup/cpu/a/b/cpu.stat", false},
        {"version 1, two at once", "4:cpu,cpuacct:/a\n1:name=systemd:/u\n",
         "/sys/fs/cgroup/cpu,cpuacct/a/cpu.stat", false},
        {"both, and the quota is of 1", "1:cpuset:/c\n3:cpu:/\n0::/u\n",
         "/sys/fs/cgroup/cpu/cpu.stat", false},
        {"beside version 1", "1:cpuset:/c\n0::/u\n", "/sys/fs/cgroup/unified/u/cpu.stat", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct host h;
        struct strain out = {{0}};
        cpu_set_t set;
        only(&set, 0);
        again();
        put("/proc/self/cgroup", cases[i].self);
        put("/sys/fs/cgroup/a/b/other", "");
        put(cases[i].path, cases[i].second
                               ? "usage_usec 5\nnr_periods 10\nnr_throttled 3\n"
                                 "throttled_usec 2000\n"
                               : "nr_periods 10\nnr_throttled 3\nthrottled_time 2000000\n");
        host_open(&h, root, &set);
        put(cases[i].path,
            cases[i].second ? "usage_usec 9\nnr_periods 30\nnr_throttled 8\nthrottled_usec 91000\n"
                            : "nr_periods 30\nnr_throttled 8\nthrottled_time 91000000\n");
        host_look(&h, NULL, 0, &out);
        check(cases[i].name, &out, STRAIN_PERIODS, 20);
        check(cases[i].name, &out, STRAIN_THROTTLED, 5);
        check(cases[i].name, &out, STRAIN_THROTTLED_NS, 89 * MS);
    }
}

/* Of a cgroup and those above it the one that was short most often speaks, tick by tick. */
static void the_tightest_quota(void **state)
{
    (void)state;
    struct host h;
    struct strain out = {{0}};
    cpu_set_t set;
    only(&set, 0);
    again();
    put("/proc/self/cgroup", "0::/pod/box\n");
    put("/sys/fs/cgroup/cpu.stat", "usage_usec 5\n"); /* the root has none */
    put("/sys/fs/cgroup/pod/cpu.stat", "nr_periods 5\nnr_throttled 0\nthrottled_usec 0\n");
    put("/sys/fs/cgroup/pod/box/cpu.stat", "nr_periods 7\nnr_throttled 1\nthrottled_usec 10\n");
    host_open(&h, root, &set);
    CHECK_U64("levels with a quota", h.group_count, 2);
    put("/sys/fs/cgroup/pod/cpu.stat", "nr_periods 15\nnr_throttled 9\nthrottled_usec 500\n");
    put("/sys/fs/cgroup/pod/box/cpu.stat", "nr_periods 17\nnr_throttled 2\nthrottled_usec 20\n");
    host_look(&h, NULL, 0, &out);
    check("that above", &out, STRAIN_THROTTLED, 9);
    check("that above", &out, STRAIN_THROTTLED_NS, 500000);
    out = (struct strain){{0}};
    put("/sys/fs/cgroup/pod/box/cpu.stat", "nr_periods 27\nnr_throttled 4\nthrottled_usec 40\n");
    host_look(&h, NULL, 0, &out);
    check("its own", &out, STRAIN_THROTTLED, 2);
    check("its own", &out, STRAIN_PERIODS, 10);
}

/* The thread that waited longest, each against its own count. */
static void threads(void **state)
{
    (void)state;
    struct host h;
    struct strain out = {{0}};
    cpu_set_t set;
    only(&set, 0);
    const uint32_t ids[] = {71, 72, 73};
    again();
    host_open(&h, root, &set);
    put("/proc/self/task/71/schedstat", "900000000 40000000 12\n");
    put("/proc/self/task/72/schedstat", "100 250000000 1\n");
    host_look(&h, ids, COUNT_OF(ids), &out); /* 73 has ended */
    check("since it began", &out, STRAIN_WAITED, 250 * MS);
    out = (struct strain){{0}};
    put("/proc/self/task/71/schedstat", "900000000 90000000 13\n");
    put("/proc/self/task/72/schedstat", "100 260000000 2\n");
    host_look(&h, ids, COUNT_OF(ids), &out);
    check("since the look before", &out, STRAIN_WAITED, 50 * MS);
}

/* A host that tells nothing, and one that tells nonsense. */
static void nothing_is_told(void **state)
{
    (void)state;
    const uint32_t id = 71;
    static const char *const words[] = {
        "",          "\n", "cpu",   "cpu0",  "cpu0 \n:",
        "0::",       "::", "0:cpu", "-1 -1", "99999999999999999999999 1",
        "cpu0 x 1 1"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        struct host h;
        struct strain out = {{0}};
        cpu_set_t set;
        only(&set, 0);
        again();
        if (i > 0) {
            put("/proc/stat", words[i]);
            put("/proc/self/cgroup", words[i]);
            put("/proc/self/task/71/schedstat", words[i]);
            put("/sys/fs/cgroup/cpu.stat", words[i]);
        }
        host_open(&h, root, &set);
        host_look(&h, &id, 1, &out);
        const struct strain none = {{0}};
        CHECK(words[i], memcmp(&out, &none, sizeof none) == 0);
    }
}

/* This one: its cores have time that goes on, and a thread that works waits or does not. */
static void this_host(void **state)
{
    (void)state;
    struct host h;
    struct strain out = {{0}};
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    host_open(&h, "", &set);
    const uint32_t id = (uint32_t)getpid();
    for (int i = 0; i < 50 && out.of[STRAIN_CORES] == 0; i++) {
        assert_int_equal(usleep(20000), 0);
        host_look(&h, &id, 1, &out);
    }
    if (h.total > 0) assert_true(out.of[STRAIN_CORES] > 0);
    assert_true(out.of[STRAIN_STOLEN] <= out.of[STRAIN_CORES]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cores),
        cmocka_unit_test(more_cores_than_are_read),
        cmocka_unit_test(quotas),
        cmocka_unit_test(threads),
        cmocka_unit_test(the_tightest_quota),
        cmocka_unit_test(this_host),
        cmocka_unit_test(nothing_is_told),
    };
    return cmocka_run_group_tests_name("host", tests, open_root, close_root);
}
