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
    } cases[] = {
        {"nothing", 0, 0, 0, 1, NULL},
        {"all that is there", 68, 1000, 100, 1, NULL},
        {"a descriptor too many", 69, 1, 1, 1,
         "too few file descriptors: the plan may need 101, this process may have 100"},
        {"a port too many", 1, 1001, 1, 1,
         "too few local ports: the plan may need 1001 connections, this host has 1000 ports"},
        {"ports are by target", 1, 2000, 1, 2, NULL},
        {"memory", 1, 1, 101, 1, "too little memory: the plan needs about 101 MiB, 100 are free"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *name = cases[i].name;
        struct machine m = {.descriptors_now = 100,
                            .descriptors_most = 100,
                            .ports = 1000,
                            .memory_free_bytes = 100u << 20};
        struct engine_needs needs = {.descriptors = cases[i].descriptors,
                                     .connections = cases[i].connections,
                                     .memory_bytes = cases[i].memory_mib << 20};
        struct plan plan = {.target_count = cases[i].targets};
        struct err err = {0};
        bool fits = machine_fit(&m, &needs, &plan, &err);
        CHECK_STR(name, err.msg, cases[i].msg ? cases[i].msg : "");
        CHECK(name, fits == (cases[i].msg == NULL));
        if (!fits) CHECK(name, err.kind == ERR_LIMIT && err.hint[0]);
    }
}

static void test_descriptors_are_raised(void **state)
{
    (void)state;
    struct rlimit limit;
    struct machine m;
    struct engine_needs needs = {.descriptors = 80};
    struct plan plan = {.target_count = 1, .service_count = 3};
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
        cmocka_unit_test(test_descriptors_are_raised),
    };
    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
