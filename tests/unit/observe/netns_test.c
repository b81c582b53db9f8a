/* A service in a network of its own, as in a container: its sockets, its devices, what it lost. */
#include "observe/netns.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "net/sock_diag.h"
#include "observe/network_source.h"
#include "observe/sockets.h"
#include "seen.h"

#define BACKLOG 2
#define WAITING 3 /* the kernel takes one more than the backlog */

static pid_t child;
static int order, done; /* pipes: a byte asks for a step, a byte says that it is done */
static uint16_t port;
static struct family family;

static void expect(bool so)
{
    if (!so) _exit(3);
}

static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    expect(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0);
    close(fd);
}

static void dial(const struct sockaddr_in *address, int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    int failed = connect(fd, (const struct sockaddr *)address, sizeof *address);
    expect(fd >= 0 && (failed == 0 || flags != 0));
}

/* Listens, and at each order has more connections in a queue that it never empties. */
static void serve(int asked, int says)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    char byte;
    if (unshare(CLONE_NEWNET) != 0) _exit(2);
    raise_loopback();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    expect(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 && listen(fd, BACKLOG) == 0
           && getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    expect(write(says, &address.sin_port, sizeof address.sin_port) == sizeof address.sin_port);
    for (int step = 0; read(asked, &byte, 1) == 1; step++) {
        for (int i = 0; i < WAITING; i++) dial(&address, step == 0 ? 0 : SOCK_NONBLOCK);
        expect(write(says, "", 1) == 1);
    }
    _exit(0);
}

static int start(void **state)
{
    int to[2];
    int from[2];
    uint16_t its_port;
    (void)state;
    assert_true(pipe(to) == 0 && pipe(from) == 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(to[1]);
        close(from[0]);
        serve(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    order = to[1];
    done = from[0];
    port = read(done, &its_port, sizeof its_port) == sizeof its_port ? ntohs(its_port) : 0;
    seen_open();
    assert_true(family_open(&family, seen_arena(), &child, 1));
    return 0;
}

static int end(void **state)
{
    (void)state;
    family_close(&family);
    seen_close();
    close(order);
    close(done);
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static void step(void)
{
    char byte;
    assert_true(write(order, "", 1) == 1 && read(done, &byte, 1) == 1);
}

/* A network of its own takes CAP_SYS_ADMIN, and so does looking into it. */
static void need_network(void)
{
    if (port > 0) return;
    print_message("# no network of its own may be made here\n");
    skip();
}

static void sockets_there(void **state)
{
    struct source source;
    char label[32];
    struct text text = text_in(label, sizeof label);
    (void)state;
    need_network();
    assert_int_equal(family_look(&family), 1);
    struct sockets_of of = {BYTES_LIT("api"), &family, 0};
    assert_true(sockets_source(&source, seen_arena(), &of, 1));
    assert_true(seen_look(&source, 100 * NS_PER_S, NULL));
    step();
    source.glance(source.ctx);
    assert_true(seen_look(&source, 200 * NS_PER_S, NULL));
    text_addf(&text, "port %u", port);
    CHECK_NEAR("queue", seen_value("api", "accept_queue", label), WAITING);
    CHECK_NEAR("its limit", seen_value("api", "accept_queue.limit", label), BACKLOG);
    /* Both ends of each are there; those that nobody has accepted are the service's by its port. */
    CHECK_NEAR("connections", seen_value("api", "connections", "established"), 2 * WAITING);
    assert_string_equal(seen_news(), "");
    source.close(source.ctx);
}

static void counters_there(void **state)
{
    struct source source;
    (void)state;
    need_network();
    assert_int_equal(family_look(&family), 1);
    assert_true(network_source(&source, seen_arena(), BYTES_LIT("api"), &family));
    step(); /* a device that was never used is not told */
    assert_true(seen_look(&source, NS_PER_S, NULL));
    step();
    assert_true(seen_look(&source, 2 * NS_PER_S, NULL));
    assert_true(seen_value("api", "net.in", "lo") > 0);
    CHECK_NEAR("both ways", seen_value("api", "net.in", "lo"), seen_value("api", "net.out", "lo"));
    assert_true(seen_value("api", "tcp.overflows", "") >= 1);
    assert_true(seen_value("api", "tcp.drops", "") >= 1);
    source.close(source.ctx);
}

/* Of who lives in our network the host's counters tell. */
static void none_of_ours(void **state)
{
    struct source source;
    pid_t self = getpid();
    struct family ours;
    (void)state;
    assert_true(family_open(&ours, seen_arena(), &self, 1));
    assert_true(family_look(&ours) >= 1);
    assert_true(network_source(&source, seen_arena(), BYTES_LIT("api"), &ours));
    assert_true(seen_look(&source, NS_PER_S, NULL));
    assert_true(seen_look(&source, 2 * NS_PER_S, NULL));
    assert_int_equal(seen_count("api", "net.in"), 0);
    source.close(source.ctx);
    family_close(&ours);
}

static void moves(void **state)
{
    struct netns at = {0};
    (void)state;
    need_network();
    assert_int_equal(family_look(&family), 1);
    assert_true(netns_look(&at, &family));
    assert_true(at.other && at.pid == child);
    assert_false(netns_look(&at, &family));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sockets_there, start, end),
        cmocka_unit_test_setup_teardown(counters_there, start, end),
        cmocka_unit_test_setup_teardown(none_of_ours, start, end),
        cmocka_unit_test_setup_teardown(moves, start, end),
    };
    return cmocka_run_group_tests_name("netns", tests, seen_open_root, seen_close_root);
}
