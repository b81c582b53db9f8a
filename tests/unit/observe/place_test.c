/* Where a thread waits, by the text of its system call; and texts that are cut or make no sense. */
#include "observe/place.h"

#include <sys/syscall.h>

#include "base/text.h"
#include "check.h"

#define REST "0x1 0x2 0x3 0x4 0x7ffc0 0x7f1a"

/* "NUMBER ARGS ... SP PC" */
static struct bytes words(long number, const char *args)
{
    static char array[256];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "%ld %s\n", number, args);
    return text_bytes(&text);
}

static void calls(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        long number;
        const char *args;
        enum place_kind kind;
        int64_t fd;
    } cases[] = {
        {"a mutex", SYS_futex, "0xb0 0x80 0x2 0x0 0x0 0x0 0x7f 0x7f", PLACE_LOCK, -1},
        {"a mutex between processes", SYS_futex, "0xb0 0x0 0x2 0x0 0x0 0x0 0x7f 0x7f", PLACE_LOCK,
         -1},
        {"one with priorities", SYS_futex, "0xb0 0x86 0x2 0x0 0x0 0x0 0x7f 0x7f", PLACE_LOCK, -1},
        {"a condition", SYS_futex, "0xb0 0x189 0x0 0x0 0x0 0xffffffff 0x7f 0x7f", PLACE_CONDITION,
         -1},
        {"a socket", SYS_recvfrom, "0xc " REST, PLACE_PEER, 12},
        {"a pipe", SYS_read, "0x0 " REST, PLACE_PEER, 0},
        {"a file's sync", SYS_fdatasync, "0x7 " REST, PLACE_DISK, 7},
        {"a file's part", SYS_pread64, "0x7 " REST, PLACE_DISK, 7},
        {"a file by name", SYS_openat, "0xffffff9c " REST, PLACE_DISK, -1},
        {"an arrival", SYS_accept4, "0x4 " REST, PLACE_ACCEPT, 4},
        {"an event loop", SYS_epoll_pwait, "0x5 " REST, PLACE_POLL, -1},
        {"several descriptors", SYS_ppoll, "0xb0 0x2 0x0 0x0 0x0 0x0 0x7f 0x7f", PLACE_POLL, -1},
        {"one descriptor", SYS_ppoll, "0xb0 0x1 0x0 0x0 0x0 0x0 0x7f 0x7f", PLACE_PEER, -1},
        {"a nap", SYS_clock_nanosleep, "0x0 " REST, PLACE_SLEEP, -1},
        {"a child", SYS_wait4, "0x0 " REST, PLACE_CHILD, -1},
        {"memory", SYS_mmap, "0x0 " REST, PLACE_MEMORY, -1},
        {"a signal", SYS_rt_sigtimedwait, "0x0 " REST, PLACE_SIGNAL, -1},
        {"none of these", SYS_getpid, "0x0 " REST, PLACE_OTHER, -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        CHECK(cases[i].name, place_of(words(cases[i].number, cases[i].args), &place));
        CHECK_STR(cases[i].name, place_kind_name(place.kind), place_kind_name(cases[i].kind));
        CHECK(cases[i].name, place.fd == cases[i].fd);
    }
    struct place place;
    assert_true(place_of(words(SYS_futex, "0xb0c0 0x80 0x2 0x0 0x0 0x0 0x7f 0x7f"), &place));
    assert_int_equal(place.futex, 0xb0c0);
    assert_true(place_of(words(SYS_ppoll, "0xb0c0 0x1 0x0 0x0 0x0 0x0 0x7f 0x7f"), &place));
    assert_int_equal(place.fds, 0xb0c0);
    assert_true(place_of(words(SYS_getpid, "0x0 " REST), &place));
    assert_int_equal(place.number, SYS_getpid);
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fine;
        enum place_kind kind;
    } cases[] = {{"running\n", true, PLACE_RUNNING},
                 {"-1 0x7ffc 0x7f1a\n", true, PLACE_DISK}, /* a page that is read */
                 {"", false, PLACE_OTHER},
                 {"\n", false, PLACE_OTHER},
                 {"0", false, PLACE_OTHER},
                 {"0 0x1 0x2", false, PLACE_OTHER},
                 {"0 1 2 3 4 5 6", false, PLACE_OTHER},
                 {"x 0x1 0x2 0x3 0x4 0x5 0x6", false, PLACE_OTHER},
                 {"99999999999999999999999 0x1", false, PLACE_OTHER},
                 {"4000000000 0x1 0x2 0x3 0x4 0x5 0x6", true, PLACE_OTHER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct place place;
        bool fine = place_of(bytes_of(cases[i].text), &place);
        CHECK(cases[i].text, fine == cases[i].fine);
        if (fine) CHECK(cases[i].text, place.kind == cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(calls), cmocka_unit_test(texts)};
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
