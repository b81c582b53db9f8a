#include "plan/mask.h"

static size_t secret_at(struct bytes rest, const struct plan *plan)
{
    size_t longest = 0;
    for (uint32_t i = 0; i < plan->secret_count; i++) {
        struct bytes secret = plan->secrets[i];
        if (secret.len > longest && bytes_starts(rest, secret)) longest = secret.len;
    }
    return longest;
}

void mask_add(struct text *out, struct bytes b, const struct plan *plan)
{
    size_t plain = 0;
    for (size_t i = 0; i < b.len;) {
        size_t len = secret_at(bytes_from(b, i), plan);
        if (len == 0) {
            i++;
            continue;
        }
        text_add(out, (struct bytes){b.at + plain, i - plain});
        text_adds(out, MASK_TEXT);
        i += len;
        plain = i;
    }
    text_add(out, bytes_from(b, plain));
}

/* Length of `line` up to and with the colon when it is a header that carries credentials. */
static size_t credential_name(struct bytes line)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie"};
    size_t colon = bytes_find(line, BYTES_LIT(":"));
    if (colon == SIZE_MAX) return 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (bytes_same_nocase((struct bytes){line.at, colon}, bytes_of(names[i]))) return colon + 1;
    }
    return 0;
}

void mask_reply(struct text *out, struct bytes b, const struct plan *plan)
{
    bool in_head = true;
    while (b.len > 0) {
        size_t end = bytes_find(b, BYTES_LIT("\n"));
        size_t len = end == SIZE_MAX ? b.len : end + 1;
        struct bytes line = {b.at, len};
        size_t name = in_head ? credential_name(line) : 0;
        if (name > 0) {
            text_add(out, (struct bytes){line.at, name});
            text_adds(out, " " MASK_TEXT "\n");
        } else {
            mask_add(out, line, plan);
        }
        in_head = in_head && line.len > 2;
        b = bytes_from(b, len);
    }
}
