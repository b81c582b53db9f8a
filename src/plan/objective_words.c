#include "plan/objective_words.h"

#include "base/attr.h"

static const struct {
    const char *sign;
    bool little;
} signs[] = {{"<", true}, {">", false}, {"≤", true}, {"≥", false}};

/* Of the sign that stands at `at`; COUNT_OF(signs): none does. */
static size_t sign_at(struct bytes text, size_t at)
{
    size_t i = 0;
    while (i < COUNT_OF(signs) && !bytes_starts(bytes_from(text, at), bytes_of(signs[i].sign))) i++;
    return i;
}

size_t objective_words_goal(struct bytes text)
{
    char quote = '\0';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (quote == '\0' && (c == '"' || c == '\'')) quote = c;
        else if (c == quote) quote = '\0';
        if (quote == '\0' && sign_at(text, i) < COUNT_OF(signs)) return i;
    }
    return text.len;
}

struct bytes objective_words_subject(struct bytes text)
{
    return bytes_trim((struct bytes){text.at, objective_words_goal(text)});
}

bool objective_words_wants_little(struct bytes text)
{
    size_t sign = sign_at(text, objective_words_goal(text));
    return sign < COUNT_OF(signs) && signs[sign].little;
}
