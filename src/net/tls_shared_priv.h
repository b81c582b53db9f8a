/* tls_shared_priv.h - what the files around OpenSSL share.
 *
 * Why: contexts (tls.c), connections (tls_channel.c) and words (tls_why.c) are three subjects.
 * Source: ssl(7).  Thread: a channel is its stream's.  Memory: OpenSSL's heap. */
#pragma once

#include <openssl/ssl.h>

#include "net/tls_priv.h"

struct tls {
    SSL_CTX *context;
    BIO_METHOD *method;
};

#define TLS_OWED 256 /* bytes: an alert and a new key as records, several times */

struct tls_channel {
    SSL *ssl;
    struct tls_peer *peer;
    int fd;
    int error;       /* errno of the call below OpenSSL that failed last */
    bool ended;      /* the peer closed the connection below TLS */
    bool drained;    /* the kernel has no more: not asked again in this call */
    bool muted;      /* nothing is to be read ahead */
    bool reading;    /* what is written is TLS's own */
    bool broken;     /* OpenSSL forbids further calls */
    bool asked;      /* for a certificate of ours */
    bool distrusted; /* peer->why says why the certificate would not do */
    int64_t wall_offset_ns;
    uint64_t kernel_ns, began_ns;
    enum stream_status pending; /* told by the next read; STREAM_OK: nothing is */
    size_t owed_len;            /* said in a read while the kernel took no more */
    char owed[TLS_OWED];
};

/* How OpenSSL reads and writes our sockets; for BIO_meth_free(). NULL: it has no memory. */
BIO_METHOD *tls_channel_method(void);
/* Fills peer->why and its cure. */
void tls_why_say(struct tls_channel *c, const char *why, const char *cure);
void tls_why_explain(struct tls_channel *c, unsigned long code);
/* OpenSSL's verify callback. */
int tls_why_verify(int ok, X509_STORE_CTX *context);
/* "CN=name", or the whole name in one line. */
void tls_why_add_name(struct text *out, const X509_NAME *name);
/* "2027-01-02" */
void tls_why_add_date(struct text *out, const ASN1_TIME *at);
