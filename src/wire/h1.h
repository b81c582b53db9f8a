/* h1.h - HTTP/1.1 responses: bytes in, events out.
 *
 * Why our own: the decoder sits on the hot path of every request, so it may not allocate, copy a
 * body or read the same byte twice; and a load tester must tell a short body, a broken chunk and a
 * silent close apart, which the usual parsers do not. It is sans-I/O: no socket, no clock.
 *
 * The caller hands over what it has; the decoder advances `in` over what it took. A line that is
 * not complete is left in `in`: the caller keeps those bytes and gives them again, unchanged and
 * from the same byte on, with new ones behind them. Body bytes are always taken.
 *
 * Source: RFC 9112 (HTTP/1.1), RFC 9110 (semantics).  Deviations, all on the strict side:
 * - obs-fold and a space before the colon are errors, not repaired; so are control characters.
 * - a malformed or contradictory Content-Length is an error even where it would not frame the body.
 * - a transfer coding other than chunked is an error: prony never offers one (TE).
 * - interim responses (1xx) are taken silently; 101 is an error, prony never asks to upgrade.
 * - trailers are checked, counted into the limits of the head, and not delivered.
 * Lenient as the RFC allows: bare LF ends a line, runs of spaces and tabs separate the words of the
 * status line, the reason may be missing with its space, any status from 100 to 999.
 * Thread: one owner for each struct.  Memory: the struct, in place. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bytes.h"

#define H1_MAX_LINE 16384  /* bytes of one line, its end included */
#define H1_MAX_HEAD 65536  /* bytes of all heads of one reply: interim, final, trailers */
#define H1_MAX_HEADERS 256 /* header lines, counted the same way */
#define H1_SEEN_MAX 444    /* bytes of a head worth remembering: with it a struct of 512 */

enum h1_step {
    H1_MORE,  /* needs more bytes: keep what is left of `in` */
    H1_EVENT, /* `ev` is filled; call again, also when `in` is empty */
    H1_DONE,  /* the response is complete; what is left of `in` was not asked for */
    H1_BAD    /* see `bad` and `offset`; the connection is of no further use */
};

enum h1_event_kind {
    H1_STATUS,   /* `status`, and the reason in `value` */
    H1_HEADER,   /* `name` as sent, `value` without the spaces round it; one event a line */
    H1_HEAD_END, /* the framing is known: `keep_alive` of the struct is final */
    H1_BODY      /* some bytes of the body, chunk marks removed; never empty */
};

/* Views into the caller's input: valid until those bytes are moved or overwritten. */
struct h1_event {
    enum h1_event_kind kind;
    uint32_t status;
    struct bytes name, value;
    struct bytes body;
};

#define H1_BAD_MAP(X)                                                                              \
    X(H1_BAD_NONE, "no error")                                                                     \
    X(H1_BAD_STATUS_LINE, "the reply does not start with an HTTP/1 status line")                   \
    X(H1_BAD_TLS, "the reply is a TLS record, not HTTP")                                           \
    X(H1_BAD_VERSION, "the reply speaks another version than HTTP/1.x")                            \
    X(H1_BAD_STATUS_CODE, "the status is not a number of three digits from 100 on")                \
    X(H1_BAD_UPGRADE, "the server switched protocols (101) without being asked")                   \
    X(H1_BAD_CONTROL, "a control character in a line of the head")                                 \
    X(H1_BAD_LINE_SIZE, "a line of the head is longer than 16 KiB")                                \
    X(H1_BAD_HEAD_SIZE, "the head is larger than 64 KiB")                                          \
    X(H1_BAD_HEADER_COUNT, "the head has more than 256 header lines")                              \
    X(H1_BAD_FOLD, "a header line starts with a space (folded lines are obsolete)")                \
    X(H1_BAD_HEADER_NAME, "a header line without a valid name and colon")                          \
    X(H1_BAD_LENGTH, "Content-Length is not a number that fits 64 bits")                           \
    X(H1_BAD_LENGTH_CONFLICT, "two different values of Content-Length")                            \
    X(H1_BAD_CODING, "a transfer coding other than chunked, or chunked twice")                     \
    X(H1_BAD_CHUNK_SIZE, "a chunk does not start with its size in hexadecimal")                    \
    X(H1_BAD_CHUNK_OVERFLOW, "a chunk size that does not fit 64 bits")                             \
    X(H1_BAD_CHUNK_END, "a chunk is not followed by the end of its line")                          \
    X(H1_BAD_EOF_EMPTY, "the connection was closed before the first byte of a reply")              \
    X(H1_BAD_EOF_HEAD, "the connection was closed inside the head")                                \
    X(H1_BAD_EOF_BODY, "the connection was closed before the end of the body")

#define H1_BAD_ENUM(name, text) name,
enum h1_bad { H1_BAD_MAP(H1_BAD_ENUM) };
#undef H1_BAD_ENUM

struct h1_resp {
    /* For the caller to read. */
    uint64_t body_len_so_far; /* bytes of body taken, chunk marks not counted */
    uint64_t offset;          /* bytes taken since h1_resp_init(); after H1_BAD where it is wrong */
    enum h1_bad bad;
    uint16_t status; /* of the final response; 0 before its status line */
    bool keep_alive; /* the connection may carry another request; valid from H1_HEAD_END on */

    /* The decoder's own. */
    bool head_request;
    uint64_t left;       /* the Content-Length, then bytes left of the body or the chunk */
    uint32_t head_bytes; /* of heads and trailers taken so far */
    uint32_t line_seen;  /* bytes at the front of `in` known to be free of control characters */
    uint16_t header_count;
    uint8_t place; /* enum place in h1.c */
    bool http11, interim, has_length, chunked, saw_close, saw_keep_alive;
};

/* The last head of one kind of reply, and where it left the decoder. A server repeats its heads to
 * the byte until the Date turns, and comparing costs a fraction of reading. All zero: none yet. */
struct h1_seen {
    struct h1_resp after;
    uint32_t len; /* bytes of `head`; 0: none, or it was longer than H1_SEEN_MAX */
    char head[H1_SEEN_MAX];
};

/* Ready for the reply to one request. `head_request`: its method was HEAD, so no body follows. */
void h1_resp_init(struct h1_resp *p, bool head_request);
/* The next event. Events come as STATUS HEADER* HEAD_END BODY*, then H1_DONE without an event.
 * H1_DONE and H1_BAD stay. */
MUST_USE enum h1_step h1_resp_step(struct h1_resp *p, struct bytes *in, struct h1_event *ev);
/* As calling h1_resp_step() until it says something else than H1_EVENT, without the events. `seen`
 * is a shortcut and changes no answer; it remembers from call to call. NULL: without. */
MUST_USE enum h1_step h1_resp_skip(struct h1_resp *p, struct bytes *in, struct h1_seen *seen);
/* The head alone, where nothing was taken yet, and behind it H1_EVENT; else that at once. `seen` as
 * above, but never NULL. */
MUST_USE enum h1_step h1_resp_skip_head(struct h1_resp *p, struct bytes *in, struct h1_seen *seen);
/* The peer closed, and every byte before was handed in: H1_DONE where that ends the body, else
 * H1_BAD with one of H1_BAD_EOF_*. */
MUST_USE enum h1_step h1_resp_eof(struct h1_resp *p);
/* One line for people, without a full stop. */
const char *h1_bad_text(enum h1_bad bad);
