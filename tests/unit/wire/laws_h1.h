/* laws_h1.h - feeds the decoder of responses as a connection does, and holds it to the laws.
 *
 * Why: the unit tests and the fuzzer share it. Events are written down as "S200 OK;", "H name:
 * value;", "E;" and all bytes of the body; the end as "done keep", "done close", "bad N at OFFSET"
 * or "more", with what was left over.  Thread: one.  Memory: as laws.h. */
#pragma once

#include "laws.h"
#include "wire/h1.h"

struct h1_law {
    struct guard guard;
    bool head_request;
    bool close; /* the peer closes after the input */
};

/* How to hand in an input: first `cut` bytes, then `stride` at a time (0: all the rest). */
struct h1_cut {
    size_t cut, stride;
    bool skip;            /* by h1_resp_skip(): no events */
    bool skip_head;       /* by h1_resp_skip_head(), then step by step: the body's events alone */
    struct h1_seen *seen; /* what that remembers; NULL: nothing */
};

struct h1_outcome {
    struct record events, end;
    size_t head_len; /* of the events, those of the head; 0: it did not end */
};

static inline void h1_outcome_free(struct h1_outcome *o)
{
    record_free(&o->events);
    record_free(&o->end);
}

static inline void h1_law_event(struct record *r, const struct h1_event *ev)
{
    switch (ev->kind) {
    case H1_STATUS:
        record_number(r, "S", ev->status);
        record_adds(r, " ");
        record_add(r, ev->value);
        record_adds(r, ";");
        return;
    case H1_HEADER:
        record_adds(r, "H ");
        record_add(r, ev->name);
        record_adds(r, ": ");
        record_add(r, ev->value);
        record_adds(r, ";");
        return;
    case H1_HEAD_END:
        record_adds(r, "E;");
        return;
    case H1_BODY:
        LAW(ev->body.len > 0);
        record_add(r, ev->body);
        return;
    }
    LAW(false && "an event of an unknown kind");
}

/* Steps until there is no further event. */
static inline enum h1_step h1_law_feed(struct h1_resp *p, struct bytes *in, struct h1_outcome *o,
                                       struct h1_seen *seen)
{
    struct h1_event ev;
    enum h1_step head = seen ? h1_resp_skip_head(p, in, seen) : H1_EVENT;
    if (head != H1_EVENT) return head;
    for (;;) {
        size_t before = in->len;
        enum h1_step step = h1_resp_step(p, in, &ev);
        LAW(in->len <= before);
        if (step != H1_EVENT) return step;
        LAW(in->len < before); /* law 2, and with it 3: an event takes bytes */
        h1_law_event(&o->events, &ev);
        if (ev.kind == H1_HEAD_END) o->head_len = o->events.len;
    }
}

static inline void h1_law_end(struct record *r, const struct h1_resp *p, enum h1_step step,
                              size_t rest)
{
    if (step == H1_BAD) {
        record_adds(r, "bad ");
        record_adds(r, h1_bad_text(p->bad));
        record_number(r, " at ", p->offset);
        LAW(p->bad != H1_BAD_NONE);
        LAW(!p->keep_alive);
    } else {
        record_adds(r, step == H1_MORE ? "more" : p->keep_alive ? "done keep" : "done close");
        record_number(r, " rest ", rest);
        LAW(p->bad == H1_BAD_NONE);
    }
    record_number(r, " status ", p->status);
    record_number(r, " body ", p->body_len_so_far);
}

/* Decodes `in`, handed in as `how` says; what a call leaves over is handed in again. */
static inline struct h1_outcome h1_law_run(const struct h1_law *law, struct bytes in,
                                           struct h1_cut how)
{
    struct h1_outcome o = {0};
    struct h1_resp p;
    enum h1_step step = H1_MORE;
    size_t taken = 0, given = how.cut;
    h1_resp_init(&p, law->head_request);
    for (;;) {
        struct bytes piece = guard_put(&law->guard, (struct bytes){in.at + taken, given - taken});
        size_t piece_len = piece.len;
        struct h1_seen *head = how.skip_head ? how.seen : NULL;
        step = how.skip ? h1_resp_skip(&p, &piece, how.seen) : h1_law_feed(&p, &piece, &o, head);
        LAW(step != H1_EVENT);
        taken += piece_len - piece.len;
        if (step != H1_MORE) break;
        LAW(piece.len < H1_MAX_LINE); /* law 3: what the caller has to keep is bounded */
        LAW(p.offset == taken);
        if (given == in.len) break;
        given = how.stride && how.stride < in.len - given ? given + how.stride : in.len;
    }
    if (step == H1_MORE && law->close) step = h1_resp_eof(&p);
    h1_law_end(&o.end, &p, step, in.len - taken);
    /* The last word stays the last word. */
    struct bytes nothing = {NULL, 0};
    struct h1_event ev;
    if (step != H1_MORE) {
        LAW(h1_resp_step(&p, &nothing, &ev) == step);
        LAW(h1_resp_skip(&p, &nothing, how.seen) == step);
        LAW(h1_resp_eof(&p) == step);
    }
    return o;
}

/* All of `in` at once, by steps: what every other way has to agree with. */
static inline struct h1_outcome h1_law_whole(const struct h1_law *law, struct bytes in)
{
    return h1_law_run(law, in, (struct h1_cut){.cut = in.len});
}

/* All of the body, and of the head no more than its end: what was skipped is a piece of it. */
static inline bool h1_law_has_body(const struct h1_outcome *whole, const struct record *tail)
{
    const struct record *all = &whole->events;
    size_t body_len = whole->head_len > 0 ? all->len - whole->head_len : 0;
    if (tail->len > all->len || tail->len < body_len) return false;
    return tail->len == 0 || memcmp(all->at + all->len - tail->len, tail->at, tail->len) == 0;
}

/* Law 1 for one cut, and that skipping agrees with stepping. */
static inline void h1_law_agrees(const struct h1_law *law, struct bytes in,
                                 const struct h1_outcome *whole, struct h1_cut how)
{
    struct h1_outcome o = h1_law_run(law, in, how);
    bool same = record_same(&o.end, &whole->end);
    if (how.skip_head) same = same && h1_law_has_body(whole, &o.events);
    else if (!how.skip) same = same && record_same(&o.events, &whole->events);
    if (!same) {
        law_print("input ", in, 2000);
        law_print("whole ", (struct bytes){whole->events.at, whole->events.len}, 2000);
        law_print("      ", (struct bytes){whole->end.at, whole->end.len}, 2000);
        law_print("pieces", (struct bytes){o.events.at, o.events.len}, 2000);
        law_print("      ", (struct bytes){o.end.at, o.end.len}, 2000);
        fprintf(stderr, "cut %zu stride %zu skip %d\n", how.cut, how.stride, how.skip);
    }
    LAW(same);
    h1_outcome_free(&o);
}

/* The same, with all that skipping may remember: nothing, the head of whatever was skipped before,
 * and its own. */
static inline void h1_law_hold(const struct h1_law *law, struct bytes in,
                               const struct h1_outcome *whole, struct h1_cut how)
{
    static struct h1_seen seen;
    h1_law_agrees(law, in, whole, how);
    how.skip_head = !how.skip;
    how.seen = &seen;
    h1_law_agrees(law, in, whole, how);
    h1_law_agrees(law, in, whole, how);
}
