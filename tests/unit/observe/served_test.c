/* Requests told by several, late and out of order: each counts once, in the second it ended in. */
#include "observe/served.h"

#include <pthread.h>

#include "base/attr.h"
#include "check.h"
#include "seen.h"

static struct service services[] = {{.name = {"api", 3}}, {.name = {"web", 3}}};
static const struct plan plan = {.services = services, .service_count = 2};
static struct served_book *book;
static struct source source;

static int start(void **state)
{
    (void)state;
    seen_open();
    book = served_open(&plan, seen_arena());
    assert_non_null(book);
    served_source(&source, book);
    return 0;
}

static int end(void **state)
{
    (void)state;
    source.close(source.ctx);
    served_close(book);
    seen_close();
    return 0;
}

static void look(uint64_t second)
{
    assert_true(seen_look(&source, second * NS_PER_S + NS_PER_MS, NULL));
}

static struct served get(const char *route, uint64_t end_ms, uint64_t took_ms)
{
    return (struct served){.service = BYTES_LIT("api"),
                           .method = BYTES_LIT("GET"),
                           .route = bytes_of(route),
                           .status = 200,
                           .end_ns = end_ms * NS_PER_MS,
                           .duration_ns = took_ms * NS_PER_MS,
                           .count = 1};
}

static void tell(const char *route, uint64_t end_ms, uint64_t took_ms)
{
    struct served s = get(route, end_ms, took_ms);
    served_tell(book, &s);
}

#define JOBS "GET /jobs"

static void counts_by_second(void **state)
{
    (void)state;
    look(10);
    for (uint64_t i = 0; i < 20; i++) tell("/jobs?page=1", 10000 + i, 10 + i);
    struct served bad = get("/jobs", 10999, 100);
    bad.failed = true;
    served_tell(book, &bad);
    bad.service = BYTES_LIT("nobody");
    served_tell(book, &bad);
    tell("/jobs", 11000, 500); /* the next second */
    look(11);
    assert_int_equal(seen_count("api", "served.rate"), 0); /* somebody may yet tell of it */
    look(12);
    CHECK_NEAR("rate", seen_value("api", "served.rate", JOBS), 21);
    CHECK_NEAR("failed", seen_value("api", "served.failed", JOBS), 1);
    CHECK_NEAR("time", seen_value("api", "served.time", JOBS), (20 * 19.5 + 100) / 21 / 1000);
    CHECK_NEAR("p95", seen_value("api", "served.p95", JOBS), 0.029);
    look(13);
    CHECK_NEAR("rate", seen_value("api", "served.rate", JOBS), 1);
    CHECK_NEAR("time", seen_value("api", "served.time", JOBS), 0.5);
    look(14);
    CHECK_NEAR("silent", seen_value("api", "served.rate", JOBS), 0);
    CHECK_NEAR("no time", seen_value("api", "served.time", JOBS), SEEN_NONE);
    assert_int_equal(seen_count("nobody", "served.rate"), 0);
}

static void without_a_time(void **state)
{
    (void)state;
    struct served s = get("/jobs", 500, 0);
    s.duration_ns = SERVED_NO_TIME;
    s.count = 7;
    served_tell(book, &s);
    look(2);
    CHECK_NEAR("rate", seen_value("api", "served.rate", JOBS), 7);
    CHECK_NEAR("time", seen_value("api", "served.time", JOBS), SEEN_NONE);
    CHECK_NEAR("p95", seen_value("api", "served.p95", JOBS), SEEN_NONE);
}

/* Who comes five seconds late is waited for from then on; who comes later counts where it comes. */
static void waits_for_who_is_late(void **state)
{
    (void)state;
    look(20);
    tell("/jobs", 15500, 10);
    look(21);
    CHECK_NEAR("15 is told", seen_value("api", "served.rate", JOBS), 1);
    look(22);
    CHECK_NEAR("16 is silent", seen_value("api", "served.rate", JOBS), 0);
    tell("/jobs", 17500, 10);
    tell("/jobs", 21500, 10);
    tell("/jobs", 17900, 10);
    look(23);
    CHECK_NEAR("17", seen_value("api", "served.rate", JOBS), 2);
    assert_string_equal(seen_news(), "");
    tell("/jobs", 1000, 10);
    look(24);
    CHECK_NEAR("18, and what is older", seen_value("api", "served.rate", JOBS), 1);
    assert_non_null(strstr(seen_news(), "api tells of requests later"));
    tell("/jobs", 2000, 10);
    for (uint64_t s = 25; s < 33; s++) look(s);
    assert_string_equal(seen_news(), ""); /* once */
}

/* A clock that is ahead, or a watcher that stood still: nothing is lost. */
static void ahead(void **state)
{
    (void)state;
    double sum = 0;
    look(5);
    tell("/jobs", 4000000, 10);
    tell("/jobs", UINT64_MAX / NS_PER_MS, 10);
    for (uint64_t s = 6; s < 30; s++) {
        look(s);
        double rate = seen_value("api", "served.rate", JOBS);
        if (rate > 0) sum += rate;
    }
    CHECK_NEAR("both", sum, 2);
}

static void bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * SERVED_ROUTES; i++) {
        char route[32];
        struct text text = text_in(route, sizeof route);
        text_addf(&text, "/r%u", i);
        tell(route, 100, 10);
    }
    tell("/r1", 100, 10);
    look(2);
    assert_int_equal(seen_count("api", "served.rate"), SERVED_ROUTES + 1);
    CHECK_NEAR("kept", seen_value("api", "served.rate", "GET /r1"), 2);
    CHECK_NEAR("beyond", seen_value("api", "served.rate", "other"), 2 * SERVED_ROUTES);
    assert_non_null(strstr(seen_news(), "more than 64 routes"));
    struct served web = get("/x", 2500, 10);
    web.service = BYTES_LIT("web");
    served_tell(book, &web);
    look(4);
    CHECK_NEAR("of another", seen_value("web", "served.rate", "other"), 1);
    assert_string_equal(seen_news(), ""); /* once */
}

static void hostile(void **state)
{
    (void)state;
    static char route[5000];
    memset(route, '/', sizeof route - 1);
    tell(route, 100, 10);
    tell("/\033[2J", 100, 10);
    tell("", 100, UINT64_MAX / NS_PER_MS - 1);
    look(2);
    CHECK_NEAR("escaped", seen_value("api", "served.rate", "GET /\\x1b[2J"), 1);
    CHECK_NEAR("nothing", seen_value("api", "served.rate", "GET "), 1);
    assert_int_equal(seen_count("api", "served.rate"), 3);
}

static void histograms(void **state)
{
    static const struct {
        const char *name;
        uint64_t lo_ms, hi_ms, count;
        double time, p95;
    } rows[] = {
        {"spread evenly", 0, 100, 1000, 0.05, 0.095},
        {"few", 10, 20, 1, 0.015, 0.015},
        {"no upper bound", 250, UINT64_MAX, 10, 0.25, 0.25},
        {"upside down", 250, 100, 10, 0.25, 0.25},
        {"very many", 10, 20, UINT64_C(3) << 32, 0.015, 0.0195},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct served of = get("/jobs", i * 1000 + 500, 0);
        uint64_t hi = rows[i].hi_ms;
        if (hi < UINT64_MAX) hi *= NS_PER_MS;
        served_tell_between(book, &of, rows[i].lo_ms * NS_PER_MS, hi, rows[i].count);
        look(i + 2);
        CHECK(rows[i].name, seen_value("api", "served.rate", JOBS) == (double)(float)rows[i].count);
        CHECK_NEAR(rows[i].name, seen_value("api", "served.time", JOBS), rows[i].time);
        CHECK_NEAR(rows[i].name, seen_value("api", "served.p95", JOBS), rows[i].p95);
    }
    struct served none = get("/jobs", 500, 0);
    served_tell_between(book, &none, 0, 1, 0); /* nothing is no word */
    look(20);
}

static struct bytes names[] = {{"GET /jobs", 9}, {"other", 5}};
static struct piece jobs_url[] = {{.kind = PIECE_TEXT, .text = {"/jobs", 5}}};
static struct step steps[] = {{.method = {"GET", 3}, .url = {jobs_url, 1}}};
static struct scenario scenarios[] = {{.steps = steps, .step_count = 1}};
static const struct plan watched = {.services = services,
                                    .service_count = 2,
                                    .names = names,
                                    .name_count = 2,
                                    .scenarios = scenarios,
                                    .scenario_count = 1};

/* Of a watch: by the plan's names, of one service, each once, once its second is closed. */
static void cells(void **state)
{
    struct served_cell got[2];
    struct hist_pair pairs[8];
    (void)state;
    served_close(book);
    book = served_open(&watched, seen_arena());
    assert_non_null(book);
    assert_true(served_want_cells(book, seen_arena()));
    served_source(&source, book);
    for (uint64_t i = 0; i < 4; i++) tell("/jobs?x", 500, 10);
    struct served bad = get("/jobs", 600, 300);
    bad.failed = true;
    bad.status = 503;
    served_tell(book, &bad);
    bad.status = 0; /* a span with an error has none */
    served_tell(book, &bad);
    for (uint64_t i = 0; i < 100; i++) tell("/x", 700, i);
    struct served web = get("/jobs", 500, 10);
    web.service = BYTES_LIT("web"); /* is behind api, which spoke first */
    served_tell(book, &web);
    assert_int_equal(served_take_cells(book, got, pairs, 8), 0);
    look(2);
    assert_int_equal(served_take_cells(book, got, pairs, 8), 2);
    assert_int_equal(got[0].name, 0);
    assert_int_equal(got[0].count, 6);
    assert_int_equal(got[0].failed, 2);
    assert_int_equal(got[0].answered_5xx, 1);
    assert_true(got[0].ok.count == 4 && got[0].ok.pair_count == 1);
    assert_true(got[0].ok.pairs[0].bucket == hist_bucket(10 * NS_PER_MS));
    assert_true(got[0].not_ok.count == 2 && got[0].not_ok.max_ns == 300 * NS_PER_MS);
    assert_int_equal(got[1].name, 1);                           /* other */
    assert_true(got[1].count == 100 && got[1].ok.count == 100); /* of more buckets than there is */
    assert_int_equal(got[1].ok.pair_count, 6);                  /* room for: none is lost */
    uint64_t sum = 0;
    for (uint32_t i = 0; i < got[1].ok.pair_count; i++) sum += got[1].ok.pairs[i].count;
    assert_int_equal(sum, 100);
    assert_int_equal(served_take_cells(book, got, pairs, 8), 0); /* taken is gone */
    assert_string_equal(seen_news(), "requests are judged as api tells of them");
    CHECK_NEAR("web has its series", seen_value("web", "served.rate", JOBS), 1);
}

#define TELLERS 4
#define EACH 20000

static void *tell_many(void *ctx)
{
    const char *route = ctx;
    for (uint64_t i = 0; i < EACH; i++) tell(route, i % 4000, i % 300);
    return NULL;
}

static void from_many_threads(void **state)
{
    static char routes[TELLERS][16] = {"/a", "/b", "/a", "/c"};
    pthread_t threads[TELLERS];
    double sum = 0;
    (void)state;
    for (int i = 0; i < TELLERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, tell_many, routes[i]), 0);
    }
    for (int i = 0; i < TELLERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (uint64_t s = 1; s < 30; s++) {
        look(s);
        for (int i = 0; i < TELLERS; i++) {
            char label[32];
            struct text text = text_in(label, sizeof label);
            text_addf(&text, "GET %s", routes[i]);
            double rate = seen_value("api", "served.rate", label);
            if (i != 2 && rate > 0) sum += rate;
        }
    }
    CHECK_NEAR("all", sum, (double)TELLERS * EACH);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, start, end)
    const struct CMUnitTest tests[] = {ROW(counts_by_second),
                                       ROW(without_a_time),
                                       ROW(waits_for_who_is_late),
                                       ROW(ahead),
                                       ROW(bounded),
                                       ROW(hostile),
                                       ROW(histograms),
                                       ROW(cells),
                                       ROW(from_many_threads)};
    return cmocka_run_group_tests_name("served", tests, NULL, NULL);
}
