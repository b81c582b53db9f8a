/* Files that are followed: each line once, through renaming, emptying, absence, and junk. */
#include "observe/follow.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/ns.h"
#include "base/text.h"
#include "check.h"

static char folder[64], path[100], renamed[100];
static struct arena arena;
static struct follow follow;
static char got_text[4096];
static struct text got;
static uint64_t now_ns;

static void take(void *ctx, struct bytes line, bool cut)
{
    (void)ctx;
    text_add_safe(&got, line);
    text_adds(&got, cut ? "~|" : "|");
}

static int open_all(void **state)
{
    (void)state;
    struct err err;
    struct text text = text_in(folder, sizeof folder);
    text_adds(&text, P_tmpdir "/prony-follow-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/log", folder);
    snprintf(renamed, sizeof renamed, "%s/log.1", folder);
    assert_true(arena_open(&arena, 8 << 20, &err));
    assert_true(follow_open(&follow, &arena, bytes_of(path), take, NULL));
    got = text_in(got_text, sizeof got_text);
    now_ns = NS_PER_S;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    follow_close(&follow);
    arena_close(&arena);
    unlink(path);
    unlink(renamed);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void write_to(const char *name, int flags, const char *words, size_t len)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, words, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static void add(const char *words)
{
    write_to(path, O_APPEND, words, strlen(words));
}

/* Reads on; what came since the last time must be `want`. */
static void reads(const char *want)
{
    struct err err = {0};
    now_ns += 100 * NS_PER_MS;
    CHECK(err.msg, follow_read(&follow, now_ns, 1 << 20, &err));
    CHECK_STR(want, got_text, want);
    text_clear(&got);
}

static void begins(follow_line *earlier, size_t before)
{
    struct err err = {0};
    CHECK(err.msg, follow_begin(&follow, before, earlier, &err));
}

static void from_its_end(void **state)
{
    (void)state;
    add("old\nhalf");
    begins(NULL, 0);
    reads("");
    add(" of it\nnew\r\n\nopen");
    reads("new||"); /* a line that began before us is not told */
    add("ed\n");
    reads("opened|");
    assert_int_equal(follow.lines, 3);
}

static void earlier_lines(void **state)
{
    (void)state;
    add("one\ntwo\nthree\nfou");
    begins(take, 10); /* within `two` */
    CHECK_STR("earlier", got_text, "three|");
    text_clear(&got);
    add("r\n");
    reads("four|");
    assert_int_equal(follow.lines, 1);
}

static void a_missing_file(void **state)
{
    (void)state;
    begins(NULL, 0);
    reads("");
    assert_true(follow.missing);
    add("first\n");
    reads("first|");
    assert_false(follow.missing);
}

static void renaming(void **state)
{
    (void)state;
    begins(NULL, 0);
    add("a\n");
    reads("a|");
    assert_int_equal(rename(path, renamed), 0);
    write_to(renamed, O_APPEND, "b\n", 2);
    reads("b|"); /* nobody was told to open the new one yet */
    assert_true(follow.missing);
    add("c\n");
    write_to(renamed, O_APPEND, "d\nlast", 6);
    reads("d|c|");
    now_ns += 11 * NS_PER_S;
    reads("last|"); /* the old one is given up */
    write_to(renamed, O_APPEND, "never\n", 6);
    add("e\n");
    reads("e|");
    assert_int_equal(follow.turned, 1);
    assert_int_equal(follow.count, 1);
}

static void emptying(void **state)
{
    (void)state;
    begins(NULL, 0);
    add("first\nsecond\n");
    reads("first|second|");
    assert_int_equal(truncate(path, 0), 0);
    reads("");
    add("x\n");
    reads("x|");
    assert_int_equal(truncate(path, 0), 0);
    add("longer than before: the size tells nothing\n");
    reads("longer than before: the size tells nothing|");
    assert_int_equal(follow.emptied, 2);
}

/* A writer that keeps its place leaves zeros before it. */
static void emptying_with_a_hole(void **state)
{
    (void)state;
    begins(NULL, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "first\n", 6), 6);
    reads("first|");
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(write(fd, "x\n", 2), 2);
    reads("x|");
    assert_int_equal(lseek(fd, 1 << 20, SEEK_SET), 1 << 20);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(write(fd, "y\n", 2), 2);
    reads("y|");
    assert_int_equal(close(fd), 0);
}

static void long_lines(void **state)
{
    (void)state;
    size_t size = 10 << 20;
    char *line = malloc(size);
    assert_non_null(line);
    memset(line, 'x', size);
    begins(NULL, 0);
    add("a\n");
    write_to(path, O_APPEND, line, size);
    add("\nb\n");
    for (int i = 0; i < 12; i++) {
        struct err err;
        assert_true(follow_read(&follow, now_ns, 1 << 20, &err));
    }
    assert_int_equal(follow.lines, 3);
    assert_int_equal(follow.cut_lines, 1);
    assert_true(got.cut); /* the sink is smaller */
    text_clear(&got);
    add("c\n");
    reads("c|");
    free(line);
}

static void too_much(void **state)
{
    (void)state;
    struct err err;
    begins(NULL, 0);
    add("a\n");
    reads("a|");
    for (int i = 0; i < 100; i++) add("twenty letters, then \n");
    add("half");
    assert_true(follow_read(&follow, now_ns, 64, &err)); /* 16 times that is less */
    assert_int_equal(follow.passed, 2204);
    add(" a line\nnext\n");
    reads("next|");
}

static void no_file(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(follow_begin(&follow, 0, NULL, &err));
    assert_non_null(strstr(err.msg, "is no file"));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(follow_begin(&follow, 0, NULL, &err));
}

/* A writer at full speed, whose file is renamed and made anew as logrotate does it. */
static struct {
    uint32_t lines;
    int fd;
    pthread_mutex_t lock;
} writer;

static void *write_lines(void *ctx)
{
    (void)ctx;
    for (uint32_t i = 0; i < writer.lines; i++) {
        char line[40];
        int len = snprintf(line, sizeof line, "line %u of many\n", i);
        pthread_mutex_lock(&writer.lock);
        ssize_t n = write(writer.fd, line, (size_t)len);
        pthread_mutex_unlock(&writer.lock);
        if (n != len) abort();
    }
    return NULL;
}

static uint64_t told_count, told_sum;

static void count(void *ctx, struct bytes line, bool cut)
{
    (void)ctx;
    unsigned number = 0;
    if (cut || sscanf(line.at, "line %u of many", &number) != 1) abort();
    told_count++;
    told_sum += number;
}

static void under_load(void **state)
{
    (void)state;
    struct err err;
    pthread_t thread;
    follow.line = count;
    writer.lines = 200000;
    writer.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    pthread_mutex_init(&writer.lock, NULL);
    begins(NULL, 0);
    assert_int_equal(pthread_create(&thread, NULL, write_lines, NULL), 0);
    for (int turn = 0; turn < 10; turn++) {
        uint64_t aim = writer.lines / 11 * (uint64_t)(turn + 1);
        while (told_count < aim) {
            now_ns += NS_PER_MS;
            assert_true(follow_read(&follow, now_ns, 8 << 20, &err));
        }
        assert_int_equal(rename(path, renamed), 0);
        int fresh = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        now_ns += NS_PER_MS;
        assert_true(follow_read(&follow, now_ns, 8 << 20, &err));
        pthread_mutex_lock(&writer.lock); /* it is told to open the new one */
        int old = writer.fd;
        writer.fd = fresh;
        pthread_mutex_unlock(&writer.lock);
        assert_int_equal(close(old), 0);
        now_ns += 11 * NS_PER_S; /* later */
        assert_true(follow_read(&follow, now_ns, 8 << 20, &err));
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(follow_read(&follow, now_ns, 64 << 20, &err));
    assert_int_equal(told_count, writer.lines);
    assert_int_equal(told_sum, (uint64_t)writer.lines * (writer.lines - 1) / 2);
    assert_int_equal(follow.turned, 10);
    assert_int_equal(close(writer.fd), 0);
}

int main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)
    const struct CMUnitTest tests[] = {
        ROW(from_its_end), ROW(earlier_lines),       ROW(a_missing_file), ROW(renaming),
        ROW(emptying),     ROW(long_lines),          ROW(too_much),       ROW(no_file),
        ROW(under_load),   ROW(emptying_with_a_hole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
