/* Lines whose reader is slow: whole records arrive in order, or are counted as lost. */
#include "cli/spool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/text.h"
#include "check.h"

#define RECORD 10000u /* bytes, in two lines */
#define RECORDS 600u  /* more than there is room for */

static struct arena arena;
static int pipe_ends[2];
static struct spool spool;

static int enter(void **state)
{
    (void)state;
    if (pipe(pipe_ends) != 0 || !arena_open(&arena, SPOOL_BYTES + 4096, NULL)) return -1;
    return spool_open(&spool, pipe_ends[1], &arena, NULL) ? 0 : -1;
}

static int leave(void **state)
{
    (void)state;
    arena_close(&arena);
    return 0;
}

/* Its number, twice, in pieces. */
static void put_record(uint32_t number)
{
    char array[RECORD + 1];
    struct text t = text_in(array, sizeof array);
    text_addf(&t, "%06u\n%06u", number, number);
    text_addc(&t, 'x', RECORD - t.len - 1);
    text_addc(&t, '\n', 1);
    spool_put(&spool, (struct bytes){array, 100});
    spool_put(&spool, (struct bytes){array + 100, RECORD - 100});
    spool_end_record(&spool);
}

struct heard {
    uint32_t records;
    uint32_t last;
    bool whole;
};

static void *read_all(void *ctx)
{
    struct heard *heard = ctx;
    static char record[RECORD];
    size_t len = 0;
    ssize_t n;
    heard->whole = true;
    while ((n = read(pipe_ends[0], record + len, RECORD - len)) > 0) {
        len += (size_t)n;
        if (len < RECORD) continue;
        uint64_t number = strtoul(record, NULL, 10);
        heard->whole = heard->whole && memcmp(record, record + 7, 6) == 0
                       && record[RECORD - 1] == '\n'
                       && (heard->records == 0 || number > heard->last);
        heard->last = (uint32_t)number;
        heard->records++;
        len = 0;
    }
    heard->whole = heard->whole && len == 0;
    return NULL;
}

static void who_comes_late_gets_what_fits(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < RECORDS; i++) put_record(i);
    uint64_t lost = spool_news(&spool);
    CHECK("some did not fit", lost > 0 && lost % 2 == 0 && lost / 2 < RECORDS);
    CHECK_U64("told once", spool_news(&spool), 0);

    pthread_t reader;
    struct heard heard = {0};
    spool_be_patient(&spool);
    assert_int_equal(pthread_create(&reader, NULL, read_all, &heard), 0);
    for (uint32_t i = 0; i < RECORDS; i++) put_record(RECORDS + i);
    struct spool_end end = spool_close(&spool);
    close(pipe_ends[1]);
    assert_int_equal(pthread_join(reader, NULL), 0);
    close(pipe_ends[0]);
    CHECK_U64("patient, it loses nothing more", end.lost_lines, lost);
    CHECK_U64("all others came", heard.records, 2 * RECORDS - lost / 2);
    CHECK_U64("to the last", heard.last, 2 * RECORDS - 1);
    CHECK("in order, and whole", heard.whole);
    CHECK("said", end.began && end.failed == 0);
}

static void a_record_beyond_all_room_is_lost_alone(void **state)
{
    (void)state;
    static char huge[SPOOL_BYTES + 1];
    memset(huge, '\n', sizeof huge);
    put_record(1);
    spool_put(&spool, (struct bytes){huge, sizeof huge});
    spool_end_record(&spool);
    put_record(2);
    pthread_t reader;
    struct heard heard = {0};
    assert_int_equal(pthread_create(&reader, NULL, read_all, &heard), 0);
    struct spool_end end = spool_close(&spool);
    close(pipe_ends[1]);
    assert_int_equal(pthread_join(reader, NULL), 0);
    close(pipe_ends[0]);
    CHECK_U64("its lines", end.lost_lines, sizeof huge);
    CHECK_U64("the others", heard.records, 2);
}

static void a_reader_that_left_is_told(void **state)
{
    (void)state;
    close(pipe_ends[0]);
    put_record(1);
    struct spool_end end = spool_close(&spool);
    close(pipe_ends[1]);
    CHECK_U64("why", end.failed, EPIPE);
    CHECK("nothing was read", !end.began);
}

int main(void)
{
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return 1;
#define CASE(f) cmocka_unit_test_setup_teardown(f, enter, leave)
    const struct CMUnitTest tests[] = {
        CASE(who_comes_late_gets_what_fits),
        CASE(a_record_beyond_all_room_is_lost_alone),
        CASE(a_reader_that_left_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
