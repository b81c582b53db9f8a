/* Why a TLS connection failed, in words: what OpenSSL knows, with the facts that decide it. */
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "net/tls_shared_priv.h"

#define NAMES_SHOWN 4
/* `-k` and `--cacert` are for a URL; a plan has its own keys, which --set reaches. */
#define UNVERIFIED                                                                                 \
    "go unverified with `tls: { insecure: true }` (for a URL: -k; for a plan: --set "              \
    "tls.insecure=true)"
#define TRUST_CURE "name its CA by `tls: { ca: FILE }` (for a URL: --cacert FILE), or " UNVERIFIED

void tls_why_say(struct tls_channel *c, const char *why, const char *cure)
{
    struct text text = text_in(c->peer->why, sizeof c->peer->why);
    text_adds(&text, why);
    c->peer->cure = cure;
}

/* -- Certificates ---------------------------------------------------------------------------- */

static void add_string(struct text *out, const ASN1_STRING *string)
{
    unsigned char *utf8 = NULL;
    int len = ASN1_STRING_to_UTF8(&utf8, string);
    if (len < 0) {
        text_adds(out, "?");
        return;
    }
    text_add_safe(out, (struct bytes){(const char *)utf8, (size_t)len});
    OPENSSL_free(utf8);
}

void tls_why_add_name(struct text *out, const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at >= 0) {
        text_adds(out, "CN=");
        add_string(out, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
        return;
    }
    char line[256];
    if (!X509_NAME_oneline(name, line, sizeof line)) return;
    text_add_safe(out, bytes_of(line[0] == '/' ? line + 1 : line));
}

void tls_why_add_date(struct text *out, const ASN1_TIME *at)
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(at, &tm)) {
        text_adds(out, "?");
        return;
    }
    text_addf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static void add_address(struct text *out, const ASN1_OCTET_STRING *address)
{
    const unsigned char *at = ASN1_STRING_get0_data(address);
    int len = ASN1_STRING_length(address);
    for (int i = 0; i < len; i++) {
        if (len == 4) text_addf(out, "%s%u", i > 0 ? "." : "", at[i]);
        else text_addf(out, "%s%02x", i > 0 && i % 2 == 0 ? ":" : "", at[i]);
    }
}

/* The names and addresses that a certificate is for. */
static void add_names(struct text *out, const X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    uint32_t shown = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown <= NAMES_SHOWN; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
        if (shown > 0) text_adds(out, ", ");
        if (shown == NAMES_SHOWN) text_adds(out, "…");
        else if (name->type == GEN_DNS) add_string(out, name->d.dNSName);
        else add_address(out, name->d.iPAddress);
        shown++;
    }
    GENERAL_NAMES_free(names);
    if (shown == 0) tls_why_add_name(out, X509_get_subject_name(cert));
}

static const char *add_distrust(struct text *out, const struct tls_peer *peer, int error,
                                const X509 *cert)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        text_adds(out, "its certificate expired on ");
        tls_why_add_date(out, X509_get0_notAfter(cert));
        return "renew it, or " UNVERIFIED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        text_adds(out, "its certificate is not valid before ");
        tls_why_add_date(out, X509_get0_notBefore(cert));
        return "is this machine's clock right? else " UNVERIFIED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        text_adds(out, "its certificate is for ");
        add_names(out, cert);
        text_addf(out, ", not for %s", peer->name);
        return "ask for a name it has: `tls: { server_name: NAME }`, or `hosts:` (--resolve) to "
               "reach that name here";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        text_adds(out, "its certificate is self-signed: ");
        tls_why_add_name(out, X509_get_subject_name(cert));
        return "name the certificate itself by `tls: { ca: FILE }` (for a URL: --cacert FILE), "
               "or " UNVERIFIED;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        text_adds(out, "its chain ends in a CA that is not trusted here: ");
        tls_why_add_name(out, X509_get_subject_name(cert));
        return TRUST_CURE;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        text_adds(out, "its certificate comes from a CA that is unknown here: ");
        tls_why_add_name(out, X509_get_issuer_name(cert));
        return TRUST_CURE;
    default:
        text_addf(out, "its certificate is not trusted: %s", X509_verify_cert_error_string(error));
        return TRUST_CURE;
    }
}

int tls_why_verify(int ok, X509_STORE_CTX *context)
{
    if (ok) return 1;
    const SSL *ssl = X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_channel *c = SSL_get_app_data(ssl);
    const X509 *cert = X509_STORE_CTX_get_current_cert(context);
    struct text why = text_in(c->peer->why, sizeof c->peer->why);
    c->peer->cure = add_distrust(&why, c->peer, X509_STORE_CTX_get_error(context), cert);
    c->distrusted = true;
    return 0;
}

/* -- The handshake and after ----------------------------------------------------------------- */

static const struct {
    int reason;
    const char *why, *cure;
} reasons[] = {
    {SSL_R_WRONG_VERSION_NUMBER, "what answers there does not speak TLS",
     "is it plain HTTP? then write http://"},
    {SSL_R_HTTP_REQUEST, "what answers there does not speak TLS",
     "is it plain HTTP? then write http://"},
    {SSL_R_UNSUPPORTED_PROTOCOL, "it speaks no TLS of version 1.2 or 1.3",
     "older versions are not safe: let the server speak a newer one"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "it refuses TLS 1.2 and 1.3 (alert: protocol version)",
     "let the server speak TLS 1.2 or 1.3"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, "it wants a certificate of the client",
     "give one: `tls: { cert: FILE, key: FILE }` (--cert, --key)"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "it serves no site of this name (alert: unrecognized name)",
     "name one that it serves: `tls: { server_name: NAME }`"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA, "it does not know the CA of our certificate",
     "give a certificate from a CA that it knows: `tls: { cert: FILE }` (--cert)"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, "it refused the handshake (alert: handshake failure)",
     "no cipher in common, or a certificate of the client is wanted (--cert): see its log"},
    {SSL_R_BAD_EXTENSION, "its handshake is not TLS as it should be", NULL},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, "a TLS record was damaged on its way", NULL},
};

void tls_why_explain(struct tls_channel *c, unsigned long code)
{
    int reason = ERR_GET_REASON(code);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && c->distrusted) return;
    for (size_t i = 0; i < COUNT_OF(reasons); i++) {
        if (ERR_GET_LIB(code) != ERR_LIB_SSL || reasons[i].reason != reason) continue;
        tls_why_say(c, reasons[i].why, reasons[i].cure);
        return;
    }
    struct text why = text_in(c->peer->why, sizeof c->peer->why);
    const char *words = ERR_reason_error_string(code);
    c->peer->cure = "see the server's log";
    if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
        text_addf(&why, "it ended the connection (alert: %s)",
                  SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    } else {
        text_addf(&why, "TLS failed: %s", words ? words : "OpenSSL does not say why");
    }
}
