#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define HOST_MAX 256 /* RFC 1035: 253 octets and a NUL */

/* One connect, given up at `deadline_ns`; the errno, 0 when it stands. */
static int try_connect(const struct address *a, uint64_t deadline_ns)
{
    const struct sockaddr *to = (const struct sockaddr *)&a->storage;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return errno;
    int error = connect(fd, to, a->storage_len) == 0 ? 0 : errno;
    while (error == EINPROGRESS || error == EINTR) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        uint64_t now = clock_now_ns();
        int left_ms = now < deadline_ns ? (int)((deadline_ns - now) / NS_PER_MS) + 1 : 0;
        int ready = poll(&wait, 1, left_ms);
        if (ready == 0) error = ETIMEDOUT;
        if (ready <= 0) continue;
        socklen_t len = sizeof error;
        if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) error = errno;
    }
    close(fd);
    return error;
}

static bool report(struct err *err, int error, struct bytes host, uint16_t port,
                   uint64_t timeout_ns)
{
    if (error == ETIMEDOUT) {
        err_set(err, ERR_PREFLIGHT, 0, "%.*s:%u did not answer within %.1f s", BYTES_ARG(host),
                port, (double)timeout_ns / (double)NS_PER_S);
        return err_hint(err, "is the port right, and does a firewall let it through?");
    }
    err_set(err, ERR_PREFLIGHT, error, "cannot connect to %.*s:%u", BYTES_ARG(host), port);
    if (error == ECONNREFUSED) {
        return err_hint(err, "nothing listens there: start the service, or correct the port");
    }
    return err_hint(err, "check the address and the route to it");
}

bool address_reach(struct address *out, struct bytes host, uint16_t port, uint64_t timeout_ns,
                   struct err *err)
{
    char name[HOST_MAX];
    char service[8];
    struct text name_text = text_in(name, sizeof name);
    struct text port_text = text_in(service, sizeof service);
    text_add(&name_text, host);
    text_addf(&port_text, "%u", port);
    if (name_text.cut) return err_set(err, ERR_PREFLIGHT, 0, "the host name is too long");

    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(name, service, &hints, &found);
    if (failed) {
        err_set(err, ERR_PREFLIGHT, 0, "host '%s' was not found: %s", name, gai_strerror(failed));
        return err_hint(err, "check the spelling, or give an address such as 127.0.0.1");
    }
    int error = EADDRNOTAVAIL;
    for (struct addrinfo *a = found; a; a = a->ai_next) {
        if (a->ai_addrlen > sizeof out->storage) continue;
        memset(out, 0, sizeof *out);
        memcpy(&out->storage, a->ai_addr, a->ai_addrlen);
        out->storage_len = (uint32_t)a->ai_addrlen;
        error = try_connect(out, clock_now_ns() + timeout_ns);
        if (error == 0) break;
    }
    freeaddrinfo(found);
    return error == 0 || report(err, error, host, port, timeout_ns);
}

void address_print(struct text *out, const struct address *address)
{
    char digits[INET6_ADDRSTRLEN] = "?";
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
