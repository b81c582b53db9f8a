/* A TLS stream against OpenSSL's own server in the same thread, over a unix socket whose buffer is
 * full: what the peer asks for in the midst of it must neither stall nor be lost. */
#include <linux/sockios.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "net/stream.h"
#include "net/tls_shared_priv.h"

#define ID 7
#define RECORD 1000 /* bytes */
#define WAIT_NS (100 * NS_PER_MS)
#define TURNS 200

static char room[64 << 10];

/* The two ends. */
static struct pair {
    char folder[32];
    struct poller poller;
    struct tls *tls;
    struct tls_peer peer;
    struct stream client;
    SSL_CTX *context;
    SSL *server;
    int server_fd;
    uint64_t sent, got; /* bytes from client to server */
    bool blocked;       /* the client's last read said so */
} pair;

static SSL_CTX *server_context(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    assert_non_null(context);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(cert), 0));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(cert), 3600));
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, cert), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    assert_int_equal(SSL_CTX_set_min_proto_version(context, version), 1);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    X509_free(cert);
    EVP_PKEY_free(key);
    return context;
}

static void connect_client(void)
{
    struct address address;
    char path[64];
    struct text text = text_in(path, sizeof path);
    text_addf(&text, "unix:%s/s", pair.folder);
    assert_true(address_literal(&address, bytes_of(path), 0));
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address.storage, address.storage_len),
                     0);
    assert_int_equal(listen(listener, 1), 0);
    const struct stream_way way = {.to = &address, .tls = &pair.peer};
    assert_int_equal(stream_connect(&pair.client, &pair.poller, &way, ID), STREAM_AGAIN);
    pair.server_fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    assert_true(pair.server_fd >= 0);
    assert_int_equal(close(listener), 0);
    assert_int_equal(unlink(path + sizeof "unix:" - 1), 0);
}

static void open_pair(int version, bool renegotiates)
{
    static const struct tls_setting setting = {.insecure = true};
    pair = (struct pair){.folder = "/tmp/prony-tls-XXXXXX"};
    assert_non_null(mkdtemp(pair.folder));
    assert_true(poller_open(&pair.poller, NULL));
    assert_true(tls_open(&pair.tls, &setting, NULL, NULL));
    if (renegotiates) SSL_CTX_clear_options(pair.tls->context, SSL_OP_NO_RENEGOTIATION);
    pair.peer = (struct tls_peer){.tls = pair.tls, .name = "server.test"};
    connect_client();
    pair.context = server_context(version);
    pair.server = SSL_new(pair.context);
    assert_int_equal(SSL_set_fd(pair.server, pair.server_fd), 1);
    struct stream_handshake handshake;
    enum stream_status status = STREAM_AGAIN;
    SSL_set_accept_state(pair.server);
    for (int i = 0; i < TURNS && status == STREAM_AGAIN; i++) {
        struct ready ready;
        SSL_do_handshake(pair.server);
        if (poller_wait(&pair.poller, &ready, 1, WAIT_NS) == 0) continue;
        status = stream_connected(&pair.client, &pair.poller, ID, &handshake);
    }
    assert_int_equal(status, STREAM_OK);
    while (SSL_do_handshake(pair.server) != 1) {
    }
}

static void close_pair(void)
{
    stream_close(&pair.client);
    SSL_free(pair.server);
    SSL_CTX_free(pair.context);
    tls_peer_close(&pair.peer);
    tls_close(pair.tls);
    poller_close(&pair.poller);
    assert_int_equal(close(pair.server_fd), 0);
    assert_int_equal(rmdir(pair.folder), 0);
}

/* One read, as one who was told of readiness. */
static enum stream_status read_client(struct stream_arrival *out)
{
    enum stream_status status = stream_receive(&pair.client, &pair.poller, room, sizeof room, out);
    if (out->wants_write != pair.blocked) {
        pair.blocked = out->wants_write;
        stream_want_write(&pair.client, &pair.poller, ID, pair.blocked);
    }
    return status;
}

/* Whole records until the kernel takes no more, without one that was begun. */
static void fill_client(void)
{
    int size = 4 * RECORD;
    socklen_t len = sizeof size;
    int queued = 0;
    assert_int_equal(setsockopt(pair.client.fd, SOL_SOCKET, SO_SNDBUF, &size, len), 0);
    assert_int_equal(getsockopt(pair.client.fd, SOL_SOCKET, SO_SNDBUF, &size, &len), 0);
    while (queued < size) {
        size_t sent;
        assert_int_equal(stream_send(&pair.client, room, RECORD, &sent), STREAM_OK);
        assert_int_equal(sent, RECORD);
        pair.sent += sent;
        assert_int_equal(ioctl(pair.client.fd, SIOCOUTQ, &queued), 0);
    }
}

static void drain_server(void)
{
    char in[4096];
    size_t got;
    while (SSL_read_ex(pair.server, in, sizeof in, &got) == 1) pair.got += got;
    assert_int_not_equal(SSL_get_error(pair.server, 0), SSL_ERROR_SSL);
}

/* The server says `word` behind what it asked for. False: the client never sees it. */
static bool hears(const char *word)
{
    struct ready ready;
    size_t sent = 0;
    for (int i = 0; i < TURNS; i++) {
        drain_server();
        bool whole = pair.got == pair.sent && !SSL_renegotiate_pending(pair.server);
        if (sent == 0 && whole) SSL_write_ex(pair.server, word, strlen(word), &sent);
        if (poller_wait(&pair.poller, &ready, 1, WAIT_NS) == 0) return false;
        if (!ready.readable && !pair.blocked) continue;
        struct stream_arrival arrival;
        enum stream_status status = read_client(&arrival);
        if (status == STREAM_AGAIN) continue;
        assert_int_equal(status, STREAM_OK);
        return bytes_is((struct bytes){room, arrival.len}, word);
    }
    return false;
}

/* A read that must write and can't: whoever is told to wait for that must be told of it. */
static void reading_may_have_to_write(void **state)
{
    (void)state;
    struct stream_arrival arrival;
    struct ready ready;
    open_pair(TLS1_2_VERSION, true);
    fill_client();
    assert_int_equal(SSL_renegotiate(pair.server), 1);
    SSL_do_handshake(pair.server);
    assert_int_equal(poller_wait(&pair.poller, &ready, 1, WAIT_NS), 1);
    assert_int_equal(read_client(&arrival), STREAM_AGAIN);
    assert_true(arrival.wants_write);
    assert_true(hears("after the second handshake"));
    assert_false(pair.blocked);
    assert_int_equal(SSL_total_renegotiations(pair.server), 1);
    close_pair();
}

/* The client's buffer is full, and what the server asks for waits to be read. */
static void ask(int version)
{
    struct stream_arrival arrival;
    struct ready ready;
    open_pair(version, false);
    if (version == TLS1_3_VERSION) { /* its tickets */
        assert_int_equal(poller_wait(&pair.poller, &ready, 1, WAIT_NS), 1);
        assert_int_equal(read_client(&arrival), STREAM_AGAIN);
    }
    fill_client();
    if (version == TLS1_2_VERSION) assert_int_equal(SSL_renegotiate(pair.server), 1);
    else assert_int_equal(SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED), 1);
    SSL_do_handshake(pair.server);
    assert_int_equal(poller_wait(&pair.poller, &ready, 1, WAIT_NS), 1);
    assert_int_equal(read_client(&arrival), STREAM_AGAIN);
    assert_int_equal(arrival.wants_write, version == TLS1_2_VERSION);
    drain_server();
    assert_int_equal(pair.got, pair.sent);
}

static void send_record(void)
{
    size_t sent;
    assert_int_equal(stream_send(&pair.client, room, RECORD, &sent), STREAM_OK);
    pair.sent += sent;
}

/* A new key is answered with what is sent next, and what the server says goes on meanwhile. */
static void a_new_key_does_not_hold_up(void **state)
{
    (void)state;
    ask(TLS1_3_VERSION);
    assert_true(hears("under its new key"));
    send_record();
    assert_true(hears("under both new keys"));
    close_pair();
}

/* As we are set up a second handshake is refused, as soon as there is room for that, or first in
 * what is sent next. */
static void refuses(bool waits)
{
    struct stream_arrival arrival;
    struct ready ready;
    char in[1];
    size_t got;
    ask(TLS1_2_VERSION);
    if (waits) {
        assert_int_equal(poller_wait(&pair.poller, &ready, 1, WAIT_NS), 1);
        assert_true(ready.writable);
        assert_int_equal(read_client(&arrival), STREAM_AGAIN);
        assert_false(arrival.wants_write);
    } else send_record();
    ERR_clear_error();
    assert_int_equal(SSL_read_ex(pair.server, in, sizeof in, &got), 0);
    assert_int_equal(ERR_GET_REASON(ERR_get_error()), SSL_R_NO_RENEGOTIATION);
    close_pair();
}

static void a_second_handshake_is_refused(void **state)
{
    (void)state;
    refuses(true);
    refuses(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_may_have_to_write),
        cmocka_unit_test(a_new_key_does_not_hold_up),
        cmocka_unit_test(a_second_handshake_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
