#include "plan/pattern.h"

#include <assert.h>

#include "wire/json.h"
#include "wire/url.h"

/* Room for `size` (1 or more) bytes more of the run; NULL: the arena is full. */
static char *room_for(struct pattern_builder *b, size_t size)
{
    if (b->failed) return NULL;
    if (b->size - b->len < size) {
        size_t run = b->len - b->run; /* pieces before it keep the old block */
        size_t more = 2 * (run + size) + 64;
        char *text = arena_alloc(b->arena, more);
        if (!text) {
            b->failed = true;
            return NULL;
        }
        if (run > 0) memcpy(text, b->text + b->run, run);
        b->text = text;
        b->size = more;
        b->len = run;
        b->run = 0;
    }
    return b->text + b->len;
}

static void add_verbatim(struct pattern_builder *b, struct bytes text)
{
    char *room = text.len > 0 ? room_for(b, text.len) : NULL;
    if (!room) return;
    memcpy(room, text.at, text.len);
    b->len += text.len;
}

/* By an encoder that makes at most `most` bytes of one. */
static void add_encoded(struct pattern_builder *b, struct bytes text, size_t most,
                        size_t (*encode)(char *, size_t, struct bytes))
{
    char *room = text.len > 0 ? room_for(b, text.len * most) : NULL;
    if (!room) return;
    size_t len = encode(room, text.len * most, text);
    assert(len != SIZE_MAX); /* `most` is true */
    b->len += len;
}

static void push(struct pattern_builder *b, struct piece piece)
{
    if ((b->count & (b->count - 1)) == 0) {
        struct piece *more =
            ARENA_ARRAY(b->arena, b->count ? 2 * (size_t)b->count : 1, struct piece);
        if (!more) {
            b->failed = true;
            return;
        }
        if (b->count > 0) memcpy(more, b->pieces, b->count * sizeof *more);
        b->pieces = more;
    }
    b->pieces[b->count++] = piece;
}

static void end_run(struct pattern_builder *b)
{
    if (b->failed || b->len == b->run) return;
    struct bytes run = {b->text + b->run, b->len - b->run};
    b->run = b->len;
    push(b, (struct piece){.kind = PIECE_TEXT, .secret = b->secret, .text = run});
}

void pattern_add_text(struct pattern_builder *b, struct bytes text, enum encoding encoding,
                      bool secret)
{
    if (b->failed) return;
    if (secret != b->secret) end_run(b);
    b->secret = secret;
    switch (encoding) {
    case ENCODE_NONE:
    case ENCODE_HEADER:
        add_verbatim(b, text);
        break;
    case ENCODE_PATH:
        add_encoded(b, text, 3, url_encode_path);
        break;
    case ENCODE_QUERY:
        add_encoded(b, text, 3, url_encode_query);
        break;
    case ENCODE_JSON_STRING:
        add_encoded(b, text, 6, json_escape);
        break;
    case ENCODE_JSON_VALUE:
        if (json_is_bare(text)) {
            add_verbatim(b, text);
        } else {
            add_verbatim(b, BYTES_LIT("\""));
            add_encoded(b, text, 6, json_escape);
            add_verbatim(b, BYTES_LIT("\""));
        }
        break;
    }
}

void pattern_add_piece(struct pattern_builder *b, struct piece piece)
{
    end_run(b);
    b->secret = false;
    if (!b->failed) push(b, piece);
}

bool pattern_finish(struct pattern_builder *b, struct pattern *out)
{
    end_run(b);
    *out = (struct pattern){b->pieces, b->count};
    return !b->failed;
}
