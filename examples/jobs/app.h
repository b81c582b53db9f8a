/* app.h - the parts of the service, put together once by main. */
#pragma once

#include <stdatomic.h>

#include "cache.h"
#include "checkpoint.h"
#include "committer.h"
#include "http.h"
#include "pool.h"
#include "queue.h"
#include "settings.h"
#include "throttle.h"
#include "workers.h"

struct app {
    struct settings settings;
    struct cache cache;
    struct queue queue;
    struct throttle throttle;
    struct pool pool;
    struct committer committer;
    struct checkpoint checkpoint;
    struct workers workers;
    struct http http;
    atomic_bool ready;    /* the database is seeded and the threads are there */
    atomic_bool stopping; /* no new work */
};
