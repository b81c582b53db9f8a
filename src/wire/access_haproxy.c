/* Access lines of HAProxy's httplog. */
#include "base/ns.h"
#include "wire/access_priv.h"

static struct bytes take_word(struct bytes *rest)
{
    size_t len = bytes_find(*rest, BYTES_LIT(" "));
    struct bytes word = {rest->at, len == SIZE_MAX ? rest->len : len};
    *rest = bytes_from(*rest, word.len + 1);
    return word;
}

/* Behind `[10/Oct/2000:13:55:36.123] `, which stands behind others in brackets. */
static bool find_moment(struct bytes *rest, struct access_line *out)
{
    for (;;) {
        size_t at = bytes_find(*rest, BYTES_LIT(" ["));
        if (at == SIZE_MAX) return false;
        *rest = bytes_from(*rest, at + 2);
        size_t len = when_text_clf(*rest, &out->when);
        if (len == 0 || !bytes_starts(bytes_from(*rest, len), BYTES_LIT("] "))) continue;
        *rest = bytes_from(*rest, len + 2);
        return true;
    }
}

/* TR/Tw/Tc/Tr/Ta in ms; -1: it did not come to that; `+`: the end is not known (logasap). */
static bool take_timers(struct bytes word, struct access_line *out)
{
    uint64_t request_ns = ACCESS_UNKNOWN;
    uint64_t *const into[] = {&request_ns, &out->queue_ns, &out->connect_ns, &out->server_ns,
                              &out->duration_ns};
    for (size_t i = 0; i < COUNT_OF(into); i++) {
        size_t slash = bytes_find(word, BYTES_LIT("/"));
        struct bytes one = {word.at, slash == SIZE_MAX ? word.len : slash};
        bool last = i + 1 == COUNT_OF(into);
        uint64_t ms;
        if (last != (slash == SIZE_MAX)) return false;
        word = bytes_from(word, one.len + 1);
        if (bytes_is(one, "-1")) continue;
        if (last && one.len > 0 && one.at[0] == '+') one = bytes_from(one, 1);
        if (!bytes_to_u64(one, &ms) || ms > UINT64_MAX / NS_PER_S) return false;
        *into[i] = ms * NS_PER_MS;
    }
    return true;
}

bool access_haproxy(struct bytes line, struct access_line *out)
{
    struct bytes rest = line;
    if (!find_moment(&rest, out)) return false;
    out->has_when = true;
    out->starts = true;
    struct bytes frontend = take_word(&rest);
    out->server = take_word(&rest);
    if (frontend.len == 0 || bytes_find(out->server, BYTES_LIT("/")) == SIZE_MAX) return false;
    if (!take_timers(take_word(&rest), out)) return false;
    if (!access_value(out, ACCESS_STATUS, ACCESS_S, take_word(&rest))) return false;
    /* Captured headers stand before it and may hold quotes; it has none, but may have been cut. */
    bool whole = rest.len > 1 && rest.at[rest.len - 1] == '"';
    if (whole) rest.len--;
    const char *quote = whole          ? memrchr(rest.at, '"', rest.len)
                        : rest.len > 0 ? memchr(rest.at, '"', rest.len)
                                       : NULL;
    if (!quote) return false;
    rest = bytes_from(rest, (size_t)(quote - rest.at) + 1);
    return access_value(out, ACCESS_REQUEST, ACCESS_S, rest);
}
