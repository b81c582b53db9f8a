/* Texts of the kernel about the host: as they are, cut anywhere, and of nonsense. */
#include "observe/host_text.h"

#include "check.h"
#include "observe/cpu_list.h"

static void cores(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool fine;
        uint64_t steal;
    } cases[] = {
        {"all columns", "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2\n", true, 8},
        {"an old kernel's", "cpu  1 2 3 4 5 6 7\n", false, 0},
        {"cut in a number", "cpu  1 2 3 4 5 6 7 8", false, 0},
        {"one core", "cpu0 1 2 3 4 5 6 7 8 9 10\n", false, 0},
        {"too big", "cpu  99999999999999999999 2 3 4 5 6 7 8\n", false, 0},
        {"below 0", "cpu  1 2 3 -4 5 6 7 8\n", false, 0},
        {"nothing", "", false, 0},
        {"a line's end", "\n", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t of[HOST_STATES] = {0};
        bool fine = host_text_cpu(bytes_of(cases[i].text), of);
        CHECK(cases[i].name, fine == cases[i].fine);
        if (fine) CHECK_U64(cases[i].name, of[HOST_STEAL], cases[i].steal);
    }
}

static void lines(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *key;
        bool fine;
        uint64_t value;
    } cases[] = {
        {"meminfo", "MemTotal:  100 kB\nMemFree: 7 kB\n", "MemFree:", true, 7},
        {"vmstat", "pswpin 3\npswpout 4\n", "pswpout", true, 4},
        {"only at a line's start", "x pswpin 3\n", "pswpin", false, 0},
        {"not of a longer name", "pswpinned 3\n", "pswpin", false, 0},
        {"cut", "pswpin 31", "pswpin", false, 0},
        {"no number", "pswpin x\n", "pswpin", false, 0},
        {"absent", "a 1\n", "pswpin", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        bool fine = host_text_line(bytes_of(cases[i].text), cases[i].key, &value);
        CHECK(cases[i].name, fine == cases[i].fine);
        if (fine) CHECK_U64(cases[i].name, value, cases[i].value);
    }
}

static void pressure(void **state)
{
    (void)state;
    static const char words[] = "some avg10=34.80 avg60=15.59 avg300=11.52 total=366901547\n"
                                "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n";
    uint64_t us = 0;
    assert_true(host_text_pressure(bytes_of(words), "some", &us));
    assert_int_equal(us, 366901547);
    assert_true(host_text_pressure(bytes_of(words), "full", &us));
    assert_int_equal(us, 12);
    for (size_t len = 0; len < 58; len++) { /* cut anywhere before its line is whole */
        assert_false(host_text_pressure((struct bytes){words, len}, "some", &us));
    }
    assert_false(host_text_pressure(BYTES_LIT("some total=x\n"), "some", &us));
    assert_false(host_text_pressure(BYTES_LIT("some avg10=1\n"), "some", &us));
}

static void runnable(void **state)
{
    (void)state;
    uint64_t count = 0;
    assert_true(host_text_runnable(BYTES_LIT("0.20 0.18 0.12 13/80 11206\n"), &count));
    assert_int_equal(count, 13);
    assert_false(host_text_runnable(BYTES_LIT("0.20 0.18 0.12 13"), &count));
    assert_false(host_text_runnable(BYTES_LIT("0.20 0.18"), &count));
    assert_false(host_text_runnable(BYTES_LIT(""), &count));
}

static void disks(void **state)
{
    (void)state;
    static const char words[] = "   7 0 loop0 0 0 0 0 0 0 0 0 0 0 0\n"
                                "nonsense\n\n 8 0\n 8 1 sdx 1 2 3\n"
                                " 9 9 huge 1 2 18446744073709551615 4 5 6 7 8 9 10 11\n"
                                " 254 0 vda 10 1 100 7 20 2 200 9 0 31 40 4 5 6 7 8 9\n"
                                " 254 1 vdb 10 1 100 7 20 2 200 9 0 31 40";
    struct bytes rest = bytes_of(words);
    struct host_disk disk;
    assert_true(host_text_disk(&rest, &disk));
    assert_true(bytes_is(disk.name, "loop0"));
    assert_true(host_text_disk(&rest, &disk));
    assert_true(bytes_is(disk.name, "vda"));
    assert_int_equal(disk.reads, 10);
    assert_int_equal(disk.read_bytes, 100 * 512);
    assert_int_equal(disk.read_ms, 7);
    assert_int_equal(disk.writes, 20);
    assert_int_equal(disk.write_bytes, 200 * 512);
    assert_int_equal(disk.write_ms, 9);
    assert_int_equal(disk.waiting_ms, 40);
    assert_false(host_text_disk(&rest, &disk)); /* the last is cut */
}

static void devices(void **state)
{
    (void)state;
    static const char words[] =
        "Inter-|   Receive         |  Transmit\n face |bytes    packets errs drop |bytes\n"
        "    lo: 63 28 0 0 0 0 0 0 64 29 0 0 0 0 0 0\n"
        "  eth0:318 9 1 2 0 0 0 0 457 5 4 8 0 0 0 0\n  eth1: 1 2\n  eth2: 1";
    struct bytes rest = bytes_of(words);
    struct host_device device;
    assert_true(host_text_device(&rest, &device));
    assert_true(bytes_is(device.name, "lo"));
    assert_int_equal(device.in_bytes, 63);
    assert_int_equal(device.out_bytes, 64);
    assert_true(host_text_device(&rest, &device));
    assert_true(bytes_is(device.name, "eth0"));
    assert_int_equal(device.in_bytes, 318);
    assert_int_equal(device.drops, 15);
    assert_false(host_text_device(&rest, &device));
}

static void counters(void **state)
{
    (void)state;
    static const char words[] = "Ip: A B\nIp: 1 2\nTcp: Max RetransSegs In\nTcp: -1 7 8\n";
    static const struct {
        const char *name, *text, *group, *counter;
        bool fine;
        uint64_t value;
    } cases[] = {
        {"there", words, "Tcp:", "RetransSegs", true, 7},
        {"the last", words, "Tcp:", "In", true, 8},
        {"below 0", words, "Tcp:", "Max", false, 0},
        {"another group's", words, "Tcp:", "A", false, 0},
        {"no numbers", "Tcp: A B\n", "Tcp:", "A", false, 0},
        {"numbers of another", "Tcp: A\nIp: 1\n", "Tcp:", "A", false, 0},
        {"fewer numbers", "Tcp: A B\nTcp: 1\n", "Tcp:", "B", false, 0},
        {"cut", "Tcp: A B\nTcp: 1 2", "Tcp:", "B", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 0;
        bool fine =
            host_text_counter(bytes_of(cases[i].text), cases[i].group, cases[i].counter, &value);
        CHECK(cases[i].name, fine == cases[i].fine);
        if (fine) CHECK_U64(cases[i].name, value, cases[i].value);
    }
}

static void lists_of_cores(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t count; /* 0: no list */
    } cases[] = {{"0\n", 1},     {"0-3\n", 4},   {"0-3,8,10-11", 7}, {" 2-2\n", 1},
                 {"", 0},        {"\n", 0},      {"3-1\n", 0},       {"0-\n", 0},
                 {"0-3,\n", 0},  {"a\n", 0},     {"0 1\n", 0},       {"0-9999999999\n", 4096},
                 {"70000\n", 0}, {"0,0,0\n", 1}, {"63-64\n", 2},     {"0-3:1/2\n", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cpu_list list;
        bool fine = cpu_list_read(bytes_of(cases[i].text), &list);
        CHECK(cases[i].text, fine == (cases[i].count > 0));
        if (fine) CHECK_U64(cases[i].text, cpu_list_count(&list), cases[i].count);
    }
    struct cpu_list a, b;
    assert_true(cpu_list_read(BYTES_LIT("0-5"), &a));
    assert_true(cpu_list_read(BYTES_LIT("4-70"), &b));
    cpu_list_cut(&a, &b);
    assert_int_equal(cpu_list_count(&a), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cores),    cmocka_unit_test(lines),          cmocka_unit_test(pressure),
        cmocka_unit_test(runnable), cmocka_unit_test(disks),          cmocka_unit_test(devices),
        cmocka_unit_test(counters), cmocka_unit_test(lists_of_cores),
    };
    return cmocka_run_group_tests_name("host_text", tests, NULL, NULL);
}
