/* Lines for a stderr that nobody reads: nothing waits, whole lines are kept in order or counted. */
#include "cli/backlog.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "check.h"

#define PIPE_BYTES 4096 /* of the pipe: a page */
#define LINE 64u        /* bytes of a line */

static struct arena arena;
static int ends[2];
static struct backlog backlog;

static int enter(void **state)
{
    (void)state;
    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, PIPE_BYTES) < 0) return -1;
    if (!arena_open(&arena, 2 * BACKLOG_LAST_BYTES, NULL)) return -1;
    return backlog_open(&backlog, ends[1], &arena) ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    if (ends[0] >= 0) close(ends[0]);
    close(ends[1]);
    arena_close(&arena);
    return 0;
}

/* Its number, in two pieces, so that a part of it would be seen. */
static void say(uint32_t number)
{
    char array[LINE + 1];
    struct text t = text_in(array, sizeof array);
    text_addf(&t, "%06u", number);
    text_addc(&t, '.', LINE - t.len - 1);
    text_addc(&t, '\n', 1);
    backlog_add(&backlog, (struct bytes){array, 10});
    backlog_add(&backlog, (struct bytes){array + 10, LINE - 10});
    backlog_end(&backlog);
}

static char heard[1 << 16];
static size_t heard_len;

/* Reads what is in the pipe by now; true: its writers are gone. */
static bool hear(void)
{
    ssize_t n;
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    while ((n = read(ends[0], heard + heard_len, sizeof heard - heard_len - 1)) > 0)
        heard_len += (size_t)n;
    heard[heard_len] = '\0';
    return n == 0;
}

/* How many whole lines, numbered from 0 on without a gap. */
static uint32_t count_lines(void)
{
    uint32_t count = 0;
    while ((count + 1) * LINE <= heard_len && heard[(count + 1) * LINE - 1] == '\n'
           && strtoul(heard + count * LINE, NULL, 10) == count)
        count++;
    return count;
}

static void a_reader_gets_all(void **state)
{
    (void)state;
    heard_len = 0;
    for (uint32_t i = 0; i < 500; i++) {
        say(i);
        if (i % 50 == 49) assert_false(hear());
    }
    backlog_flush(&backlog);
    hear();
    backlog_close(&backlog);
    hear();
    assert_int_equal(count_lines(), 500);
    assert_int_equal(heard_len, 500 * LINE);
}

static void a_late_reader_gets_what_was_kept(void **state)
{
    (void)state;
    heard_len = 0;
    for (uint32_t i = 0; i < 500; i++) say(i); /* nobody reads: it must not wait */
    uint32_t fit = (uint32_t)((PIPE_BYTES + BACKLOG_BYTES) / LINE);
    assert_int_equal(backlog.lost_lines, 500 - fit);
    /* What is said at the end has more room than the progress had. */
    backlog_widen(&backlog);
    say(fit);
    while (hear(), backlog.ready > 0) backlog_flush(&backlog);
    hear();
    backlog_close(&backlog);
    hear();
    assert_int_equal(count_lines(), fit + 1);
    char want[100];
    snprintf(want, sizeof want, "prony: %u lines are left out here: stderr was read too slowly\n",
             500 - fit);
    assert_string_equal(heard + (size_t)(fit + 1) * LINE, want);
}

/* The descriptor that was given is not ours alone: it must not be made non-blocking. */
static void nobody_reads_to_the_end(void **state)
{
    (void)state;
    heard_len = 0;
    for (uint32_t i = 0; i < 500; i++) say(i);
    backlog_close(&backlog);
    assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
    hear();
    assert_int_equal(count_lines(), PIPE_BYTES / LINE);
    assert_int_equal(heard_len, PIPE_BYTES);
}

static void the_reader_has_gone(void **state)
{
    (void)state;
    say(0);
    close(ends[0]);
    ends[0] = -1;
    for (uint32_t i = 0; i < 500; i++) say(i);
    assert_true(backlog.failed && backlog.lost_lines == 0);
    backlog_close(&backlog);
}

/* A file is written where it stands, not from its start. */
static void a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/prony-backlog-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "before\n", 7) == 7);
    assert_true(backlog_open(&backlog, fd, &arena));
    say(0);
    backlog_close(&backlog);
    assert_int_equal(write(fd, "behind\n", 7), 7);
    ssize_t n = pread(fd, heard, sizeof heard - 1, 0);
    assert_int_equal(n, 7 + LINE + 7);
    assert_memory_equal(heard, "before\n000000", 13);
    assert_memory_equal(heard + 7 + LINE, "behind\n", 7);
    close(fd);
    unlink(path);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_gets_all, enter, leave),
        cmocka_unit_test_setup_teardown(a_late_reader_gets_what_was_kept, enter, leave),
        cmocka_unit_test_setup_teardown(nobody_reads_to_the_end, enter, leave),
        cmocka_unit_test_setup_teardown(the_reader_has_gone, enter, leave),
        cmocka_unit_test_setup_teardown(a_file, enter, leave),
    };
    return cmocka_run_group_tests_name("backlog", tests, NULL, NULL);
}
