#include "cli/oneliner_request.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/oneliner.h"
#include "plan/mask.h"

#define BODY_LIMIT ((size_t)48 << 10) /* of all -d; a plan of a one-liner has 64 KiB */
#define FORM "application/x-www-form-urlencoded"

/* -- Where to, and how ----------------------------------------------------------------------- */

static void add_file(struct text *out, const struct flags *flags, enum flag flag, const char *key)
{
    if (!flags_given(flags, flag)) return;
    text_addf(out, "  %s: ", key);
    oneliner_add_quoted(out, flags_value(flags, flag, ""));
    text_addc(out, '\n', 1);
}

static bool add_tls(struct text *out, const struct flags *flags, const struct url *url,
                    struct err *err)
{
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
    text_adds(out, "tls:\n");
    if (flags_given(flags, FLAG_INSECURE)) text_adds(out, "  insecure: true\n");
    add_file(out, flags, FLAG_CACERT, "ca");
    add_file(out, flags, FLAG_CERT, "cert");
    add_file(out, flags, FLAG_KEY, "key");
    return true;
}

static bool wrong_resolve(struct bytes value, const char *why, struct err *err)
{
    err_set(err, ERR_USAGE, 0, "--resolve %.*s: %s", BYTES_ARG(value), why);
    return err_hint(err, "write HOST:PORT:ADDRESS, such as api.example.com:443:127.0.0.1");
}

/* `"host:port": address`, of a value HOST:PORT:ADDRESS. */
static bool add_resolve(struct text *out, struct bytes value, const struct url *url,
                        struct err *err)
{
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
    text_addf(out, "hosts:\n  \"%.*s:%u\": \"%.*s\"\n", BYTES_ARG(url->host), url->port,
              BYTES_ARG(address));
    return true;
}

static bool add_socket(struct text *out, struct bytes path, const struct url *url, struct err *err)
{
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
    text_addf(out, "hosts:\n  \"%.*s:%u\": ", BYTES_ARG(url->host), url->port);
    oneliner_add_quoted(out, text_bytes(&whole));
    text_addc(out, '\n', 1);
    return true;
}

bool oneliner_request_ways(struct text *out, const struct flags *flags, const struct url *url,
                           struct err *err)
{
    if (!add_tls(out, flags, url, err)) return false;
    struct bytes resolve = flags_value(flags, FLAG_RESOLVE, "");
    struct bytes path = flags_value(flags, FLAG_UNIX_SOCKET, "");
    if (!flags_given(flags, FLAG_RESOLVE) && !flags_given(flags, FLAG_UNIX_SOCKET)) return true;
    if (url->ipv6) {
        err_set(err, ERR_USAGE, 0, "the URL names an address, so there is nothing to resolve");
        return err_hint(err, "write a host's name in the URL");
    }
    if (flags_given(flags, FLAG_RESOLVE) && flags_given(flags, FLAG_UNIX_SOCKET)) {
        err_set(err, ERR_USAGE, 0, "--resolve does not go with --unix-socket");
        return err_hint(err, "a unix socket has no address; keep one of them");
    }
    if (flags_given(flags, FLAG_RESOLVE)) return add_resolve(out, resolve, url, err);
    return add_socket(out, path, url, err);
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

static bool add_headers(struct text *out, const struct flags *flags, enum oneliner_secrets secrets,
                        struct err *err)
{
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
    text_adds(out, "        headers:\n");
    if (form) add_header(out, BYTES_LIT("Content-Type"), BYTES_LIT(FORM));
    if (user && !add_user(out, flags, secrets, err)) return false;
    for (uint32_t i = 0; i < flags->given_count; i++) {
        struct bytes line = flags->given[i].value;
        if (flags->given[i].flag != FLAG_HEADER) continue;
        struct bytes name = {line.at, bytes_find(line, BYTES_LIT(":"))};
        struct bytes value = bytes_trim(bytes_from(line, name.len + 1));
        bool shown = secrets == ONELINER_SHOWN && oneliner_request_is_secret(line);
        if (shown) add_shown(out, name, scheme_of(value), name);
        else add_header(out, name, value);
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
static bool add_body(struct text *out, const struct flags *flags, struct err *err)
{
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
    text_adds(out, "        body: ");
    oneliner_add_quoted(out, text_bytes(&body));
    text_addc(out, '\n', 1);
    return true;
}

bool oneliner_request_steps(struct text *out, const struct flags *flags, const struct url *url,
                            enum oneliner_secrets secrets, struct err *err)
{
    bool has_body = flags_given(flags, FLAG_BODY);
    struct bytes method = flags_value(flags, FLAG_METHOD, has_body ? "POST" : "GET");
    text_adds(out, "scenarios: # the paths that users walk\n"
                   "  main:\n    steps: # one request after the other\n      - ");
    for (size_t i = 0; i < method.len; i++) text_addc(out, (char)(method.at[i] | 0x20), 1);
    text_adds(out, ": ");
    char array[8192];
    struct text path = text_in(array, sizeof array);
    text_add(&path, url->path);
    if (url->has_query) text_addf(&path, "?%.*s", BYTES_ARG(url->query));
    if (path.cut) out->cut = true;
    oneliner_add_quoted(out, text_bytes(&path));
    text_addc(out, '\n', 1);
    return add_headers(out, flags, secrets, err) && add_body(out, flags, err);
}
