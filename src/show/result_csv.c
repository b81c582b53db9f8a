#include "show/result_csv.h"

#include <math.h>

#include "show/amount.h"
#include "show/second.h"

#define ROW_BYTES 8192
#define CELL_BYTES 1024

/* ---- cells ---- */

/* What a spreadsheet reads as the start of a formula. */
static bool starts_formula(struct bytes value)
{
    return value.len > 0 && value.at[0] != '\0' && strchr("=+-@", value.at[0]) != NULL;
}

void result_csv_cell(struct text *out, struct bytes value)
{
    char array[CELL_BYTES];
    struct text safe = text_in(array, sizeof array);
    if (starts_formula(value)) text_addc(&safe, '\'', 1);
    text_add_safe(&safe, value);
    text_end_whole(&safe);
    bool plain = true;
    for (size_t i = 0; i < safe.len; i++) plain = plain && !strchr("\",' ", array[i]);
    if (plain) {
        text_add(out, text_bytes(&safe));
        return;
    }
    text_addc(out, '"', 1);
    for (size_t i = 0; i < safe.len; i++) text_addc(out, array[i], array[i] == '"' ? 2 : 1);
    text_addc(out, '"', 1);
}

static void add_next(struct text *row)
{
    text_addc(row, ',', 1);
}

static void add_count(struct text *row, uint64_t count)
{
    add_next(row);
    text_addf(row, "%llu", (unsigned long long)count);
}

static void add_figure(struct text *row, double value)
{
    add_next(row);
    if (isfinite(value)) text_addf(row, "%.6g", value);
}

static void add_times(struct text *row, const struct second_times *times)
{
    for (int i = 0; i < SECOND_FIGURES; i++) add_figure(row, times->ns[i] / 1e6);
}

/* ---- rows ---- */

static void end_row(struct result_csv *c, struct text *row)
{
    text_adds(row, "\r\n");
    assert(!row->cut);
    outlet_put(&c->to, text_bytes(row));
}

static void on_begin(void *ctx, const struct run_header *header)
{
    struct result_csv *c = ctx;
    c->header = header;
    static const char *const times[] = {"response", "service", "ttfb", "lag", "wait", "connect"};
    char array[ROW_BYTES];
    struct text row = text_in(array, sizeof array);
    text_adds(&row, "time_utc,start_s,seconds,stage,judged,kind,name,begun_count,ended_count,"
                    "failed_count,begun_per_s,ok_per_s,failed_per_s,errors_percent,"
                    "in_flight_mean,users_mean,generator_cpu_percent");
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        text_addf(&row, ",%s_count", tick_outcome_name((enum outcome)i));
    }
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        for (int k = 0; k < SECOND_FIGURES; k++) {
            text_addf(&row, ",%s_%s_ms", times[i], second_figure_name((enum second_figure)k));
        }
    }
    text_adds(&row, ",response_at_least");
    end_row(c, &row);
}

/* Names of the figures that are lower bounds. */
static void add_bounds(struct text *row, const struct second_times *times)
{
    char array[128];
    struct text names = text_in(array, sizeof array);
    for (int i = 0; i < SECOND_FIGURES; i++) {
        if (!(times->at_least >> i & 1)) continue;
        text_addf(&names, "%s%s", names.len > 0 ? " " : "",
                  second_figure_name((enum second_figure)i));
    }
    add_next(row);
    result_csv_cell(row, text_bytes(&names));
}

static void write_row(struct result_csv *c, const struct tick *tick, const struct second *s)
{
    static const char *const kinds[] = {"all", "request", "scenario"};
    char array[ROW_BYTES];
    struct text row = text_in(array, sizeof array);
    bool all = s->kind == SECOND_ALL;
    double length_ns = (double)(tick->end_ns - tick->start_ns);
    amount_moment(&row, c->header->wall_start_ns + tick->start_ns);
    text_addf(&row, ",%.9g,%.9g,", (double)tick->start_ns / 1e9, s->seconds);
    result_csv_cell(&row, run_stage_name(c->header, tick->stage));
    text_addf(&row, ",%s,%s,", tick->judged || c->header->window ? "true" : "false",
              kinds[s->kind]);
    result_csv_cell(&row, s->name);
    add_count(&row, s->begun);
    add_count(&row, s->ended);
    add_count(&row, s->failed);
    add_figure(&row, (double)s->begun / s->seconds);
    add_figure(&row, (double)s->outcomes[OUTCOME_OK] / s->seconds);
    add_figure(&row, (double)s->failed / s->seconds);
    add_figure(&row, s->errors * 100);
    add_figure(&row, s->in_flight);
    add_figure(&row, s->users);
    add_figure(&row, all ? (double)tick->generator_cpu_ns / length_ns * 100 : (double)NAN);
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) add_count(&row, s->outcomes[i]);
    add_times(&row, &s->response);
    add_times(&row, &s->service);
    add_times(&row, &s->ttfb);
    add_times(&row, &s->lag);
    add_times(&row, &s->wait);
    add_times(&row, &s->connect);
    add_bounds(&row, &s->response);
    end_row(c, &row);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct result_csv *c = ctx;
    for (uint32_t row = 0; run_has_tick(c->header, tick) && row < second_count(c->header); row++) {
        struct second s;
        second_read(&s, c->header, tick, row);
        write_row(c, tick, &s);
    }
}

void result_csv_init(struct result_csv *c, struct outlet to)
{
    *c = (struct result_csv){.to = to};
}

struct sink result_csv_sink(struct result_csv *c)
{
    return (struct sink){.ctx = c, .begin = on_begin, .tick = on_tick};
}
