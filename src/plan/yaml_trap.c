/* What a person meant by a text that libyaml refuses. libyaml says where and in its own words;
 * each of its sentences stands for one or two mistakes that people make in plans. */
#include "plan/yaml_doc.h"

#include <assert.h>

#include "plan/yaml_priv.h"

struct trouble {
    struct bytes source;
    struct diags *diags;
    const char *problem, *context;
    struct yaml_cursor at, since; /* of the problem; of what was being read */
};

static struct span span_of(const struct yaml_cursor *c, uint32_t len)
{
    return (struct span){c->line, c->col, len, (uint32_t)c->offset};
}

static bool says(const char *words, const char *part)
{
    return words && strstr(words, part) != NULL;
}

static char char_at(const struct trouble *t, size_t offset)
{
    return offset < t->source.len ? t->source.at[offset] : '\0';
}

static struct bytes line_of(struct bytes source, size_t offset)
{
    size_t from = offset < source.len ? offset : source.len;
    size_t to = from;
    while (from > 0 && source.at[from - 1] != '\n') from--;
    while (to < source.len && source.at[to] != '\n' && source.at[to] != '\r') to++;
    return (struct bytes){source.at + from, to - from};
}

/* `- ` and the line's key without its colon, then the value: how the sentence would be written. */
static void objective_hint(struct text *hint, struct bytes line)
{
    line = bytes_trim(line);
    if (bytes_starts(line, BYTES_LIT("- "))) line = bytes_trim(bytes_from(line, 2));
    size_t colon = bytes_find(line, BYTES_LIT(":"));
    text_adds(hint, "write a sentence:  - ");
    if (colon == SIZE_MAX) colon = line.len;
    text_add(hint, (struct bytes){line.at, colon});
    text_addc(hint, ' ', 1);
    text_add(hint, bytes_trim(bytes_from(line, colon + 1)));
}

static size_t trap_block_text(const struct trouble *t)
{
    char hint[160];
    struct text cure = text_in(hint, sizeof hint);
    objective_hint(&cure, line_of(t->source, t->since.offset));
    diag_add(t->diags, DIAG_BLOCK_TEXT, span_of(&t->since, 1), hint,
             "a YAML value cannot start with '%c', which opens a block of text",
             char_at(t, t->since.offset));
    return t->since.offset;
}

static size_t trap_token(const struct trouble *t)
{
    char c = char_at(t, t->at.offset);
    if (c == '\t') {
        diag_add(t->diags, DIAG_TAB, span_of(&t->at, 1), "indent with spaces",
                 "a tab where YAML allows only spaces");
    } else {
        diag_add(t->diags, DIAG_YAML, span_of(&t->at, 1), "quote the value: \"...\"",
                 "a YAML value cannot start with '%c'", c);
    }
    return t->at.offset;
}

static size_t trap_quote(const struct trouble *t)
{
    if (says(t->problem, "escape")) {
        diag_add(t->diags, DIAG_QUOTE, span_of(&t->at, 1),
                 "in single quotes '...' it stays as it is",
                 "inside double quotes YAML does not know this backslash");
        return t->at.offset;
    }
    diag_add(t->diags, DIAG_QUOTE, span_of(&t->since, 1), "close it on this line",
             "this quote is never closed");
    return t->since.offset;
}

/* A comment between the start of the flow collection and the error: it may have cut a value. */
static size_t find_comment(const struct trouble *t)
{
    for (size_t i = t->since.offset + 1; i < t->at.offset && i < t->source.len; i++) {
        char before = t->source.at[i - 1];
        if (t->source.at[i] == '#' && (before == ' ' || before == '\t')) return i;
    }
    return SIZE_MAX;
}

static size_t trap_flow(const struct trouble *t)
{
    char c = char_at(t, t->at.offset);
    char open = char_at(t, t->since.offset);
    size_t comment = find_comment(t);
    if (comment != SIZE_MAX) {
        struct bytes line = line_of(t->source, comment);
        size_t len = (size_t)(line.at + line.len - (t->source.at + comment));
        diag_add(t->diags, DIAG_COMMENT, yaml_doc_place(t->source, comment, len),
                 "if it belongs to the value, quote the value: \"...\"",
                 "' #' starts a comment, so the '%c' of line %u is never closed", open,
                 t->since.line);
        return comment;
    }
    bool bracket = c == '[' || c == '{' || c == ']' || c == '}';
    if (bracket && t->at.offset > 0) {
        diag_add(t->diags, DIAG_BRACKET, span_of(&t->at, 1),
                 "quote it: 'json .items[0].id == 3', or write one entry a line after '- '",
                 "inside %s a '%c' ends the value before it", open == '{' ? "{ }" : "[ ]", c);
        return t->at.offset;
    }
    if (c == ':' || says(t->problem, "','")) {
        diag_add(t->diags, DIAG_BRACKET, span_of(&t->since, 1),
                 open == '{' ? "close it with '}', or write one key a line"
                             : "close it with ']', or write one entry a line after '- '",
                 "this '%c' is not closed where line %u goes on", open, t->at.line);
        return t->since.offset;
    }
    diag_add(t->diags, DIAG_YAML, span_of(&t->at, 1), NULL, "%s", t->problem);
    return t->at.offset;
}

static size_t trap_indent(const struct trouble *t)
{
    struct bytes line = line_of(t->source, t->at.offset);
    size_t before = t->at.offset - (size_t)(line.at - t->source.at);
    if (memchr(line.at, '\t', before)) {
        diag_add(t->diags, DIAG_TAB, span_of(&t->at, 1), "indent with spaces",
                 "a tab where YAML allows only spaces");
        return t->at.offset;
    }
    size_t sign = bytes_find(line, BYTES_LIT(": "));
    char first = sign < line.len - 2 ? line.at[sign + 2] : '\0';
    if (first == '<' || first == '>') {
        char sentence[160];
        struct text written = text_in(sentence, sizeof sentence);
        objective_hint(&written, line);
        diag_add(t->diags, DIAG_OBJECTIVE_MAP, span_of(&t->at, 1), sentence,
                 "an objective is a sentence; the ': ' makes a key of it");
        return t->at.offset;
    }
    const char *what = says(t->problem, "'-'") ? "an entry of the list, '- '" : "a key of the map";
    char hint[120];
    struct text cure = text_in(hint, sizeof hint);
    text_addf(&cure, "what it stands beside starts in line %u, column %u: indent alike",
              t->since.line, t->since.col);
    diag_add(t->diags, DIAG_INDENT, span_of(&t->at, 1), hint, "here YAML expects %s", what);
    return t->at.offset;
}

static size_t trap_colon(const struct trouble *t)
{
    if (says(t->problem, "could not find expected ':'")) {
        diag_add(t->diags, DIAG_COLON, span_of(&t->since, 1), "write 'key: value'",
                 "no ':' follows this key");
        return t->since.offset;
    }
    struct bytes line = line_of(t->source, t->at.offset);
    size_t column = t->at.offset - (size_t)(line.at - t->source.at);
    bool second = bytes_find((struct bytes){line.at, column}, BYTES_LIT(": ")) != SIZE_MAX;
    diag_add(t->diags, DIAG_COLON, span_of(&t->at, 1),
             second ? "quote the value that holds ': '" : "indent it below the key it belongs to",
             second ? "a second ': ' in one line" : "a key cannot stand here, behind a value");
    return t->at.offset;
}

static size_t trap_reader(const yaml_parser_t *parser, const struct trouble *t)
{
    size_t offset = parser->problem_offset < t->source.len ? parser->problem_offset : t->source.len;
    struct span at = yaml_doc_place(t->source, offset, 1);
    diag_add(t->diags, DIAG_CONTROL, at, NULL, "a character that YAML does not allow");
    return at.offset;
}

size_t yaml_trap_report(const yaml_parser_t *parser, struct bytes source, struct diags *diags)
{
    struct trouble t = {
        .source = source, .diags = diags, .problem = parser->problem, .context = parser->context};
    if (!t.problem) t.problem = "not readable as YAML";
    if (parser->error == YAML_READER_ERROR) return trap_reader(parser, &t);
    yaml_doc_seek(source, &t.at, parser->problem_mark.index);
    yaml_doc_seek(source, &t.since,
                  t.context ? parser->context_mark.index : parser->problem_mark.index);

    if (says(t.context, "block scalar")) return trap_block_text(&t);
    if (says(t.problem, "cannot start any token") || says(t.problem, "tab character")) {
        return trap_token(&t);
    }
    if (says(t.context, "quoted scalar")) return trap_quote(&t);
    if (says(t.context, "flow sequence") || says(t.context, "flow mapping")) return trap_flow(&t);
    if (says(t.problem, "expected key") || says(t.problem, "'-'")) return trap_indent(&t);
    if (says(t.problem, "expected ':'") || says(t.problem, "mapping values")) return trap_colon(&t);
    if (says(t.problem, "not allowed in this context")) {
        diag_add(diags, DIAG_INDENT, span_of(&t.at, 1), "start it on a line of its own, indented",
                 "a list cannot start behind a key");
        return t.at.offset;
    }
    diag_add(diags, DIAG_YAML, span_of(&t.at, 1), "if it is text, quote it: \"...\"", "%s%s%s",
             t.context ? t.context : "", t.context ? ": " : "", t.problem);
    return t.at.offset;
}

static bool is_control(struct bytes b, size_t n)
{
    assert(b.at);
    unsigned char c = (unsigned char)b.at[0];
    if (n == 2) return c == 0xc2 && (unsigned char)b.at[1] < 0xa0 && (unsigned char)b.at[1] != 0x85;
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

bool yaml_trap_bytes(struct bytes source, struct diags *diags)
{
    struct span start = {1, 1, 1, 0};
    if (source.len > YAML_SOURCE_MAX) {
        return diag_add(diags, DIAG_TOO_BIG, start,
                        "rows of data belong into a CSV file: data: { x: "
                        "{ file: x.csv } }",
                        "the plan has %zu bytes, more than 1 MiB", source.len);
    }
    if (bytes_starts(source, BYTES_LIT("\xff\xfe"))
        || bytes_starts(source, BYTES_LIT("\xfe\xff"))) {
        return diag_add(diags, DIAG_ENCODING, start, "save it as UTF-8", "the plan is UTF-16 text");
    }
    for (size_t i = 0; i < source.len;) {
        struct bytes rest = bytes_from(source, i);
        size_t n = text_utf8_len(rest);
        if (n == 0) {
            return diag_add(diags, DIAG_ENCODING, yaml_doc_place(source, i, 1), "save it as UTF-8",
                            "not UTF-8 from here on (byte %zu)", i);
        }
        if (is_control(rest, n)) {
            return diag_add(diags, DIAG_CONTROL, yaml_doc_place(source, i, n), "take it away",
                            "control character 0x%02x", (unsigned)(unsigned char)rest.at[n - 1]);
        }
        i += n;
    }
    return true;
}
