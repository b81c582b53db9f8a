#include "show/stall_lines.h"

#include "show/amount.h"

void stall_lines_one(struct text *out, const struct result *r, const struct stall_found *s)
{
    double length_ns = (double)(s->end_ns - s->start_ns);
    if (s->whole) {
        text_adds(out, "nothing was answered for ");
        amount_length(out, length_ns);
    } else {
        amount_count(out, s->held);
        text_adds(out, " of ");
        amount_count(out, s->open);
        text_adds(out, " connections got no reply for ");
        amount_length(out, length_ns);
    }
    text_adds(out, " from ");
    amount_length(out, (double)s->start_ns);
    text_adds(out, " on (");
    text_add_safe(out, run_stage_name(r->header, s->stage));
    text_adds(out, "): ");
    if (s->whole) {
        amount_count(out, s->held);
        text_adds(out, s->held == 1 ? " request waited for its reply ("
                                    : " requests waited for theirs (");
        amount_count(out, s->open);
        text_adds(out, s->open == 1 ? " connection was open), " : " connections were open), ");
    } else if (s->others > 0) {
        amount_count(out, s->others);
        text_adds(out, " replies came on the others, ");
    }
    amount_count(out, (double)s->due);
    text_adds(out, s->due == 1 ? " request was due meanwhile" : " requests were due meanwhile");
}

void stall_lines_rest(struct text *out, const struct result *r, uint32_t shown)
{
    uint64_t longest_ns = 0;
    for (uint32_t i = 0; i < r->stall_count; i++) {
        uint64_t length_ns = r->stalls[i].end_ns - r->stalls[i].start_ns;
        if (length_ns > longest_ns) longest_ns = length_ns;
    }
    text_adds(out, "… and ");
    amount_count(out, (double)(r->stall_count - shown) + r->stalls_more);
    text_adds(out, " more; the longest took ");
    amount_length(out, (double)longest_ns);
    text_adds(out, " (--output json lists them)");
}

bool stall_lines_rhythm(struct text *out, const struct result *r)
{
    if (r->stall_period_s <= 0) return false;
    text_adds(out, "one every ");
    amount_length(out, r->stall_period_s * 1e9);
    text_adds(out, ": look for what the service does that often (a checkpoint, a collection of"
                   " garbage, a timer)");
    return true;
}
