#include "campaign/machine.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/attr.h"
#include "check.h"

static void test_this_host(void **state)
{
    (void)state;
    struct machine m;
    struct rlimit limit;
    machine_look(&m);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(m.name[0] && m.kernel[0] && m.cpu[0]);
    assert_in_range(m.cores, 1, (uint64_t)sysconf(_SC_NPROCESSORS_CONF));
    assert_true(m.memory_bytes >= m.memory_free_bytes && m.memory_free_bytes > 0);
    assert_in_range(m.ports, 1, 65535);
    assert_int_equal(m.descriptors_now, limit.rlim_cur);
    assert_int_equal(m.descriptors_most, limit.rlim_max);
}

static void test_fit(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t descriptors, connections, memory_mib;
        uint32_t targets;
        const char *msg; /* NULL: it fits */
        const char *cure;
    } cases[] = {
        {"nothing", 0, 0, 0, 1, NULL, ""},
        {"all that is there", 68, 1000, 100, 1, NULL, ""},
        {"a descriptor too many", 69, 67, 1, 1,
         "too few file descriptors: the plan may need 101, this process may have 100 (soft limit "
         "90, hard limit 100)",
         "raise the hard limit (`ulimit -n 101` in a shell of root, LimitNOFILE=101 of a unit, "
         "--ulimit nofile=101 of a container); or make do with fewer: `connections: 66` fits here, "
         "as does --connections 66"},
        {"many descriptors too many", 1000002, 1000000, 1, 1,
         "too few file descriptors: the plan may need 1000034, this process may have 100 (soft "
         "limit 90, hard limit 100)",
         "--connections 66"},
        {"descriptors even for one connection", 69, 1, 1, 1,
         "too few file descriptors: the plan may need 101, this process may have 100 (soft limit "
         "90, hard limit 100)",
         "nofile=101 of a container); fewer connections are no cure: with one it takes 101"},
        {"a port too many", 1, 1001, 1, 1,
         "too few local ports: the plan may need 1001 connections, this host has 1000 ports",
         "--connections 1000"},
        {"ports are by target", 1, 2000, 1, 2, NULL, ""},
        {"memory", 1, 1, 101, 1, "too little memory: the plan needs about 101 MiB, 100 are free",
         "at 0 bytes each"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        /* What fits is not raised here: the limits of the test would become those of the row. */
        struct machine m = {.descriptors_now = cases[i].msg ? 90 : 100,
                            .descriptors_most = 100,
                            .ports = 1000,
                            .memory_free_bytes = 100u << 20};
        struct engine_needs needs = {.descriptors = cases[i].descriptors,
                                     .connections = cases[i].connections,
                                     .memory_bytes = cases[i].memory_mib << 20};
        struct target targets[2] = {0};
        struct plan plan = {.targets = targets, .target_count = cases[i].targets};
        struct err err = {0};
        bool fits = machine_fit(&m, &needs, &plan, &err);
        CHECK_STR(name, err.msg, cases[i].msg ? cases[i].msg : "");
        CHECK(name, fits == (cases[i].msg == NULL));
        if (!fits) CHECK(name, err.kind == ERR_LIMIT && err.hint[0]);
        size_t before = strlen(err.hint) - strlen(cases[i].cure); /* the end, so it is not cut */
        CHECK(name, strlen(err.hint) >= strlen(cases[i].cure));
        CHECK_STR(name, err.hint + before, cases[i].cure);
    }
}

static void test_ports(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t targets, sources;
        const char *address; /* of the last target */
        uint64_t ports;
    } cases[] = {
        {"one target", 1, 0, "", 1000},
        {"two targets", 2, 0, "127.0.0.1", 2000},
        {"two own addresses", 1, 2, "", 2000},
        {"both", 2, 3, "", 6000},
        {"a unix socket", 2, 0, "unix:/run/app.sock", UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct machine m = {.ports = 1000};
        struct target targets[2] = {0};
        targets[cases[i].targets - 1].address = bytes_of(cases[i].address);
        const struct plan plan = {
            .targets = targets, .target_count = cases[i].targets, .source_count = cases[i].sources};
        CHECK_U64(cases[i].name, machine_ports(&m, &plan), cases[i].ports);
    }
}

static void test_descriptors_are_raised(void **state)
{
    (void)state;
    struct rlimit limit;
    struct machine m;
    struct engine_needs needs = {.descriptors = 80};
    struct target target = {0};
    struct plan plan = {.targets = &target, .target_count = 1, .service_count = 3};
    struct err err = {0};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 50;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    machine_look(&m);
    assert_true(machine_fit(&m, &needs, &plan, &err));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, machine_descriptors(&needs, &plan));
    assert_int_equal(limit.rlim_cur, 80 + 32 + 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_this_host),
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_descriptors_are_raised),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
