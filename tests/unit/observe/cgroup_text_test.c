/* Where cgroups lie on hosts of all kinds, and texts of theirs that are cut or make no sense. */
#include "observe/cgroup_text.h"

#include "check.h"

#define V1                                                                                         \
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"                                   \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct\n"  \
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
#define V2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define HYBRID V1 "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
#define DOCKER "52 51 0:29 /docker/1f /sys/fs/cgroup/cpu ro master:7 - cgroup cgroup rw,cpu\n"

static void folders(void **state)
{
    (void)state;
    static const struct {
        const char *name, *cgroups, *mounts, *controller, *path; /* NULL: nowhere */
        bool v2;
    } cases[] = {
        {"version 2", "0::/a/b\n", V2, "cpu", "/sys/fs/cgroup/a/b", true},
        {"its root", "0::/\n", V2, "cpu", "/sys/fs/cgroup", true},
        {"version 1", "3:cpu,cpuacct:/a\n2:memory:/m/n\n", V1, "memory",
         "/sys/fs/cgroup/memory/m/n", false},
        {"of two at once", "3:cpu,cpuacct:/a\n2:memory:/m\n", V1, "cpuacct",
         "/sys/fs/cgroup/cpu,cpuacct/a", false},
        {"version 1 has it", "0::/u\n3:cpu,cpuacct:/a\n", HYBRID, "cpu",
         "/sys/fs/cgroup/cpu,cpuacct/a", false},
        {"only version 2 has it", "3:cpu,cpuacct:/a\n0::/u\n", HYBRID, "pids",
         "/sys/fs/cgroup/unified/u", true},
        {"a container's part", "3:cpu:/docker/1f\n", DOCKER, "cpu", "/sys/fs/cgroup/cpu", false},
        {"deeper in it", "3:cpu:/docker/1f/x\n", DOCKER, "cpu", "/sys/fs/cgroup/cpu/x", false},
        {"another container's", "3:cpu:/docker/1fe\n", DOCKER, "cpu", NULL, false},
        {"beyond the name space", "0::/../x\n", V2, "cpu", NULL, true},
        {"not mounted", "0::/a\n", V1, "cpu", NULL, true},
        {"a blank in the mount", "0::/a\n", "1 2 0:1 / /my\\040groups rw - cgroup2 none rw\n",
         "cpu", "/my groups/a", true},
        {"a name that another begins with", "3:cpuset:/a\n", HYBRID, "cpu", NULL, false},
        {"a path with colons", "0::/a:b/c:d\n", V2, "cpu", "/sys/fs/cgroup/a:b/c:d", true},
        {"no path", "0::\n", V2, "cpu", NULL, true},
        {"nonsense", "x\n::\n0:\n\n", V2, "cpu", NULL, true},
        {"mounts cut", "0::/a\n", "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2", "cpu", NULL,
         true},
        {"nothing", "", "", "cpu", NULL, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cgroup_folder folder;
        bool found = cgroup_text_find(bytes_of(cases[i].cgroups), bytes_of(cases[i].mounts),
                                      cases[i].controller, &folder);
        CHECK(cases[i].name, found == (cases[i].path != NULL));
        if (!found) continue;
        CHECK_STR(cases[i].name, folder.path, cases[i].path);
        CHECK(cases[i].name, folder.v2 == cases[i].v2);
    }
}

static void upwards(void **state)
{
    (void)state;
    struct cgroup_folder folder;
    assert_true(cgroup_text_find(BYTES_LIT("0::/a/b\n"), BYTES_LIT(V2), "cpu", &folder));
    assert_true(cgroup_text_up(&folder));
    assert_string_equal(folder.path, "/sys/fs/cgroup/a");
    assert_true(cgroup_text_up(&folder));
    assert_string_equal(folder.path, "/sys/fs/cgroup");
    assert_false(cgroup_text_up(&folder));
    /* A path too long for the room is nowhere, not somewhere else. */
    static char cgroups[700] = "0::";
    memset(cgroups + 3, '/', sizeof cgroups - 5);
    assert_false(cgroup_text_find(bytes_of(cgroups), BYTES_LIT(V2), "cpu", &folder));
}

static void limits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fine;
        uint64_t value;
    } cases[] = {{"4096\n", true, 4096},
                 {"0\n", true, 0},
                 {"max\n", false, 0},
                 {"-1\n", false, 0},
                 {"9223372036854771712\n", false, 0},
                 {"", false, 0},
                 {"\n", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        bool fine = cgroup_text_limit(bytes_of(cases[i].text), &value);
        CHECK(cases[i].text, fine == cases[i].fine);
        if (fine) CHECK_U64(cases[i].text, value, cases[i].value);
    }
    double cores = 0;
    assert_true(cgroup_text_cpu_max(BYTES_LIT("50000 100000\n"), &cores));
    assert_true(cores == 0.5);
    assert_false(cgroup_text_cpu_max(BYTES_LIT("max 100000\n"), &cores));
    assert_false(cgroup_text_cpu_max(BYTES_LIT("50000\n"), &cores));
    assert_false(cgroup_text_cpu_max(BYTES_LIT("50000 0\n"), &cores));
    assert_false(cgroup_text_cpu_max(BYTES_LIT(""), &cores));
}

static void disks(void **state)
{
    (void)state;
    struct cgroup_io io;
    struct bytes rest = BYTES_LIT("x\n8:16 rbytes=100 wbytes=200 rios=1 wios=2\n8:0\n9\n");
    assert_true(cgroup_text_io(&rest, &io));
    assert_true(io.major == 8 && io.minor == 16 && io.read_bytes == 100 && io.write_bytes == 200);
    assert_true(cgroup_text_io(&rest, &io));
    assert_true(io.minor == 0 && io.read_bytes == 0);
    assert_false(cgroup_text_io(&rest, &io));
    rest = BYTES_LIT("8:0 Read 7\n8:0 Write 9\n8:0 Sync 1\nTotal 16\n");
    uint64_t read = 0;
    uint64_t written = 0;
    while (cgroup_text_io(&rest, &io)) {
        read += io.read_bytes;
        written += io.write_bytes;
    }
    assert_true(read == 7 && written == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders),
        cmocka_unit_test(upwards),
        cmocka_unit_test(limits),
        cmocka_unit_test(disks),
    };
    return cmocka_run_group_tests_name("cgroup_text", tests, NULL, NULL);
}
