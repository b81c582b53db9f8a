#include "tick/window.h"

#include <stddef.h>

const struct window_span *window_span(const struct run_window *w, uint32_t stage)
{
    for (uint32_t i = 0; i < w->span_count; i++) {
        if (w->spans[i].stage == stage) return &w->spans[i];
    }
    return NULL;
}

bool window_has_tick(const struct run_window *w, const struct tick *tick)
{
    const struct window_span *span = window_span(w, tick->stage);
    return span && tick->start_ns >= span->from_ns && tick->end_ns <= span->to_ns;
}

/* What ended in `tick` and was intended in that stage, in its settle time or after it. */
static bool has_ended(const struct run_window *w, const struct tick *tick, uint32_t stage,
                      bool settle)
{
    const struct window_span *span = window_span(w, stage);
    if (!span || tick->start_ns < span->from_ns) return false;
    if (settle && span->from_ns >= span->settled_ns) return false;
    bool late = settle ? span->to_ns >= span->settled_ns : span->to_end;
    return late || tick->end_ns <= span->to_ns;
}

bool window_has_cell(const struct run_window *w, const struct tick *tick, const struct cell *cell)
{
    return has_ended(w, tick, cell->stage, cell->settle);
}

bool window_has_slot(const struct run_window *w, const struct slot *slot)
{
    const struct window_span *span = window_span(w, slot->stage);
    if (!span) return false;
    uint64_t at_ns = slot->index * SLOT_NS;
    if (at_ns < span->start_ns) at_ns = span->start_ns; /* that is where the stage's first begins */
    return at_ns >= span->from_ns && (span->to_end || at_ns < span->to_ns);
}

bool window_has_exemplar(const struct run_window *w, const struct tick *tick,
                         const struct exemplar *exemplar)
{
    const struct window_span *span = window_span(w, exemplar->stage);
    bool settle = span && exemplar->intended_ns < span->settled_ns;
    return has_ended(w, tick, exemplar->stage, settle);
}

uint64_t window_settle_ns(const struct window_span *span)
{
    uint64_t end_ns = span->to_ns < span->settled_ns ? span->to_ns : span->settled_ns;
    return end_ns > span->from_ns ? end_ns - span->from_ns : 0;
}
