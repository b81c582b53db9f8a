/* store.h - jobs in the database, whichever it is.
 *
 * A store is one connection. Every function works on one and leaves transactions to its caller;
 * without one each write commits by itself. SQLite (store_sqlite.c) and PostgreSQL
 * (store_postgres.c) implement the same list of calls, and answer the same.
 * Thread: whoever has the connection. Memory: store_open makes it, store_close frees it. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "settings.h"

#define STORE_NAME_MAX 65 /* bytes of an owner or a kind, with the end */
#define STORE_PAGE_ROWS 20
#define STORE_SEED_OWNERS 100 /* seeded jobs belong to owner-1 … owner-100 in turn */

enum store_result {
    STORE_OK,
    STORE_NONE, /* no such row */
    STORE_LATE, /* the deadline passed; nothing was changed */
    STORE_FAIL, /* the reason is on stderr; nothing was changed */
};

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_STATES };

struct job {
    int64_t id;
    char owner[STORE_NAME_MAX];
    char kind[STORE_NAME_MAX];
    int64_t work_us; /* how long the simulated I/O lasts */
    enum job_state state;
    int64_t created_ms;  /* wall clock */
    int64_t finished_ms; /* 0: not yet */
};

struct page_filter {
    const char *owner; /* NULL: any */
    int state;         /* of enum job_state; -1: any */
    int64_t number;    /* from 1 */
};

struct page {
    int64_t number;
    int64_t total; /* jobs that match, on all pages */
    uint32_t count;
    struct job jobs[STORE_PAGE_ROWS]; /* the newest first */
};

struct store;

/* What a database has to know; the functions of the same names below say what each does. */
struct store_calls {
    void (*close)(struct store *store);
    void (*keep)(struct store *store);
    void (*set_deadline)(struct store *store);
    bool (*prepare)(struct store *store, const struct settings *settings);
    bool (*prepare_writer)(struct store *store);
    bool (*begin)(struct store *store);
    bool (*commit)(struct store *store);
    void (*rollback)(struct store *store);
    enum store_result (*lock_row)(struct store *store);
    bool (*unfinished)(struct store *store, void (*each)(void *arg, const struct job *job),
                       void *arg);
    enum store_result (*job)(struct store *store, int64_t id, struct job *out);
    enum store_result (*page)(struct store *store, const struct page_filter *filter,
                              struct page *out);
    enum store_result (*counts)(struct store *store, int64_t counts[JOB_STATES]);
    enum store_result (*insert)(struct store *store, struct job *job);
    enum store_result (*mark)(struct store *store, int64_t id, enum job_state state, int64_t at_ms);
};

extern const struct store_calls store_sqlite, store_postgres;

/* The head of a connection of either kind. */
struct store {
    const struct store_calls *calls;
    uint64_t deadline_ns;             /* of the work in hand; 0 = none */
    void (*while_waiting)(void *arg); /* called now and then while a lock is waited for; or NULL */
    void *while_waiting_arg;
    const atomic_bool *giving_up; /* set at the end of the process: stop waiting for locks */
};

/* "queued", "running", "done", "failed" */
const char *store_state_name(enum job_state state);

/* -1: there is no such state. */
int store_state_of(const char *name);

/* A connection to the database of the settings, within `deadline_ns` (0 = no hurry). NULL: the
 * reason is on stderr. `giving_up` is kept and may be NULL. */
struct store *store_open(const struct settings *settings, const atomic_bool *giving_up,
                         uint64_t deadline_ns);

/* NULL is legal. */
void store_close(struct store *store);

/* Tells that the connection is for many requests, which is worth some preparing. */
void store_keep(struct store *store);

/* Work from now on is interrupted past `deadline_ns` (0 = never). */
void store_set_deadline(struct store *store, uint64_t deadline_ns);

/* Makes the table, seeds a new one, and sets journal and indexes as the settings ask. */
bool store_prepare(struct store *store, const struct settings *settings);

/* Sets up a connection that writes in groups. */
bool store_prepare_writer(struct store *store);

/* One transaction. Once `begin` is true, writes wait for no lock of the whole table any more. */
bool store_begin(struct store *store);
bool store_commit(struct store *store);
void store_rollback(struct store *store);

/* Locks the one row that PLANT=rowlock has all new jobs fight for, until the transaction ends.
 * In SQLite, where a writer locks the whole file, there is nothing more to lock. */
enum store_result store_lock_row(struct store *store);

/* Calls `each` for every job that is neither done nor failed, oldest first. */
bool store_unfinished(struct store *store, void (*each)(void *arg, const struct job *job),
                      void *arg);

enum store_result store_job(struct store *store, int64_t id, struct job *out);
enum store_result store_page(struct store *store, const struct page_filter *filter,
                             struct page *out);
enum store_result store_counts(struct store *store, int64_t counts[JOB_STATES]);

/* Adds `job` as queued and sets its id. */
enum store_result store_insert(struct store *store, struct job *job);
enum store_result store_mark(struct store *store, int64_t id, enum job_state state, int64_t at_ms);

/* Whether the deadline of the work in hand has passed. */
bool store_is_late(const struct store *store);

/* Whether the process is ending, so that no lock is worth waiting for. */
bool store_gives_up(const struct store *store);
