/* fuzz_url.c - URLs: the parts put together again are the text; nothing masked shows; encoding can
 * be undone and writes legal characters only. Input: the text. */
#include "laws.h"
#include "wire/url.h"

#define MAX_TEXT 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_together(struct text *out, struct bytes text, const struct url *url, bool mask)
{
    text_add(out, (struct bytes){text.at, url->tls ? 8u : 7u}); /* the scheme as written */
    if (url->has_userinfo) {
        text_add(out, mask ? BYTES_LIT("***") : url->userinfo);
        text_adds(out, "@");
    }
    text_add(out, url->authority);
    bool written = url->path.at >= text.at && url->path.at <= text.at + text.len;
    LAW(written || bytes_is(url->path, "/"));
    if (written) text_add(out, url->path);
    if (url->has_query) {
        text_adds(out, "?");
        text_add(out, url->query);
    }
}

static void check_parts(struct bytes text, const struct url *url)
{
    char array[MAX_TEXT + 16], masked[MAX_TEXT + 16];
    struct text whole = text_in(array, sizeof array);
    const char *hash = memchr(text.at, '#', text.len);
    size_t len = hash ? (size_t)(hash - text.at) : text.len;
    put_together(&whole, text, url, false);
    LAW(bytes_equal(text_bytes(&whole), (struct bytes){text.at, len}));
    LAW(url->port > 0);
    LAW(url->host.len > 0);
    LAW(url->path.len > 0 && url->path.at[0] == '/');
    LAW(url->ipv6 == (memchr(url->host.at, ':', url->host.len) != NULL));

    struct text got = text_in(masked, sizeof masked);
    text_clear(&whole);
    put_together(&whole, text, url, true);
    if (hash) text_add(&whole, bytes_from(text, len));
    url_add_masked(&got, text);
    LAW(bytes_equal(text_bytes(&got), text_bytes(&whole)));
}

static unsigned hex_value(char c)
{
    LAW((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static void check_encoding(size_t (*encode)(char *, size_t, struct bytes), const char *legal,
                           struct bytes in)
{
    static char out[MAX_TEXT * 3], back[MAX_TEXT * 3];
    size_t len = encode(out, in.len * 3, in), count = 0;
    LAW(len != SIZE_MAX);
    if (len > 0) LAW(encode(back, len - 1, in) == SIZE_MAX);
    for (size_t i = 0; i < len; i++) {
        char c = out[i];
        if (c == '%') {
            LAW(len - i >= 3);
            c = (char)(hex_value(out[i + 1]) << 4 | hex_value(out[i + 2]));
            i += 2;
        } else {
            bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            LAW(plain || (c && strchr(legal, c)));
        }
        back[count++] = c;
    }
    LAW(bytes_equal((struct bytes){back, count}, in));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    struct bytes text = guard_put(&guard, (struct bytes){(const char *)data, size});
    struct url url;
    enum url_bad bad = URL_BAD_NONE;
    size_t at = SIZE_MAX;
    if (url_parse(&url, text, &bad, &at)) {
        check_parts(text, &url);
    } else {
        LAW(bad != URL_BAD_NONE);
        LAW(at <= text.len);
        char masked[MAX_TEXT + 16];
        struct text got = text_in(masked, sizeof masked);
        url_add_masked(&got, text);
        LAW(!got.cut);
    }
    check_encoding(url_encode_path, "-._~!$&'()*+,;=:@", text);
    check_encoding(url_encode_query, "-._~", text);
    return 0;
}
