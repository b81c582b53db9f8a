/* store.h - jobs in the database.
 *
 * Every function works on one connection and leaves transactions to its caller; without one each
 * write commits by itself. Thread: whoever has the connection. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "db.h"
#include "settings.h"

#define STORE_NAME_MAX 65 /* bytes of an owner or a kind, with the end */
#define STORE_PAGE_ROWS 20
#define STORE_SEED_OWNERS 100 /* seeded jobs belong to owner-1 … owner-100 in turn */

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

const char *store_state_name(enum job_state state);

/* -1: there is no such state. */
int store_state_of(const char *name);

/* Makes the table, seeds a new one, and sets journal and indexes as the settings ask. */
bool store_prepare(struct db *db, const struct settings *settings);

/* Sets up a connection that writes in groups: WAL, synchronous=NORMAL, no automatic checkpoint. */
bool store_prepare_writer(struct db *db);

/* Calls `each` for every job that is neither done nor failed, oldest first. */
bool store_unfinished(struct db *db, void (*each)(void *arg, const struct job *job), void *arg);

enum store_result store_job(struct db *db, int64_t id, struct job *out);
enum store_result store_page(struct db *db, const struct page_filter *filter, struct page *out);
enum store_result store_counts(struct db *db, int64_t counts[JOB_STATES]);

/* Adds `job` as queued and sets its id. */
enum store_result store_insert(struct db *db, struct job *job);
enum store_result store_mark(struct db *db, int64_t id, enum job_state state, int64_t at_ms);
