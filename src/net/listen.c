#include "net/listen.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/shared.h"
#include "net/address.h"
#include "net/inflate.h"

#define REPLY_BYTES 1024
#define BACKLOG 64
#define CONNECTION_BYTES ((size_t)32 << 10)
#define BODY_NS (30 * NS_PER_S) /* a body that is not there by then never will be */
#define RETRY_AFTER "1"

/* A request whose body is being received. */
struct body {
    struct MHD_Connection *of; /* NULL: free */
    char *at;                  /* [body_max] */
    size_t len;
    size_t beyond; /* bytes over the cap, thrown away */
    uint64_t began_ns;
};

struct listener {
    struct listen_options options;
    struct MHD_Daemon *daemon;
    uint16_t port;
    struct body bodies[LISTEN_BODIES];
    char *inflated; /* [inflated_max] */
    struct shared refused;
};

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, const struct listen_reply *reply)
{
    struct bytes body = text_bytes(reply->body);
    union { /* the library's parameter lacks a const */
        const char *in;
        void *out;
    } at = {.in = reply->body->at};
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body.len, at.out, MHD_RESPMEM_MUST_COPY);
    if (!r) return MHD_NO;
    bool whole =
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type) == MHD_YES;
    if (reply->status == MHD_HTTP_SERVICE_UNAVAILABLE) {
        whole = MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, RETRY_AFTER) && whole;
    }
    if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        whole = MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "POST") && whole;
    }
    enum MHD_Result queued = whole ? MHD_queue_response(c, reply->status, r) : MHD_NO;
    MHD_destroy_response(r);
    return queued;
}

static struct bytes header_of(struct MHD_Connection *c, const char *name)
{
    return bytes_of(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* Without parameters and in small letters, into `room`. */
static struct bytes content_type_of(struct MHD_Connection *c, char *room, size_t size)
{
    struct bytes whole = header_of(c, MHD_HTTP_HEADER_CONTENT_TYPE);
    size_t end = bytes_find(whole, BYTES_LIT(";"));
    struct bytes type = bytes_trim((struct bytes){whole.at, end < whole.len ? end : whole.len});
    if (type.len > size) type.len = 0;
    for (size_t i = 0; i < type.len; i++) {
        char letter = type.at[i];
        room[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
    }
    return (struct bytes){room, type.len};
}

static enum MHD_Result refuse(struct listener *l, struct MHD_Connection *c, unsigned status,
                              const char *why)
{
    char array[REPLY_BYTES];
    char room[64];
    struct text text = text_in(array, sizeof array);
    const char *type = l->options.refuse(&text, content_type_of(c, room, sizeof room), why);
    shared_publish(&l->refused, shared_see(&l->refused) + 1);
    return answer(c, &(struct listen_reply){status, type, &text});
}

/* ---- checks ---- */

/* `127.0.0.1`, `localhost` or `[::1]`, with our port or none. */
static bool is_own_host(const struct listener *l, struct bytes host)
{
    static const char *const own[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        struct bytes name = {host.at, strlen(own[i])};
        if (host.len < name.len || !bytes_same_nocase(name, bytes_of(own[i]))) continue;
        struct bytes rest = bytes_from(host, name.len);
        uint64_t port;
        if (rest.len == 0) return true;
        return rest.at[0] == ':' && bytes_to_u64(bytes_from(rest, 1), &port) && port == l->port;
    }
    return false;
}

static struct body *free_body(struct listener *l, struct MHD_Connection *c)
{
    for (uint32_t i = 0; i < LISTEN_BODIES; i++) {
        struct body *b = &l->bodies[i];
        if (b->of) continue;
        *b = (struct body){.of = c, .at = b->at, .began_ns = clock_now_ns()};
        return b;
    }
    return NULL;
}

/* The head is there, and nothing of the body. */
static enum MHD_Result begin(struct listener *l, struct MHD_Connection *c, const char *method,
                             void **request)
{
    uint64_t length = 0;
    if (!is_own_host(l, header_of(c, MHD_HTTP_HEADER_HOST))) {
        return refuse(l, c, MHD_HTTP_FORBIDDEN, "the Host is not that of this listener");
    }
    if (header_of(c, MHD_HTTP_HEADER_ORIGIN).len > 0) {
        return refuse(l, c, MHD_HTTP_FORBIDDEN, "web pages may not send here");
    }
    if (strcmp(method, MHD_HTTP_METHOD_POST) != 0) {
        return refuse(l, c, MHD_HTTP_METHOD_NOT_ALLOWED, "only POST is understood");
    }
    struct bytes told = header_of(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (told.len > 0 && (!bytes_to_u64(told, &length) || length > l->options.body_max)) {
        return refuse(l, c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    }
    struct body *b = free_body(l, c);
    if (!b) return refuse(l, c, MHD_HTTP_SERVICE_UNAVAILABLE, "too many at once, come again");
    *request = b;
    return MHD_YES;
}

/* MHD_NO hangs up: an answer can be given only before or behind a body. */
static enum MHD_Result take(struct listener *l, struct body *b, const char *data, size_t *size)
{
    size_t room = l->options.body_max - b->len;
    size_t len = *size < room ? *size : room;
    memcpy(b->at + b->len, data, len);
    b->len += len;
    b->beyond += *size - len;
    *size = 0;
    bool late = clock_now_ns() - b->began_ns > BODY_NS;
    return late || b->beyond > l->options.body_max ? MHD_NO : MHD_YES;
}

/* The body is whole. */
static enum MHD_Result finish(struct listener *l, struct MHD_Connection *c, const char *url,
                              const struct body *b)
{
    char type[64];
    char array[REPLY_BYTES];
    struct text text = text_in(array, sizeof array);
    struct listen_reply reply = {MHD_HTTP_OK, "text/plain", &text};
    struct listen_request request = {.path = bytes_of(url), .body = {b->at, b->len}};
    struct bytes coding = header_of(c, MHD_HTTP_HEADER_CONTENT_ENCODING);
    if (b->beyond > 0) return refuse(l, c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    if (bytes_same_nocase(coding, BYTES_LIT("gzip"))) {
        size_t len = 0;
        switch (inflate_gzip(request.body, l->inflated, l->options.inflated_max, &len)) {
        case INFLATE_OK:
            request.body = (struct bytes){l->inflated, len};
            break;
        case INFLATE_TOO_BIG:
            return refuse(l, c, MHD_HTTP_CONTENT_TOO_LARGE, "the body inflates to too much");
        case INFLATE_BROKEN:
            return refuse(l, c, MHD_HTTP_BAD_REQUEST, "the body is no whole gzip file");
        }
    } else if (coding.len > 0 && !bytes_same_nocase(coding, BYTES_LIT("identity"))) {
        return refuse(l, c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
                      "the only Content-Encoding understood is gzip");
    }
    request.content_type = content_type_of(c, type, sizeof type);
    l->options.handle(l->options.ctx, &request, &reply);
    return answer(c, &reply);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **request)
{
    struct listener *l = ctx;
    UNUSED(version);
    if (!*request) return begin(l, c, method, request);
    if (*size > 0) return take(l, *request, data, size);
    return finish(l, c, url, *request);
}

static void on_end(void *ctx, struct MHD_Connection *c, void **request,
                   enum MHD_RequestTerminationCode code)
{
    UNUSED(ctx);
    UNUSED(c);
    UNUSED(code);
    struct body *b = *request;
    if (b) b->of = NULL;
    *request = NULL;
}

/* ---- opening ---- */

static bool open_socket(int *out, const struct listen_options *o, uint16_t *port, struct err *err)
{
    struct address address;
    int yes = 1;
    socklen_t len = sizeof address.storage;
    if (!address_literal(&address, o->host, o->port)) {
        return err_set(err, ERR_PLAN, 0, "%.*s is no address to listen at", BYTES_ARG(o->host));
    }
    int fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool open = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0
                && bind(fd, (struct sockaddr *)&address.storage, address.storage_len) == 0
                && listen(fd, BACKLOG) == 0
                && getsockname(fd, (struct sockaddr *)&address.storage, &len) == 0;
    if (!open) {
        int error = errno;
        char array[80];
        struct text where = text_in(array, sizeof array);
        address_print(&where, &address);
        if (fd >= 0) close(fd);
        return err_set(err, ERR_PREFLIGHT, error, "cannot listen on %s", array);
    }
    bool six = address.storage.ss_family == AF_INET6;
    *port = ntohs(six ? ((struct sockaddr_in6 *)&address.storage)->sin6_port
                      : ((struct sockaddr_in *)&address.storage)->sin_port);
    *out = fd;
    return true;
}

bool listen_open(struct listener **out, struct arena *arena, const struct listen_options *options,
                 struct err *err)
{
    int fd = -1;
    struct listener *l = ARENA_NEW(arena, struct listener);
    char *bodies = arena_alloc(arena, options->body_max * LISTEN_BODIES);
    char *inflated = arena_alloc(arena, options->inflated_max);
    if (!l || !bodies || !inflated) return err_set(err, ERR_LIMIT, 0, "no memory to listen");
    l->options = *options;
    l->inflated = inflated;
    for (uint32_t i = 0; i < LISTEN_BODIES; i++) l->bodies[i].at = bodies + i * options->body_max;
    if (!open_socket(&fd, options, &l->port, err)) return false;
    l->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, NULL, NULL, on_request, l,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, options->connections,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        options->idle_s, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL, MHD_OPTION_END);
    if (!l->daemon) {
        close(fd);
        return err_set(err, ERR_LIMIT, 0, "cannot start a thread to listen");
    }
    *out = l;
    return true;
}

uint16_t listen_port(const struct listener *l)
{
    return l->port;
}

uint64_t listen_refused(const struct listener *l)
{
    return shared_see(&l->refused);
}

void listen_close(struct listener *l)
{
    if (!l || !l->daemon) return;
    MHD_stop_daemon(l->daemon);
    l->daemon = NULL;
}
