#include "store.h"

#include <string.h>

#include "clock.h"
#include "postgres.h"
#include "sqlite.h"

static const char *const state_names[JOB_STATES] = {"queued", "running", "done", "failed"};

const char *store_state_name(enum job_state state)
{
    return state_names[state];
}

int store_state_of(const char *name)
{
    for (int i = 0; i < JOB_STATES; i++) {
        if (strcmp(name, state_names[i]) == 0) return i;
    }
    return -1;
}

struct store *store_open(const struct settings *settings, const atomic_bool *giving_up,
                         uint64_t deadline_ns)
{
    struct store head = {.giving_up = giving_up, .deadline_ns = deadline_ns};
    switch (settings->db_kind) {
    case DB_SQLITE: {
        struct sqlite *sqlite = sqlite_open(settings->db_path, &head);
        return sqlite ? &sqlite->store : NULL;
    }
    case DB_POSTGRES: {
        struct postgres *postgres = postgres_open(settings->db_path, &head);
        return postgres ? &postgres->store : NULL;
    }
    }
    return NULL;
}

void store_close(struct store *store)
{
    if (store) store->calls->close(store);
}

void store_keep(struct store *store)
{
    store->calls->keep(store);
}

void store_set_deadline(struct store *store, uint64_t deadline_ns)
{
    store->deadline_ns = deadline_ns;
    store->calls->set_deadline(store);
}

bool store_prepare(struct store *store, const struct settings *settings)
{
    return store->calls->prepare(store, settings);
}

bool store_prepare_writer(struct store *store)
{
    return store->calls->prepare_writer(store);
}

bool store_begin(struct store *store)
{
    return store->calls->begin(store);
}

bool store_commit(struct store *store)
{
    return store->calls->commit(store);
}

void store_rollback(struct store *store)
{
    store->calls->rollback(store);
}

enum store_result store_lock_row(struct store *store)
{
    return store->calls->lock_row(store);
}

bool store_unfinished(struct store *store, void (*each)(void *arg, const struct job *job),
                      void *arg)
{
    return store->calls->unfinished(store, each, arg);
}

enum store_result store_job(struct store *store, int64_t id, struct job *out)
{
    return store->calls->job(store, id, out);
}

enum store_result store_page(struct store *store, const struct page_filter *filter,
                             struct page *out)
{
    return store->calls->page(store, filter, out);
}

enum store_result store_counts(struct store *store, int64_t counts[JOB_STATES])
{
    return store->calls->counts(store, counts);
}

enum store_result store_insert(struct store *store, struct job *job)
{
    return store->calls->insert(store, job);
}

enum store_result store_mark(struct store *store, int64_t id, enum job_state state, int64_t at_ms)
{
    return store->calls->mark(store, id, state, at_ms);
}

bool store_is_late(const struct store *store)
{
    return store->deadline_ns != 0 && clock_now_ns() >= store->deadline_ns;
}

bool store_gives_up(const struct store *store)
{
    return store->giving_up && atomic_load(store->giving_up);
}
