/* Each row of causes.def by the numbers that it is for, and what must not be blamed by them. */
#include "check.h"
#include "explain/causes.h"
#include "story.h"

#define W SERIES_WAITING
#define C SERIES_CORES

/* What most stories have: a service of two cores on a host of two. */
#define TWO_CORES                                                                                  \
    {"host", "host.cores", "", SERIES_COUNT_OF, 2, 2},                                             \
    {                                                                                              \
        "api", "cpu.capacity", "", C, 2, 2                                                         \
    }

static const struct {
    struct story story;
    enum cause_state state;
    const char *blamed;  /* first; NULL: nobody */
    const char *cleared; /* has an alibi; NULL: not asked */
} rows[] = {
    {{"all is well",
      {100, 10, 1, 0},
      {200, 20, 4, 0},
      {TWO_CORES, {"api", "cpu", "", C, 0.2, 0.4}, {"api", "run_queue", "", W, 0, 0.1}}},
     CAUSE_NONE,
     NULL,
     NULL},
    {{"nothing of the service is seen", {100, 10, 1, 0}, {200, 200, 40, 0}, {{0}}},
     CAUSE_UNSEEN,
     NULL,
     NULL},
    {{"it waits where nothing is seen",
      {100, 10, 1, 0},
      {200, 200, 40, 0},
      {TWO_CORES, {"api", "cpu", "", C, 0.2, 0.4}, {"api", "run_queue", "", W, 0, 0.1}}},
     CAUSE_UNTOLD,
     NULL,
     "cpu"},
    {{"its cores are full",
      {100, 10, 1, 0},
      {180, 200, 36, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 1, 1.95},
       {"api", "run_queue", "", W, 0.1, 33},
       {"api", "waiting", "lock of web-#", W, 0, 0.2}}},
     CAUSE_FOUND,
     "cpu",
     "lock"},
    {{"few threads that compute, all else in line for them",
      {100, 10, 1, 0},
      {180, 200, 36, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 1, 1.9},
       {"api", "run_queue", "", W, 0.1, 2},
       {"api", "waiting", "running of db-#", W, 1.1, 3.9},
       {"api", "waiting", "condition of db-#", W, 2.9, 0.1}}},
     CAUSE_FOUND,
     "cpu",
     "lock"},
    {{"a quota runs out",
      {50, 10, 0.5, 0},
      {100, 200, 20, 0},
      {{"host", "host.cores", "", SERIES_COUNT_OF, 2, 2},
       {"api", "cpu.capacity", "", C, 0.5, 0.5},
       {"api", "cpu", "", C, 0.25, 0.5},
       {"api", "run_queue", "", W, 0.1, 18},
       {"api", "cgroup.throttled", "", W, 0, 1.2},
       {"api", "cgroup.throttled.share", "", SERIES_SHARE, 0, 0.7}}},
     CAUSE_FOUND,
     "quota",
     "cpu"},
    {{"a neighbour takes the cores",
      {100, 10, 1, 0},
      {100, 200, 20, 0},
      {TWO_CORES,
       {"host", "host.cpu", "idle", C, 1.5, 0.02},
       {"api", "cpu", "", C, 0.4, 0.5},
       {"api", "run_queue", "", W, 0.1, 18}}},
     CAUSE_FOUND,
     "host-cpu",
     "cpu"},
    {{"one thread does it all",
      {50, 10, 0.5, 0},
      {95, 300, 30, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.5, 0.99},
       {"api", "run_queue", "", W, 0, 0.05},
       {"api", "thread.cpu", "python3 17", C, 0.5, 0.99},
       {"api", "waiting", "running of python#", W, 0.5, 1},
       {"api", "waiting", "poll of python#", W, 0.5, 0}}},
     CAUSE_FOUND,
     "one-thread",
     NULL},
    {{"threads queue at a lock",
      {100, 10, 1, 0},
      {150, 200, 30, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.4, 0.7},
       {"api", "run_queue", "", W, 0, 0.2},
       {"api", "waiting", "lock of web-#", W, 0.1, 28}}},
     CAUSE_FOUND,
     "lock",
     "cpu"},
    {{"a pool of threads is too small for what it waits for",
      {100, 11, 1.1, 0},
      {390, 200, 78, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.3},
       {"api", "run_queue", "", W, 0, 0},
       {"api", "waiting", "peer 10.0.0.9:80 of call-#", W, 1, 4},
       {"api", "waiting", "condition of call-#", W, 3, 0}}},
     CAUSE_FOUND,
     "pool-small",
     "cpu"},
    {{"somebody it asks became slow",
      {100, 11, 1.1, 0},
      {100, 400, 40, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.1},
       {"api", "waiting", "peer 10.0.0.9:80 of web-#", W, 1, 39},
       {"api", "waiting", "peer client of web-#", W, 99, 61}}},
     CAUSE_FOUND,
     "downstream",
     "cpu"},
    {{"syncs are slow",
      {20, 10, 0.2, 0},
      {60, 300, 18, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.2},
       {"api", "waiting", "disk jobs.db of db-#", W, 0.1, 17}}},
     CAUSE_FOUND,
     "disk",
     "cpu"},
    {{"transactions wait for each other",
      {50, 10, 0.5, 0},
      {80, 200, 16, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.2},
       {"api", "waiting", "peer 127.0.0.1:5432 of db-#", W, 0.3, 15.5},
       {"db", "db.sessions", "Lock:transactionid", W, 0, 15},
       {"db", "db.sessions", "CPU", W, 0.2, 0.3}}},
     CAUSE_FOUND,
     "db-lock",
     "downstream"},
    {{"queries compute",
      {50, 10, 0.5, 0},
      {80, 200, 16, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.2},
       {"api", "waiting", "peer 127.0.0.1:5432 of db-#", W, 0.3, 15.5},
       {"db", "db.sessions", "Lock:transactionid", W, 0, 0.1},
       {"db", "db.sessions", "CPU", W, 0.2, 15}}},
     CAUSE_FOUND,
     "db-cpu",
     "db-lock"},
    {{"a cache that hit misses",
      {50, 10, 0.5, 0},
      {80, 200, 16, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.2},
       {"api", "waiting", "peer 127.0.0.1:5432 of db-#", W, 0.3, 15.5},
       {"db", "db.sessions", "IO:DataFileRead", W, 0, 15},
       {"store", "cache.hits", "", SERIES_PER_S, 45, 8},
       {"store", "cache.misses", "", SERIES_PER_S, 5, 72}}},
     CAUSE_FOUND,
     "cache",
     "downstream"},
    {{"connections are not accepted",
      {50, 10, 0.5, 0},
      {80, 200, 16, 0},
      {TWO_CORES,
       {"api", "cpu", "", C, 0.1, 0.2},
       {"api", "accept_queue", "", W, 0, 15},
       {"api", "accept_queue.limit", "", SERIES_COUNT_OF, 16, 16}}},
     CAUSE_FOUND,
     "accept",
     "cpu"},
    {{"prony is late",
      {100, 10, 1, 0},
      {100, 200, 20, 190},
      {TWO_CORES, {"api", "cpu", "", C, 0.1, 0.1}}},
     CAUSE_HARNESS,
     "generator",
     NULL},
};

static void stories(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *name = rows[i].story.name;
        const struct cause *c = story_tell(&rows[i].story);
        CHECK_STR(name, cause_state_name(c->state), cause_state_name(rows[i].state));
        if (rows[i].blamed) CHECK_STR(name, c->suspects[0].id, rows[i].blamed);
        else CHECK_U64(name, c->blamed_count, 0);
        const struct cause_suspect *other =
            rows[i].cleared ? story_suspect(c, rows[i].cleared) : NULL;
        if (rows[i].cleared) CHECK(name, other && !other->blamed && !other->blind);
        CHECK(name, c->sentence[0] != '\0');
    }
    story_close();
}

/* No row of the table is without a story, but for those that need what a story does not have. */
static void every_cause_has_a_story(void **state)
{
    (void)state;
    static const char *const elsewhere[] = {"pauses",      "swap",      "sleep",     "network",
                                            "connections", "condition", "pool-line", "db-io"};
    const struct cause_rule *rule;
    for (uint32_t i = 0; (rule = causes_at(i)); i++) {
        bool told = false;
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            told = told || (rows[k].blamed && strcmp(rows[k].blamed, rule->id) == 0);
        }
        for (size_t k = 0; k < COUNT_OF(elsewhere); k++) {
            told = told || strcmp(elsewhere[k], rule->id) == 0;
        }
        CHECK(rule->id, told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stories),
                                       cmocka_unit_test(every_cause_has_a_story)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
