#include "wire/log_line.h"

#include "wire/json_leaf.h"

#define LEVEL_WITHIN 160 /* bytes of a line in which its level is looked for */

/* ---- levels ---- */

static const struct {
    const char *word; /* in capitals */
    enum log_level level;
} words[] = {
    {"ERROR", LOG_ERROR},      {"ERR", LOG_ERROR},   {"FATAL", LOG_ERROR},
    {"CRITICAL", LOG_ERROR},   {"CRIT", LOG_ERROR},  {"SEVERE", LOG_ERROR},
    {"ALERT", LOG_ERROR},      {"EMERG", LOG_ERROR}, {"EMERGENCY", LOG_ERROR},
    {"PANIC", LOG_ERROR},      {"WARN", LOG_WARN},   {"WARNING", LOG_WARN},
    {"INFO", LOG_INFO},        {"NOTICE", LOG_INFO}, {"LOG", LOG_INFO},
    {"INFORMATION", LOG_INFO}, {"DEBUG", LOG_DEBUG}, {"TRACE", LOG_DEBUG},
    {"VERBOSE", LOG_DEBUG},    {"FINE", LOG_DEBUG},
};

const char *log_line_level_name(enum log_level level)
{
    static const char *const names[LOG_LEVELS] = {
        [LOG_UNSAID] = "",   [LOG_DEBUG] = "DEBUG", [LOG_INFO] = "INFO",
        [LOG_WARN] = "WARN", [LOG_ERROR] = "ERROR",
    };
    return names[level];
}

static enum log_level level_of(struct bytes word)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (bytes_same_nocase(word, bytes_of(words[i].word))) return words[i].level;
    }
    return LOG_UNSAID;
}

static bool is_letter(char c)
{
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Whether the word at `start` is written so that it can be nothing but a level: in capitals, in
 * brackets, before a colon, or behind `level=`. */
static bool is_meant(struct bytes line, size_t start, size_t end)
{
    bool capitals = true;
    for (size_t i = start; i < end; i++) capitals &= line.at[i] <= 'Z';
    char before = start > 0 ? line.at[start - 1] : ' ';
    char after = end < line.len ? line.at[end] : ' ';
    bool bracketed = (before == '[' && after == ']') || (before == '<' && after == '>')
                     || (before == '(' && after == ')') || (before == '|' && after == '|');
    bool part = before == '.' || before == '/' || before == '_' || after == '_' || after == '/'
                || (after == '.' && end + 1 < line.len && is_letter(line.at[end + 1]));
    bool named = before == '=' || (before == '"' && start > 1 && line.at[start - 2] == '=');
    bool headed = after == ':' && (before == ' ' || before == '\t');
    return !part && (capitals || bracketed || named || headed);
}

/* The level that a word in the line's first part names; `*end`: where that word ends. */
static enum log_level find_word(struct bytes line, size_t *start, size_t *end)
{
    size_t limit = line.len < LEVEL_WITHIN ? line.len : LEVEL_WITHIN;
    for (size_t i = 0; i < limit;) {
        if (!is_letter(line.at[i])) {
            i++;
            continue;
        }
        size_t stop = i;
        while (stop < line.len && is_letter(line.at[stop])) stop++;
        bool digit = (i > 0 && bytes_is_digit(line.at[i - 1]))
                     || (stop < line.len && bytes_is_digit(line.at[stop]));
        enum log_level level = digit ? LOG_UNSAID : level_of((struct bytes){line.at + i, stop - i});
        if (level != LOG_UNSAID && is_meant(line, i, stop)) {
            *start = i;
            *end = stop;
            return level;
        }
        i = stop;
    }
    return LOG_UNSAID;
}

/* RFC 5424's severities, 0 to 7. */
static enum log_level level_of_severity(uint64_t severity)
{
    if (severity <= 3) return LOG_ERROR;
    if (severity == 4) return LOG_WARN;
    return severity <= 6 ? LOG_INFO : LOG_DEBUG;
}

/* `<11>` of syslog; its length, 0: it is none. */
static size_t priority(struct bytes line, enum log_level *level)
{
    size_t end = 1;
    uint64_t number;
    while (end < line.len && end < 5 && bytes_is_digit(line.at[end])) end++;
    if (line.len < 3 || line.at[0] != '<' || end >= line.len || line.at[end] != '>') return 0;
    if (!bytes_to_u64((struct bytes){line.at + 1, end - 1}, &number) || number > 191) return 0;
    *level = level_of_severity(number % 8);
    return end + 1;
}

/* glog's `E1231 23:59:59.123456 77 file.cc:12] `; its length, 0: it is none. */
static size_t glog(struct bytes line, enum log_level *level)
{
    static const char letters[] = "IWEF";
    const char *at = line.len > 5 && line.at[0] ? strchr(letters, line.at[0]) : NULL;
    if (!at) return 0;
    for (size_t i = 1; i < 5; i++) {
        if (!bytes_is_digit(line.at[i])) return 0;
    }
    size_t end = bytes_find(line, BYTES_LIT("] "));
    if (line.at[5] != ' ' || end == SIZE_MAX || end > LEVEL_WITHIN) return 0;
    *level = at == letters ? LOG_INFO : at == letters + 1 ? LOG_WARN : LOG_ERROR;
    return end + 2;
}

/* ---- where the message begins ---- */

/* A word that is part of a moment, a number of a process or thread, or a mark between. */
static bool is_ballast(struct bytes word)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDecMonTueWedThuFriSatSun";
    bool digit = false;
    if (bytes_is(word, "UTC") || bytes_is(word, "GMT")) return true;
    for (size_t i = 0; i < word.len; i++) {
        digit |= bytes_is_digit(word.at[i]);
        if (!bytes_is_digit(word.at[i]) && !bytes_is_any(word.at[i], "-:/.,+TZ[]()#*|")) {
            for (size_t k = 0; word.len == 3 && k + 3 < sizeof names; k += 3) {
                if (memcmp(names + k, word.at, 3) == 0) return true;
            }
            return false;
        }
    }
    return digit || word.len == 1;
}

static size_t skip_marks(struct bytes line, size_t at)
{
    while (at < line.len && (is_blank(line.at[at]) || bytes_is_any(line.at[at], "]>)|:-\""))) at++;
    return at;
}

static size_t skip_ballast(struct bytes line, size_t at)
{
    for (;;) {
        while (at < line.len && is_blank(line.at[at])) at++;
        size_t end = at;
        while (end < line.len && !is_blank(line.at[end])) end++;
        if (end == at || !is_ballast((struct bytes){line.at + at, end - at})) return at;
        at = end;
    }
}

/* ---- JSON ---- */

static enum log_level level_of_number(double number)
{
    if (number >= 50) return LOG_ERROR; /* pino and bunyan: 10 to 60 */
    if (number >= 40) return LOG_WARN;
    if (number >= 30) return LOG_INFO;
    if (number >= 10) return LOG_DEBUG;
    return LOG_UNSAID;
}

static bool parse_json(struct log_line *out, struct bytes line)
{
    static const char *const levels[] = {"level", "severity", "levelname", "log.level",
                                         "lvl",   "@level",   "loglevel"};
    static const char *const messages[] = {"msg", "message", "@message", "event", "error", "err"};
    struct json_leaves leaves;
    struct json_leaf leaf;
    size_t rank = COUNT_OF(messages);
    struct bytes message = {0};
    enum json_kind got;
    if (!json_leaf_begin(&leaves, line)) return false;
    while ((got = json_leaf_next(&leaves, &leaf)) == JSON_STRING) {
        double number;
        for (size_t i = 0; i < COUNT_OF(levels) && out->level == LOG_UNSAID; i++) {
            if (!bytes_is(leaf.path, levels[i])) continue;
            if (leaf.kind == JSON_STRING) out->level = level_of(leaf.value);
            else if (bytes_to_double(leaf.value, &number)) out->level = level_of_number(number);
        }
        for (size_t i = 0; i < rank; i++) {
            if (leaf.kind != JSON_STRING || !bytes_is(leaf.path, messages[i])) continue;
            rank = i;
            message = leaf.value;
        }
    }
    if (got != JSON_NONE) return false;
    size_t len;
    if (message.len > sizeof out->room) message.len = sizeof out->room / 2;
    bool fine = json_unescape(out->room, sizeof out->room, message, &len);
    out->message = fine ? (struct bytes){out->room, len} : message;
    if (out->message.len == 0) out->message = line;
    return true;
}

/* ---- entries of several lines ---- */

static bool begins_one(struct bytes line, const char *const *with, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_starts(line, bytes_of(with[i]))) return true;
    }
    return false;
}

enum log_trace log_line_trace(struct bytes line)
{
    if (bytes_starts(line, BYTES_LIT("Traceback (most recent call last)"))) return LOG_TRACE_PYTHON;
    bool go = bytes_starts(line, BYTES_LIT("goroutine ")) && line.at[line.len - 1] == ':';
    return go ? LOG_TRACE_GO : LOG_TRACE_NONE;
}

enum log_part log_line_part(struct bytes line, enum log_trace open)
{
    static const char *const begins[] = {"Exception in thread ", "panic: ", "fatal error: "};
    static const char *const goes_on[] = {"Caused by: ", "During handling of the above exception",
                                          "Suppressed: ", "created by ",
                                          "The above exception was the direct cause"};
    if (line.len == 0 || is_blank(line.at[0])) return LOG_MORE;
    if (begins_one(line, goes_on, COUNT_OF(goes_on))) return LOG_MORE;
    bool trace = log_line_trace(line) != LOG_TRACE_NONE;
    if (trace || begins_one(line, begins, COUNT_OF(begins))) return LOG_TRACE;
    if (open == LOG_TRACE_GO && line.at[line.len - 1] == ')') return LOG_MORE;
    return open == LOG_TRACE_PYTHON ? LOG_LAST : LOG_WHOLE;
}

void log_line_parse(struct log_line *out, struct bytes line)
{
    out->level = LOG_UNSAID;
    out->message = line;
    if (line.len > 0 && line.at[0] == '{' && parse_json(out, line)) return;
    out->level = LOG_UNSAID;
    size_t start = 0;
    size_t end = 0;
    size_t at = glog(line, &out->level);
    if (at > 0) {
        out->message = bytes_from(line, at);
        return;
    }
    at = priority(line, &out->level);
    at = skip_ballast(line, at);
    enum log_level level = find_word(bytes_from(line, at), &start, &end);
    if (level != LOG_UNSAID) out->level = level;
    /* What stands before the level other than a moment, a logger's name say, is part of it. */
    bool first = level != LOG_UNSAID && start <= 1;
    if (first) at = skip_ballast(line, skip_marks(line, at + end));
    out->message = bytes_from(line, at);
    if (level == LOG_UNSAID && log_line_part(line, LOG_TRACE_NONE) == LOG_TRACE)
        out->level = LOG_ERROR;
}
