#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/socket_priv.h"

#define HOST_MAX 256 /* RFC 1035: 253 octets and a NUL */
#define FOUND_MAX 16 /* addresses of a name that are tried */

/* Bytes of a path beside the struct's head, NUL included. */
static socklen_t unix_len(const struct sockaddr_un *un)
{
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(un->sun_path) + 1);
}

static bool unix_literal(struct address *out, struct bytes path)
{
    struct sockaddr_un *un = (struct sockaddr_un *)&out->storage;
    static_assert(sizeof un->sun_path == ADDRESS_PATH_MAX + 1, "as the header says");
    if (path.len == 0 || path.len > ADDRESS_PATH_MAX) return false;
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, path.at, path.len);
    out->storage_len = unix_len(un);
    return true;
}

bool address_literal(struct address *out, struct bytes host, uint16_t port)
{
    char name[HOST_MAX];
    struct text text = text_in(name, sizeof name);
    struct sockaddr_in *in = (struct sockaddr_in *)&out->storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out->storage;
    *out = (struct address){0};
    if (bytes_starts(host, BYTES_LIT("unix:"))) return unix_literal(out, bytes_from(host, 5));
    text_add(&text, host);
    if (text.cut) return false;
    if (inet_pton(AF_INET, name, &in->sin_addr) == 1) {
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        out->storage_len = sizeof *in;
    } else if (inet_pton(AF_INET6, name, &in6->sin6_addr) == 1) {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        out->storage_len = sizeof *in6;
    }
    return out->storage_len > 0;
}

int address_find(struct address *out, uint32_t size, uint32_t *count, struct bytes host,
                 uint16_t port)
{
    char name[HOST_MAX];
    char service[8];
    struct text name_text = text_in(name, sizeof name);
    struct text port_text = text_in(service, sizeof service);
    text_add(&name_text, host);
    text_addf(&port_text, "%u", port);
    *count = 0;
    if (name_text.cut) return EAI_NONAME;

    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(name, service, &hints, &found);
    if (failed) return failed;
    for (struct addrinfo *a = found; a && *count < size; a = a->ai_next) {
        struct address *next = &out[*count];
        if (a->ai_addrlen > sizeof next->storage) continue;
        *next = (struct address){.storage_len = (uint32_t)a->ai_addrlen};
        memcpy(&next->storage, a->ai_addr, a->ai_addrlen);
        ++*count;
    }
    freeaddrinfo(found);
    return *count > 0 ? 0 : EAI_NONAME;
}

int address_try(const struct address *to, const struct address *from, uint64_t deadline_ns, int *fd)
{
    const struct stream_way way = {.to = to, .from = from};
    errno = 0;
    enum stream_status status = socket_connect(&way, fd);
    int error = status == STREAM_OK ? 0 : status == STREAM_AGAIN ? EINPROGRESS : errno;
    while (error == EINPROGRESS || error == EINTR) {
        struct pollfd wait = {.fd = *fd, .events = POLLOUT};
        uint64_t now = clock_now_ns();
        int left_ms = now < deadline_ns ? (int)((deadline_ns - now) / NS_PER_MS) + 1 : 0;
        int ready = poll(&wait, 1, left_ms);
        if (ready == 0) error = ETIMEDOUT;
        if (ready < 0) error = errno;
        if (ready <= 0) continue;
        socklen_t len = sizeof error;
        if (getsockopt(*fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) error = errno;
    }
    if (error == 0) return 0;
    if (*fd >= 0) close(*fd);
    *fd = -1;
    return error;
}

bool address_is_own(const struct address *address)
{
    const struct sockaddr *own = (const struct sockaddr *)&address->storage;
    int fd = socket(own->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    bool bound = bind(fd, own, address->storage_len) == 0;
    close(fd);
    return bound;
}

bool address_same(const struct address *a, const struct address *b)
{
    return a->storage_len == b->storage_len
           && memcmp(&a->storage, &b->storage, a->storage_len) == 0;
}

bool address_not_found(struct err *err, int failed, struct bytes host)
{
    err_set(err, ERR_PREFLIGHT, 0, "host '%.*s' was not found: %s", BYTES_ARG(host),
            gai_strerror(failed));
    if (failed == EAI_AGAIN) {
        return err_hint(err, "no name server answers: see /etc/resolv.conf, or give an address by "
                             "`hosts:` (--resolve)");
    }
    return err_hint(err, "check the spelling, or give an address such as 127.0.0.1");
}

bool address_refused(struct err *err, int error, const char *where, uint64_t timeout_ns)
{
    if (error == ETIMEDOUT) {
        err_set(err, ERR_PREFLIGHT, 0, "%s did not answer within %.1f s", where,
                (double)timeout_ns / (double)NS_PER_S);
        return err_hint(err, "is the port right, and does a firewall let it through?");
    }
    err_set(err, ERR_PREFLIGHT, error, "cannot connect to %s", where);
    if (error == ECONNREFUSED) {
        return err_hint(err, "nothing listens there: start the service, or correct the port");
    }
    if (error == ENOENT) {
        return err_hint(err, "there is no such socket: start the service, or correct the path");
    }
    if (error == EACCES) return err_hint(err, "the socket's permissions keep you out");
    return err_hint(err, "check the address and the route to it");
}

bool address_reach(struct address *out, struct bytes host, uint16_t port, uint64_t timeout_ns,
                   struct err *err)
{
    struct address found[FOUND_MAX];
    uint32_t count;
    int failed = address_find(found, COUNT_OF(found), &count, host, port);
    if (failed) return address_not_found(err, failed, host);
    int error = EADDRNOTAVAIL;
    for (uint32_t i = 0; i < count && error != 0; i++) {
        int fd = -1;
        *out = found[i];
        error = address_try(out, NULL, clock_now_ns() + timeout_ns, &fd);
        if (error == 0) close(fd);
    }
    if (error == 0) return true;
    char where[HOST_MAX + 8];
    struct text text = text_in(where, sizeof where);
    text_addf(&text, "%.*s:%u", BYTES_ARG(host), port);
    return address_refused(err, error, where, timeout_ns);
}

void address_print(struct text *out, const struct address *address)
{
    char digits[INET6_ADDRSTRLEN] = "?";
    if (address->storage.ss_family == AF_UNIX) {
        const struct sockaddr_un *un = (const struct sockaddr_un *)&address->storage;
        text_addf(out, "unix:%s", un->sun_path);
        return;
    }
    if (address->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address->storage;
        if (inet_ntop(AF_INET6, &in->sin6_addr, digits, sizeof digits)) {
            text_addf(out, "[%s]:%u", digits, ntohs(in->sin6_port));
        }
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address->storage;
        if (inet_ntop(AF_INET, &in->sin_addr, digits, sizeof digits)) {
            text_addf(out, "%s:%u", digits, ntohs(in->sin_port));
        }
    }
}

uint16_t address_free_port(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return 0;
    bool bound = bind(fd, (const struct sockaddr *)&in, sizeof in) == 0
                 && getsockname(fd, (struct sockaddr *)&in, &len) == 0;
    close(fd);
    return bound ? ntohs(in.sin_port) : 0;
}
