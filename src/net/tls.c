#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/tls_shared_priv.h"

#define ASKED_WAIT_NS (300 * NS_PER_MS) /* for the verdict on our certificate, in TLS 1.3 */
#define DAY_S 86400
#define READ_ROOM ((size_t)64 << 10)

static bool fail(struct err *err, enum tls_part part, enum tls_part *out, const char *path,
                 const char *cause)
{
    if (out) *out = part;
    unsigned long code = ERR_peek_error();
    bool of_system = ERR_SYSTEM_ERROR(code);
    if (of_system) err_set(err, ERR_PLAN, ERR_GET_REASON(code), "cannot read %s", path);
    else err_set(err, ERR_PLAN, 0, "%s %s", path, cause);
    ERR_clear_error();
    return false;
}

static bool hint_pem(struct err *err, const char *what)
{
    if (err && err->sys != 0)
        return err_hint(err, "a relative path starts at the plan's folder, one of a flag here");
    return err_hint(err, "a PEM file: it begins with -----BEGIN %s-----", what);
}

/* Nobody is there to be asked. */
static int no_password(char *at, int size, int writing, void *asked)
{
    UNUSED(writing);
    if (size > 0) at[0] = '\0';
    *(bool *)asked = true;
    return -1;
}

static bool load_ca(struct tls *t, const struct tls_setting *s, enum tls_part *part,
                    struct err *err)
{
    if (!s->ca) return SSL_CTX_set_default_verify_paths(t->context);
    int ok = file_is_folder(s->ca) ? SSL_CTX_load_verify_dir(t->context, s->ca)
                                   : SSL_CTX_load_verify_file(t->context, s->ca);
    if (ok) return true;
    fail(err, TLS_PART_CA, part, s->ca, "holds no certificate that can be read");
    return hint_pem(err, "CERTIFICATE");
}

static bool load_own(struct tls *t, const struct tls_setting *s, enum tls_part *part,
                     struct err *err)
{
    bool asked = false;
    if (!s->cert) return true;
    if (!SSL_CTX_use_certificate_chain_file(t->context, s->cert)) {
        fail(err, TLS_PART_CERT, part, s->cert, "holds no certificate that can be read");
        return hint_pem(err, "CERTIFICATE");
    }
    const char *key = s->key ? s->key : s->cert;
    enum tls_part key_part = s->key ? TLS_PART_KEY : TLS_PART_CERT;
    SSL_CTX_set_default_passwd_cb(t->context, no_password);
    SSL_CTX_set_default_passwd_cb_userdata(t->context, &asked);
    int read = SSL_CTX_use_PrivateKey_file(t->context, key, SSL_FILETYPE_PEM);
    SSL_CTX_set_default_passwd_cb_userdata(t->context, NULL);
    if (read && SSL_CTX_check_private_key(t->context)) return true;
    if (asked) {
        fail(err, key_part, part, key, "is encrypted, and prony asks for no password");
        return err_hint(err, "decrypt it: openssl pkey -in FILE -out plain.pem");
    }
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH) {
        fail(err, key_part, part, key, "is not the key of the certificate");
        return err_hint(err, "the two belong to different pairs: %s", s->cert);
    }
    fail(err, key_part, part, key, "holds no private key that can be read");
    if (!s->key) return err_hint(err, "name its file: key: FILE (--key)");
    return hint_pem(err, "PRIVATE KEY");
}

/* The newest session of the peer is the one to resume. */
static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const struct tls_channel *c = SSL_get_app_data(ssl);
    if (!SSL_SESSION_is_resumable(session)) return 0;
    SSL_SESSION_free(c->peer->session);
    c->peer->session = session;
    return 1; /* the reference is ours */
}

/* The server asks for a certificate; what there is was set beforehand. */
static int note_asked(SSL *ssl, void *arg)
{
    UNUSED(arg);
    struct tls_channel *c = SSL_get_app_data(ssl);
    c->asked = true;
    return 1;
}

static bool set_up(struct tls *t, const struct tls_setting *s)
{
    static const unsigned char http1[] = "\x08http/1.1";
    SSL_CTX *context = t->context;
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    SSL_CTX_set_cert_cb(context, note_asked, NULL);
    SSL_CTX_set_verify(context, s->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, tls_why_verify);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION)
           && SSL_CTX_set_alpn_protos(context, http1, sizeof http1 - 1) == 0;
}

bool tls_open(struct tls **out, const struct tls_setting *setting, enum tls_part *part,
              struct err *err)
{
    if (part) *part = TLS_PART_NONE;
    *out = NULL;
    struct tls *t = OPENSSL_zalloc(sizeof *t);
    if (t) t->context = SSL_CTX_new(TLS_client_method());
    if (t) t->method = tls_channel_method();
    bool ok = t && t->context && t->method && set_up(t, setting);
    if (!ok) err_set(err, ERR_LIMIT, 0, "OpenSSL cannot be set up");
    ok = ok && load_ca(t, setting, part, err) && load_own(t, setting, part, err);
    ERR_clear_error();
    if (ok) *out = t;
    else tls_close(t);
    return ok;
}

void tls_close(struct tls *tls)
{
    if (!tls) return;
    SSL_CTX_free(tls->context);
    BIO_meth_free(tls->method);
    OPENSSL_free(tls);
}

void tls_peer_close(struct tls_peer *peer)
{
    SSL_SESSION_free(peer->session);
    peer->session = NULL;
}

/* -- The look before the start --------------------------------------------------------------- */

void tls_channel_facts(const struct tls_channel *c, struct tls_facts *out)
{
    *out = (struct tls_facts){.resumed = SSL_session_reused(c->ssl)};
    struct text protocol = text_in(out->protocol, sizeof out->protocol);
    struct text cipher = text_in(out->cipher, sizeof out->cipher);
    struct text subject = text_in(out->subject, sizeof out->subject);
    struct text issuer = text_in(out->issuer, sizeof out->issuer);
    struct text verified = text_in(out->verified, sizeof out->verified);
    text_adds(&protocol, SSL_get_version(c->ssl));
    text_adds(&cipher, SSL_get_cipher_name(c->ssl));
    if (c->distrusted) text_adds(&verified, c->peer->why);
    const X509 *cert = SSL_get0_peer_certificate(c->ssl);
    if (!cert) return;
    tls_why_add_name(&subject, X509_get_subject_name(cert));
    tls_why_add_name(&issuer, X509_get_issuer_name(cert));
    int days = 0;
    int seconds = 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert))) {
        out->valid_until_s = (int64_t)days * DAY_S + seconds;
    }
    ASN1_TIME_free(epoch);
}

static bool wait_for(int fd, bool writing, uint64_t deadline_ns)
{
    uint64_t now = clock_now_ns();
    struct pollfd wait = {.fd = fd, .events = writing ? POLLOUT : POLLIN};
    int left_ms = now < deadline_ns ? (int)((deadline_ns - now) / NS_PER_MS) + 1 : 0;
    return left_ms > 0 && (poll(&wait, 1, left_ms) > 0 || errno == EINTR);
}

/* In TLS 1.3 a server judges our certificate after our side is done. */
static enum stream_status hear_verdict(struct tls_channel *c, int fd)
{
    static char room[READ_ROOM]; /* main's alone */
    struct stream_arrival arrival = {0};
    if (!wait_for(fd, false, clock_now_ns() + ASKED_WAIT_NS)) return STREAM_OK;
    enum stream_status status = tls_channel_receive(c, 0, room, sizeof room, &arrival);
    return status == STREAM_AGAIN || status == STREAM_EOF ? STREAM_OK : status;
}

bool tls_probe(struct tls_peer *peer, int fd, uint64_t deadline_ns, struct tls_facts *out,
               struct err *err)
{
    struct tls_channel *c = tls_channel_open(peer, fd);
    if (!c) return err_set(err, ERR_LIMIT, 0, "no memory for TLS");
    enum stream_status status = STREAM_AGAIN;
    bool writing = false;
    bool in_time = true;
    while (in_time && status == STREAM_AGAIN) {
        status = tls_channel_shake(c, &writing);
        if (status == STREAM_AGAIN) in_time = wait_for(fd, writing, deadline_ns);
    }
    if (status == STREAM_OK) {
        tls_channel_facts(c, out);
        if (tls_channel_was_asked(c)) status = hear_verdict(c, fd);
    }
    bool ok = status == STREAM_OK;
    if (!in_time) {
        err_set(err, ERR_PREFLIGHT, 0,
                "no TLS handshake in time: it connects, but does not answer");
        err_hint(err, "does it speak TLS on this port? if it is plain HTTP, write http://");
    } else if (status == STREAM_TLS) {
        err_set(err, ERR_PREFLIGHT, 0, "no TLS: %s", peer->why);
        if (peer->cure) err_hint(err, "%s", peer->cure);
    } else if (!ok) {
        err_set(err, ERR_PREFLIGHT, 0, "the connection broke in or right after the TLS handshake");
        err_hint(err, "see the server's log");
    }
    tls_channel_close(c);
    return ok;
}

void tls_print_facts(struct text *out, const struct tls_facts *facts, int64_t now_s)
{
    text_addf(out, "%s %s", facts->protocol, facts->cipher);
    if (facts->valid_until_s == 0) return;
    int64_t days = (facts->valid_until_s - now_s) / DAY_S;
    struct tm tm;
    time_t until = (time_t)facts->valid_until_s;
    text_addf(out, " · %s by %s", facts->subject, facts->issuer);
    if (gmtime_r(&until, &tm)) {
        text_addf(out, ", valid until %04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                  tm.tm_mday);
    }
    if (days >= 0) text_addf(out, " (%lld day%s)", (long long)days, days == 1 ? "" : "s");
    if (facts->verified[0]) text_addf(out, " · NOT VERIFIED: %s", facts->verified);
}
