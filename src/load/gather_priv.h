/* gather_priv.h - what of a reply must be kept between two reads: a line that is cut, and a body
 * that checks must see whole.
 *
 * Why: a read goes into the worker's one buffer, which is the next reply's; most replies are one
 * read and keep nothing. What is kept lies in the worker's room (room_pool.h), grown by need.
 * Source: own.  Thread: the worker's.  Memory: the worker's room; exchange.c gives it back. */
#pragma once

#include "load/worker_priv.h"

#define GATHER_NO_ROOM "prony had no room left to keep the reply, so nobody looked at it"

/* Adds to the body, up to BODY_READ_MAX. Without room what there was is given up: c->no_room. */
void gather_body(struct worker *w, struct connection *c, struct bytes piece);
/* Keeps `rest` for the next read. False: no room. */
MUST_USE bool gather_put_line(struct worker *w, struct connection *c, struct bytes rest);
/* Puts what was kept in front of `at`, and returns how long it was. */
size_t gather_back(struct worker *w, struct connection *c, char *at);
/* The reply is over. */
void gather_drop(struct worker *w, struct connection *c);
