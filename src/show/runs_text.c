#include "show/runs_text.h"

#include <time.h>

#include "base/clock.h"
#include "show/amount.h"
#include "show/table.h"

struct runs_rows {
    const struct run_entry *entries;
    int64_t utc_offset_s;
};

enum { RUN_ID, RUN_STARTED, RUN_PLAN, RUN_VERDICT, RUN_EXIT, RUN_LENGTH };

static void add_moment(struct text *out, uint64_t wall_ns, int64_t utc_offset_s)
{
    time_t seconds = (time_t)(wall_ns / NS_PER_S) + (time_t)utc_offset_s;
    struct tm tm;
    if (wall_ns == 0 || !gmtime_r(&seconds, &tm)) return;
    text_addf(out, "%04d-%02d-%02d %02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
              tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static enum tone tone_of(struct bytes verdict)
{
    if (bytes_is(verdict, "holds")) return TONE_GOOD;
    if (bytes_is(verdict, "missed") || bytes_is(verdict, "invalid")) return TONE_BAD;
    return TONE_NEAR;
}

static void run_cell(const void *ctx, uint32_t row, uint32_t column, struct table_cell *out)
{
    const struct runs_rows *rows = ctx;
    const struct run_entry *e = &rows->entries[row];
    switch (column) {
    case RUN_ID:
        text_adds(&out->text, e->id);
        break;
    case RUN_STARTED:
        add_moment(&out->text, e->wall_start_ns, rows->utc_offset_s);
        break;
    case RUN_PLAN:
        text_add_safe(&out->text, e->trouble.len > 0 ? e->trouble : e->plan);
        break;
    case RUN_VERDICT:
        text_add_safe(&out->text, e->trouble.len > 0 ? BYTES_LIT("unreadable") : e->verdict);
        out->tone = tone_of(e->verdict);
        break;
    case RUN_EXIT:
        if (e->has_exit) text_addf(&out->text, "%d", e->exit_code);
        break;
    case RUN_LENGTH:
        if (e->trouble.len == 0) amount_length(&out->text, (double)e->length_ns);
        break;
    default:
        break;
    }
}

void runs_text_write(struct text *out, const struct run_entry *entries, uint32_t count,
                     int64_t utc_offset_s, const struct show_style *style)
{
    static const struct table_column columns[] = {
        [RUN_ID] = {.title = "RUN"},
        [RUN_STARTED] = {.title = "STARTED"},
        [RUN_PLAN] = {.title = "PLAN", .flexible = true},
        [RUN_VERDICT] = {.title = "VERDICT"},
        [RUN_EXIT] = {.title = "EXIT", .right = true, .spare = true},
        [RUN_LENGTH] = {.title = "LENGTH", .right = true, .spare = true},
    };
    struct runs_rows rows = {.entries = entries, .utc_offset_s = utc_offset_s};
    struct table table = {.columns = columns,
                          .column_count = COUNT_OF(columns),
                          .row_count = count,
                          .cell = run_cell,
                          .ctx = &rows};
    size_t from = out->len;
    table_write(out, &table, style);
    style_to_ascii(out, style, from);
}
