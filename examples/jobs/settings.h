/* settings.h - every knob of the service, read once from arguments and environment.
 *
 * The defaults are those of a service that grew without being measured: no index, no cache,
 * no limits, a connection and a commit per request. Each cure is one environment variable.
 * `settings_read` reports every bad value, not only the first.
 * Thread: written by main before any other thread starts, then read by any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "plant.h"

enum db_kind { DB_SQLITE, DB_POSTGRES };
enum cache_kind { CACHE_OFF, CACHE_MEMORY, CACHE_REDIS, CACHE_MEMCACHED };
enum index_wish { INDEX_KEEP, INDEX_DROP, INDEX_CREATE };
enum settings_result { SETTINGS_OK, SETTINGS_HELP, SETTINGS_BAD };

struct settings {
    uint16_t port; /* 0: the kernel chooses */
    enum db_kind db_kind;
    char db_path[4096];    /* the SQLite file, or the URL of PostgreSQL */
    char temp_dir[64];     /* private folder to remove at the end; "" = none */
    uint32_t workers;      /* threads that carry out jobs */
    uint32_t db_pool;      /* requests that may be in the database at once */
    uint32_t limit;        /* requests in flight; 0 = no limit */
    uint32_t rate_per_s;   /* requests let in per second; 0 = no limit */
    uint32_t queue;        /* jobs waiting; 0 = no limit */
    uint32_t batch;        /* writes in one commit; 1 = each request commits its own */
    uint32_t rows;         /* seeded into a new database */
    uint64_t cache_ttl_ns; /* how old a cached answer may be */
    uint64_t timeout_ns;   /* per request; 0 = none */
    enum cache_kind cache;
    char cache_host[256]; /* of Redis or Memcached */
    uint16_t cache_port;
    enum index_wish index;
    bool reuse; /* keep connections, statements and buffers */
    struct plant plant;
};

/* Fills `out`; may create `out->temp_dir`. SETTINGS_BAD: the reasons are on stderr. */
enum settings_result settings_read(struct settings *out, int argc, char **argv);

/* The database in words for a person, without a password. */
void settings_name_db(const struct settings *settings, char *out, size_t out_bytes);

void settings_help(FILE *to);
