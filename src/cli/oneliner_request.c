#include "cli/oneliner_request.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/oneliner.h"
#include "plan/mask.h"

#define BODY_LIMIT ((size_t)48 << 10) /* of all -d; a plan of a one-liner has 64 KiB */
#define FORM "application/x-www-form-urlencoded"

/* -- Where to, and how ----------------------------------------------------------------------- */

/* The value of a flag as a quoted scalar, and where it stands. */
static void add_quoted(struct writing *out, enum flag flag)
{
    size_t from = out->text.len;
    struct bytes value = flags_value(out->flags, flag, "");
    oneliner_add_quoted(&out->text, value);
    writing_came_from(out, from, writing_given(out, flag, 0), value);
}

static void add_file(struct writing *out, enum flag flag, const char *key)
{
    if (!flags_given(out->flags, flag)) return;
    text_addf(&out->text, "  %s: ", key);
    add_quoted(out, flag);
    text_addc(&out->text, '\n', 1);
}

static bool add_tls(struct writing *out, const struct url *url, struct err *err)
{
    const struct flags *flags = out->flags;
    static const enum flag wants[] = {FLAG_INSECURE, FLAG_CACERT, FLAG_CERT, FLAG_KEY};
    bool any = false;
    for (size_t i = 0; i < COUNT_OF(wants); i++) {
        if (!flags_given(flags, wants[i])) continue;
        any = true;
        if (url->tls) continue;
        err_set(err, ERR_USAGE, 0, "--%s is for https, and this URL is plain http",
                flags_table[wants[i]].name);
        return err_hint(err, "write https://%.*s, or leave the flag out",
                        BYTES_ARG(url->authority));
    }
    if (flags_given(flags, FLAG_KEY) && !flags_given(flags, FLAG_CERT)) {
        err_set(err, ERR_USAGE, 0, "--key needs --cert");
        return err_hint(err, "a key is shown with its certificate: --cert FILE");
    }
    if (flags_given(flags, FLAG_INSECURE) && flags_given(flags, FLAG_CACERT)) {
        err_set(err, ERR_USAGE, 0, "--insecure does not go with --cacert");
        return err_hint(err, "with -k nobody is verified; keep one of them");
    }
    if (!any) return true;
    text_adds(&out->text, "tls:\n");
    if (flags_given(flags, FLAG_INSECURE)) text_adds(&out->text, "  insecure: true\n");
    add_file(out, FLAG_CACERT, "ca");
    add_file(out, FLAG_CERT, "cert");
    add_file(out, FLAG_KEY, "key");
    return true;
}

static bool wrong_resolve(struct bytes value, const char *why, struct err *err)
{
    err_set(err, ERR_USAGE, 0, "--resolve %.*s: %s", BYTES_ARG(value), why);
    return err_hint(err, "write HOST:PORT:ADDRESS, such as api.example.com:443:127.0.0.1");
}

/* `"host:port": address`, of a value HOST:PORT:ADDRESS. */
static bool add_resolve(struct writing *out, const struct url *url, struct err *err)
{
    struct bytes value = flags_value(out->flags, FLAG_RESOLVE, "");
    char array[300];
    struct text named = text_in(array, sizeof array);
    text_addf(&named, "%.*s:%u:", BYTES_ARG(url->host), url->port);
    struct bytes start = text_bytes(&named);
    struct bytes front = {value.at, start.len};
    struct bytes address = bytes_from(value, value.len < start.len ? value.len : start.len);
    if (value.len < start.len || !bytes_same_nocase(front, start)) {
        err_set(err, ERR_USAGE, 0, "--resolve %.*s: the URL asks for %.*s:%u", BYTES_ARG(value),
                BYTES_ARG(url->host), url->port);
        return err_hint(err, "write --resolve %.*sADDRESS", BYTES_ARG(start));
    }
    if (address.len > 2 && address.at[0] == '[' && address.at[address.len - 1] == ']') {
        address = (struct bytes){address.at + 1, address.len - 2};
    }
    if (!url_is_address(address)) return wrong_resolve(value, "that is no address", err);
    text_addf(&out->text, "hosts:\n  \"%.*s:%u\": ", BYTES_ARG(url->host), url->port);
    size_t from = out->text.len;
    text_addf(&out->text, "\"%.*s\"", BYTES_ARG(address));
    writing_came_from(out, from, writing_given(out, FLAG_RESOLVE, 0), address);
    text_addc(&out->text, '\n', 1);
    return true;
}

static bool add_socket(struct writing *out, const struct url *url, struct err *err)
{
    struct bytes path = flags_value(out->flags, FLAG_UNIX_SOCKET, "");
    char array[4096];
    struct text whole = text_in(array, sizeof array);
    text_adds(&whole, "unix:");
    if (path.len > 0 && path.at[0] != '/') {
        char folder[4096];
        if (!getcwd(folder, sizeof folder)) {
            return err_set(err, ERR_USAGE, errno, "the current folder has no name");
        }
        text_addf(&whole, "%s/", folder);
    }
    text_add(&whole, path);
    text_addf(&out->text, "hosts:\n  \"%.*s:%u\": ", BYTES_ARG(url->host), url->port);
    size_t from = out->text.len;
    oneliner_add_quoted(&out->text, text_bytes(&whole));
    writing_came_from(out, from, writing_given(out, FLAG_UNIX_SOCKET, 0), path);
    text_addc(&out->text, '\n', 1);
    return true;
}

bool oneliner_request_ways(struct writing *out, const struct url *url, struct err *err)
{
    bool resolve = flags_given(out->flags, FLAG_RESOLVE);
    bool socket = flags_given(out->flags, FLAG_UNIX_SOCKET);
    if (!add_tls(out, url, err)) return false;
    if (!resolve && !socket) return true;
    if (url->ipv6) {
        err_set(err, ERR_USAGE, 0, "the URL names an address, so there is nothing to resolve");
        return err_hint(err, "write a host's name in the URL");
    }
    if (resolve && socket) {
        err_set(err, ERR_USAGE, 0, "--resolve does not go with --unix-socket");
        return err_hint(err, "a unix socket has no address; keep one of them");
    }
    return resolve ? add_resolve(out, url, err) : add_socket(out, url, err);
}

/* -- What is sent ---------------------------------------------------------------------------- */

/* RFC 4648 section 4. */
static void add_base64(struct text *out, struct bytes in)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.len; i += 3) {
        uint32_t bits = 0;
        for (size_t k = 0; k < 3; k++) {
            bits = bits << 8 | (i + k < in.len ? (unsigned char)in.at[i + k] : 0);
        }
        for (size_t k = 0; k < 4; k++) {
            bool filled = i + k <= in.len;
            text_addc(out, filled ? letters[bits >> (18 - 6 * k) & 63] : '=', 1);
        }
    }
}

void oneliner_request_credentials(struct text *out, const struct flags *flags)
{
    add_base64(out, flags_value(flags, FLAG_USER, ""));
}

bool oneliner_request_is_secret(struct bytes line)
{
    size_t colon = bytes_find(line, BYTES_LIT(":"));
    if (colon == SIZE_MAX || bytes_trim(bytes_from(line, colon + 1)).len == 0) return false;
    return colon > 0 && mask_credential_len(line) == colon;
}

/* The start of a value that says how it is meant and is no secret; else nothing. */
static struct bytes scheme_of(struct bytes value)
{
    static const char *const schemes[] = {"Basic ", "Bearer ", "Digest ", "Negotiate ", "Token "};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        struct bytes start = {value.at, strlen(schemes[i])};
        if (value.len > start.len && bytes_same_nocase(start, bytes_of(schemes[i]))) return start;
    }
    return (struct bytes){value.at, 0};
}

/* PROXY_AUTHORIZATION: the variable that stands for the header's credentials. */
static void add_variable(struct text *out, struct bytes header)
{
    for (size_t i = 0; i < header.len; i++) {
        char c = header.at[i];
        bool low = c >= 'a' && c <= 'z';
        text_addc(out, c == '-' ? '_' : low ? (char)(c - 'a' + 'A') : c, 1);
    }
}

void oneliner_request_exports(struct text *out, const struct flags *flags)
{
    if (flags_given(flags, FLAG_USER))
        text_adds(out, "# export CREDENTIALS=\"$(printf NAME:PASSWORD | base64)\"\n");
    for (uint32_t i = 0; i < flags->given_count; i++) {
        struct bytes line = flags->given[i].value;
        if (flags->given[i].flag != FLAG_HEADER || !oneliner_request_is_secret(line)) continue;
        struct bytes name = {line.at, bytes_find(line, BYTES_LIT(":"))};
        struct bytes scheme = scheme_of(bytes_trim(bytes_from(line, name.len + 1)));
        text_adds(out, "# export ");
        add_variable(out, name);
        text_addf(out, "='what follows \"%.*s: %.*s\"'\n", BYTES_ARG(name), BYTES_ARG(scheme));
    }
}

static bool is_header_given(const struct flags *flags, const char *name)
{
    for (uint32_t i = 0; i < flags->given_count; i++) {
        struct bytes line = flags->given[i].value;
        if (flags->given[i].flag != FLAG_HEADER) continue;
        struct bytes own = {line.at, bytes_find(line, BYTES_LIT(":"))};
        if (bytes_same_nocase(own, bytes_of(name))) return true;
    }
    return false;
}

static void add_header(struct text *out, struct bytes name, struct bytes value)
{
    text_adds(out, "          ");
    oneliner_add_quoted(out, name);
    text_adds(out, ": ");
    oneliner_add_quoted(out, value);
    text_addc(out, '\n', 1);
}

/* The same with a variable for the credentials in it: `scheme` is what of the value is none. */
static void add_shown(struct text *out, struct bytes name, struct bytes scheme, struct bytes of)
{
    text_adds(out, "          ");
    oneliner_add_quoted(out, name);
    text_addf(out, ": \"%.*s$env.", BYTES_ARG(scheme));
    add_variable(out, of);
    text_adds(out, "\"\n");
}

static bool add_user(struct text *out, const struct flags *flags, enum oneliner_secrets secrets,
                     struct err *err)
{
    char array[4096];
    struct text value = text_in(array, sizeof array);
    struct bytes name = BYTES_LIT("Authorization");
    struct bytes scheme = BYTES_LIT("Basic ");
    text_add(&value, scheme);
    oneliner_request_credentials(&value, flags);
    if (value.cut) return err_set(err, ERR_USAGE, 0, "--user is longer than 3 KiB");
    if (secrets == ONELINER_SHOWN) add_shown(out, name, scheme, BYTES_LIT("CREDENTIALS"));
    else add_header(out, name, text_bytes(&value));
    return true;
}

/* `NAME: VALUE` of the flag given as the n-th. */
static void add_given_header(struct writing *out, uint32_t given, enum oneliner_secrets secrets)
{
    struct bytes line = out->flags->given[given].value;
    struct bytes name = {line.at, bytes_find(line, BYTES_LIT(":"))};
    struct bytes value = bytes_trim(bytes_from(line, name.len + 1));
    struct text *text = &out->text;
    if (secrets == ONELINER_SHOWN && oneliner_request_is_secret(line)) {
        add_shown(text, name, scheme_of(value), name);
        return;
    }
    text_adds(text, "          ");
    size_t from = text->len;
    oneliner_add_quoted(text, name);
    writing_came_from(out, from, given, name);
    text_adds(text, ": ");
    from = text->len;
    oneliner_add_quoted(text, value);
    writing_came_from(out, from, given, value);
    text_addc(text, '\n', 1);
}

static bool add_headers(struct writing *out, enum oneliner_secrets secrets, struct err *err)
{
    const struct flags *flags = out->flags;
    struct text *text = &out->text;
    bool form = flags_given(flags, FLAG_BODY) && !is_header_given(flags, "content-type");
    bool user = flags_given(flags, FLAG_USER);
    if (user && is_header_given(flags, "authorization")) {
        err_set(err, ERR_USAGE, 0, "--user does not go with an Authorization header");
        return err_hint(err, "-u sends that header itself; keep one of them");
    }
    if (user && bytes_find(flags_value(flags, FLAG_USER, ""), BYTES_LIT(":")) == SIZE_MAX) {
        err_set(err, ERR_USAGE, 0, "--user: the password is missing");
        return err_hint(err, "write -u NAME:PASSWORD, or -u NAME: for an empty one");
    }
    if (!form && !user && !flags_given(flags, FLAG_HEADER)) return true;
    text_adds(text, "        headers:\n");
    if (form) add_header(text, BYTES_LIT("Content-Type"), BYTES_LIT(FORM));
    if (user && !add_user(text, flags, secrets, err)) return false;
    for (uint32_t i = 0; i < flags->given_count; i++) {
        if (flags->given[i].flag == FLAG_HEADER) add_given_header(out, i, secrets);
    }
    return true;
}

/* The file of -d @FILE without its line ends, as curl sends it. */
static bool add_body_file(struct text *body, const char *path, struct err *err)
{
    struct arena arena;
    struct bytes content;
    if (!arena_open(&arena, 2 * BODY_LIMIT, err)) return false;
    bool read = file_read(&content, &arena, path, BODY_LIMIT, err);
    for (size_t i = 0; read && i < content.len; i++) {
        char c = content.at[i];
        if (c != '\r' && c != '\n' && c != '\0') text_addc(body, c, 1);
    }
    arena_close(&arena);
    if (read) return true;
    err->kind = ERR_USAGE;
    return err_context(err, "--body");
}

/* Parts of several -d are joined by &. */
static bool add_body(struct writing *out, struct err *err)
{
    const struct flags *flags = out->flags;
    static char array[BODY_LIMIT];
    struct text body = text_in(array, sizeof array);
    bool first = true;
    for (uint32_t i = 0; i < flags->given_count; i++) {
        struct bytes value = flags->given[i].value;
        if (flags->given[i].flag != FLAG_BODY) continue;
        if (!first) text_addc(&body, '&', 1);
        first = false;
        if (!bytes_starts(value, BYTES_LIT("@"))) text_add(&body, value);
        else if (!add_body_file(&body, value.at + 1, err)) return false;
    }
    if (body.cut) {
        err_set(err, ERR_USAGE, 0, "the body is longer than 48 KiB");
        return err_hint(err, "write a plan: --print-plan turns a URL and its flags into one");
    }
    if (first) return true;
    text_adds(&out->text, "        body: ");
    size_t from = out->text.len;
    oneliner_add_quoted(&out->text, text_bytes(&body));
    writing_came_from(out, from, writing_given(out, FLAG_BODY, 0), text_bytes(&body));
    text_addc(&out->text, '\n', 1);
    return true;
}

bool oneliner_request_steps(struct writing *out, const struct url *url,
                            enum oneliner_secrets secrets, struct err *err)
{
    struct text *text = &out->text;
    bool has_body = flags_given(out->flags, FLAG_BODY);
    struct bytes method = flags_value(out->flags, FLAG_METHOD, has_body ? "POST" : "GET");
    text_adds(text, "scenarios: # the paths that users walk\n"
                    "  main:\n    steps: # one request after the other\n      - ");
    size_t from = text->len;
    for (size_t i = 0; i < method.len; i++) text_addc(text, (char)(method.at[i] | 0x20), 1);
    uint32_t given = writing_given(out, FLAG_METHOD, 0);
    if (given != WRITING_URL) writing_came_from(out, from, given, method);
    text_adds(text, ": ");
    from = text->len;
    char array[8192];
    struct text path = text_in(array, sizeof array);
    text_add(&path, url->path);
    if (url->has_query) text_addf(&path, "?%.*s", BYTES_ARG(url->query));
    if (path.cut) text->cut = true;
    oneliner_add_quoted(text, text_bytes(&path));
    struct bytes typed = bytes_of(out->flags->word);
    size_t at = bytes_find(typed, text_bytes(&path));
    if (at < typed.len) typed = (struct bytes){typed.at + at, path.len};
    writing_came_from(out, from, WRITING_URL, typed);
    text_addc(text, '\n', 1);
    return add_headers(out, secrets, err) && add_body(out, err);
}
