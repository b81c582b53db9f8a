#include "observe/sql_label.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_word(char c)
{
    unsigned char byte = (unsigned char)c;
    return bytes_is_digit(c) || (unsigned)((byte | 0x20) - 'a') < 26 || c == '_' || c == '$'
           || byte >= 0x80;
}

/* Length of the quoted text that `in` begins with; `escapes`: a backslash is one. */
static size_t quoted_len(struct bytes in, char quote, bool escapes)
{
    for (size_t i = 1; i < in.len; i++) {
        if (escapes && in.at[i] == '\\') {
            i++;
        } else if (in.at[i] == quote) {
            if (i + 1 == in.len || in.at[i + 1] != quote) return i + 1;
            i++; /* doubled: itself */
        }
    }
    return in.len;
}

/* Length of `$tag$ ... $tag$`; 0: `in` begins with no such thing. */
static size_t dollar_len(struct bytes in)
{
    size_t tag = 1;
    while (tag < in.len && in.at[tag] != '$' && is_word(in.at[tag])) tag++;
    if (tag >= in.len || in.at[tag] != '$' || bytes_is_digit(in.at[1])) return 0;
    struct bytes mark = {in.at, tag + 1};
    size_t end = bytes_find(bytes_from(in, tag + 1), mark);
    return end == SIZE_MAX ? in.len : tag + 1 + end + mark.len;
}

/* Length of the comment that `in` begins with; 0: none. */
static size_t comment_len(struct bytes in)
{
    if (bytes_starts(in, BYTES_LIT("--"))) {
        size_t end = bytes_find(in, BYTES_LIT("\n"));
        return end == SIZE_MAX ? in.len : end;
    }
    if (!bytes_starts(in, BYTES_LIT("/*"))) return 0;
    size_t depth = 1;
    size_t i = 2;
    for (; i + 1 < in.len && depth > 0; i++) { /* they may stand in each other */
        bool opens = in.at[i] == '/' && in.at[i + 1] == '*';
        bool closes = in.at[i] == '*' && in.at[i + 1] == '/';
        if (opens) depth++;
        if (closes) depth--;
        if (opens || closes) i++;
    }
    return depth > 0 ? in.len : i;
}

static size_t word_len(struct bytes in)
{
    size_t len = 0;
    while (len < in.len && is_word(in.at[len])) len++;
    return len;
}

/* A number with all that belongs to it: 1.5e-3. */
static size_t number_len(struct bytes in)
{
    size_t len = 0;
    while (len < in.len && (is_word(in.at[len]) || in.at[len] == '.')) len++;
    bool exponent = len > 0 && (in.at[len - 1] | 0x20) == 'e' && len < in.len
                    && (in.at[len] == '-' || in.at[len] == '+');
    return exponent ? len + 1 + word_len(bytes_from(in, len + 1)) : len;
}

/* The piece that `in` begins with: its length, and what is shown of it. */
static size_t next_piece(struct bytes in, struct bytes *shown)
{
    char c = in.at[0];
    size_t len = comment_len(in);
    *shown = BYTES_LIT(" ");
    if (is_space(c)) return 1;
    if (len > 0) return len;
    *shown = BYTES_LIT("?");
    if (c == '\'') return quoted_len(in, c, false);
    if ((c | 0x20) == 'e' && in.len > 1 && in.at[1] == '\'') {
        return 1 + quoted_len(bytes_from(in, 1), '\'', true);
    }
    if (c == '$' && dollar_len(in) > 0) return dollar_len(in);
    if (bytes_is_digit(c)) return number_len(in);
    len = c == '"' ? quoted_len(in, c, false) : word_len(in);
    if (len == 0) len = 1;
    *shown = (struct bytes){in.at, len};
    return len;
}

void sql_label_add(struct text *out, struct bytes sql)
{
    char array[SQL_LABEL_BYTES];
    struct text label = text_in(array, sizeof array - 3);
    while (sql.len > 0 && !label.cut) {
        struct bytes shown;
        sql = bytes_from(sql, next_piece(sql, &shown));
        bool blank = bytes_is(shown, " ");
        if (blank && (label.len == 0 || label.at[label.len - 1] == ' ')) continue;
        text_add_safe(&label, shown);
    }
    text_end_whole(&label);
    while (label.len > 0 && (label.at[label.len - 1] == ' ' || label.at[label.len - 1] == ';')) {
        label.at[--label.len] = '\0';
    }
    text_add(out, text_bytes(&label));
    if (label.cut) text_adds(out, "...");
}
