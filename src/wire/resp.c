#include "wire/resp.h"

#define LINE_MAX ((size_t)64 << 10)
#define BULK_MAX (INT64_C(1) << 30)
#define LIST_MAX 1000000

/* A number with an optional minus, all of `text`. */
static bool read_number(struct bytes text, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t value;
    if (!bytes_to_u64(bytes_from(text, negative ? 1 : 0), &value)) return false;
    if (value > INT64_MAX) return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* What stands in front of the end of the first line; its length with that is in `*len`. */
static enum resp_step read_line(struct bytes in, struct bytes *line, size_t *len)
{
    struct bytes head = in;
    if (head.len > LINE_MAX) head.len = LINE_MAX;
    size_t end = bytes_find(head, BYTES_LIT("\r\n"));
    if (end == SIZE_MAX) return in.len >= LINE_MAX ? RESP_BAD : RESP_MORE;
    *line = (struct bytes){in.at, end};
    *len = end + 2;
    return RESP_ITEM;
}

/* A text of so many bytes behind a head of `used`; -1 is the null. */
static enum resp_step read_bulk(struct bytes *in, size_t used, struct resp_item *out)
{
    if (out->number < -1 || out->number > BULK_MAX) return RESP_BAD;
    out->kind = out->number < 0 ? RESP_NULL : RESP_TEXT;
    if (out->number < 0) {
        *in = bytes_from(*in, used);
        return RESP_ITEM;
    }
    size_t len = (size_t)out->number;
    if (in->len - used < len + 2) return RESP_MORE;
    out->text = (struct bytes){in->at + used, len};
    if (in->at[used + len] != '\r' || in->at[used + len + 1] != '\n') return RESP_BAD;
    *in = bytes_from(*in, used + len + 2);
    return RESP_ITEM;
}

enum resp_step resp_next(struct bytes *in, struct resp_item *out)
{
    struct bytes line;
    size_t used;
    if (in->len > 0 && (in->at[0] == '\0' || !strchr("+-:$*", in->at[0]))) return RESP_BAD;
    enum resp_step step = read_line(*in, &line, &used);
    if (step != RESP_ITEM) return step;
    if (line.len == 0) return RESP_BAD;
    char type = line.at[0];
    line = bytes_from(line, 1);
    *out = (struct resp_item){.kind = type == '-' ? RESP_ERROR : RESP_TEXT, .text = line};
    if (type != '+' && type != '-') {
        out->text = (struct bytes){0};
        if (!read_number(line, &out->number)) return RESP_BAD;
    }
    if (type == '$') return read_bulk(in, used, out);
    if (type == ':') out->kind = RESP_INTEGER;
    if (type == '*') {
        if (out->number < -1 || out->number > LIST_MAX) return RESP_BAD;
        out->kind = out->number < 0 ? RESP_NULL : RESP_LIST;
    }
    *in = bytes_from(*in, used);
    return RESP_ITEM;
}

size_t resp_whole(struct bytes in)
{
    struct bytes rest = in;
    for (int64_t left = 1; left > 0; left--) {
        struct resp_item item;
        enum resp_step step = resp_next(&rest, &item);
        if (step != RESP_ITEM) return step == RESP_BAD ? SIZE_MAX : 0;
        if (item.kind == RESP_LIST) left += item.number;
        if (left > LIST_MAX) return SIZE_MAX;
    }
    return in.len - rest.len;
}
