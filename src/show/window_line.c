#include "show/window_line.h"

#include "base/ns.h"

/* To the last digit, unlike amount_length(): `5 s`, `1 min 30 s`, `2 h 0.25 s`. */
static void add_time(struct text *out, uint64_t ns)
{
    uint64_t minutes = ns / (60 * NS_PER_S);
    uint64_t rest_ns = ns % (60 * NS_PER_S);
    if (minutes >= 60) text_addf(out, "%llu h", (unsigned long long)(minutes / 60));
    if (minutes >= 60 && minutes % 60 > 0) text_addc(out, ' ', 1);
    if (minutes % 60 > 0) text_addf(out, "%llu min", (unsigned long long)(minutes % 60));
    if (minutes > 0 && rest_ns == 0) return;
    if (minutes > 0) text_addc(out, ' ', 1);
    char array[40];
    struct text seconds = text_in(array, sizeof array);
    text_addf(&seconds, "%llu.%09llu", (unsigned long long)(rest_ns / NS_PER_S),
              (unsigned long long)(rest_ns % NS_PER_S));
    while (array[seconds.len - 1] == '0') seconds.len--;
    if (array[seconds.len - 1] == '.') seconds.len--;
    text_add(out, text_bytes(&seconds));
    text_adds(out, " s");
}

static void add_ticks(struct text *out, uint32_t ticks)
{
    text_addf(out, ": %u tick%s", ticks, ticks == 1 ? "" : "s");
}

/* `climb@400/s +5 s..+20 s` */
static void add_offsets(struct text *out, const struct run_header *header,
                        const struct window_span *span)
{
    text_add_safe(out, run_stage_name(header, span->stage));
    text_adds(out, " +");
    add_time(out, span->from_ns - span->start_ns);
    text_adds(out, "..+");
    add_time(out, span->to_ns - span->start_ns);
}

void window_line_facts(struct text *out, const struct run_header *header)
{
    const struct run_window *w = header->window;
    text_adds(out, "window ");
    if (w->span_count == 1) {
        add_offsets(out, header, &w->spans[0]);
        add_ticks(out, w->ticks);
        return;
    }
    text_add_safe(out, w->asked);
    add_ticks(out, w->ticks);
    text_addf(out, " in %u stages", w->span_count);
}

void window_line_span(struct text *out, const struct run_header *header,
                      const struct window_span *span)
{
    uint64_t settle_ns = window_settle_ns(span);
    add_offsets(out, header, span);
    text_adds(out, ", run time ");
    add_time(out, span->from_ns);
    text_adds(out, "..");
    add_time(out, span->to_ns);
    add_ticks(out, span->ticks);
    if (settle_ns == 0) return;
    text_adds(out, ", of it ");
    add_time(out, settle_ns);
    text_adds(out, " settle time");
}

bool window_line_in_part(const struct run_window *window)
{
    for (uint32_t i = 0; i < window->span_count; i++) {
        if (!window->spans[i].whole) return true;
    }
    return false;
}
