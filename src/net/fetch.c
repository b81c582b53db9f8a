#include "net/fetch.h"

#include <curl/curl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "wire/url.h"

#define HOPS_MAX 3 /* redirects, all on the same server */
#define CONNECT_TO_BYTES 400

struct fetch {
    CURL *curl;
    struct curl_slist *headers, *connect_to;
    struct bytes url; /* as libcurl gets it */
    char *buffer;
    size_t size, len;
    bool cut;
    char said[CURL_ERROR_SIZE];
};

static bool no_memory(struct err *err)
{
    return err_set(err, ERR_LIMIT, 0, "no memory to ask over HTTP");
}

/* -- Setting up ----------------------------------------------------------------------------- */

/* libcurl hands over at most 16 KiB at a time, inflated already. */
static size_t take(char *from, size_t one, size_t count, void *ctx)
{
    struct fetch *f = ctx;
    size_t more = one * count;
    size_t room = f->size - f->len;
    f->cut = more > room;
    if (f->cut) more = room;
    memcpy(f->buffer + f->len, from, more);
    f->len += more;
    return f->cut ? 0 : one * count; /* 0: no more of it is read */
}

static bool add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer) *list = longer;
    return longer != NULL;
}

/* The URL with the name that is asked for and verified; the connection still goes to the host. */
static bool rename_server(struct fetch *f, struct arena *arena, struct bytes name)
{
    struct url url;
    enum url_bad bad;
    size_t at;
    char array[4096];
    char to[CONNECT_TO_BYTES];
    struct text text = text_in(array, sizeof array);
    struct text line = text_in(to, sizeof to);
    if (!url_parse(&url, f->url, &bad, &at)) return false;
    text_addf(&text, "%s://%.*s:%u", url.tls ? "https" : "http", BYTES_ARG(name), url.port);
    text_add(&text, url.path);
    if (url.has_query) text_addf(&text, "?%.*s", BYTES_ARG(url.query));
    text_addf(&line, url.ipv6 ? "::[%.*s]:%u" : "::%.*s:%u", BYTES_ARG(url.host), url.port);
    if (text.cut || line.cut || !add_line(&f->connect_to, to)) return false;
    f->url = arena_copy(arena, text_bytes(&text));
    return f->url.at && curl_easy_setopt(f->curl, CURLOPT_CONNECT_TO, f->connect_to) == CURLE_OK;
}

static bool set_usual(struct fetch *f)
{
    CURL *c = f->curl;
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {{CURLOPT_NOSIGNAL, 1},
                   {CURLOPT_FOLLOWLOCATION, 0},
                   {CURLOPT_TCP_KEEPALIVE, 1},
                   {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
                   {CURLOPT_MAXCONNECTS, 1}};
    /* An empty proxy: none, whatever the environment says. */
    const struct {
        CURLoption option;
        const char *value;
    } texts[] = {{CURLOPT_PROXY, ""},
                 {CURLOPT_PROTOCOLS_STR, "http,https"},
                 {CURLOPT_USERAGENT, "prony"},
                 {CURLOPT_ACCEPT_ENCODING, "gzip, deflate"}};
    bool all = true;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        all = all && curl_easy_setopt(c, numbers[i].option, numbers[i].value) == CURLE_OK;
    }
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        all = all && curl_easy_setopt(c, texts[i].option, texts[i].value) == CURLE_OK;
    }
    return all && curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take) == CURLE_OK
           && curl_easy_setopt(c, CURLOPT_WRITEDATA, f) == CURLE_OK
           && curl_easy_setopt(c, CURLOPT_ERRORBUFFER, f->said) == CURLE_OK;
}

static bool set_tls(struct fetch *f, const struct tls_setting *tls)
{
    CURL *c = f->curl;
    bool all = true;
    struct stat about;
    bool folder = tls->ca && stat(tls->ca, &about) == 0 && S_ISDIR(about.st_mode);
    CURLoption authorities = folder ? CURLOPT_CAPATH : CURLOPT_CAINFO;
    if (tls->ca) all = curl_easy_setopt(c, authorities, tls->ca) == CURLE_OK;
    if (tls->cert) all = all && curl_easy_setopt(c, CURLOPT_SSLCERT, tls->cert) == CURLE_OK;
    const char *key = tls->key ? tls->key : tls->cert;
    if (key) all = all && curl_easy_setopt(c, CURLOPT_SSLKEY, key) == CURLE_OK;
    if (!tls->insecure) return all;
    return all && curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK
           && curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK;
}

bool fetch_open(struct fetch **out, struct arena *arena, const struct fetch_setting *setting,
                char *buffer, size_t size, struct err *err)
{
    struct fetch *f = ARENA_NEW(arena, struct fetch);
    if (!f || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return no_memory(err);
    f->url = arena_copy(arena, setting->url);
    f->buffer = buffer;
    f->size = size;
    f->curl = curl_easy_init();
    bool fine = f->curl && f->url.at && set_usual(f) && set_tls(f, &setting->tls);
    for (uint32_t i = 0; i < setting->header_count && fine; i++) {
        fine = add_line(&f->headers, setting->headers[i].at);
    }
    /* An answer that is deflated all the same is inflated; to ask for it costs who answers. */
    fine = fine && add_line(&f->headers, "Accept-Encoding: identity");
    fine = fine && curl_easy_setopt(f->curl, CURLOPT_HTTPHEADER, f->headers) == CURLE_OK;
    if (fine && setting->server_name.len > 0) fine = rename_server(f, arena, setting->server_name);
    if (!fine) {
        fetch_close(f);
        return no_memory(err);
    }
    *out = f;
    return true;
}

void fetch_close(struct fetch *f)
{
    if (!f) return;
    curl_easy_cleanup(f->curl);
    curl_slist_free_all(f->headers);
    curl_slist_free_all(f->connect_to);
    f->curl = NULL;
    f->headers = f->connect_to = NULL;
}

/* -- Asking --------------------------------------------------------------------------------- */

/* Whether both are on one server: no header of ours goes to another. */
static bool is_same_server(struct bytes a, struct bytes b)
{
    struct url one;
    struct url other;
    enum url_bad bad;
    size_t at;
    return url_parse(&one, a, &bad, &at) && url_parse(&other, b, &bad, &at) && one.tls == other.tls
           && one.port == other.port && bytes_same_nocase(one.host, other.host)
           && !other.has_userinfo;
}

static bool tell(const struct fetch *f, CURLcode code, struct err *err)
{
    char array[200];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, bytes_of(f->said[0] ? f->said : curl_easy_strerror(code)));
    if (code == CURLE_OPERATION_TIMEDOUT) {
        return err_set(err, ERR_IO, 0,
                       f->len > 0 ? "its answer is not whole in time"
                                  : "it does not answer in time");
    }
    if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING) {
        return err_set(err, ERR_IO, 0, "its answer ends before it is whole");
    }
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) {
        return err_set(err, ERR_IO, 0, "what it answers is not HTTP");
    }
    return err_set(err, ERR_IO, 0, "%s", array);
}

/* One exchange; `*next` is where a redirect leads, else empty. */
static bool exchange(struct fetch *f, const char *url, uint64_t deadline_ns, struct bytes *next,
                     struct fetch_reply *out, struct err *err)
{
    uint64_t now_ns = clock_now_ns();
    long left_ms = now_ns < deadline_ns ? (long)((deadline_ns - now_ns) / NS_PER_MS) : 0;
    long status = 0;
    const char *text = NULL;
    f->len = 0;
    f->cut = false;
    f->said[0] = '\0';
    if (left_ms < 1) return err_set(err, ERR_IO, 0, "it does not answer in time");
    if (curl_easy_setopt(f->curl, CURLOPT_URL, url) != CURLE_OK
        || curl_easy_setopt(f->curl, CURLOPT_TIMEOUT_MS, left_ms) != CURLE_OK) {
        return no_memory(err);
    }
    CURLcode code = curl_easy_perform(f->curl);
    if (code != CURLE_OK && !f->cut) return tell(f, code, err);
    if (curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK) status = 0;
    *out = (struct fetch_reply){
        .status = (uint32_t)status, .body = {f->buffer, f->len}, .cut = f->cut};
    struct text type = text_in(out->type, sizeof out->type);
    if (curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &text) == CURLE_OK && text) {
        text_add_safe(&type, bytes_of(text));
    }
    text = NULL;
    if (curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &text) != CURLE_OK) text = NULL;
    *next = bytes_of(text);
    return true;
}

bool fetch_get(struct fetch *f, uint64_t within_ns, struct fetch_reply *out, struct err *err)
{
    uint64_t deadline_ns = clock_now_ns() + within_ns;
    char array[4096];
    struct bytes next = f->url;
    for (unsigned hop = 0; hop <= HOPS_MAX; hop++) {
        struct text url = text_in(array, sizeof array);
        text_add(&url, next);
        if (url.cut) break;
        if (!exchange(f, array, deadline_ns, &next, out, err)) return false;
        if (next.len == 0) return true;
        if (!is_same_server(f->url, next)) {
            return err_set(err, ERR_IO, 0, "it redirects to another server, which nobody named");
        }
    }
    return err_set(err, ERR_IO, 0, "it redirects for ever");
}
