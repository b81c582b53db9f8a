#include "cli/writing.h"

struct writing writing_in(char *array, size_t size, const struct flags *flags)
{
    return (struct writing){.text = text_in(array, size), .flags = flags};
}

static struct bytes value_of(const struct writing *w, uint32_t given)
{
    return given == WRITING_URL ? bytes_of(w->flags->word) : w->flags->given[given].value;
}

void writing_came_from(struct writing *w, size_t from, uint32_t given, struct bytes part)
{
    struct bytes value = value_of(w, given);
    struct bytes written = {w->text.at + from, w->text.len - from};
    bool inside = part.at >= value.at && part.at + part.len <= value.at + value.len;
    if (w->mark_count == WRITING_MARKS_MAX) return;
    w->marks[w->mark_count++] =
        (struct writing_mark){.from = from,
                              .to = w->text.len,
                              .given = given,
                              .start = inside ? (size_t)(part.at - value.at) : 0,
                              .len = inside ? part.len : value.len,
                              .shift = inside ? bytes_find(written, part) : SIZE_MAX};
}

uint32_t writing_given(const struct writing *w, enum flag flag, uint32_t n)
{
    for (uint32_t i = 0; i < w->flags->given_count; i++) {
        if (w->flags->given[i].flag == flag && n-- == 0) return i;
    }
    return WRITING_URL;
}

void writing_add_value(struct writing *w, enum flag flag, const char *otherwise)
{
    size_t from = w->text.len;
    uint32_t given = writing_given(w, flag, 0);
    struct bytes value = flags_value(w->flags, flag, otherwise);
    text_add(&w->text, value);
    if (given != WRITING_URL) writing_came_from(w, from, given, value);
}

bool writing_find(const struct writing *w, struct span at, uint32_t *given, struct span *within)
{
    for (uint32_t i = 0; i < w->mark_count; i++) {
        const struct writing_mark *m = &w->marks[i];
        if (at.offset < m->from || at.offset >= m->to) continue;
        size_t skip = 0;
        size_t len = m->len;
        size_t value_at = m->shift == SIZE_MAX ? m->to : m->from + m->shift;
        if (at.offset > value_at) { /* a part of it */
            skip = at.offset - value_at;
            if (skip > m->len) skip = m->len;
            len = m->len - skip;
        }
        bool part = m->shift != SIZE_MAX && at.offset >= value_at && at.len < len;
        *given = m->given;
        *within = (struct span){.offset = (uint32_t)(m->start + skip),
                                .len = (uint32_t)(part ? at.len : len)};
        return true;
    }
    return false;
}
