#include "plan/mask.h"
#include "plan/print_priv.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || bytes_is_digit(c) || c == '_';
}

static size_t secret_at(const struct printer *p, struct bytes b, struct text *name)
{
    const struct plan *plan = p->plan;
    uint32_t longest = plan->secret_count;
    for (uint32_t i = 0; i < plan->secret_count; i++) {
        if (!bytes_starts(b, plan->secrets[i]) || plan->secrets[i].len == 0) continue;
        bool named = i < plan->secret_name_count;
        bool env = named && bytes_starts(plan->secret_names[i], BYTES_LIT("env."));
        if (named && p->in_vars && !env) continue;
        if (longest == plan->secret_count || plan->secrets[i].len > plan->secrets[longest].len)
            longest = i;
    }
    if (longest == plan->secret_count) return 0;
    struct bytes rest = bytes_from(b, plan->secrets[longest].len);
    bool writable = longest < plan->secret_name_count && (rest.len == 0 || !is_word(rest.at[0]));
    text_clear(name);
    if (writable) text_addf(name, "$%.*s", BYTES_ARG(plan->secret_names[longest]));
    else text_adds(name, MASK_TEXT);
    return plan->secrets[longest].len;
}

/* A free port was found for the service while reading; the next reading finds another. That by
 * which a service is found stays as it is. */
static size_t port_at(const struct printer *p, struct bytes b, struct text *name)
{
    for (uint32_t i = 0; i < p->plan->service_count; i++) {
        const struct service *s = &p->plan->services[i];
        char digits[8];
        struct text port = text_in(digits, sizeof digits);
        text_addf(&port, "%u", s->port);
        if (s->port == 0 || s->attach.number == s->port || !bytes_starts(b, text_bytes(&port)))
            continue;
        if (b.len > port.len && is_word(b.at[port.len])) continue;
        text_clear(name);
        text_addf(name, "$%.*s.port", BYTES_ARG(s->name));
        return port.len;
    }
    const struct otlp_plan *otlp = &p->plan->telemetry.otlp;
    char digits[8];
    struct text port = text_in(digits, sizeof digits);
    text_addf(&port, "%u", otlp->port);
    if (!otlp->free || !bytes_starts(b, text_bytes(&port))) return 0;
    if (b.len > port.len && is_word(b.at[port.len])) return 0;
    text_clear(name);
    text_adds(name, "$otlp.port");
    return port.len;
}

size_t print_text_variable(const struct printer *p, struct bytes b, struct text *name)
{
    size_t len = secret_at(p, b, name);
    if (len == 0) len = port_at(p, b, name);
    if (len > 0 || !p->service || p->service->dir.len == 0) return len;
    struct bytes dir = p->service->dir;
    if (!bytes_starts(b, dir) || (b.len > dir.len && is_word(b.at[dir.len]))) return 0;
    text_clear(name);
    text_adds(name, "$dir");
    return dir.len;
}

void print_text_source(const struct printer *p, struct text *out, struct bytes b)
{
    char array[160];
    struct text name = text_in(array, sizeof array);
    for (size_t i = 0; i < b.len;) {
        bool inside = i > 0 && bytes_is_digit(b.at[i]) && bytes_is_digit(b.at[i - 1]);
        size_t len = inside ? 0 : print_text_variable(p, bytes_from(b, i), &name);
        if (len > 0) text_add(out, text_bytes(&name));
        else text_addc(out, b.at[i], b.at[i] == '$' ? 2 : 1);
        i += len > 0 ? len : 1;
    }
}

void print_text_piece(const struct printer *p, struct text *out, const struct piece *piece)
{
    const struct plan *plan = p->plan;
    switch (piece->kind) {
    case PIECE_TEXT:
        print_text_source(p, out, piece->text);
        return;
    case PIECE_CAPTURE:
        text_addf(out, "$%.*s", BYTES_ARG(p->scenario->capture_names[piece->index]));
        return;
    case PIECE_DATA:
        text_addf(out, "$%.*s.%.*s", BYTES_ARG(plan->data[piece->index].name),
                  BYTES_ARG(plan->data[piece->index].columns[piece->column]));
        return;
    case PIECE_RAND:
        text_addf(out, "$rand(%lld,%lld)", (long long)piece->lo, (long long)piece->hi);
        return;
    case PIECE_UUID:
        text_adds(out, "$uuid");
        return;
    case PIECE_SEQ:
        text_adds(out, "$seq");
        return;
    case PIECE_USER:
        text_adds(out, "$user");
        return;
    }
}

void print_text_pattern(const struct printer *p, struct text *out, const struct pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->piece_count; i++)
        print_text_piece(p, out, &pattern->pieces[i]);
}

/* Whether YAML reads `b` as it stands, outside of { } and [ ]. */
static bool is_plain(struct bytes b)
{
    static const char first[] = "/$._";
    static const char inner[] = " /$._<>=+%~@^(),-";
    if (b.len == 0 || b.at[b.len - 1] == ' ') return false;
    while (b.len > 1 && b.at[0] == '-' && b.at[1] != ' ') b = bytes_from(b, 1);
    for (size_t i = 0; i < b.len; i++) {
        char c = b.at[i];
        if (is_word(c)) continue;
        if (i > 0 && c == ':' && i + 1 < b.len && b.at[i + 1] != ' ') continue;
        if (i > 0 && c == '?' && b.at[i - 1] != ' ') continue;
        if (i > 0 && c == '&' && b.at[i - 1] != ' ') continue;
        if (c == '\0' || !strchr(i == 0 ? first : inner, c)) return false;
    }
    return true;
}

/* Single quotes leave a backslash and a double quote alone. */
static bool is_quotable(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++) {
        if ((unsigned char)b.at[i] < 0x20 || b.at[i] == 0x7f) return false;
    }
    return b.len > 0 && (memchr(b.at, '"', b.len) || memchr(b.at, '\\', b.len));
}

void print_text_scalar(const struct printer *p, struct bytes text)
{
    struct text *out = p->out;
    if (is_plain(text)) {
        text_add(out, text);
        return;
    }
    bool single = is_quotable(text);
    text_addc(out, single ? '\'' : '"', 1);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        unsigned char code = (unsigned char)c;
        if (single) text_addc(out, c, c == '\'' ? 2 : 1);
        else if (c == '"' || c == '\\') text_addf(out, "\\%c", c);
        else if (c == '\n') text_adds(out, "\\n");
        else if (c == '\t') text_adds(out, "\\t");
        else if (code < ' ' || code == 0x7f) text_addf(out, "\\x%02x", code);
        else text_addc(out, c, 1);
    }
    text_addc(out, single ? '\'' : '"', 1);
}
