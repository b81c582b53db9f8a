/* Routes with a made-up getaddrinfo: what DNS says is what the test says. */
#include "net/route.h"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/resolver.h"

#define SAID_MAX 4

static struct {
    pthread_mutex_t lock;
    const char *addresses[SAID_MAX]; /* what a name has; none: `failure` */
    int failure;
    uint32_t asked;
} dns = {.lock = PTHREAD_MUTEX_INITIALIZER};

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out);
void __wrap_freeaddrinfo(struct addrinfo *found);

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **out)
{
    static struct addrinfo infos[SAID_MAX];
    static struct address addresses[SAID_MAX];
    uint64_t port;
    UNUSED(hints);
    assert_string_equal(name, "api.test");
    assert_true(bytes_to_u64(bytes_of(service), &port));
    pthread_mutex_lock(&dns.lock);
    uint32_t count = 0;
    for (; count < SAID_MAX && dns.addresses[count]; count++) {
        assert_true(
            address_literal(&addresses[count], bytes_of(dns.addresses[count]), (uint16_t)port));
        infos[count] = (struct addrinfo){.ai_addrlen = addresses[count].storage_len};
        infos[count].ai_addr = (struct sockaddr *)&addresses[count].storage;
        if (count > 0) infos[count - 1].ai_next = &infos[count];
    }
    dns.asked++;
    *out = infos;
    int failure = dns.failure;
    pthread_mutex_unlock(&dns.lock);
    return count > 0 ? 0 : failure;
}

void __wrap_freeaddrinfo(struct addrinfo *found)
{
    UNUSED(found); /* the test's own */
}

static void dns_says(const char *first, const char *second, int failure)
{
    pthread_mutex_lock(&dns.lock);
    dns.addresses[0] = first;
    dns.addresses[1] = second;
    dns.failure = failure;
    pthread_mutex_unlock(&dns.lock);
}

static uint32_t times_asked(void)
{
    pthread_mutex_lock(&dns.lock);
    uint32_t asked = dns.asked;
    pthread_mutex_unlock(&dns.lock);
    return asked;
}

static int listener;
static uint16_t port;

static int listen_on_loopback(void **state)
{
    (void)state;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(listener, 64), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&in, &len), 0);
    port = ntohs(in.sin_port);
    return 0;
}

static int stop_listening(void **state)
{
    (void)state;
    return close(listener);
}

static bool open_route(struct route *route, const char *host, const char *at, struct err *err)
{
    struct tls_facts facts;
    const struct route_setting setting = {
        .host = bytes_of(host), .port = port, .at = bytes_of(at), .timeout_ns = NS_PER_S};
    return route_open(route, &setting, &facts, err);
}

static void check_address(const char *name, struct route *route, const char *want)
{
    char array[100];
    struct text shown = text_in(array, sizeof array);
    struct address address;
    bool found = route_address(route, &address);
    CHECK(name, found == (want != NULL));
    if (!found || !want) return;
    struct address wanted;
    CHECK(name, address_literal(&wanted, bytes_of(want), port));
    address_print(&shown, &address);
    CHECK(array, address_same(&address, &wanted));
}

static void an_address_is_not_looked_up(void **state)
{
    (void)state;
    struct route route;
    uint32_t before = times_asked();
    assert_true(open_route(&route, "127.0.0.1", "", NULL));
    assert_false(route.named);
    check_address("literal", &route, "127.0.0.1");
    assert_true(open_route(&route, "api.test", "127.0.0.1", NULL)); /* by `hosts` */
    assert_false(route.named);
    check_address("hosts", &route, "127.0.0.1");
    assert_int_equal(times_asked(), before);
}

static void the_first_that_accepts(void **state)
{
    (void)state;
    struct route route;
    struct err err;
    dns_says("127.0.0.9", "127.0.0.1", 0); /* the listener is on the second alone */
    assert_true(open_route(&route, "api.test", "", NULL));
    assert_true(route.named);
    check_address("the second", &route, "127.0.0.1");
    dns_says("127.0.0.9", NULL, 0);
    assert_false(open_route(&route, "api.test", "", &err));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    dns_says(NULL, NULL, EAI_NONAME);
    assert_false(open_route(&route, "api.test", "", &err));
    assert_int_equal(err.kind, ERR_PREFLIGHT);
    assert_non_null(strstr(err.msg, "host 'api.test' was not found"));
}

static void looked_up_again(void **state)
{
    (void)state;
    static const struct {
        const char *name, *first, *second;
        int failure;
        const char *want;
    } steps[] = {
        {"still there", "127.0.0.1", NULL, 0, "127.0.0.1"},
        {"others before it", "127.0.0.5", "127.0.0.1", 0, "127.0.0.1"},
        {"moved", "127.0.0.5", "127.0.0.6", 0, "127.0.0.5"},
        {"gone", NULL, NULL, EAI_NONAME, NULL},
        {"still gone", NULL, NULL, EAI_AGAIN, NULL},
        {"back", "127.0.0.1", NULL, 0, "127.0.0.1"},
    };
    struct route route;
    dns_says("127.0.0.1", NULL, 0);
    assert_true(open_route(&route, "api.test", "", NULL));
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        dns_says(steps[i].first, steps[i].second, steps[i].failure);
        route_look_again(&route);
        check_address(steps[i].name, &route, steps[i].want);
        if (steps[i].failure == 0) continue;
        CHECK_STR(steps[i].name, route_trouble(&route), gai_strerror(steps[i].failure));
    }
    assert_int_equal(route.count, 2); /* each address once */
}

static void more_addresses_than_are_kept(void **state)
{
    (void)state;
    static char names[ROUTE_ADDRESSES + 8][20];
    struct route route;
    dns_says("127.0.0.1", NULL, 0);
    assert_true(open_route(&route, "api.test", "", NULL));
    for (uint32_t i = 0; i < COUNT_OF(names); i++) {
        struct text name = text_in(names[i], sizeof names[i]);
        text_addf(&name, "127.0.1.%u", i);
        dns_says(names[i], NULL, 0);
        route_look_again(&route);
        check_address(names[i], &route, names[i]);
    }
    uint64_t count = route.count;
    assert_int_equal(count, 1 + COUNT_OF(names)); /* each was new */
    dns_says(names[9], NULL, 0);
    route_look_again(&route);
    check_address("still known", &route, names[9]);
    assert_int_equal(route.count, count);
    for (uint32_t i = 1; i <= ROUTE_ADDRESSES;
         i++) { /* what is used now and then keeps its place */
        char array[20];
        struct text name = text_in(array, sizeof array);
        text_addf(&name, "127.0.2.%u", i);
        dns_says(array, NULL, 0);
        route_look_again(&route);
        check_address(array, &route, array);
        dns_says(names[9], NULL, 0);
        route_look_again(&route);
        check_address("used before", &route, names[9]);
        assert_int_equal(route.count, count + i);
    }
}

/* Only where connections are made is a name looked up again. */
static void the_resolver_looks_when_it_is_wanted(void **state)
{
    (void)state;
    static struct route route;
    struct resolver resolver;
    dns_says("127.0.0.1", NULL, 0);
    assert_true(open_route(&route, "api.test", "", NULL));
    uint32_t before = times_asked();
    assert_true(resolver_start(&resolver, &route, 1, NULL));
    clock_sleep_until(clock_now_ns() + RESOLVER_EVERY_NS + 300 * NS_PER_MS);
    assert_int_equal(times_asked(), before);
    dns_says("127.0.0.7", NULL, 0);
    check_address("as before", &route, "127.0.0.1"); /* this wants it */
    uint64_t end_ns = clock_now_ns() + 20 * NS_PER_S;
    while (times_asked() == before && clock_now_ns() < end_ns) {
        clock_sleep_until(clock_now_ns() + 10 * NS_PER_MS);
    }
    assert_true(resolver_stop(&resolver));
    assert_int_equal(times_asked(), before + 1);
    check_address("moved", &route, "127.0.0.7");
}

static void no_resolver_without_names(void **state)
{
    (void)state;
    struct route route;
    struct resolver resolver;
    assert_true(open_route(&route, "127.0.0.1", "", NULL));
    assert_true(resolver_start(&resolver, &route, 1, NULL));
    assert_null(resolver.routes);
    assert_true(resolver_stop(&resolver));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_not_looked_up),
        cmocka_unit_test(the_first_that_accepts),
        cmocka_unit_test(looked_up_again),
        cmocka_unit_test(more_addresses_than_are_kept),
        cmocka_unit_test(the_resolver_looks_when_it_is_wanted),
        cmocka_unit_test(no_resolver_without_names),
    };
    return cmocka_run_group_tests(tests, listen_on_loopback, stop_listening);
}
