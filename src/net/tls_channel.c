/* One TLS connection. Below OpenSSL stands a BIO of our own with the socket's two calls. Reading
 * ahead is on, so that a read is one recvmsg of all that is there; a short one says that the kernel
 * has no more, and the next is not tried: what comes later is told of by the poller. */
#include "net/tls_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "net/socket_priv.h"
#include "net/tls_shared_priv.h"

/* OpenSSL's read buffer: a record with its head and its tag. What it holds when reading stops must
 * find room with the caller, since no poller tells of it. */
#define READ_AHEAD ((size_t)18 << 10)

static struct tls_channel *channel_of(BIO *bio)
{
    return BIO_get_data(bio);
}

static int bio_read(BIO *bio, char *at, size_t size, size_t *got)
{
    struct tls_channel *c = channel_of(bio);
    *got = 0;
    BIO_clear_retry_flags(bio);
    if (c->drained || c->muted) {
        BIO_set_retry_read(bio);
        return 0;
    }
    int64_t n = socket_receive(c->fd, c->wall_offset_ns, at, size, &c->kernel_ns);
    if (n > 0) {
        *got = (size_t)n;
        c->drained = *got < size;
        return 1;
    }
    if (n == 0) {
        c->ended = true;
        return 0;
    }
    c->error = errno;
    c->drained = socket_status(c->error) == STREAM_AGAIN;
    if (c->drained) BIO_set_retry_read(bio);
    return 0;
}

/* Hands over what is owed. False: something still is, and c->error says why. */
static bool pay(struct tls_channel *c)
{
    if (c->owed_len == 0) return true;
    int64_t n = socket_send(c->fd, c->owed, c->owed_len);
    if (n < 0) {
        c->error = errno;
        return false;
    }
    c->owed_len -= (size_t)n;
    memmove(c->owed, c->owed + n, c->owed_len);
    c->error = EAGAIN;
    return c->owed_len == 0;
}

/* What TLS has to say in the midst of reading (an alert) must not be turned away: OpenSSL 3.0 drops
 * the record, but not its number, and the next one is garbage to the peer. So it is kept here. */
static bool owe(struct tls_channel *c, const char *at, size_t len)
{
    bool may = c->reading && socket_status(c->error) == STREAM_AGAIN;
    if (!may || len > sizeof c->owed - c->owed_len) return false;
    memcpy(c->owed + c->owed_len, at, len);
    c->owed_len += len;
    return true;
}

static int bio_write(BIO *bio, const char *at, size_t len, size_t *sent)
{
    struct tls_channel *c = channel_of(bio);
    BIO_clear_retry_flags(bio);
    int64_t n = -1;
    if (pay(c)) {
        n = socket_send(c->fd, at, len);
        if (n < 0) c->error = errno;
    }
    *sent = n > 0 ? (size_t)n : 0;
    if (n >= 0) return 1;
    if (owe(c, at, len)) {
        *sent = len;
        return 1;
    }
    if (socket_status(c->error) == STREAM_AGAIN) BIO_set_retry_write(bio);
    return 0;
}

static long bio_control(BIO *bio, int command, long number, void *at)
{
    UNUSED(number);
    UNUSED(at);
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return channel_of(bio)->ended;
    return 0;
}

BIO_METHOD *tls_channel_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (!method || !BIO_meth_set_read_ex(method, bio_read)
        || !BIO_meth_set_write_ex(method, bio_write) || !BIO_meth_set_ctrl(method, bio_control)) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

/* Whom the certificate must be for, and whom we ask for. An address is never sent as SNI (RFC 6066
 * section 3). */
static bool name_peer(SSL *ssl, const char *name)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(param, name)) return true;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    char sni[TLSEXT_MAXLEN_host_name + 1]; /* only read and copied, but asked for without const */
    struct text text = text_in(sni, sizeof sni);
    text_adds(&text, name);
    return !text.cut && SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, sni);
}

struct tls_channel *tls_channel_open(struct tls_peer *peer, int fd)
{
    struct tls_channel *c = OPENSSL_zalloc(sizeof *c);
    SSL *ssl = SSL_new(peer->tls->context);
    BIO *bio = BIO_new(peer->tls->method);
    bool ok = c && ssl && bio && name_peer(ssl, peer->name);
    if (ok && peer->session) ok = SSL_set_session(ssl, peer->session);
    ERR_clear_error(); /* of set1_ip_asc(), mostly: a name is no address */
    if (!ok) {
        BIO_free(bio);
        SSL_free(ssl);
        OPENSSL_free(c);
        return NULL;
    }
    *c = (struct tls_channel){.ssl = ssl, .peer = peer, .fd = fd};
    BIO_set_data(bio, c);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    SSL_set_app_data(ssl, c);
    SSL_set_connect_state(ssl);
    return c;
}

void tls_channel_close(struct tls_channel *c)
{
    if (!c->broken && SSL_is_init_finished(c->ssl)) {
        int said = SSL_shutdown(c->ssl);
        UNUSED(said); /* a kernel buffer that is full: the peer learns it from the close */
    }
    /* Else OpenSSL takes the session for damaged, and would not resume it. */
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c->ssl);
    ERR_clear_error();
    OPENSSL_free(c);
}

/* What a call of OpenSSL that failed with `result` means; its queue of errors is empty again. */
static enum stream_status status_of(struct tls_channel *c, int result)
{
    enum stream_status status = STREAM_AGAIN;
    int error = SSL_get_error(c->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return STREAM_AGAIN;
    if (error == SSL_ERROR_ZERO_RETURN) return STREAM_EOF;
    c->broken = true;
    if (error == SSL_ERROR_SYSCALL && c->error != 0) {
        status = socket_status(c->error);
    } else if (c->ended) {
        status = STREAM_CUT;
    } else {
        tls_why_explain(c, ERR_peek_error());
        status = STREAM_TLS;
    }
    ERR_clear_error();
    return status;
}

enum stream_status tls_channel_shake(struct tls_channel *c, bool *wants_write)
{
    if (c->began_ns == 0) c->began_ns = clock_now_ns();
    c->drained = false;
    int result = SSL_do_handshake(c->ssl);
    *wants_write = SSL_want_write(c->ssl);
    if (result == 1) return STREAM_OK;
    enum stream_status status = status_of(c, result);
    if (status == STREAM_EOF || status == STREAM_CUT) {
        tls_why_say(c, "the connection was closed in the TLS handshake",
                    "see the server's log; does it speak TLS on this port?");
        return STREAM_TLS;
    }
    if (status == STREAM_RESET) {
        tls_why_say(c, "the connection was reset in the TLS handshake",
                    "see the server's log; does it speak TLS on this port?");
        return STREAM_TLS;
    }
    return status;
}

uint64_t tls_channel_began(const struct tls_channel *c)
{
    return c->began_ns;
}

bool tls_channel_resumed(const struct tls_channel *c)
{
    return SSL_session_reused(c->ssl);
}

enum stream_status tls_channel_send(struct tls_channel *c, const char *at, size_t len, size_t *sent)
{
    *sent = 0;
    while (*sent < len) {
        size_t taken = 0;
        int result = SSL_write_ex(c->ssl, at + *sent, len - *sent, &taken);
        if (result != 1) {
            enum stream_status status = status_of(c, result);
            return status == STREAM_AGAIN && *sent > 0 ? STREAM_OK : status;
        }
        *sent += taken;
    }
    return STREAM_OK;
}

enum stream_status tls_channel_receive(struct tls_channel *c, int64_t wall_offset_ns, char *at,
                                       size_t size, struct stream_arrival *out)
{
    enum stream_status status = c->pending;
    bool full = false;
    assert(size >= 3 * READ_AHEAD);
    c->wall_offset_ns = wall_offset_ns;
    c->drained = false;
    c->kernel_ns = 0;
    c->reading = true;
    bool paid = pay(c); /* an error of it is the next read's, too */
    UNUSED(paid);
    while (status == STREAM_OK && out->len < size) {
        size_t got = 0;
        /* The last part of the room is for what was read ahead. */
        full = c->muted = size - out->len < 2 * READ_AHEAD;
        int result = SSL_read_ex(c->ssl, at + out->len, size - out->len, &got);
        if (result == 1) out->len += got;
        else status = status_of(c, result);
    }
    c->muted = c->reading = false;
    out->kernel_ns = c->kernel_ns;
    out->wants_write = c->owed_len > 0 || (status == STREAM_AGAIN && SSL_want_write(c->ssl));
    if (out->len == 0) return status;
    /* An end that came with data is told by the next read. */
    if (status != STREAM_AGAIN) c->pending = status;
    out->more = full || status != STREAM_AGAIN;
    return STREAM_OK;
}

const char *tls_channel_why(const struct tls_channel *c)
{
    return c->peer->why;
}

bool tls_channel_was_asked(const struct tls_channel *c)
{
    return c->asked;
}
