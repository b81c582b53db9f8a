/* request.h - one request from its first header to its last byte.
 *
 * Thread: owned by an HTTP thread until http_suspend, then by whoever was given its task or write,
 * and by an HTTP thread again from http_resume on. Memory: http.c makes and frees it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "cache.h"
#include "committer.h"
#include "metrics.h"
#include "pool.h"
#include "store.h"

struct app;
struct request;
struct MHD_Connection;

struct reply {
    unsigned status;
    struct blob *body;        /* held by the reply; NULL: no memory for one */
    const char *content_type; /* NULL: JSON */
    const char *allow;        /* methods, for 405; NULL: none */
    bool retry;               /* tell the client to try again in a second */
};

/* Reads what the request is for from lease->store and renders it; `*may_keep`: for the cache. */
typedef enum store_result request_read(struct request *request, struct lease *lease,
                                       struct blob **body, bool *may_keep);

struct request {
    struct app *app;
    struct MHD_Connection *connection;
    const char *method, *path; /* valid until the request is freed */
    char *body;
    size_t body_len;
    bool body_too_big;
    uint64_t began_ns;
    bool answered; /* `reply` is set */
    struct reply reply;

    enum route route;
    int64_t id;
    struct page_filter filter;
    char cache_key[CACHE_KEY_MAX]; /* "" = not to be cached */
    struct job job;                /* a new one */
    request_read *read;
    struct task task;
    struct write write;
};
