/* Processes that come and go, threads too; and a number that is given to another process. */
#include "observe/family.h"

#include <errno.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

static struct arena arena;
static struct family family;
static pid_t roots[1];

static int start(void **state)
{
    (void)state;
    assert_true(arena_open(&arena, (size_t)4 << 20, NULL));
    roots[0] = getpid();
    assert_true(family_open(&family, &arena, roots, 1));
    return 0;
}

static int end(void **state)
{
    (void)state;
    family_close(&family);
    arena_close(&arena);
    return 0;
}

static void wait_to_be_killed(void)
{
    for (;;) pause();
}

static pid_t fork_child(void)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) wait_to_be_killed();
    return pid;
}

static void end_child(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const struct family_process *find(pid_t pid)
{
    for (uint32_t i = 0; i < family.process_count; i++) {
        if (family.processes[i].pid == pid) return &family.processes[i];
    }
    return NULL;
}

static uint32_t threads_of(pid_t pid)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < family.thread_count; i++) {
        const struct family_thread *t = &family.threads[i];
        if (t->pid != pid) continue;
        assert_int_equal(family.processes[t->process].pid, pid);
        count++;
    }
    return count;
}

/* A child of a child is met; when the first ends, the others move up with their threads. */
static void children(void **state)
{
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(family_look(&family), 1);
    pid_t first = fork_child();
    pid_t second = fork();
    if (second == 0) {
        pid_t third = fork();
        if (third == 0) wait_to_be_killed();
        if (write(ready[1], &third, sizeof third) != sizeof third) _exit(1);
        wait_to_be_killed();
    }
    pid_t third = 0;
    assert_int_equal(read(ready[0], &third, sizeof third), sizeof third);
    assert_int_equal(family_look(&family), 4);
    assert_non_null(find(third));
    assert_int_equal(threads_of(third), 1);
    end_child(first);
    assert_int_equal(family_look(&family), 3);
    assert_null(find(first));
    assert_int_equal(threads_of(second), 1);
    assert_int_equal(threads_of(third), 1);
    assert_int_equal(kill(third, SIGKILL), 0);
    end_child(second);
    while (family_look(&family) > 1) clock_sleep_until(clock_now_ns() + NS_PER_MS);
    assert_int_equal(family.process_count, 1);
    assert_int_equal(family.thread_count, threads_of(getpid()));
    close(ready[0]);
    close(ready[1]);
}

static void *wait_for_all(void *ctx)
{
    pthread_barrier_t *barriers = ctx;
    pthread_barrier_wait(&barriers[0]);
    pthread_barrier_wait(&barriers[1]);
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    enum { MORE = 7 };
    pthread_t thread[MORE];
    pthread_barrier_t barriers[2];
    assert_int_equal(family_look(&family), 1);
    uint32_t before = threads_of(getpid());
    for (int i = 0; i < 2; i++) pthread_barrier_init(&barriers[i], NULL, MORE + 1);
    for (int i = 0; i < MORE; i++) pthread_create(&thread[i], NULL, wait_for_all, barriers);
    pthread_barrier_wait(&barriers[0]);
    assert_int_equal(family_look(&family), 1);
    assert_int_equal(threads_of(getpid()), before + MORE);
    pthread_barrier_wait(&barriers[1]);
    for (int i = 0; i < MORE; i++) pthread_join(thread[i], NULL);
    /* pthread_join() may return a moment before the thread has left /proc. */
    for (int i = 0; i < 1000 && threads_of(getpid()) > before; i++) {
        clock_sleep_until(clock_now_ns() + NS_PER_MS);
        assert_int_equal(family_look(&family), 1);
    }
    assert_int_equal(threads_of(getpid()), before);
    for (int i = 0; i < 2; i++) pthread_barrier_destroy(&barriers[i]);
}

/* Of a process with this very number; below 0: not permitted. */
static pid_t fork_as(pid_t number)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&number, .set_tid_size = 1};
    long pid = syscall(SYS_clone3, &args, sizeof args);
    if (pid == 0) wait_to_be_killed();
    return (pid_t)pid;
}

/* The number is given to another: the first is gone, and the next look meets the second anew. */
static void number_again(void **state)
{
    (void)state;
    pid_t pid = fork_child();
    roots[0] = pid;
    assert_int_equal(family_look(&family), 1);
    uint64_t start = find(pid)->start;
    assert_true(start > 0);
    family.processes[0].fresh = false; /* counters have been read once */
    end_child(pid);
    clock_sleep_until(clock_now_ns() + 50 * NS_PER_MS); /* starts are told in 10 ms */
    if (fork_as(pid) < 0) {
        assert_true(errno == EPERM || errno == ENOSYS);
        print_message("# a number cannot be chosen by this user: only that it is gone is seen\n");
        assert_int_equal(family_look(&family), 0);
        return;
    }
    assert_int_equal(family_look(&family), 0);
    assert_int_equal(family_look(&family), 1);
    assert_true(find(pid)->start > start);
    assert_true(find(pid)->fresh); /* its counters are not those of the first */
    end_child(pid);
    assert_int_equal(family_look(&family), 0);
}

/* The same by the start time alone, whoever runs this. */
static void another_start(void **state)
{
    (void)state;
    assert_int_equal(family_look(&family), 1);
    uint64_t start = family.processes[0].start;
    family.processes[0].start--;
    assert_int_equal(family_look(&family), 0);
    assert_int_equal(family.thread_count, 0);
    assert_int_equal(family_look(&family), 1);
    assert_int_equal(family.processes[0].start, start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(children, start, end),
        cmocka_unit_test_setup_teardown(threads, start, end),
        cmocka_unit_test_setup_teardown(number_again, start, end),
        cmocka_unit_test_setup_teardown(another_start, start, end),
    };
    return cmocka_run_group_tests_name("family", tests, NULL, NULL);
}
