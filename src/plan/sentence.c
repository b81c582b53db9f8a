#include "plan/sentence_priv.h"

#include <assert.h>

#include "base/attr.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static size_t op_len(struct bytes b)
{
    static const char *const ops[] = {"<=",           ">=", "==", "!=", "\xe2\x89\xa4",
                                      "\xe2\x89\xa5", "<",  ">",  "="};
    for (size_t i = 0; i < COUNT_OF(ops); i++) {
        if (bytes_starts(b, bytes_of(ops[i]))) return strlen(ops[i]);
    }
    return 0;
}

void sentence_advance(struct sentence *r)
{
    while (r->i < r->text.len && is_space(r->text.at[r->i])) r->i++;
    size_t start = r->i;
    struct bytes rest = bytes_from(r->text, start);
    r->word = (struct sentence_word){.kind = SENTENCE_END, .at = start};
    if (rest.len == 0) return;
    assert(rest.at);
    size_t len = op_len(rest);
    size_t skip = 0;
    size_t end = 0;
    r->word.kind = SENTENCE_OP;
    if (len == 0 && (rest.at[0] == '"' || rest.at[0] == '\'')) {
        const char *close = memchr(rest.at + 1, rest.at[0], rest.len - 1);
        r->word.kind = close ? SENTENCE_QUOTED : SENTENCE_OPEN;
        len = close ? (size_t)(close - rest.at) + 1 : rest.len;
        skip = 1;
        end = close ? 1 : 0;
    } else if (len == 0) {
        r->word.kind = SENTENCE_NAME;
        while (len < rest.len && !is_space(rest.at[len]) && op_len(bytes_from(rest, len)) == 0)
            len++;
    }
    r->word.text = (struct bytes){rest.at + skip, len - skip - end};
    r->word.len = len;
    r->i += len;
}

bool sentence_is(const struct sentence *r, const char *text)
{
    return r->word.kind == SENTENCE_NAME && bytes_is(r->word.text, text);
}

struct span sentence_place(const struct sentence *r, struct sentence_word w)
{
    struct span at = r->at;
    bool nowhere = at.line == 0 && at.col == 0;
    if (nowhere || at.len != r->text.len || w.at > r->text.len) return at;
    /* Of a word of the command line `col` is no column. */
    if (at.line > 0) at.col += (uint32_t)text_columns((struct bytes){r->text.at, w.at});
    at.offset += (uint32_t)w.at;
    at.len = (uint32_t)(w.len > 0 ? w.len : 1);
    return at;
}

bool sentence_wrong(struct sentence *r, enum diag_code code, struct sentence_word w,
                    const char *hint, const char *cause)
{
    if (w.kind == SENTENCE_OPEN) {
        hint = "close it";
        cause = "this quote is not closed";
    }
    return diag_add(r->diags, code, sentence_place(r, w), hint, "%s", cause);
}
