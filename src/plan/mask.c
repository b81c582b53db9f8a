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

size_t mask_credential_len(struct bytes b)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie",
                                        "set-cookie"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bytes name = bytes_of(names[i]);
        bool begins = b.len >= name.len && bytes_same_nocase((struct bytes){b.at, name.len}, name);
        if (begins) return name.len;
    }
    return 0;
}

/* Length of `line` up to and with the colon when it is a header that carries credentials. */
static size_t credential_name(struct bytes line)
{
    size_t len = mask_credential_len(line);
    return len > 0 && len < line.len && line.at[len] == ':' ? len + 1 : 0;
}

/* Whether `rest`, where a message was cut, is the beginning of a secret. */
static bool is_half_secret(struct bytes rest, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->secret_count; i++) {
        if (rest.len > 0 && bytes_starts(plan->secrets[i], rest)) return true;
    }
    return false;
}

/* Length of the line that `rest` begins with, its end included. */
static size_t line_len(struct bytes rest)
{
    size_t end = bytes_find(rest, BYTES_LIT("\n"));
    return end == SIZE_MAX ? rest.len : end + 1;
}

void mask_reply(struct text *out, struct bytes b, bool cut, const struct plan *plan)
{
    size_t line = 0; /* where the line in hand of the head began; SIZE_MAX: behind the head */
    for (size_t i = 0; i < b.len;) {
        struct bytes rest = bytes_from(b, i);
        size_t name = i == line ? credential_name((struct bytes){rest.at, line_len(rest)}) : 0;
        size_t secret = name == 0 ? secret_at(rest, plan) : 0;
        if (name > 0) {
            text_add(out, (struct bytes){rest.at, name});
            text_adds(out, " " MASK_TEXT "\n");
            i = line = i + line_len(rest);
        } else if (secret > 0 || (cut && is_half_secret(rest, plan))) {
            text_adds(out, MASK_TEXT);
            i += secret > 0 ? secret : rest.len;
        } else {
            text_add(out, (struct bytes){rest.at, 1});
            i++;
            if (b.at[i - 1] == '\n' && line != SIZE_MAX) line = i - line > 2 ? i : SIZE_MAX;
        }
    }
}
