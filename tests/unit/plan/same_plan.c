#include "same_plan.h"

#include <math.h>

#include "base/attr.h"
#include "check.h"

/* Fields of two structs `a` and `b` that are in scope. */
#define SAME_TEXT(field)                                                                           \
    do {                                                                                           \
        if (!bytes_equal(a->field, b->field))                                                      \
            print_error("'%.*s' and '%.*s': ", BYTES_ARG(a->field), BYTES_ARG(b->field));          \
        CHECK(row, bytes_equal(a->field, b->field));                                               \
    } while (0)
#define SAME_COUNT(field) CHECK_U64(row, a->field, b->field)
#define SAME_REAL(field) CHECK(row, fabs(a->field - b->field) <= 1e-12 * fabs(a->field))

static void check_pattern(const char *row, const struct pattern *a, const struct pattern *b)
{
    SAME_COUNT(piece_count);
    for (uint32_t i = 0; i < a->piece_count; i++) {
        const struct piece *x = &a->pieces[i];
        const struct piece *y = &b->pieces[i];
        CHECK_U64(row, x->kind, y->kind);
        CHECK_U64(row, x->secret, y->secret);
        SAME_TEXT(pieces[i].text);
        if (x->kind == PIECE_TEXT) continue; /* has been encoded */
        CHECK_U64(row, x->encoding, y->encoding);
        CHECK_U64(row, x->index, y->index);
        CHECK_U64(row, x->column, y->column);
        CHECK(row, x->lo == y->lo && x->hi == y->hi);
    }
}

static void check_check(const char *row, const struct check *a, const struct check *b)
{
    SAME_TEXT(text);
    SAME_COUNT(source);
    SAME_COUNT(op);
    SAME_TEXT(name);
    SAME_COUNT(status_lo);
    SAME_COUNT(status_hi);
    SAME_COUNT(right_quoted);
    check_pattern(row, &a->right, &b->right);
}

static void check_step(const char *row, const struct step *a, const struct step *b)
{
    SAME_COUNT(name_index);
    SAME_TEXT(method);
    check_pattern(row, &a->url, &b->url);
    SAME_COUNT(header_count);
    for (uint32_t i = 0; i < a->header_count; i++) {
        SAME_TEXT(headers[i].name);
        check_pattern(row, &a->headers[i].value, &b->headers[i].value);
    }
    SAME_COUNT(has_body);
    SAME_COUNT(json_body);
    check_pattern(row, &a->body, &b->body);
    SAME_COUNT(check_count);
    for (uint32_t i = 0; i < a->check_count; i++) check_check(row, &a->checks[i], &b->checks[i]);
    CHECK(row, !a->until == !b->until);
    if (a->until) check_check(row, a->until, b->until);
    SAME_COUNT(capture_count);
    for (uint32_t i = 0; i < a->capture_count; i++) {
        SAME_TEXT(captures[i].name);
        SAME_COUNT(captures[i].slot);
        SAME_COUNT(captures[i].source);
        SAME_TEXT(captures[i].expression);
    }
    if (a->until) SAME_COUNT(every_ns);
    if (a->until) SAME_COUNT(within_ns);
    SAME_COUNT(think.lo_ns);
    SAME_COUNT(think.hi_ns);
    SAME_COUNT(has_think);
    SAME_COUNT(on_fail);
    SAME_COUNT(timeout.connect_ns);
    SAME_COUNT(timeout.first_byte_ns);
    SAME_COUNT(timeout.response_ns);
}

static void check_scenario(const char *row, const struct scenario *a, const struct scenario *b)
{
    SAME_TEXT(name);
    SAME_REAL(weight);
    SAME_COUNT(step_count);
    SAME_COUNT(capture_count);
    for (uint32_t i = 0; i < a->capture_count; i++) SAME_TEXT(capture_names[i]);
    for (uint32_t i = 0; i < a->step_count; i++) check_step(row, &a->steps[i], &b->steps[i]);
}

static void check_stage(const char *row, const struct stage *a, const struct stage *b,
                        uint32_t scenarios)
{
    SAME_TEXT(name);
    SAME_TEXT(group);
    SAME_COUNT(model);
    SAME_REAL(rate_from);
    SAME_REAL(rate_to);
    SAME_COUNT(users_from);
    SAME_COUNT(users_to);
    SAME_COUNT(length_ns);
    SAME_COUNT(requests);
    SAME_COUNT(settle_ns);
    SAME_COUNT(judged);
    SAME_COUNT(warmup);
    SAME_COUNT(until_steady);
    if (a->model == MODEL_OPEN) SAME_COUNT(arrivals);
    for (uint32_t i = 0; i < scenarios; i++) SAME_REAL(mix[i]);
    SAME_COUNT(think.lo_ns);
    SAME_COUNT(think.hi_ns);
    SAME_COUNT(has_think);
    SAME_COUNT(pacing_ns);
}

static void check_objective(const char *row, const struct objective *a, const struct objective *b)
{
    SAME_TEXT(text);
    SAME_COUNT(warn);
    SAME_COUNT(implicit);
    SAME_COUNT(metric);
    SAME_COUNT(per_million);
    SAME_COUNT(scope);
    SAME_COUNT(scope_index);
    SAME_COUNT(has_in);
    SAME_COUNT(stage_first);
    SAME_COUNT(stage_count);
    SAME_COUNT(op);
    SAME_REAL(value);
    SAME_COUNT(of_offered);
    SAME_COUNT(for_ns);
}

static void check_service(const char *row, const struct service *a, const struct service *b)
{
    SAME_TEXT(name);
    SAME_COUNT(argc);
    for (uint32_t i = 0; i < a->argc; i++) SAME_TEXT(argv[i]);
    SAME_COUNT(env_count);
    for (uint32_t i = 0; i < a->env_count; i++) SAME_TEXT(env[i]);
    SAME_TEXT(cwd);
    SAME_TEXT(dir);
    SAME_COUNT(keep);
    SAME_COUNT(port);
    SAME_COUNT(port_told);
    SAME_COUNT(ready);
    SAME_TEXT(ready_method);
    SAME_TEXT(ready_path);
    SAME_TEXT(ready_text);
    SAME_COUNT(ready_within_ns);
    SAME_COUNT(stop_signal);
    SAME_COUNT(stop_within_ns);
    SAME_COUNT(attach.kind);
    SAME_TEXT(attach.text);
    SAME_COUNT(attach.number);
    SAME_COUNT(attach.required);
    SAME_TEXT(scrape.url);
    SAME_COUNT(scrape.required);
    SAME_COUNT(scrape.keep_count);
    for (uint32_t i = 0; i < a->scrape.keep_count; i++) SAME_TEXT(scrape.keep[i]);
    SAME_COUNT(scrape.header_count);
    for (uint32_t i = 0; i < a->scrape.header_count; i++) SAME_TEXT(scrape.headers[i]);
    SAME_TEXT(scrape.tls.server_name);
    SAME_TEXT(scrape.tls.ca);
    SAME_COUNT(scrape.tls.insecure);
    SAME_TEXT(otlp);
    for (unsigned k = 0; k < ASK_KINDS; k++) {
        SAME_TEXT(asks[k].text);
        SAME_TEXT(asks[k].host);
        SAME_COUNT(asks[k].port);
        SAME_TEXT(asks[k].user);
        SAME_TEXT(asks[k].password);
    }
    SAME_TEXT(log.access_log);
    SAME_TEXT(log.access_format);
    SAME_COUNT(log.file_count);
    for (uint32_t i = 0; i < a->log.file_count; i++) SAME_TEXT(log.files[i]);
}

static void check_data(const char *row, const struct data_source *a, const struct data_source *b)
{
    SAME_TEXT(name);
    SAME_TEXT(file);
    SAME_COUNT(pick);
    SAME_COUNT(column_count);
    SAME_COUNT(row_count);
    for (uint32_t c = 0; c < a->column_count; c++) SAME_TEXT(columns[c]);
    for (uint32_t i = 0; i < a->column_count * a->row_count; i++) SAME_TEXT(cells[i]);
}

void same_plan_check(const char *row, const struct plan *a, const struct plan *b)
{
    SAME_TEXT(name);
    SAME_COUNT(target_count);
    for (uint32_t i = 0; i < a->target_count; i++) {
        SAME_TEXT(targets[i].text);
        SAME_TEXT(targets[i].host);
        SAME_COUNT(targets[i].port);
        SAME_TEXT(targets[i].base_path);
        SAME_TEXT(targets[i].authority);
    }
    SAME_COUNT(telemetry.trace.off);
    SAME_REAL(telemetry.trace.share);
    SAME_TEXT(telemetry.otlp.host);
    SAME_COUNT(telemetry.otlp.port);
    SAME_COUNT(telemetry.otlp.required);
    SAME_COUNT(service_count);
    for (uint32_t i = 0; i < a->service_count; i++)
        check_service(row, &a->services[i], &b->services[i]);
    SAME_COUNT(data_count);
    for (uint32_t i = 0; i < a->data_count; i++) check_data(row, &a->data[i], &b->data[i]);
    SAME_COUNT(name_count);
    for (uint32_t i = 0; i < a->name_count; i++) SAME_TEXT(names[i]);
    SAME_COUNT(scenario_count);
    for (uint32_t i = 0; i < a->scenario_count; i++)
        check_scenario(row, &a->scenarios[i], &b->scenarios[i]);
    SAME_COUNT(stage_count);
    for (uint32_t i = 0; i < a->stage_count; i++)
        check_stage(row, &a->stages[i], &b->stages[i], a->scenario_count);
    SAME_COUNT(objective_count);
    for (uint32_t i = 0; i < a->objective_count; i++)
        check_objective(row, &a->objectives[i], &b->objectives[i]);
    SAME_COUNT(abort_count);
    for (uint32_t i = 0; i < a->abort_count; i++)
        check_objective(row, &a->abort_when[i], &b->abort_when[i]);
    SAME_COUNT(max_in_flight);
    SAME_COUNT(connections);
    SAME_COUNT(threads);
    SAME_COUNT(seed);
    SAME_COUNT(seed_given);
}
