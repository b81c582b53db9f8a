#include "http.h"

#include <err.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "clock.h"

#define LOOP_THREADS 2u
#define CONNECTIONS_MOST 20000u
#define DESCRIPTORS_SPARED ((rlim_t)600)    /* for up to 256 database connections and their files */
#define CONNECTION_BYTES ((size_t)8 * 1024) /* headers of a request and of its reply */
#define LAST_ANSWERS_NS (2 * NS_PER_S)

static void drop_blob(void *blob)
{
    blob_drop(blob);
}

static struct MHD_Response *make_response(const struct http *http, struct reply *reply)
{
    struct blob *body = reply->body;
    reply->body = NULL;
    if (!body) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (http->copy) {
        struct MHD_Response *copy =
            MHD_create_response_from_buffer(body->len, body->bytes, MHD_RESPMEM_MUST_COPY);
        blob_drop(body);
        return copy;
    }
    struct MHD_Response *shared = MHD_create_response_from_buffer_with_free_callback_cls(
        body->len, body->bytes, drop_blob, body);
    if (!shared) blob_drop(body);
    return shared;
}

static enum MHD_Result send_reply(struct http *http, struct request *request)
{
    struct reply *reply = &request->reply;
    const char *type = reply->content_type ? reply->content_type : "application/json";
    unsigned status = reply->body ? reply->status : MHD_HTTP_INTERNAL_SERVER_ERROR;
    struct MHD_Response *response = make_response(http, reply);
    if (!response) return MHD_NO;
    enum MHD_Result good = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (reply->retry) MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    if (reply->allow) MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, reply->allow);
    if (atomic_load(&http->closing)) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    if (status == MHD_HTTP_ACCEPTED) {
        char place[40];
        snprintf(place, sizeof place, "/jobs/%lld", (long long)request->job.id);
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, place);
    }
    if (good == MHD_YES) good = MHD_queue_response(request->connection, status, response);
    MHD_destroy_response(response);
    metrics_request(request->route, status, clock_now_ns() - request->began_ns);
    return good;
}

static struct request *new_request(struct http *http, struct MHD_Connection *connection,
                                   const char *path, const char *method)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request) return NULL;
    request->app = http->app;
    request->connection = connection;
    request->path = path;
    request->method = method;
    request->began_ns = clock_now_ns();
    request->route = ROUTE_OTHER;
    metrics_add(METRIC_HTTP_IN_FLIGHT, 1);
    return request;
}

static void add_body(struct request *request, const char *bytes, size_t len)
{
    if (request->body_too_big || len > HTTP_BODY_MAX - request->body_len) {
        request->body_too_big = true;
        return;
    }
    char *body = realloc(request->body, request->body_len + len);
    if (!body) {
        request->body_too_big = true;
        return;
    }
    memcpy(body + request->body_len, bytes, len);
    request->body = body;
    request->body_len += len;
}

/* Called by libmicrohttpd with the headers, with each piece of the body, at the end of the request,
 * and once more after it was resumed. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **slot)
{
    (void)version;
    struct http *http = arg;
    struct request *request = *slot;
    if (!request) {
        *slot = new_request(http, connection, path, method);
        return *slot ? MHD_YES : MHD_NO;
    }
    if (*upload_len > 0) {
        add_body(request, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    plant_stall(http->plant);
    plant_enter(http->plant);
    bool answered = request->answered || http->handle(request);
    enum MHD_Result good = answered ? send_reply(http, request) : MHD_YES;
    plant_leave(http->plant);
    return good;
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode how)
{
    (void)arg;
    (void)connection;
    (void)how;
    struct request *request = *slot;
    if (!request) return;
    blob_drop(request->reply.body);
    free(request->body);
    free(request);
    *slot = NULL;
    metrics_add(METRIC_HTTP_IN_FLIGHT, -1);
}

/* Raises the number of descriptors to what is allowed; returns how many may be connections. */
static unsigned connection_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 400;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 && getrlimit(RLIMIT_NOFILE, &limit) != 0) return 400;
    rlim_t room = limit.rlim_cur > 2 * DESCRIPTORS_SPARED ? limit.rlim_cur - DESCRIPTORS_SPARED
                                                          : limit.rlim_cur / 2;
    return room < CONNECTIONS_MOST ? (unsigned)room : CONNECTIONS_MOST;
}

/* libmicrohttpd closes `fd` if it cannot take it, beyond its limit of connections. */
static void take_connection(void *arg, int fd, const struct sockaddr_in *from)
{
    struct http *http = arg;
    MHD_add_connection(http->daemon, fd, (const struct sockaddr *)from, sizeof *from);
}

bool http_start(struct http *http, uint16_t port)
{
    if (!listener_open(&http->listener, port)) return false;
    http->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0,
        NULL, NULL, on_request, http, MHD_OPTION_THREAD_POOL_SIZE, LOOP_THREADS,
        MHD_OPTION_CONNECTION_LIMIT, connection_limit(), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_BYTES, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!http->daemon) {
        warn("cannot start the HTTP server");
        return false;
    }
    http->listener.take = take_connection;
    http->listener.arg = http;
    return listener_start(&http->listener);
}

void http_quiet(struct http *http)
{
    atomic_store(&http->closing, true);
    listener_stop(&http->listener);
}

void http_stop(struct http *http)
{
    if (!http->daemon) return;
    uint64_t until_ns = clock_now_ns() + LAST_ANSWERS_NS;
    while (metrics_get(METRIC_HTTP_IN_FLIGHT) > 0 && clock_now_ns() < until_ns) {
        clock_sleep_until(clock_now_ns() + 2 * NS_PER_MS);
    }
    MHD_stop_daemon(http->daemon);
    http->daemon = NULL;
}

const char *http_argument(const struct request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

void http_suspend(struct request *request)
{
    MHD_suspend_connection(request->connection);
}

void http_resume(struct request *request)
{
    request->answered = true;
    MHD_resume_connection(request->connection);
}
