/* fuzz_log_line.c - lines of a log: what is shown has no control character and no password that
 * stands behind `password=` or in a URL; a pattern of a pattern's own text is found again; patterns
 * are bounded; entries are told once each. Input: lines; the first is also shown behind a secret.
 */
#include "base/text.h"
#include "laws.h"
#include "observe/log_entry.h"
#include "observe/log_patterns.h"
#include "wire/log_mask.h"

#define MAX_TEXT 8192
#define SECRET "hunter2hunter2"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_safe(const struct text *shown)
{
    for (size_t i = 0; i < shown->len; i++) {
        unsigned char c = (unsigned char)shown->at[i];
        LAW(c >= 0x20 && c != 0x7f);
    }
    LAW(strlen(shown->at) == shown->len);
}

static void show(struct guard *guard, struct bytes message)
{
    static char a[4 * MAX_TEXT + 100], b[4 * MAX_TEXT + 100];
    struct text masked = text_in(a, sizeof a), pattern = text_in(b, sizeof b);
    log_mask_add(&masked, guard_put(guard, message));
    log_mask_add_pattern(&pattern, guard_put(guard, message));
    is_safe(&masked);
    is_safe(&pattern);
    LAW(!masked.cut);
}

static void hide(struct bytes line, const char *before, const char *behind)
{
    static char a[MAX_TEXT + 100], b[8 * MAX_TEXT];
    struct text message = text_in(a, sizeof a), shown = text_in(b, sizeof b);
    text_adds(&message, before);
    text_adds(&message, SECRET);
    text_adds(&message, behind);
    text_add(&message, line);
    log_mask_add(&shown, text_bytes(&message));
    if (bytes_find(line, BYTES_LIT(SECRET)) == SIZE_MAX) {
        LAW(bytes_find(text_bytes(&shown), BYTES_LIT(SECRET)) == SIZE_MAX);
    }
    text_clear(&shown);
    log_mask_add_pattern(&shown, text_bytes(&message));
    if (bytes_find(line, BYTES_LIT(SECRET)) == SIZE_MAX) {
        LAW(bytes_find(text_bytes(&shown), BYTES_LIT(SECRET)) == SIZE_MAX);
    }
}

struct meeting {
    struct log_patterns patterns;
    uint64_t told;
};

static void meet(void *ctx, enum log_level level, struct bytes message)
{
    struct meeting *m = ctx;
    uint32_t at = log_patterns_add(&m->patterns, level, message);
    m->told++;
    LAW(at <= LOG_PATTERNS && m->patterns.count <= LOG_PATTERNS);
    LAW(at == LOG_PATTERNS_OTHER || log_patterns_add(&m->patterns, level, message) == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guard guard;
    static struct meeting meeting;
    static struct log_entry entry;
    static struct log_line line;
    if (guard.size == 0) guard = guard_open(MAX_TEXT);
    if (size == 0 || size > MAX_TEXT) return 0;
    meeting = (struct meeting){0};
    entry = (struct log_entry){.done = meet, .ctx = &meeting};
    struct bytes rest = {(const char *)data, size};
    uint64_t lines = 0;
    while (rest.len > 0) {
        size_t end = bytes_find(rest, BYTES_LIT("\n"));
        struct bytes one = {rest.at, end == SIZE_MAX ? rest.len : end};
        struct bytes guarded = guard_put(&guard, one);
        log_line_parse(&line, guarded);
        LAW(line.level < LOG_LEVELS);
        log_entry_add(&entry, guard_put(&guard, one));
        lines++;
        rest = bytes_from(rest, one.len + 1);
    }
    log_entry_end(&entry);
    LAW(meeting.told <= lines);
    struct bytes all = {(const char *)data, size};
    show(&guard, all);
    hide(all, "password=", " ");
    hide(all, "\"passwd\": \"", "\"");
    hide(all, "redis://u:", "@h/");
    hide(all, "Authorization: Bearer ", " ");
    return 0;
}
