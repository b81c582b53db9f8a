/* fuzz_h1.c - responses: every cut gives the same outcome, and skipping agrees with stepping; what
 * is written in chunks, wherever they are cut and whatever stands behind their sizes, is read
 * whole.
 *
 * Input: a byte of how (bit 0: answers HEAD, bit 1: the peer closes behind it, the rest: bytes at
 * a time after the cut), two bytes of the cut, the response. */
#include "laws_h1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHUNKED_MOST 512 /* bytes of a body that is written in chunks */

/* `body` in chunks of lengths that its own bytes choose, some with an extension or zeros before. */
static void put_chunks(struct record *out, struct bytes body)
{
    static const char *const zeros[] = {"", "0", "", "000"};
    static const char *const behind[] = {"\r\n", ";a=\"b;\\\"\"\r\n", " \r\n", "\n"};
    char digits[20];
    for (size_t at = 0; at < body.len;) {
        unsigned choice = (unsigned char)body.at[at];
        size_t most = choice % 4 == 0 ? 1 : choice;
        size_t len = most < body.len - at ? most : body.len - at;
        int digit_count = snprintf(digits, sizeof digits, choice % 2 ? "%zX" : "%zx", len);
        record_adds(out, zeros[choice / 4 % 4]);
        record_add(out, (struct bytes){digits, (size_t)digit_count});
        record_adds(out, behind[choice / 16 % 4]);
        record_add(out, (struct bytes){body.at + at, len});
        record_adds(out, "\r\n");
        at += len;
    }
    record_adds(out, body.len % 2 ? "0\r\n\r\n" : "00;x\r\nTrailer: 1\r\n\r\n");
}

static void check_chunked(struct h1_law *law, struct bytes body, size_t stride)
{
    struct record text = {0};
    record_adds(&text, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    put_chunks(&text, body);
    law->head_request = law->close = false;
    struct bytes in = {text.at, text.len};
    struct h1_outcome whole = h1_law_whole(law, in);
    struct record want = {0};
    record_adds(&want, "S200 OK;H Transfer-Encoding: chunked;E;");
    record_add(&want, body);
    LAW(record_same(&whole.events, &want));
    struct record end = {0};
    record_number(&end, "done keep rest 0 status 200 body ", body.len);
    LAW(record_same(&whole.end, &end));
    h1_law_hold(law, in, &whole, (struct h1_cut){.stride = stride});
    h1_law_hold(law, in, &whole, (struct h1_cut){.stride = stride, .skip = true});
    h1_outcome_free(&whole);
    record_free(&text);
    record_free(&want);
    record_free(&end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct h1_law law;
    if (law.guard.size == 0) law.guard = guard_open(1 << 20);
    if (size < 3 || size > 1 << 20) return 0;
    struct bytes in = {(const char *)data + 3, size - 3};
    size_t cut = ((size_t)data[1] << 8 | data[2]) % (in.len + 1);
    law.head_request = data[0] & 1;
    law.close = data[0] & 2;

    struct h1_outcome whole = h1_law_whole(&law, in);
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = in.len, .skip = true});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut, .skip = true});
    h1_law_hold(&law, in, &whole, (struct h1_cut){.cut = cut, .stride = 1u + (data[0] >> 2)});
    h1_outcome_free(&whole);
    if (in.len <= CHUNKED_MOST) check_chunked(&law, in, 1u + (data[0] >> 2));
    return 0;
}
