#include "downstream.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SCHEME "http://"
#define PATIENCE_S 30

struct place {
    char host[128];
    char port[8];
    const char *path;
};

static bool read_url(const char *url, struct place *out)
{
    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0) return false;
    const char *host = url + strlen(SCHEME);
    size_t host_len = strcspn(host, ":/");
    const char *after = host + host_len;
    const char *port = "80";
    size_t port_len = strlen(port);
    if (*after == ':') {
        port = after + 1;
        port_len = strspn(port, "0123456789");
        after = port + port_len;
    }
    if (host_len == 0 || host_len >= sizeof out->host) return false;
    if (port_len == 0 || port_len >= sizeof out->port) return false;
    if (*after != '\0' && *after != '/') return false;
    snprintf(out->host, sizeof out->host, "%.*s", (int)host_len, host);
    snprintf(out->port, sizeof out->port, "%.*s", (int)port_len, port);
    out->path = *after == '/' ? after : "/";
    return true;
}

bool downstream_is_url(const char *url)
{
    struct place place;
    return read_url(url, &place);
}

static int connect_to(const struct place *place)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0) return -1;
    int fd = -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* Reads until the server closes; the first bytes are the status line. */
static bool read_answer(int fd)
{
    char head[16] = "";
    char rest[4096];
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, rest, sizeof rest, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        if (got == 0) break;
        size_t more = (size_t)got < sizeof head - 1 - len ? (size_t)got : sizeof head - 1 - len;
        memcpy(head + len, rest, more);
        len += more;
    }
    return len > 9 && strncmp(head, "HTTP/1.", 7) == 0 && head[8] == ' ' && head[9] == '2';
}

bool downstream_ask(const char *url)
{
    struct place place;
    char request[600];
    if (!read_url(url, &place)) return false;
    int fd = connect_to(&place);
    if (fd < 0) return false;
    int len = snprintf(request, sizeof request,
                       "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", place.path,
                       place.host);
    bool good = send(fd, request, (size_t)len, MSG_NOSIGNAL) == len && read_answer(fd);
    close(fd);
    return good;
}
