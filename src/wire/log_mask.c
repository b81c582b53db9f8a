#include "wire/log_mask.h"

#include "base/attr.h"

#define MARK "<*>"
#define KEY_BYTES 20 /* a run of letters and digits that long is taken for a key */
#define ID_BYTES 6   /* in a pattern, one with a digit in it from so long on for an id */
#define QUOTED_MOST 4096
#define KEY_MOST 4096
#define MAIL_MOST 128

static bool is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    return is_letter(c) || bytes_is_digit(c) || c == '_' || (unsigned char)c >= 0x80;
}

/* ---- secrets ---- */

/* Whether a name tells that its value is secret: `db_password`, `X-Api-Key`, `Authorization`. */
static bool is_secret_name(struct bytes name)
{
    static const char *const parts[] = {
        "password", "passwd",  "pwd",        "secret",     "token",     "apikey",   "auth",
        "cookie",   "session", "credential", "privatekey", "accesskey", "signature"};
    char array[64];
    struct text low = text_in(array, sizeof array);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];
        if (is_letter(c)) text_addc(&low, (char)(c | 0x20), 1);
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        if (bytes_find(text_bytes(&low), bytes_of(parts[i])) != SIZE_MAX) return true;
    }
    return false;
}

/* Length of the value that `in` begins with: quoted, or up to a blank or a mark. */
static size_t value_len(struct bytes in)
{
    if (in.len > 1 && (in.at[0] == '"' || in.at[0] == '\'')) {
        for (size_t i = 1; i < in.len; i++) {
            if (in.at[i] == '\\') i++;
            else if (in.at[i] == in.at[0]) return i + 1;
        }
        return in.len;
    }
    size_t len = 0;
    while (len < in.len && !is_blank(in.at[len]) && !bytes_is_any(in.at[len], ",;&)}]\"'")) len++;
    return len;
}

/* Of `in`, which begins with a name: the length of name and mark (`=`, `: `) where a secret value
 * follows, and of that in `*value`. 0: none does. */
static size_t secret_name(struct bytes in, size_t *value)
{
    size_t end = 0;
    while (end < in.len && end < 64 && (is_word(in.at[end]) || bytes_is_any(in.at[end], "-.")))
        end++;
    size_t at = end;
    if (at < in.len && (in.at[at] == '"' || in.at[at] == '\'')) at++; /* "password": */
    while (at < in.len && at < end + 3 && in.at[at] == ' ') at++;
    if (at >= in.len || (in.at[at] != '=' && in.at[at] != ':')) return 0;
    if (!is_secret_name((struct bytes){in.at, end})) return 0;
    at++;
    while (at < in.len && is_blank(in.at[at])) at++;
    *value = value_len(bytes_from(in, at));
    return *value > 0 ? at : 0;
}

/* `Bearer x`, `Basic x`: length of the scheme and its blank; 0: it is none. */
static size_t scheme_len(struct bytes in)
{
    static const char *const schemes[] = {"bearer ", "basic ", "digest "};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (in.len > len && bytes_same_nocase((struct bytes){in.at, len}, bytes_of(schemes[i]))) {
            return len;
        }
    }
    return 0;
}

/* Length of a run that looks like a key: long, with letters and digits; or three such with dots. */
static size_t key_len(struct bytes in)
{
    size_t len = 0;
    bool digit = false;
    bool letter = false;
    size_t most = in.len < KEY_MOST ? in.len : KEY_MOST;
    while (len < most && (is_letter(in.at[len]) || bytes_is_any(in.at[len], "0123456789_-+="))) {
        digit |= bytes_is_digit(in.at[len]);
        letter |= is_letter(in.at[len]);
        len++;
    }
    return len >= KEY_BYTES && digit && letter ? len : 0;
}

/* `user:password@` behind `://`: its length with the `@`; 0: there is none. */
static size_t userinfo_len(struct bytes in)
{
    for (size_t i = 0; i < in.len && !is_blank(in.at[i]); i++) {
        if (in.at[i] == '@') return i + 1;
        if (bytes_is_any(in.at[i], "/?#\"'")) return 0;
    }
    return 0;
}

/* What is secret at the start of `in`, where a word begins: `*shown` bytes of it stay, the rest of
 * the length returned goes. 0: nothing is. */
static size_t secret_len(struct bytes in, size_t *shown)
{
    size_t value;
    size_t name = secret_name(in, &value);
    if (name > 0) {
        size_t scheme = scheme_len(bytes_from(in, name));
        *shown = name;
        return scheme > 0 ? name + scheme + value_len(bytes_from(in, name + scheme)) : name + value;
    }
    size_t scheme = scheme_len(in);
    if (scheme > 0 && value_len(bytes_from(in, scheme)) > 7) {
        *shown = scheme;
        return scheme + value_len(bytes_from(in, scheme));
    }
    *shown = 0;
    return key_len(in);
}

/* The same in the middle of a text: credentials and queries of URLs. */
static size_t url_secret_len(struct bytes in, size_t *shown)
{
    if (bytes_starts(in, BYTES_LIT("://"))) {
        *shown = 3;
        size_t len = userinfo_len(bytes_from(in, 3));
        return len > 0 ? 3 + len - 1 : 0;
    }
    if (in.at[0] != '?' || in.len < 2 || is_blank(in.at[1])) return 0;
    size_t len = 1;
    while (len < in.len && !is_blank(in.at[len]) && !bytes_is_any(in.at[len], "\"')>")) len++;
    *shown = 1;
    return memchr(in.at, '=', len) ? len : 0;
}

void log_mask_add(struct text *out, struct bytes message)
{
    bool begins = true; /* a word may begin here */
    while (message.len > 0 && !out->cut) {
        size_t shown = 0;
        size_t len = begins ? secret_len(message, &shown) : 0;
        if (len == 0) len = url_secret_len(message, &shown);
        if (len > 0) {
            text_add_safe(out, (struct bytes){message.at, shown});
            text_adds(out, MARK);
        } else {
            len = text_utf8_len(message);
            if (len == 0) len = 1;
            text_add_safe(out, (struct bytes){message.at, len});
        }
        begins = !is_word(message.at[len - 1]);
        message = bytes_from(message, len);
    }
}

/* ---- patterns ---- */

/* Length of a quoted value; 0: the quote is an apostrophe, or is not closed. */
static size_t quoted_len(struct bytes in, char before)
{
    char quote = in.at[0];
    if (quote == '\'' && is_word(before)) return 0;
    size_t most = in.len < QUOTED_MOST ? in.len : QUOTED_MOST;
    for (size_t i = 1; i < most; i++) {
        if (in.at[i] == '\\') i++;
        else if (in.at[i] == quote) return i + 1;
    }
    return 0;
}

/* Length of a number with all that belongs to it: 10.0.0.1:80, 1.5e-3, 12ms, 50%. */
static size_t number_len(struct bytes in)
{
    size_t len = 0;
    while (len < in.len) {
        char c = in.at[len];
        bool joins =
            bytes_is_any(c, ".:,-/+") && len + 1 < in.len && bytes_is_digit(in.at[len + 1]);
        if (!is_word(c) && !joins) break;
        len++;
    }
    return len < in.len && in.at[len] == '%' ? len + 1 : len;
}

/* Length of the address `bob.b@example.org` that `in` begins with; 0: it begins with none. */
static size_t mail_len(struct bytes in)
{
    size_t most = in.len < MAIL_MOST ? in.len : MAIL_MOST;
    size_t at = 0;
    while (at < most && (is_word(in.at[at]) || bytes_is_any(in.at[at], ".-+"))) at++;
    if (at == 0 || at + 1 >= most || in.at[at] != '@' || !is_word(in.at[at + 1])) return 0;
    for (at++; at < most && (is_word(in.at[at]) || bytes_is_any(in.at[at], ".-")); at++) {
    }
    return at;
}

/* Length of a word of letters and digits, and whether it is an id: it has a digit and is long. */
static size_t word_len(struct bytes in, bool *id)
{
    size_t len = 0;
    bool digit = false;
    while (len < in.len && is_word(in.at[len])) digit |= bytes_is_digit(in.at[len++]);
    size_t mail = mail_len(in);
    *id = mail > len || (digit && len >= ID_BYTES);
    return mail > len ? mail : len;
}

/* The piece that `in` begins with: its length, and how much of it is shown before the mark;
 * SIZE_MAX: all of it, and no mark. */
static size_t next_piece(struct bytes in, char before, size_t *shown)
{
    char c = in.at[0];
    bool begins = !is_word(before);
    *shown = 0;
    size_t len = begins ? secret_len(in, shown) : 0;
    if (len == 0) len = url_secret_len(in, shown);
    if (len > 0) return len;
    *shown = 0;
    len = c == '"' || c == '\'' ? quoted_len(in, before) : 0;
    if (len > 0) return len;
    bool sign = (c == '-' || c == '+') && begins && in.len > 1 && bytes_is_digit(in.at[1]);
    if (sign) return 1 + number_len(bytes_from(in, 1));
    if (bytes_is_digit(c)) return number_len(in);
    *shown = SIZE_MAX;
    if (!is_word(c)) return 1;
    bool id = false;
    len = word_len(in, &id);
    if (id) {
        *shown = 0;
        return len;
    }
    size_t letters = 0; /* `job17`: digits at its end are a number */
    while (letters < len && !bytes_is_digit(in.at[letters])) letters++;
    return letters;
}

void log_mask_add_pattern(struct text *out, struct bytes message)
{
    char before = ' ';
    bool marked = false;
    while (message.len > 0 && !out->cut) {
        size_t shown;
        if (is_blank(message.at[0])) {
            if (out->len > 0 && out->at[out->len - 1] != ' ') text_adds(out, " ");
            before = ' ';
            marked = false;
            message = bytes_from(message, 1);
            continue;
        }
        size_t len = next_piece(message, before, &shown);
        if (shown == SIZE_MAX || shown > 0) {
            text_add_safe(out, (struct bytes){message.at, shown == SIZE_MAX ? len : shown});
            marked = false;
        }
        if (shown != SIZE_MAX && !marked) {
            text_adds(out, MARK);
            marked = true;
        }
        before = message.at[len - 1];
        message = bytes_from(message, len);
    }
    if (out->len > 0 && out->at[out->len - 1] == ' ') out->at[--out->len] = '\0';
}
