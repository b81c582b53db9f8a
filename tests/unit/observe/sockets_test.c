/* Sockets of this very process, as the kernel tells of them: who waits to be accepted, and where.
 */
#include "observe/sockets.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/sock_diag.h"
#include "seen.h"

#define BACKLOG 5
#define STEP_S 100
#define CLIENTS 3

static struct family family;
static pid_t roots[1];
static struct source source;
static uint64_t now_ns;

static int start(void **state)
{
    (void)state;
    seen_open();
    roots[0] = getpid();
    assert_true(family_open(&family, seen_arena(), roots, 1));
    assert_int_equal(family_look(&family), 1);
    struct sockets_of of = {BYTES_LIT("api"), &family, 0};
    assert_true(sockets_source(&source, seen_arena(), &of, 1));
    now_ns = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    source.close(source.ctx);
    family_close(&family);
    seen_close();
    return 0;
}

/* So much later that all that is paced is due. */
static void look(void)
{
    now_ns += STEP_S * NS_PER_S;
    assert_true(seen_look(&source, now_ns, NULL));
}

static int listen_at(struct sockaddr_in *address, int backlog)
{
    socklen_t len = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)address, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &len), 0);
    return fd;
}

static int connect_to(const struct sockaddr_in *address, int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    assert_true(fd >= 0);
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address);
    assert_true(failed == 0 || flags != 0);
    return fd;
}

static const char *label_of(const struct sockaddr_in *address)
{
    static char array[32];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "port %u", ntohs(address->sin_port));
    return array;
}

/* Three that nobody accepts stand in the queue in half of the glances: 1.5 on average. */
static void accept_queue(void **state)
{
    (void)state;
    struct sockaddr_in address;
    int fds[CLIENTS];
    int fd = listen_at(&address, BACKLOG);
    look();
    assert_int_equal(seen_count("api", "accept_queue"), 0);
    for (uint32_t i = 0; i < 4; i++) source.glance(source.ctx);
    for (uint32_t i = 0; i < CLIENTS; i++) fds[i] = connect_to(&address, 0);
    for (uint32_t i = 0; i < 4; i++) source.glance(source.ctx);
    look();
    assert_true(seen_value("api", "accept_queue", label_of(&address)) == CLIENTS / 2.0);
    assert_true(seen_value("api", "accept_queue.limit", label_of(&address)) == BACKLOG);
    /* Both ends are this process's: those not accepted yet are so by their port. */
    assert_true(seen_value("api", "connections", "established") == 2 * CLIENTS);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        int taken = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        assert_true(taken >= 0);
        close(taken); /* it closes first, so it has the TIME-WAIT */
        close(fds[i]);
    }
    source.glance(source.ctx);
    look();
    assert_true(seen_value("api", "accept_queue", label_of(&address)) == 0);
    assert_true(seen_value("api", "connections", "established") == 0);
    assert_true(seen_value("api", "connections", "time-wait") == CLIENTS);
    close(fd);
    source.glance(source.ctx);
    look();
    assert_int_equal(seen_count("api", "accept_queue"), 0); /* it listens no more: a gap */
}

static void unix_socket(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct text path = text_in(address.sun_path, sizeof address.sun_path);
    text_addf(&path, "%s/s", seen_root());
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, BACKLOG), 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    look();
    source.glance(source.ctx);
    look();
    assert_true(seen_value("api", "accept_queue", address.sun_path) == 1);
    assert_true(seen_value("api", "accept_queue.limit", address.sun_path) == BACKLOG);
    close(client);
    close(fd);
}

/* Where there is none of the newer family, there is nothing to be seen of it. */
static void version_6(void **state)
{
    (void)state;
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0) {
        print_message("# no IPv6 on this host\n");
        if (fd >= 0) close(fd);
        return;
    }
    assert_int_equal(listen(fd, BACKLOG), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    int client = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, len), 0);
    char label[32];
    struct text text = text_in(label, sizeof label);
    text_addf(&text, "port %u", ntohs(address.sin6_port));
    look();
    source.glance(source.ctx);
    look();
    assert_true(seen_value("api", "accept_queue", label) == 1);
    assert_true(seen_value("api", "connections", "established") == 2);
    close(client);
    close(fd);
}

/* A full queue drops the first packet of a connection, which is sent again after a second. */
static void sent_again(void **state)
{
    (void)state;
    enum { MORE = 4 };
    struct sockaddr_in address;
    int fds[MORE];
    int fd = listen_at(&address, 0);
    look();
    for (uint32_t i = 0; i < MORE; i++) fds[i] = connect_to(&address, SOCK_NONBLOCK);
    look();
    assert_true(seen_value("api", "tcp.retransmits", "") == 0);
    assert_true(seen_value("api", "connections", "syn-sent") > 0);
    clock_sleep_until(clock_now_ns() + 1300 * NS_PER_MS);
    look();
    double again = STEP_S * seen_value("api", "tcp.retransmits", "");
    double pending = seen_value("api", "connections", "syn-sent");
    print_message("# %g of %d pending, %g sent again\n", pending, MORE, again);
    assert_true(pending > 0 && again > pending - 0.1 && again < pending + 0.1);
    for (uint32_t i = 0; i < MORE; i++) close(fds[i]);
    close(fd);
}

static void nothing(void *ctx, const struct sock_entry *entry)
{
    uint32_t *seen = ctx;
    (*seen)++;
    assert_int_equal(entry->state, SOCK_LISTENING);
}

/* What twenty looks a second at those that listen cost. */
static void cost(void **state)
{
    (void)state;
    enum { LOOKS = 200 };
    struct sock_diag diag;
    struct sockaddr_in address;
    int fd = listen_at(&address, 1);
    uint32_t seen = 0;
    assert_true(sock_diag_open(&diag, NULL));
    uint64_t before_ns = clock_thread_cpu_ns();
    for (uint32_t i = 0; i < LOOKS; i++) {
        assert_true(sock_diag_tcp(&diag, 1u << SOCK_LISTENING, false, nothing, &seen, NULL));
    }
    double us = (double)(clock_thread_cpu_ns() - before_ns) / 1e3 / LOOKS;
    assert_true(seen >= LOOKS);
    print_message("# a glance at %u sockets that listen: %.1f us\n", seen / LOOKS, us);
    sock_diag_close(&diag);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accept_queue, start, end),
        cmocka_unit_test_setup_teardown(unix_socket, start, end),
        cmocka_unit_test_setup_teardown(version_6, start, end),
        cmocka_unit_test_setup_teardown(sent_again, start, end),
        cmocka_unit_test(cost),
    };
    return cmocka_run_group_tests_name("sockets", tests, seen_open_root, seen_close_root);
}
