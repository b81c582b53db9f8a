#include "tick/trace_span.h"

#include <string.h>

#define NUMBERS 6

static void add_id(struct text *out, uint64_t id)
{
    char digits[SPAN_ID_DIGITS];
    trace_id_put64(digits, id);
    text_add(out, (struct bytes){digits, sizeof digits});
}

static void add_name(struct text *out, struct bytes name)
{
    char array[TRACE_SPAN_NAME_MAX + 1];
    struct text safe = text_in(array, sizeof array);
    text_add_safe(&safe, name);
    text_end_whole(&safe);
    text_addc(out, '\t', 1);
    text_add(out, text_bytes(&safe));
}

void trace_span_add(struct text *out, const struct trace_span *span)
{
    add_id(out, span->id);
    text_addc(out, ' ', 1);
    add_id(out, span->parent);
    text_addf(out, " %llu %llu %u %u", (unsigned long long)span->start_ns,
              (unsigned long long)span->duration_ns, (unsigned)span->kind, span->failed);
    add_name(out, span->service);
    add_name(out, span->name);
    text_addc(out, '\n', 1);
}

/* The part up to `end`, which is taken off with it; all that is left where there is none. */
static struct bytes take(struct bytes *rest, char end)
{
    const char *at = rest->len > 0 ? memchr(rest->at, end, rest->len) : NULL;
    struct bytes part = {rest->at, at ? (size_t)(at - rest->at) : rest->len};
    *rest = bytes_from(*rest, part.len + 1);
    return part;
}

static bool read_line(struct bytes line, struct trace_span *out)
{
    struct bytes words = take(&line, '\t');
    uint64_t of[NUMBERS];
    for (uint32_t i = 0; i < NUMBERS; i++) {
        struct bytes word = take(&words, ' ');
        bool good = i < 2 ? trace_id_get64(word, &of[i]) : bytes_to_u64(word, &of[i]);
        if (!good) return false;
    }
    if (of[4] >= TRACE_SPAN_KINDS) return false;
    *out = (struct trace_span){.id = of[0],
                               .parent = of[1],
                               .start_ns = of[2],
                               .duration_ns = of[3],
                               .kind = (enum trace_span_kind)of[4],
                               .failed = of[5] != 0};
    out->service = take(&line, '\t');
    out->name = line;
    return true;
}

bool trace_span_next(struct bytes *rest, struct trace_span *out)
{
    while (rest->len > 0) {
        if (read_line(take(rest, '\n'), out)) return true;
    }
    return false;
}
