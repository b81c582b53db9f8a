/* tls.h - what all TLS connections of a run share, and what a worker knows of one target.
 *
 * Why OpenSSL, and why below our own socket calls: trust is not a place for own code; but times
 * are, so OpenSSL reads and writes through the same recvmsg and send as a plain stream, with the
 * kernel's stamps.
 * TLS 1.2 and 1.3; verified by default: chain, dates, and the name or address asked for. ALPN says
 * http/1.1. Sessions are resumed: each worker keeps the newest of each target, as one client of
 * many connections would.
 * Source: RFC 8446, RFC 5246, RFC 6125 (names), RFC 7301 (ALPN); SSL_CTX_new(3) and its like.
 * Deviation: a TLS 1.3 ticket is used until the server sends another, not just once.
 * Thread: struct tls is made by main and then shared, read-only but for counters of OpenSSL's own;
 * a peer belongs to one worker.  Memory: OpenSSL's heap. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/text.h"

#define TLS_WHY_MAX 240
#define TLS_CONNECTION_BYTES (UINT64_C(48) << 10) /* of OpenSSL's heap: docs/method.md */

struct tls;

/* Paths are NUL-terminated, NULL where not given. */
struct tls_setting {
    const char *ca;   /* PEM file, or a folder hashed by openssl-rehash(1); NULL: the system's */
    const char *cert; /* PEM: own certificate, then its chain */
    const char *key;  /* PEM; NULL: in the file of `cert` */
    bool insecure;    /* nobody is verified */
};

enum tls_part { TLS_PART_NONE, TLS_PART_CA, TLS_PART_CERT, TLS_PART_KEY };

/* What a handshake showed. */
struct tls_facts {
    bool resumed;
    char protocol[16], cipher[48];
    char subject[120], issuer[120]; /* common name, or all of it where there is none; safe */
    int64_t valid_until_s;          /* wall clock, seconds since 1970; 0: no certificate */
    char verified[120]; /* why it would not be trusted; empty: it is, or with `insecure` would be */
};

/* Reads the files of `setting`. False: `err` says what is wrong, `*part` (may be NULL) with which.
 */
MUST_USE bool tls_open(struct tls **out, const struct tls_setting *setting, enum tls_part *part,
                       struct err *err);
/* After all its peers. */
void tls_close(struct tls *tls);

/* One target as seen by one thread. */
struct tls_peer {
    struct tls *tls;
    const char *name; /* SNI and what the certificate must be for: a host name or an address */
    struct ssl_session_st *session; /* to resume; NULL: none yet */
    char why[TLS_WHY_MAX];          /* of the last failure: one clause */
    const char *cure;               /* against it; NULL: none known */
};

/* Forgets its session; connections of it are closed already. */
void tls_peer_close(struct tls_peer *peer);

/* One handshake on a connected socket that doesn't block, given up at `deadline_ns`; then its
 * close. For the look before the start. False: `err` is ERR_PREFLIGHT with the cause and a cure. */
MUST_USE bool tls_probe(struct tls_peer *peer, int fd, uint64_t deadline_ns, struct tls_facts *out,
                        struct err *err);
/* "TLSv1.3 TLS_AES_256_GCM_SHA384 · CN=a by CN=b, valid until 2027-01-02 (41 days)" */
void tls_print_facts(struct text *out, const struct tls_facts *facts, int64_t now_s);
