#include "store/blot.h"

#include "plan/mask.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static void blot_values(char *text, size_t len, struct bytes secret)
{
    if (secret.len < BLOT_SECRET_LEN_MIN) return;
    for (size_t from = 0;; from += secret.len) {
        size_t at = bytes_find((struct bytes){text + from, len - from}, secret);
        if (at == SIZE_MAX) return;
        from += at;
        memset(text + from, '*', secret.len);
    }
}

/* `Authorization: Bearer ...` up to the end of its line, unless it only names a variable. */
static void blot_credentials(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t name_len = mask_credential_len((struct bytes){text + i, len - i});
        if (name_len == 0) continue;
        i += name_len;
        if (i < len && (text[i] == '"' || text[i] == '\'')) i++;
        while (i < len && is_space(text[i])) i++;
        if (i == len || text[i] != ':') continue;
        size_t end = ++i;
        while (end < len && text[end] != '\n') end++;
        bool named = bytes_find((struct bytes){text + i, end - i}, BYTES_LIT("$env.")) != SIZE_MAX;
        while (i < end && is_space(text[i])) i++;
        if (!named) memset(text + i, '*', end - i);
        i = end;
    }
}

/* The password of `scheme://user:password@host`. */
static void blot_passwords(char *text, size_t len)
{
    for (size_t i = 0; i + 3 < len; i++) {
        if (memcmp(text + i, "://", 3) != 0) continue;
        size_t colon = SIZE_MAX;
        size_t end = i + 3;
        for (; end < len && !strchr("/ \t\n\"'@,", text[end]); end++) {
            if (text[end] == ':' && colon == SIZE_MAX) colon = end;
        }
        bool password = end < len && text[end] == '@' && colon != SIZE_MAX && colon + 1 < end;
        bool named = password && text[colon + 1] == '$';
        if (password && !named) memset(text + colon + 1, '*', end - colon - 1);
    }
}

void blot_text(char *text, size_t len, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->secret_count; i++) blot_values(text, len, plan->secrets[i]);
    blot_credentials(text, len);
    blot_passwords(text, len);
}
