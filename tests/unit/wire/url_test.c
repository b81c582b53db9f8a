/* url_test.c - URLs taken apart, their mistakes named, values encoded. */
#include "check.h"

#include "laws.h"
#include "wire/url.h"

static const struct {
    const char *name, *text;
    const char *userinfo, *host, *authority, *path, *query; /* NULL: there is none */
    uint16_t port;
    bool tls, ipv6;
} good[] = {
    {"plain", "http://example.com", NULL, "example.com", "example.com", "/", NULL, 80, false,
     false},
    {"https", "https://example.com/", NULL, "example.com", "example.com", "/", NULL, 443, true,
     false},
    {"all parts", "http://me:pw@host:8080/a/b?c=d#e", "me:pw", "host", "host:8080", "/a/b", "c=d",
     8080, false, false},
    {"scheme in capitals", "HTTP://HOST/", NULL, "HOST", "HOST", "/", NULL, 80, false, false},
    {"IPv4", "http://127.0.0.1:1/", NULL, "127.0.0.1", "127.0.0.1:1", "/", NULL, 1, false, false},
    {"IPv6", "http://[::1]:8080/x", NULL, "::1", "[::1]:8080", "/x", NULL, 8080, false, true},
    {"IPv6 without port", "https://[2001:db8::a:1]", NULL, "2001:db8::a:1", "[2001:db8::a:1]", "/",
     NULL, 443, true, true},
    {"IPv6, all zero", "http://[::]/", NULL, "::", "[::]", "/", NULL, 80, false, true},
    {"IPv6, eight groups", "http://[1:2:3:4:5:6:7:8]/", NULL, "1:2:3:4:5:6:7:8",
     "[1:2:3:4:5:6:7:8]", "/", NULL, 80, false, true},
    {"IPv6, gap at the end", "http://[1:2::]/", NULL, "1:2::", "[1:2::]", "/", NULL, 80, false,
     true},
    {"IPv6 with IPv4", "http://[::ffff:10.0.0.1]/", NULL, "::ffff:10.0.0.1", "[::ffff:10.0.0.1]",
     "/", NULL, 80, false, true},
    {"largest port", "http://h:65535", NULL, "h", "h:65535", "/", NULL, 65535, false, false},
    {"query without path", "http://h?a=/b?c", NULL, "h", "h", "/", "a=/b?c", 80, false, false},
    {"empty query", "http://h/?", NULL, "h", "h", "/", "", 80, false, false},
    {"fragment without path", "http://h#/a?b", NULL, "h", "h", "/", NULL, 80, false, false},
    {"question mark in the fragment", "http://h/a#b?c", NULL, "h", "h", "/a", NULL, 80, false,
     false},
    {"empty userinfo", "http://@h/", "", "h", "h", "/", NULL, 80, false, false},
    {"password with an @ and a colon", "http://u:p@:x@h/", "u:p@:x", "h", "h", "/", NULL, 80, false,
     false},
    {"@ in the path", "http://h/@x", NULL, "h", "h", "/@x", NULL, 80, false, false},
    {"underscore, hyphen, digits", "http://my_svc-1.3a/", NULL, "my_svc-1.3a", "my_svc-1.3a", "/",
     NULL, 80, false, false},
    {"fully qualified", "http://example.com./", NULL, "example.com.", "example.com.", "/", NULL, 80,
     false, false},
    {"escaped bytes stay", "http://h/a%2Fb?c=%c3%a4", NULL, "h", "h", "/a%2Fb", "c=%c3%a4", 80,
     false, false},
    {"braces and bars", "http://h/{a}|b?c[]=1", NULL, "h", "h", "/{a}|b", "c[]=1", 80, false,
     false},
};

#define LABEL63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
    const char *name, *text;
    enum url_bad bad;
    size_t at;
} bad[] = {
    {"empty", "", URL_BAD_SCHEME, 0},
    {"no scheme", "localhost:8080/", URL_BAD_SCHEME, 0},
    {"another scheme", "ftp://h/", URL_BAD_SCHEME, 0},
    {"one slash", "http:/h/", URL_BAD_SCHEME, 0},
    {"cut scheme", "http:/", URL_BAD_SCHEME, 0},
    {"blank before", " http://h/", URL_BAD_SCHEME, 0},
    {"no host", "http://", URL_BAD_NO_HOST, 7},
    {"no host but a path", "http:///a", URL_BAD_NO_HOST, 7},
    {"no host but a port", "http://:80/", URL_BAD_NO_HOST, 7},
    {"no host behind userinfo", "http://u:p@/", URL_BAD_NO_HOST, 11},
    {"blank in the path", "http://h/a b", URL_BAD_CHARACTER, 10},
    {"newline behind", "http://h/\n", URL_BAD_CHARACTER, 9},
    {"blank in the host", "http://a b/", URL_BAD_CHARACTER, 8},
    {"umlaut in the path", "http://h/\xc3\xa4", URL_BAD_CHARACTER, 9},
    {"umlaut in the host", "http://\xc3\xa4.de/", URL_BAD_CHARACTER, 7},
    {"DEL", "http://h/\x7f", URL_BAD_CHARACTER, 9},
    {"percent at the end", "http://h/%", URL_BAD_PERCENT, 9},
    {"percent and one digit", "http://h/%4", URL_BAD_PERCENT, 9},
    {"percent and no digits", "http://h/?a=50%zz", URL_BAD_PERCENT, 14},
    {"escape in the host", "http://a%41/", URL_BAD_HOST, 8},
    {"two dots", "http://a..b/", URL_BAD_HOST, 9},
    {"dot first", "http://.a/", URL_BAD_HOST, 7},
    {"only a dot", "http://./", URL_BAD_HOST, 7},
    {"a variable left in it", "http://$host/", URL_BAD_HOST, 7},
    {"label of 64", "http://a." LABEL63 "l/", URL_BAD_HOST, 9},
    {"254 bytes", "http://" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63 "/", URL_BAD_HOST, 7},
    {"256 in an address", "http://256.0.0.1/", URL_BAD_IPV4, 7},
    {"three numbers", "http://10.0.1/", URL_BAD_IPV4, 7},
    {"five numbers", "http://1.2.3.4.5/", URL_BAD_IPV4, 7},
    {"octal", "http://010.0.0.1/", URL_BAD_IPV4, 7},
    {"number alone", "http://8080/", URL_BAD_IPV4, 7},
    {"bracket not closed", "http://[::1/", URL_BAD_IPV6, 7},
    {"nothing in brackets", "http://[]/", URL_BAD_IPV6, 7},
    {"name in brackets", "http://[localhost]/", URL_BAD_IPV6, 7},
    {"IPv4 in brackets", "http://[1.2.3.4]/", URL_BAD_IPV6, 7},
    {"two gaps", "http://[1::2::3]/", URL_BAD_IPV6, 7},
    {"seven groups", "http://[1:2:3:4:5:6:7]/", URL_BAD_IPV6, 7},
    {"nine groups", "http://[1:2:3:4:5:6:7:8:9]/", URL_BAD_IPV6, 7},
    {"a gap of nothing", "http://[1:2:3:4::5:6:7:8]/", URL_BAD_IPV6, 7},
    {"five digits", "http://[12345::]/", URL_BAD_IPV6, 7},
    {"colon at the end", "http://[1:2:3:4:5:6:7:8:]/", URL_BAD_IPV6, 7},
    {"colon in front", "http://[:1::2]/", URL_BAD_IPV6, 7},
    {"IPv4 too early", "http://[1:2:3:4:5:6:7:1.2.3.4]/", URL_BAD_IPV6, 7},
    {"IPv4 and more", "http://[::1.2.3.4:5]/", URL_BAD_IPV6, 7},
    {"a zone", "http://[fe80::1%25eth0]/", URL_BAD_IPV6, 7},
    {"IPv6 without brackets", "http://::1/", URL_BAD_NO_HOST, 7},
    {"junk behind brackets", "http://[::1]x/", URL_BAD_PORT, 12},
    {"empty port", "http://h:/", URL_BAD_PORT, 9},
    {"port 0", "http://h:0/", URL_BAD_PORT, 9},
    {"port 65536", "http://h:65536/", URL_BAD_PORT, 9},
    {"port in words", "http://h:http/", URL_BAD_PORT, 9},
    {"two ports", "http://h:1:2/", URL_BAD_PORT, 9},
    {"negative port", "http://h:-1/", URL_BAD_PORT, 9},
};

static void check_part(const char *name, const char *part, struct bytes got, const char *want)
{
    if (bytes_is(got, want ? want : "")) return;
    print_error("row '%s': ", name);
    fail_msg("%s is '%.*s', want '%s'", part, BYTES_ARG(got), want ? want : "");
}

static void test_good(void **state)
{
    UNUSED(state);
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        const char *name = good[i].name;
        struct url url;
        enum url_bad why = URL_BAD_NONE;
        size_t at = 0;
        struct bytes text = guard_put(&guard, bytes_of(good[i].text));
        CHECK(name, url_parse(&url, text, &why, &at));
        check_part(name, "userinfo", url.userinfo, good[i].userinfo);
        check_part(name, "host", url.host, good[i].host);
        check_part(name, "authority", url.authority, good[i].authority);
        check_part(name, "path", url.path, good[i].path);
        check_part(name, "query", url.query, good[i].query);
        CHECK(name, url.has_userinfo == (good[i].userinfo != NULL));
        CHECK(name, url.has_query == (good[i].query != NULL));
        CHECK(name, url.tls == good[i].tls);
        CHECK(name, url.ipv6 == good[i].ipv6);
        CHECK_U64(name, url.port, good[i].port);
    }
    guard_close(&guard);
}

static void test_bad(void **state)
{
    UNUSED(state);
    struct guard guard = guard_open(4096);
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct url url;
        enum url_bad why = URL_BAD_NONE;
        size_t at = SIZE_MAX;
        struct bytes text = guard_put(&guard, bytes_of(bad[i].text));
        CHECK(bad[i].name, !url_parse(&url, text, &why, &at));
        CHECK_STR(bad[i].name, url_bad_text(why), url_bad_text(bad[i].bad));
        CHECK_U64(bad[i].name, at, bad[i].at);
    }
    guard_close(&guard);
}

static void test_longest_host(void **state)
{
    UNUSED(state);
    /* 63 + 63 + 63 + 61 and three dots are 253. */
    static const char text[] = "http://" LABEL63 "." LABEL63 "." LABEL63 "."
                               "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi./";
    struct url url;
    enum url_bad why;
    size_t at;
    assert_true(url_parse(&url, bytes_of(text), &why, &at));
    assert_int_equal(url.host.len, 254); /* with the root's dot */
}

static const struct {
    const char *name, *in, *path, *query;
} encoded[] = {
    {"nothing", "", "", ""},
    {"unreserved", "azAZ09-._~", "azAZ09-._~", "azAZ09-._~"},
    {"blank", "a b", "a%20b", "a%20b"},
    {"slash", "a/b", "a%2Fb", "a%2Fb"},
    {"delimiters", "!$&'()*+,;=:@", "!$&'()*+,;=:@", "%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40"},
    {"never legal", "\"#%<>?[\\]^`{|}", "%22%23%25%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D",
     "%22%23%25%3C%3E%3F%5B%5C%5D%5E%60%7B%7C%7D"},
    {"an escape is no escape", "%41", "%2541", "%2541"},
    {"line break", "\r\n", "%0D%0A", "%0D%0A"},
    {"UTF-8", "\xc3\xa4", "%C3%A4", "%C3%A4"},
};

static void check_encoding(const char *name, size_t (*encode)(char *, size_t, struct bytes),
                           const char *in, const char *want)
{
    char out[256];
    size_t len = strlen(want);
    memset(out, '?', sizeof out);
    CHECK_U64(name, encode(out, len, bytes_of(in)), len);
    CHECK(name, memcmp(out, want, len) == 0);
    CHECK_U64(name, out[len], '?'); /* no NUL, nothing behind */
    for (size_t size = 0; size < len; size++) {
        memset(out, '?', sizeof out);
        CHECK_U64(name, encode(out, size, bytes_of(in)), SIZE_MAX);
        CHECK_U64(name, out[size], '?');
    }
}

static void test_encode(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(encoded); i++) {
        check_encoding(encoded[i].name, url_encode_path, encoded[i].in, encoded[i].path);
        check_encoding(encoded[i].name, url_encode_query, encoded[i].in, encoded[i].query);
    }
    char out[8] = {0};
    assert_int_equal(url_encode_query(out, sizeof out, BYTES_LIT("a\0b")), 5);
    assert_memory_equal(out, "a%00b", 5);
}

static const struct {
    const char *name, *in, *want;
} masked[] = {
    {"nothing to mask", "http://h:80/a?b=c", "http://h:80/a?b=c"},
    {"user and password", "http://me:secret@h/", "http://***@h/"},
    {"user only", "https://me@h", "https://***@h"},
    {"password with an @", "http://me:se@cret@h/a@b", "http://***@h/a@b"},
    {"empty userinfo", "http://@h/", "http://***@h/"},
    {"@ in the path", "http://h/a@b", "http://h/a@b"},
    {"@ in the query", "http://h?a@b", "http://h?a@b"},
    {"password with a slash", "http://me:sec/ret@h/", "http://***@h/"},
    {"another scheme", "postgres://jobs:pw@db/jobs", "postgres://***@db/jobs"},
    {"no scheme", "me:secret@h/a", "***@h/a"},
    {"not a URL", "http://me:se cret@", "http://***@"},
    {"empty", "", ""},
};

static void test_mask(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(masked); i++) {
        char array[128];
        struct text out = text_in(array, sizeof array);
        url_add_masked(&out, bytes_of(masked[i].in));
        CHECK_STR(masked[i].name, array, masked[i].want);
    }
}

static void test_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is;
    } cases[] = {{"127.0.0.1", true}, {"::1", true},        {"2001:db8::5", true}, {"[::1]", false},
                 {"1.2.3", false},    {"1.2.3.4.5", false}, {"localhost", false},  {"", false},
                 {"::1%lo", false},   {"fe80::zz", false},  {"127.1", false}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CHECK(cases[i].text, url_is_address(bytes_of(cases[i].text)) == cases[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),         cmocka_unit_test(test_bad),
        cmocka_unit_test(test_longest_host), cmocka_unit_test(test_encode),
        cmocka_unit_test(test_mask),         cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
