/* fuzz_access_line.c - a line of an access log: what is found lies in the line or in its room; a
 * path has no query; the same line says the same wherever it lies; a format that is compiled reads
 * nothing past a line. Input: a format, a newline, a line (without a newline: all known formats).
 */
#include "laws.h"
#include "wire/access_line.h"

#define MAX_TEXT 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const struct access_line *l, struct bytes line, struct bytes part)
{
    bool in_line =
        part.len <= line.len && part.at >= line.at && part.at + part.len <= line.at + line.len;
    bool in_room = part.len <= sizeof l->room && part.at >= l->room
                   && part.at + part.len <= l->room + sizeof l->room;
    LAW(part.len == 0 || in_line || in_room || bytes_is(part, "/"));
}

static void check(const struct access_line *l, struct bytes line)
{
    within(l, line, l->method);
    within(l, line, l->path);
    within(l, line, l->server);
    LAW(l->is_route || !l->path.len || !memchr(l->path.at, '?', l->path.len));
    LAW(l->status <= 999);
    if (l->has_when) LAW(l->when.grain_ns > 0 && l->when.grain_ns <= 1000000000);
    if (l->duration_ns != ACCESS_UNKNOWN) LAW(l->duration_ns <= UINT64_C(10000001000000000));
}

static void parse(const struct access_format *format, struct guard *guard, struct bytes text)
{
    static struct access_line a, b;
    struct bytes line = guard_put(guard, text);
    bool parsed = access_line_parse(format, line, &a);
    if (parsed) check(&a, line);
    LAW(parsed == access_line_parse(format, text, &b));
    if (!parsed) return;
    check(&b, text);
    LAW(bytes_equal(a.method, b.method) && bytes_equal(a.path, b.path));
    LAW(a.status == b.status && a.duration_ns == b.duration_ns && a.has_when == b.has_when);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct access_format format;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    struct bytes all = {(const char *)data, size};
    size_t end = bytes_find(all, BYTES_LIT("\n"));
    const char *name;
    if (end == SIZE_MAX) {
        for (uint32_t i = 0; access_format_known(i, &name); i++) {
            LAW(access_format_take(&format, i, (struct bytes){0}));
            parse(&format, &guard, all);
        }
        access_line_guess(&format, (struct bytes){0}, &all, 1);
        return 0;
    }
    const char *why = NULL;
    size_t at = 0;
    struct bytes text = guard_put(&guard, (struct bytes){all.at, end});
    if (!access_format_compile(&format, text, &why, &at)) {
        LAW(why && at <= ACCESS_FORMAT_BYTES);
        return 0;
    }
    parse(&format, &guard, bytes_from(all, end + 1));
    return 0;
}
