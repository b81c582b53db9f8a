#include "campaign/rejudge.h"

#include "campaign/window_find.h"
#include "explain/explain.h"
#include "judge/judge.h"
#include "store/replay.h"

#define WINDOW_ARENA_BYTES ((size_t)256 << 20) /* address space; some 150 bytes a tick */

static bool set_window(struct rejudge *r, struct bytes asked, struct err *err)
{
    struct window_question q = {.asked = asked, .header = replay_header(r->replay)};
    if (!arena_open(&r->arena, WINDOW_ARENA_BYTES, err)) return false;
    if (!replay_ticks(r->replay, &r->arena, &q.ticks, &q.tick_count, err)) return false;
    const struct run_window *window = window_find(&q, &r->arena, err);
    if (!window) return false;
    replay_set_window(r->replay, window);
    return true;
}

bool rejudge_run(struct rejudge *r, const struct rejudge_options *options, struct diags *diags,
                 struct err *err)
{
    *r = (struct rejudge){0};
    bus_init(&r->bus);
    if (!replay_open(&r->replay, options->path, err)) return false;
    if (options->sentence_count > 0
        && !replay_set_objectives(r->replay, options->sentences, options->sentence_count, diags)) {
        return err_set(err, ERR_PLAN, 0, "the objectives are wrong");
    }
    if (options->window.at && !set_window(r, options->window, err)) return false;
    if (!judge_open(&r->judge, &r->bus, err) || !explain_open(&r->explain, err)) return false;
    bus_add(&r->bus, judge_sink(r->judge));
    bus_add(&r->bus, explain_sink(r->explain));
    for (uint32_t i = 0; i < options->sink_count; i++) bus_add(&r->bus, options->sinks[i]);
    if (!replay_play(r->replay, &r->bus, err)) return false;
    struct text text = text_in(r->trouble, sizeof r->trouble);
    if (!replay_trouble(r->replay, &text)) text_clear(&text);
    return true;
}

const struct result *rejudge_result(const struct rejudge *r)
{
    return judge_result(r->judge);
}

const struct cause *rejudge_cause(const struct rejudge *r)
{
    return explain_cause(r->explain);
}

void rejudge_close(struct rejudge *r)
{
    explain_close(r->explain);
    judge_close(r->judge);
    replay_close(r->replay);
    arena_close(&r->arena);
}
