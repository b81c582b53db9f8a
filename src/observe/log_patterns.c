#include "observe/log_patterns.h"

#include "wire/log_mask.h"

#define MARK "<*>"
#define ALIKE 2 /* one of so many words must be the same */

/* FNV-1a, 64 bits; never 0. */
static uint64_t hash(struct bytes word)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < word.len; i++) {
        hash ^= (unsigned char)word.at[i];
        hash *= UINT64_C(0x100000001b3);
    }
    return hash | 1;
}

static struct bytes take_word(struct bytes *rest)
{
    size_t len = bytes_find(*rest, BYTES_LIT(" "));
    struct bytes word = {rest->at, len == SIZE_MAX ? rest->len : len};
    *rest = bytes_from(*rest, word.len + 1);
    return word;
}

/* Words are what stands between blanks; the last one of a text that was cut is half a word. */
static void split(struct log_pattern *p)
{
    struct bytes rest = bytes_of(p->text);
    p->word_count = 0;
    while (rest.len > 0 && p->word_count < LOG_PATTERN_WORDS) {
        struct bytes word = take_word(&rest);
        p->words[p->word_count++] = bytes_is(word, MARK) ? 0 : hash(word);
    }
}

static void make(struct log_pattern *out, enum log_level level, struct bytes message)
{
    struct text text = text_in(out->text, sizeof out->text);
    out->level = level;
    log_mask_add_pattern(&text, message);
    if (text.cut) {
        text_end_whole(&text);
        const char *blank = memrchr(text.at, ' ', text.len);
        if (blank) text.at[blank - text.at] = '\0';
    }
    split(out);
}

static bool is_alike(const struct log_pattern *a, const struct log_pattern *b)
{
    if (a->level != b->level || a->word_count != b->word_count) return false;
    uint32_t same = 0;
    for (uint32_t i = 0; i < a->word_count; i++) same += a->words[i] == b->words[i];
    if (same == a->word_count) return true;
    return a->words[0] == b->words[0] && same * ALIKE >= a->word_count;
}

/* What differs becomes a mark. */
static void join(struct log_pattern *into, const struct log_pattern *fresh)
{
    char array[LOG_PATTERN_BYTES + LOG_PATTERN_WORDS * sizeof MARK];
    struct text text = text_in(array, sizeof array);
    struct bytes rest = bytes_of(into->text);
    bool differs = false;
    for (uint32_t i = 0; i < into->word_count; i++) {
        struct bytes word = take_word(&rest);
        bool mark = into->words[i] != fresh->words[i];
        differs |= mark;
        if (i > 0) text_adds(&text, " ");
        if (mark) text_adds(&text, MARK);
        else text_add(&text, word);
        if (mark) into->words[i] = 0;
    }
    if (!differs) return;
    if (rest.len > 0) text_adds(&text, " ");
    text_add(&text, rest);
    struct text kept = text_in(into->text, sizeof into->text);
    text_add(&kept, text_bytes(&text));
    text_end_whole(&kept);
}

uint32_t log_patterns_add(struct log_patterns *p, enum log_level level, struct bytes message)
{
    struct log_pattern fresh;
    make(&fresh, level, message);
    for (uint32_t i = 0; i < p->count; i++) {
        if (!is_alike(&p->all[i], &fresh)) continue;
        join(&p->all[i], &fresh);
        return i;
    }
    if (p->count == LOG_PATTERNS) return LOG_PATTERNS_OTHER;
    p->all[p->count] = fresh;
    return p->count++;
}
