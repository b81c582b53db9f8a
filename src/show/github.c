#include "show/github.h"

#include "show/objective_row.h"
#include "show/verdict_line.h"

#define WORDS_BYTES 1024

static void add_escaped(struct text *out, struct bytes b, const char *escaped)
{
    for (size_t i = 0; i < b.len; i++) {
        bool plain = b.at[i] == '\0' || !strchr(escaped, b.at[i]);
        if (plain) text_addc(out, b.at[i], 1);
        else text_addf(out, "%%%02X", (unsigned char)b.at[i]);
    }
}

void github_add_value(struct text *out, struct bytes value)
{
    add_escaped(out, value, "%\r\n:,");
}

void github_add_words(struct text *out, struct bytes words)
{
    add_escaped(out, words, "%\r\n");
}

/* `::error file=plan.yaml,line=30,col=5,title=...::words` */
static void add_line(struct text *out, const char *kind, struct bytes file, struct span at,
                     struct bytes title, struct bytes words)
{
    text_addf(out, "::%s ", kind);
    if (file.len > 0 && at.line > 0) {
        text_adds(out, "file=");
        github_add_value(out, file);
        text_addf(out, ",line=%u,col=%u,", at.line, at.col);
    }
    text_adds(out, "title=");
    github_add_value(out, title);
    text_adds(out, "::");
    github_add_words(out, words);
    text_addc(out, '\n', 1);
}

static void annotate_objective(struct text *out, const struct result *r,
                               const struct objective_result *o, struct bytes file)
{
    char title_array[WORDS_BYTES];
    char words_array[WORDS_BYTES];
    struct text title = text_in(title_array, sizeof title_array);
    struct text words = text_in(words_array, sizeof words_array);
    bool error = o->verdict == VERDICT_MISSED && !o->objective->warn;
    objective_row_sentence(&title, r, o);
    text_addf(&title, " is %s", o->verdict == VERDICT_MISSED ? "missed" : "undecided");
    objective_row_words(&words, r, o);
    add_line(out, error ? "error" : "warning", file, o->objective->at, text_bytes(&title),
             text_bytes(&words));
}

/* What is no objective's doing: nothing was sent, stopped, not to be trusted. */
static void annotate_run(struct text *out, const struct result *r)
{
    char array[2 * WORDS_BYTES];
    struct text words = text_in(array, sizeof array);
    bool bad = r->verdict == VERDICT_INVALID || r->end.ended != RUN_COMPLETE;
    if (!bad) return;
    const char *mark;
    const char *word;
    enum tone tone;
    verdict_line_word(r, &mark, &word, &tone);
    verdict_line_facts(&words, r);
    for (uint32_t i = 0; r->verdict == VERDICT_INVALID && i < r->reason_count; i++) {
        if (r->reasons[i].level == TRUST_VALID) continue; /* a note */
        text_adds(&words, "\n");
        text_add_safe(&words, bytes_of(r->reasons[i].text));
    }
    add_line(out, "error", (struct bytes){0}, (struct span){0}, bytes_of(word), text_bytes(&words));
}

void github_annotate(struct text *out, const struct result *r, struct bytes file)
{
    uint32_t errors = 0;
    uint32_t warnings = 0;
    annotate_run(out, r);
    if (run_ended_early(r->end.ended)) return;
    for (uint32_t row = 0; row < r->objective_count; row++) {
        const struct objective_result *o = objective_row_at(r, row);
        bool missed = o->verdict == VERDICT_MISSED;
        if (!missed && o->verdict != VERDICT_INCONCLUSIVE) continue;
        uint32_t *count = missed && !o->objective->warn ? &errors : &warnings;
        if (++*count < GITHUB_ANNOTATIONS) annotate_objective(out, r, o, file);
    }
}

size_t github_find_command(struct bytes lines)
{
    bool start = true;
    for (size_t i = 0; i < lines.len; i++) {
        char c = lines.at[i];
        if (start && bytes_starts(bytes_from(lines, i), BYTES_LIT("::"))) return i;
        start = c == '\n' || c == '\r' || (start && (c == ' ' || c == '\t'));
    }
    return lines.len;
}
