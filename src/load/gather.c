#include "load/gather_priv.h"

#include <string.h>

static_assert(BODY_READ_MAX <= ROOM_CHUNK && KEEP_SIZE <= ROOM_CHUNK, "each fits a piece");

static void give(struct worker *w, char **at)
{
    if (*at) room_pool_give(&w->room, *at);
    *at = NULL;
}

static bool widen(struct worker *w, char **at, size_t used, size_t size)
{
    if (*at && room_pool_size(&w->room, *at) >= size) return true;
    char *wider = room_pool_take(&w->room, size);
    if (!wider) return false;
    if (*at) memcpy(wider, *at, used);
    give(w, at);
    *at = wider;
    return true;
}

void gather_body(struct worker *w, struct connection *c, struct bytes piece)
{
    size_t left = BODY_READ_MAX - c->body_len;
    if (piece.len > left) {
        piece.len = left;
        c->body_cut = true;
    }
    if (c->no_room || piece.len == 0) return;
    if (!widen(w, &c->body, c->body_len, c->body_len + piece.len)) {
        give(w, &c->body); /* others can use it */
        c->body_len = 0;
        c->no_room = true;
        return;
    }
    memcpy(c->body + c->body_len, piece.at, piece.len);
    c->body_len += (uint32_t)piece.len;
}

bool gather_put_line(struct worker *w, struct connection *c, struct bytes rest)
{
    assert(rest.len <= KEEP_SIZE && !c->keep);
    if (rest.len == 0) return true;
    if (!widen(w, &c->keep, 0, rest.len)) return false;
    memcpy(c->keep, rest.at, rest.len);
    c->keep_len = (uint32_t)rest.len;
    return true;
}

size_t gather_back(struct worker *w, struct connection *c, char *at)
{
    size_t len = c->keep_len;
    if (len > 0) memcpy(at - len, c->keep, len);
    give(w, &c->keep);
    c->keep_len = 0;
    return len;
}

void gather_drop(struct worker *w, struct connection *c)
{
    give(w, &c->keep);
    give(w, &c->body);
    c->keep_len = c->body_len = 0;
    c->body_cut = c->no_room = false;
}
