/* h1_test.c - vectors of responses, good and bad, each at every cut. */
#include "check.h"

#include "laws_h1.h"

#define IN(s)                                                                                      \
    {                                                                                              \
        (s), sizeof(s) - 1                                                                         \
    }
#define OK "HTTP/1.1 200 OK\r\n"
#define OK_EVENTS "S200 OK;"

enum { PLAIN, HEAD = 1, CLOSE = 2 };

struct vector {
    const char *name;
    struct bytes in;
    unsigned how; /* HEAD: answers a HEAD request. CLOSE: the peer closes behind the input */
    const char *events, *end;
};

static const struct vector good[] = {
    {"length", IN(OK "Content-Length: 5\r\n\r\nhello"), PLAIN,
     OK_EVENTS "H Content-Length: 5;E;hello", "done keep rest 0 status 200 body 5"},
    {"length 0", IN(OK "Content-Length: 0\r\n\r\n"), PLAIN, OK_EVENTS "H Content-Length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"surplus stays", IN(OK "Content-Length: 2\r\n\r\nokHTTP/1.1"), PLAIN,
     OK_EVENTS "H Content-Length: 2;E;ok", "done keep rest 8 status 200 body 2"},
    {"names in any case", IN(OK "cOnTeNt-LENGTH: 1\r\ncOnNeCtIoN: ClOsE\r\n\r\nx"), PLAIN,
     OK_EVENTS "H cOnTeNt-LENGTH: 1;H cOnNeCtIoN: ClOsE;E;x",
     "done close rest 0 status 200 body 1"},
    {"names as long as those that count",
     IN(OK "Connectiom: close\r\nContent-Lengtk: 9\r\nTransfer-Encodinh: gzip\r\n"
           "Xransfer-Encoding: gzip\r\ncontent-length: 0\r\n\r\n"),
     PLAIN,
     OK_EVENTS "H Connectiom: close;H Content-Lengtk: 9;H Transfer-Encodinh: gzip;"
               "H Xransfer-Encoding: gzip;H content-length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"spaces round a value", IN(OK "A: \t b c\t \r\nContent-Length:0\t\r\n\r\n"), PLAIN,
     OK_EVENTS "H A: b c;H Content-Length: 0;E;", "done keep rest 0 status 200 body 0"},
    {"empty value", IN(OK "A:\r\nB: \r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H A: ;H B: ;H Content-Length: 0;E;", "done keep rest 0 status 200 body 0"},
    {"bytes above ASCII", IN(OK "A: \xc3\xa4\xff\x80\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H A: \xc3\xa4\xff\x80;H Content-Length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"every character of a name", IN(OK "!#$%&'*+-.^_`|~09azAZ: 1\r\nContent-Length: 0\r\n\r\n"),
     PLAIN, OK_EVENTS "H !#$%&'*+-.^_`|~09azAZ: 1;H Content-Length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"long name", IN(OK "Access-Control-Allow-Origin-And-More: *\r\nContent-Length: 0\r\n\r\n"),
     PLAIN, OK_EVENTS "H Access-Control-Allow-Origin-And-More: *;H Content-Length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"bare LF", IN("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"), PLAIN,
     OK_EVENTS "H Content-Length: 2;E;ok", "done keep rest 0 status 200 body 2"},
    {"LF and CRLF mixed", IN("HTTP/1.1 200 OK\nContent-Length: 2\r\n\nok"), PLAIN,
     OK_EVENTS "H Content-Length: 2;E;ok", "done keep rest 0 status 200 body 2"},
    {"no reason", IN("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), PLAIN,
     "S200 ;H Content-Length: 0;E;", "done keep rest 0 status 200 body 0"},
    {"no reason, no space", IN("HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     "S404 ;H Content-Length: 0;E;", "done keep rest 0 status 404 body 0"},
    {"blanks between the words", IN("HTTP/1.1 \t 200\t Fine\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     "S200 Fine;H Content-Length: 0;E;", "done keep rest 0 status 200 body 0"},
    {"status 999", IN("HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     "S999 Denied;H Content-Length: 0;E;", "done keep rest 0 status 999 body 0"},
    {"minor version 9 is 1.1", IN("HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Content-Length: 0;E;", "done keep rest 0 status 200 body 0"},

    {"1.0 closes", IN("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), PLAIN,
     OK_EVENTS "H Content-Length: 2;E;ok", "done close rest 0 status 200 body 2"},
    {"1.0 keep-alive",
     IN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"), PLAIN,
     OK_EVENTS "H Connection: keep-alive;H Content-Length: 2;E;ok",
     "done keep rest 0 status 200 body 2"},
    {"1.0 until close", IN("HTTP/1.0 200 OK\r\n\r\nall of it"), CLOSE, OK_EVENTS "E;all of it",
     "done close rest 0 status 200 body 9"},
    {"1.0 chunked is not kept",
     IN("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     PLAIN, OK_EVENTS "H Connection: keep-alive;H Transfer-Encoding: chunked;E;",
     "done close rest 0 status 200 body 0"},
    {"Connection close", IN(OK "Connection: close\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Connection: close;H Content-Length: 0;E;", "done close rest 0 status 200 body 0"},
    {"Connection, a list", IN(OK "Connection: Upgrade , ,close\r\nContent-Length: 0\r\n\r\n"),
     PLAIN, OK_EVENTS "H Connection: Upgrade , ,close;H Content-Length: 0;E;",
     "done close rest 0 status 200 body 0"},
    {"Connection, two lines",
     IN(OK "Connection: close\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Connection: close;H Connection: keep-alive;H Content-Length: 0;E;",
     "done close rest 0 status 200 body 0"},
    {"Connection closed is not close",
     IN(OK "Connection: closed, xclose\r\nContent-Length: 0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Connection: closed, xclose;H Content-Length: 0;E;",
     "done keep rest 0 status 200 body 0"},
    {"until close", IN(OK "\r\nsome"), CLOSE, OK_EVENTS "E;some",
     "done close rest 0 status 200 body 4"},
    {"until close, empty", IN(OK "\r\n"), CLOSE, OK_EVENTS "E;",
     "done close rest 0 status 200 body 0"},
    {"until close, not closed", IN(OK "\r\nsome"), PLAIN, OK_EVENTS "E;some",
     "more rest 0 status 200 body 4"},
    {"until close in spite of keep-alive", IN(OK "Connection: keep-alive\r\n\r\nx"), CLOSE,
     OK_EVENTS "H Connection: keep-alive;E;x", "done close rest 0 status 200 body 1"},

    {"HEAD with length", IN(OK "Content-Length: 5\r\n\r\n"), HEAD,
     OK_EVENTS "H Content-Length: 5;E;", "done keep rest 0 status 200 body 0"},
    {"HEAD chunked", IN(OK "Transfer-Encoding: chunked\r\n\r\n"), HEAD,
     OK_EVENTS "H Transfer-Encoding: chunked;E;", "done keep rest 0 status 200 body 0"},
    {"HEAD without framing", IN(OK "\r\n"), HEAD, OK_EVENTS "E;",
     "done keep rest 0 status 200 body 0"},
    {"204 with length", IN("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), PLAIN,
     "S204 No Content;H Content-Length: 5;E;", "done keep rest 0 status 204 body 0"},
    {"204 without", IN("HTTP/1.1 204 No Content\r\n\r\n"), PLAIN, "S204 No Content;E;",
     "done keep rest 0 status 204 body 0"},
    {"304 with length", IN("HTTP/1.1 304 Not Modified\r\nContent-Length: 5000\r\n\r\n"), PLAIN,
     "S304 Not Modified;H Content-Length: 5000;E;", "done keep rest 0 status 304 body 0"},
    {"205 is framed like others", IN("HTTP/1.1 205 Reset\r\nContent-Length: 1\r\n\r\nx"), PLAIN,
     "S205 Reset;H Content-Length: 1;E;x", "done keep rest 0 status 205 body 1"},

    {"100 before 200", IN("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 2\r\n\r\nok"), PLAIN,
     OK_EVENTS "H Content-Length: 2;E;ok", "done keep rest 0 status 200 body 2"},
    {"103 with headers, 102, 200",
     IN("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 7\r\n\r\n"
        "HTTP/1.1 102 Processing\r\nConnection: close\r\nTransfer-Encoding: gzip\r\n\r\n" OK
        "Content-Length: 2\r\n\r\nok"),
     PLAIN, OK_EVENTS "H Content-Length: 2;E;ok", "done keep rest 0 status 200 body 2"},
    {"100, then 204", IN("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 None\r\n\r\n"), PLAIN,
     "S204 None;E;", "done keep rest 0 status 204 body 0"},
    {"only 100 so far", IN("HTTP/1.1 100 Continue\r\n\r\n"), PLAIN, "",
     "more rest 0 status 0 body 0"},

    {"chunked", IN(OK "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: chunked;E;hello world",
     "done keep rest 0 status 200 body 11"},
    {"chunk sizes in any case, leading zeros",
     IN(OK "Transfer-Encoding: CHUNKED\r\n\r\n000000000000000000a\r\n0123456789\r\n"
           "B\r\n0123456789a\r\n00\r\n\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: CHUNKED;E;01234567890123456789a",
     "done keep rest 0 status 200 body 21"},
    {"chunk extensions",
     IN(OK "Transfer-Encoding: chunked\r\n\r\n1;a=b;c=\"d;\\\"\"\r\nx\r\n2 \t; e\r\nyz\r\n0;f\r\n"
           "\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: chunked;E;xyz", "done keep rest 0 status 200 body 3"},
    {"chunk size and blanks", IN(OK "Transfer-Encoding: chunked\r\n\r\n1  \r\nx\r\n0\r\n\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: chunked;E;x", "done keep rest 0 status 200 body 1"},
    {"chunks with bare LF", IN(OK "Transfer-Encoding: chunked\r\n\r\n2\nab\n0\n\n"), PLAIN,
     OK_EVENTS "H Transfer-Encoding: chunked;E;ab", "done keep rest 0 status 200 body 2"},
    {"trailers",
     IN(OK "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nETag: \"a\"\r\nContent-Length: 9\r\n"
           "Connection: close\r\n\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: chunked;E;x", "done keep rest 0 status 200 body 1"},
    {"chunked, then surplus", IN(OK "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"), PLAIN,
     OK_EVENTS "H Transfer-Encoding: chunked;E;", "done keep rest 1 status 200 body 0"},
    {"chunked wins over length, not kept",
     IN(OK "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Content-Length: 99;H Transfer-Encoding: chunked;E;x",
     "done close rest 0 status 200 body 1"},
    {"chunked wins over a later length",
     IN(OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n1\r\nx\r\n0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Transfer-Encoding: chunked;H Content-Length: 0;E;x",
     "done close rest 0 status 200 body 1"},
    {"identity is nothing", IN(OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: identity;H Content-Length: 1;E;x",
     "done keep rest 0 status 200 body 1"},
    {"length twice, the same", IN(OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"), PLAIN,
     OK_EVENTS "H Content-Length: 1;H Content-Length: 1;E;x", "done keep rest 0 status 200 body 1"},
    {"length as a list of equals", IN(OK "Content-Length: 1, 1 ,01\r\n\r\nx"), PLAIN,
     OK_EVENTS "H Content-Length: 1, 1 ,01;E;x", "done keep rest 0 status 200 body 1"},
    {"largest length", IN(OK "Content-Length: 18446744073709551615\r\n\r\nx"), PLAIN,
     OK_EVENTS "H Content-Length: 18446744073709551615;E;x", "more rest 0 status 200 body 1"},
    {"largest chunk", IN(OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx"), PLAIN,
     OK_EVENTS "H Transfer-Encoding: chunked;E;x", "more rest 0 status 200 body 1"},
    {"a partial line is left", IN(OK "Content-Le"), PLAIN, OK_EVENTS,
     "more rest 10 status 200 body 0"},
};

#define BAD(kind, at) "bad " kind " at " #at
#define NO_LINE "the reply does not start with an HTTP/1 status line"
#define NO_HTTP "the reply is a TLS record, not HTTP"
#define NO_CODE "the status is not a number of three digits from 100 on"
#define NO_VERSION "the reply speaks another version than HTTP/1.x"
#define CONTROL "a control character in a line of the head"
#define NO_NAME "a header line without a valid name and colon"
#define FOLD "a header line starts with a space (folded lines are obsolete)"
#define NO_LENGTH "Content-Length is not a number that fits 64 bits"
#define CONFLICT "two different values of Content-Length"
#define NO_CODING "a transfer coding other than chunked, or chunked twice"
#define NO_SIZE "a chunk does not start with its size in hexadecimal"
#define NO_END "a chunk is not followed by the end of its line"
#define TE "Transfer-Encoding: chunked\r\n\r\n" /* behind OK it ends at 47 */
#define TE_EVENTS OK_EVENTS "H Transfer-Encoding: chunked;E;"
#define AT_0 " status 0 body 0"
#define AT_HEAD " status 200 body 0"

static const struct vector bad[] = {
    {"nothing at all", IN(""), CLOSE, "",
     BAD("the connection was closed before the first byte of a reply", 0) AT_0},
    {"closed in the status line", IN("HTTP/1.1 2"), CLOSE, "",
     BAD("the connection was closed inside the head", 0) AT_0},
    {"closed in the word HTTP", IN("HT"), CLOSE, "",
     BAD("the connection was closed inside the head", 0) AT_0},
    {"closed in a header", IN(OK "Content-Len"), CLOSE, OK_EVENTS,
     BAD("the connection was closed inside the head", 17) AT_HEAD},
    {"closed before the empty line", IN(OK "A: b\r\n"), CLOSE, OK_EVENTS "H A: b;",
     BAD("the connection was closed inside the head", 23) AT_HEAD},
    {"closed after 100", IN("HTTP/1.1 100 Continue\r\n\r\n"), CLOSE, "",
     BAD("the connection was closed inside the head", 25) AT_0},
    {"closed in the body", IN(OK "Content-Length: 5\r\n\r\nhell"), CLOSE,
     OK_EVENTS "H Content-Length: 5;E;hell",
     BAD("the connection was closed before the end of the body", 42) " status 200 body 4"},
    {"closed in a chunk", IN(OK TE "5\r\nhell"), CLOSE, TE_EVENTS "hell",
     BAD("the connection was closed before the end of the body", 54) " status 200 body 4"},
    {"closed behind a chunk's CR", IN(OK TE "1\r\nx\r"), CLOSE, TE_EVENTS "x",
     BAD("the connection was closed before the end of the body", 51) " status 200 body 1"},
    {"closed before the last chunk", IN(OK TE "1\r\nx\r\n"), CLOSE, TE_EVENTS "x",
     BAD("the connection was closed before the end of the body", 53) " status 200 body 1"},
    {"closed in the trailers", IN(OK TE "0\r\nA: b\r\n"), CLOSE, TE_EVENTS,
     BAD("the connection was closed before the end of the body", 56) AT_HEAD},

    {"garbage", IN("\x17\x03\x01\x02"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"a handshake of TLS", IN("\x16\x03\x01\x02"), PLAIN, "", BAD(NO_HTTP, 0) AT_0},
    {"an alert of TLS", IN("\x15\x03\x01\0\x02\x02\x16"), PLAIN, "", BAD(NO_HTTP, 0) AT_0},
    {"another protocol", IN("SSH-2.0-OpenSSH"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"lower case", IN("http/1.1 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"an empty line first", IN("\r\n" OK "\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"a blank first", IN(" " OK "\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"HTTP/0.9", IN("<html>"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"ICY", IN("ICY 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"no version", IN("HTTP/ 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"HTTP/1", IN("HTTP/1 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"HTTP/1.", IN("HTTP/1.\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"HTTP/1.10", IN("HTTP/1.10 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"HTTP/2", IN("HTTP/2 200\r\n\r\n"), PLAIN, "", BAD(NO_VERSION, 0) AT_0},
    {"HTTP/0.9 in words", IN("HTTP/0.9 200 OK\r\n\r\n"), PLAIN, "", BAD(NO_VERSION, 0) AT_0},
    {"only the version", IN("HTTP/1.1\r\n\r\n"), PLAIN, "", BAD(NO_LINE, 0) AT_0},
    {"version and blank", IN("HTTP/1.1 \r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"status of two digits", IN("HTTP/1.1 20 OK\r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"status of four digits", IN("HTTP/1.1 2000 OK\r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"status 099", IN("HTTP/1.1 099 Low\r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"status -20", IN("HTTP/1.1 -20 Low\r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"status in words", IN("HTTP/1.1 OK\r\n\r\n"), PLAIN, "", BAD(NO_CODE, 0) AT_0},
    {"101", IN("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"), PLAIN, "",
     BAD("the server switched protocols (101) without being asked", 0) AT_0},
    {"NUL in the reason", IN("HTTP/1.1 200 O\0K\r\n\r\n"), PLAIN, "", BAD(CONTROL, 14) AT_0},
    {"bare CR in the reason", IN("HTTP/1.1 200 O\rK\r\n\r\n"), PLAIN, "", BAD(CONTROL, 14) AT_0},
    {"CR CR LF", IN("HTTP/1.1 200 OK\r\r\n\r\n"), PLAIN, "", BAD(CONTROL, 15) AT_0},

    {"NUL in a value", IN(OK "A: b\0c\r\n\r\n"), PLAIN, OK_EVENTS, BAD(CONTROL, 21) AT_HEAD},
    {"escape in a value", IN(OK "A: \x1b[31m\r\n\r\n"), PLAIN, OK_EVENTS, BAD(CONTROL, 20) AT_HEAD},
    {"DEL in a value", IN(OK "A: b\x7f\r\n\r\n"), PLAIN, OK_EVENTS, BAD(CONTROL, 21) AT_HEAD},
    {"bare CR in a value", IN(OK "A: b\rB: c\r\n\r\n"), PLAIN, OK_EVENTS, BAD(CONTROL, 21) AT_HEAD},
    {"control in a name", IN(OK "A\x01: b\r\n\r\n"), PLAIN, OK_EVENTS, BAD(CONTROL, 18) AT_HEAD},
    {"space before the colon", IN(OK "Content-Length : 5\r\n\r\nhello"), PLAIN, OK_EVENTS,
     BAD(NO_NAME, 31) AT_HEAD},
    {"tab before the colon", IN(OK "A\t: 5\r\n\r\n"), PLAIN, OK_EVENTS, BAD(NO_NAME, 18) AT_HEAD},
    {"no colon", IN(OK "A\r\n\r\n"), PLAIN, OK_EVENTS, BAD(NO_NAME, 18) AT_HEAD},
    {"no name", IN(OK ": b\r\n\r\n"), PLAIN, OK_EVENTS, BAD(NO_NAME, 17) AT_HEAD},
    {"name above ASCII", IN(OK "\xc3\xa4: b\r\n\r\n"), PLAIN, OK_EVENTS, BAD(NO_NAME, 17) AT_HEAD},
    {"name in brackets", IN(OK "A[0]: some longer value here\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_NAME, 18) AT_HEAD},
    {"folded line", IN(OK "A: b\r\n c\r\n\r\n"), PLAIN, OK_EVENTS "H A: b;", BAD(FOLD, 23) AT_HEAD},
    {"folded by a tab", IN(OK "A: b\r\n\tc\r\n\r\n"), PLAIN, OK_EVENTS "H A: b;",
     BAD(FOLD, 23) AT_HEAD},
    {"blank before the first header", IN(OK " A: b\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(FOLD, 17) AT_HEAD},
    {"a line of blanks", IN(OK "A: b\r\n \r\n\r\n"), PLAIN, OK_EVENTS "H A: b;",
     BAD(FOLD, 23) AT_HEAD},
    {"a status line as a header", IN(OK OK "\r\n"), PLAIN, OK_EVENTS, BAD(NO_NAME, 21) AT_HEAD},
    {"bad header of a 103", IN("HTTP/1.1 103 Hi\r\nA b\r\n\r\n"), PLAIN, "", BAD(NO_NAME, 18) AT_0},

    {"lengths differ", IN(OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), PLAIN,
     OK_EVENTS "H Content-Length: 1;", BAD(CONFLICT, 36) AT_HEAD},
    {"lengths differ in a list", IN(OK "Content-Length: 1, 2\r\n\r\nxx"), PLAIN, OK_EVENTS,
     BAD(CONFLICT, 17) AT_HEAD},
    {"lengths differ beside chunked",
     IN(OK "Transfer-Encoding: chunked\r\nContent-Length: 1,2\r\n\r\n0\r\n\r\n"), PLAIN,
     OK_EVENTS "H Transfer-Encoding: chunked;", BAD(CONFLICT, 45) AT_HEAD},
    {"length -1", IN(OK "Content-Length: -1\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length +1", IN(OK "Content-Length: +1\r\n\r\nx"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length 0x1", IN(OK "Content-Length: 0x1\r\n\r\nx"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length 1 1", IN(OK "Content-Length: 1 1\r\n\r\nx"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length 1.0", IN(OK "Content-Length: 1.0\r\n\r\nx"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length empty", IN(OK "Content-Length:\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length with a trailing comma", IN(OK "Content-Length: 1,\r\n\r\nx"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"length of 2^64", IN(OK "Content-Length: 18446744073709551616\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_LENGTH, 17) AT_HEAD},
    {"bad length on 204", IN("HTTP/1.1 204 No\r\nContent-Length: x\r\n\r\n"), PLAIN, "S204 No;",
     BAD(NO_LENGTH, 17) " status 204 body 0"},

    {"gzip, chunked", IN(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_CODING, 17) AT_HEAD},
    {"chunked, gzip", IN(OK "Transfer-Encoding: chunked, gzip\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_CODING, 17) AT_HEAD},
    {"chunked twice", IN(OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     PLAIN, OK_EVENTS "H Transfer-Encoding: chunked;", BAD(NO_CODING, 45) AT_HEAD},
    {"xchunked", IN(OK "Transfer-Encoding: xchunked\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_CODING, 17) AT_HEAD},
    {"chunked with a parameter", IN(OK "Transfer-Encoding: chunked;q=1\r\n\r\n"), PLAIN, OK_EVENTS,
     BAD(NO_CODING, 17) AT_HEAD},
    {"chunk without a size", IN(OK TE "\r\nx\r\n"), PLAIN, TE_EVENTS, BAD(NO_SIZE, 47) AT_HEAD},
    {"chunk size in words", IN(OK TE "five\r\nhello\r\n"), PLAIN, TE_EVENTS,
     BAD(NO_SIZE, 48) AT_HEAD},
    {"chunk size -1", IN(OK TE "-1\r\n"), PLAIN, TE_EVENTS, BAD(NO_SIZE, 47) AT_HEAD},
    {"chunk size 0x1", IN(OK TE "0x1\r\nx\r\n"), PLAIN, TE_EVENTS, BAD(NO_SIZE, 48) AT_HEAD},
    {"blank before a chunk size", IN(OK TE " 1\r\nx\r\n"), PLAIN, TE_EVENTS,
     BAD(NO_SIZE, 47) AT_HEAD},
    {"two chunk sizes", IN(OK TE "1 1\r\nx\r\n"), PLAIN, TE_EVENTS, BAD(NO_SIZE, 49) AT_HEAD},
    {"chunk size of 2^64", IN(OK TE "10000000000000000\r\n"), PLAIN, TE_EVENTS,
     BAD("a chunk size that does not fit 64 bits", 47) AT_HEAD},
    {"bare CR in a chunk size", IN(OK TE "1\rx\r\n"), PLAIN, TE_EVENTS, BAD(CONTROL, 48) AT_HEAD},
    {"chunk too long", IN(OK TE "2\r\nabc\r\n"), PLAIN, TE_EVENTS "ab",
     BAD(NO_END, 52) " status 200 body 2"},
    {"chunk ends in CR X", IN(OK TE "2\r\nab\rX"), PLAIN, TE_EVENTS "ab",
     BAD(NO_END, 52) " status 200 body 2"},
    {"bad trailer", IN(OK TE "0\r\nA b\r\n\r\n"), PLAIN, TE_EVENTS, BAD(NO_NAME, 51) AT_HEAD},
    {"folded trailer", IN(OK TE "0\r\nA: b\r\n c\r\n\r\n"), PLAIN, TE_EVENTS,
     BAD(FOLD, 56) AT_HEAD},
};

static void check_record(const char *name, const struct record *r, const char *want)
{
    if (bytes_is((struct bytes){r->at, r->len}, want)) return;
    law_print("got ", (struct bytes){r->at, r->len}, 4000);
    law_print("want", bytes_of(want), 4000);
    print_error("row '%s': ", name);
    fail_msg("another outcome");
}

/* Holds `in` to the laws at every cut; long inputs at the first and last cuts and some between. */
static void hold_all(const struct h1_law *law, struct bytes in, const struct h1_outcome *whole)
{
    size_t step = in.len > 4096 ? in.len / 97 : 1;
    for (size_t cut = 0; cut <= in.len; cut += cut < 300 || in.len - cut < 300 ? 1 : step) {
        h1_law_hold(law, in, whole, (struct h1_cut){.cut = cut});
        h1_law_hold(law, in, whole, (struct h1_cut){.cut = cut, .skip = true});
    }
    for (size_t stride = 1; stride < 18; stride += 4) {
        size_t wide = in.len > 4096 ? stride * 64 : stride;
        h1_law_hold(law, in, whole, (struct h1_cut){.cut = 0, .stride = wide});
        h1_law_hold(law, in, whole, (struct h1_cut){.cut = 0, .stride = wide, .skip = true});
    }
}

static void check_vectors(const struct vector *vectors, size_t count)
{
    struct h1_law law = {.guard = guard_open(4096)};
    for (size_t i = 0; i < count; i++) {
        const struct vector *v = &vectors[i];
        law.head_request = v->how & HEAD;
        law.close = v->how & CLOSE;
        struct h1_outcome whole = h1_law_whole(&law, v->in);
        check_record(v->name, &whole.events, v->events);
        check_record(v->name, &whole.end, v->end);
        hold_all(&law, v->in, &whole);
        h1_outcome_free(&whole);
    }
    guard_close(&law.guard);
}

static void test_good(void **state)
{
    UNUSED(state);
    check_vectors(good, COUNT_OF(good));
}

static void test_bad(void **state)
{
    UNUSED(state);
    check_vectors(bad, COUNT_OF(bad));
}

/* One row makes a response of `lines` header lines, each `line_len` bytes with its end. */
static const struct {
    const char *name;
    const char *status_line;
    size_t lines, line_len, last_len; /* last_len: of one further line */
    bool trailers;                    /* the lines stand behind the last chunk */
    const char *end;
} limits[] = {
    {"256 headers", OK, 255, 40, 21, false, "done keep rest 0 status 200 body 0"},
    {"257 headers", OK, 256, 40, 21, false,
     "bad the head has more than 256 header lines at 10257 status 200 body 0"},
    {"a line of 16 KiB", OK, 0, 0, 16384, false, "done keep rest 0 status 200 body 0"},
    {"a line of 16 KiB + 1", OK, 0, 0, 16385, false,
     "bad a line of the head is longer than 16 KiB at 16401 status 200 body 0"},
    {"a head of 64 KiB", OK, 4, 16370, 37, false, "done keep rest 0 status 200 body 0"},
    {"a head of 64 KiB + 1", OK, 4, 16370, 38, false,
     "bad the head is larger than 64 KiB at 65536 status 200 body 0"},
    {"trailers count too", OK, 256, 40, 21, true,
     "bad the head has more than 256 header lines at 10250 status 200 body 0"},
    {"interim heads count too", "HTTP/1.1 103 Hi\r\n", 257, 40, 21, false,
     "bad the head has more than 256 header lines at 10257 status 0 body 0"},
};

static void add_line(struct record *r, size_t len)
{
    char line[16500];
    assert_true(len >= 4 && len <= sizeof line);
    memset(line, 'x', len);
    memcpy(line, "X:", 2);
    memcpy(line + len - 2, "\r\n", 2);
    record_add(r, (struct bytes){line, len});
}

static void test_limits(void **state)
{
    UNUSED(state);
    struct h1_law law = {.guard = guard_open(90000)};
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct record in = {0};
        record_adds(&in, limits[i].status_line);
        if (limits[i].trailers) record_adds(&in, TE "0\r\n");
        for (size_t k = 0; k < limits[i].lines; k++) add_line(&in, limits[i].line_len);
        /* The last header frames the body; where it is longer, blanks fill it. */
        static const char last[] = "Content-Length:0";
        struct record line = {0};
        record_adds(&line, last);
        while (line.len + 2 < limits[i].last_len) record_adds(&line, " ");
        record_adds(&line, "\r\n");
        record_add(&in, (struct bytes){line.at, line.len});
        record_adds(&in, "\r\n");
        struct bytes all = {in.at, in.len};
        struct h1_outcome whole = h1_law_whole(&law, all);
        check_record(limits[i].name, &whole.end, limits[i].end);
        hold_all(&law, all, &whole);
        h1_outcome_free(&whole);
        record_free(&line);
        record_free(&in);
    }
    guard_close(&law.guard);
}

/* Every byte value at every place of a head: the decoder must come to one and the same end. */
static void test_every_byte(void **state)
{
    UNUSED(state);
    static const char base[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nAb: c\r\n\r\n"
                               "1;x\r\ny\r\n0\r\nZ: z\r\n\r\n";
    char input[sizeof base];
    struct h1_law law = {.guard = guard_open(4096), .close = true};
    for (size_t at = 0; at < sizeof base - 1; at++) {
        memcpy(input, base, sizeof base);
        for (unsigned value = 0; value < 256; value++) {
            input[at] = (char)value;
            struct bytes in = {input, sizeof base - 1};
            struct h1_outcome whole = h1_law_whole(&law, in);
            struct h1_cut here = {.cut = at}, behind = {.cut = at + 1};
            h1_law_hold(&law, in, &whole, here);
            h1_law_hold(&law, in, &whole, behind);
            behind.skip = true;
            h1_law_hold(&law, in, &whole, behind);
            h1_outcome_free(&whole);
        }
    }
    guard_close(&law.guard);
}

static void test_views(void **state)
{
    UNUSED(state);
    static const char text[] = OK "A: bc\r\nContent-Length: 5\r\n\r\nhe\0lo";
    struct bytes in = {text, sizeof text - 1};
    struct h1_resp p;
    struct h1_event ev;
    h1_resp_init(&p, false);
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_EVENT);
    assert_ptr_equal(ev.value.at, text + 13);
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_EVENT);
    assert_ptr_equal(ev.name.at, text + 17);
    assert_ptr_equal(ev.value.at, text + 20);
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_EVENT);
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_EVENT);
    assert_int_equal(ev.kind, H1_HEAD_END);
    assert_true(p.keep_alive);
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_EVENT);
    assert_ptr_equal(ev.body.at, text + sizeof text - 6); /* not copied */
    assert_int_equal(ev.body.len, 5);                     /* NUL is a byte like others */
    assert_int_equal(h1_resp_step(&p, &in, &ev), H1_DONE);
}

static void test_texts(void **state)
{
    UNUSED(state);
    for (int bad_kind = H1_BAD_NONE; bad_kind <= H1_BAD_EOF_BODY; bad_kind++) {
        assert_true(strlen(h1_bad_text((enum h1_bad)bad_kind)) > 5);
    }
    assert_string_equal(h1_bad_text((enum h1_bad)(H1_BAD_EOF_BODY + 1)), "unknown error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_views),  cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
