#include "tick/result.h"

#include "base/attr.h"

const char *result_verdict_name(enum verdict verdict)
{
    static const char *const names[] = {"holds", "missed", "inconclusive", "invalid", "not judged"};
    assert(verdict < COUNT_OF(names));
    return names[verdict];
}

const char *result_trust_name(enum trust_level level)
{
    static const char *const names[] = {"valid", "suspect", "invalid"};
    assert(level < COUNT_OF(names));
    return names[level];
}

const char *result_reason_name(enum trust_level level)
{
    return level == TRUST_VALID ? "note" : result_trust_name(level);
}

const char *result_figure_name(enum figure figure)
{
    static const char *const names[FIGURE_COUNT] = {"avg", "p50",   "p90", "p95",
                                                    "p99", "p99.9", "max"};
    assert(figure < FIGURE_COUNT);
    return names[figure];
}

bool result_shows_stage(const struct result *result, const struct stage_result *stage)
{
    const struct run_window *window = result->header->window;
    if (stage->stage >= result->header->plan->stage_count || !stage->reached) return false;
    return !window || window_span(window, stage->stage);
}

bool result_stage_judged(const struct result *result, uint32_t stage)
{
    if (!run_stage_judged(result->header, stage)) return false;
    for (uint32_t i = 0; i < result->stage_count; i++) {
        if (result->stages[i].stage == stage) return !result->stages[i].cut;
    }
    return true;
}
