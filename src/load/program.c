#include "load/program.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "load/render.h"
#include "load/schedule.h"

#define RENDER_ROOM                                                                                \
    512 /* request line, Host, User-Agent and lengths beside the plan's own text                   \
         */

#define BY_HAND_NUMBERS (UINT64_C(1) << 40) /* of `$seq`, for a stage by hand: none runs out */

static bool pattern_varies(const struct pattern *p)
{
    for (uint32_t i = 0; i < p->piece_count; i++) {
        if (p->pieces[i].kind != PIECE_TEXT) return true;
    }
    return false;
}

static bool step_varies(const struct step *step)
{
    bool varies = pattern_varies(&step->url) || pattern_varies(&step->body);
    for (uint32_t i = 0; i < step->header_count; i++) {
        varies = varies || pattern_varies(&step->headers[i].value);
    }
    return varies;
}

static bool has_own_trace(const struct step *step)
{
    for (uint32_t i = 0; i < step->header_count; i++) {
        if (bytes_same_nocase(step->headers[i].name, BYTES_LIT(TRACE_HEADER))) return true;
    }
    return false;
}

static size_t longest_cell(const struct data_source *data, uint32_t column)
{
    size_t longest = 0;
    for (uint32_t row = 0; row < data->row_count; row++) {
        size_t len = data->cells[(size_t)row * data->column_count + column].len;
        if (len > longest) longest = len;
    }
    return longest;
}

/* Bytes that a pattern can become at most: an encoded byte takes up to six (\u00ff in JSON). */
static size_t pattern_limit(const struct plan *plan, const struct pattern *p)
{
    size_t limit = 0;
    for (uint32_t i = 0; i < p->piece_count; i++) {
        const struct piece *piece = &p->pieces[i];
        switch (piece->kind) {
        case PIECE_TEXT:
            limit += piece->text.len * 6;
            break;
        case PIECE_CAPTURE:
            limit += (size_t)CAPTURE_MAX * 6 + 2;
            break;
        case PIECE_DATA:
            limit += longest_cell(&plan->data[piece->index], piece->column) * 6 + 2;
            break;
        case PIECE_RAND:
        case PIECE_UUID:
        case PIECE_SEQ:
        case PIECE_USER:
            limit += 40;
            break;
        }
    }
    return limit;
}

static size_t step_limit(const struct plan *plan, const struct step *step)
{
    size_t limit = RENDER_ROOM + step->method.len + pattern_limit(plan, &step->url);
    limit += pattern_limit(plan, &step->body);
    for (uint32_t i = 0; i < step->header_count; i++) {
        limit += step->headers[i].name.len + 4 + pattern_limit(plan, &step->headers[i].value);
    }
    for (uint32_t i = 0; i < plan->target_count; i++) {
        limit += plan->targets[i].authority.len + plan->targets[i].base_path.len;
    }
    return limit;
}

static bool compile_expression(pcre2_code **out, struct bytes text, struct err *err)
{
    int code;
    PCRE2_SIZE at;
    *out = pcre2_compile((PCRE2_SPTR)text.at, text.len, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code,
                         &at, NULL);
    if (!*out) {
        PCRE2_UCHAR why[120];
        pcre2_get_error_message(code, why, sizeof why);
        return err_set(err, ERR_PLAN, 0, "the regular expression \"%.*s\" fails at %zu: %s",
                       BYTES_ARG(text), at, (const char *)why);
    }
    int jit = pcre2_jit_compile(*out, PCRE2_JIT_COMPLETE);
    UNUSED(jit); /* without JIT it interprets: slower, the same answer */
    return true;
}

static bool compile_path(struct json_path *out, struct arena *arena, struct bytes text,
                         struct err *err)
{
    size_t at = 0;
    const char *why = "";
    if (json_path_compile(out, arena, text, &at, &why)) return true;
    return err_set(err, ERR_PLAN, 0, "the JSON path %.*s fails at %zu: %s", BYTES_ARG(text), at + 1,
                   why);
}

static bool compile_test(struct test *out, const struct check *check, struct operation *op,
                         struct arena *arena, struct err *err)
{
    out->check = check;
    switch (check->source) {
    case CHECK_STATUS:
        op->tests_status = true;
        return true;
    case CHECK_HEADER:
        op->reads_head = true;
        return true;
    case CHECK_BODY:
        op->reads_body = true;
        return true;
    case CHECK_REGEX:
        op->reads_body = true;
        return compile_expression(&out->expression, check->name, err);
    case CHECK_JSON:
        op->reads_body = true;
        return compile_path(&out->path, arena, check->name, err);
    }
    return false;
}

static bool compile_taking(struct taking *out, const struct capture *capture, struct operation *op,
                           struct arena *arena, struct err *err)
{
    out->capture = capture;
    switch (capture->source) {
    case CAPTURE_HEADER:
        op->reads_head = true;
        return true;
    case CAPTURE_REGEX:
        op->reads_body = true;
        return compile_expression(&out->expression, capture->expression, err);
    case CAPTURE_JSON:
        op->reads_body = true;
        return compile_path(&out->path, arena, capture->expression, err);
    }
    return false;
}

/* Where the value of prony's own `traceparent` begins: no line break can stand in front of that but
 * in a body, which comes later. */
static uint32_t trace_at(struct bytes request)
{
    struct bytes before = BYTES_LIT("\r\n" TRACE_HEADER ": ");
    return (uint32_t)(bytes_find(request, before) + before.len);
}

/* Requests in which nothing but the trace varies are rendered now, one for each target. */
static bool render_constant(struct program *program, struct operation *op, struct arena *arena,
                            struct err *err)
{
    uint32_t count = program->plan->target_count;
    struct constant *rendered = ARENA_ARRAY(arena, count, struct constant);
    char *at = arena_alloc(arena, op->request_limit * count);
    if (!rendered || !at) return true; /* arena_ok() is asked once, at the end */
    for (uint32_t i = 0; i < count; i++, at += op->request_limit) {
        struct values none = {0};
        uint32_t target = i;
        size_t len = 0;
        enum render_status status =
            render_request(program, op, &none, &target, at, op->request_limit, &len);
        if (status != RENDER_OK) {
            return err_set(err, ERR_PLAN, 0, "line %u: %s", op->step->at.line,
                           render_status_text(status));
        }
        rendered[i] = (struct constant){.text = {at, len}, .own_at = program->own_bytes};
        rendered[i].trace_at = op->traced ? trace_at((struct bytes){at, len}) : 0;
        if (op->traced) program->own_bytes += len;
        /* An absolute URL has one place, whatever target the iteration was given. */
        if (target != i) op->fixed_target = target + 1;
    }
    op->constant = rendered;
    return true;
}

static bool compile_step(struct program *program, struct operation *op, const struct step *step,
                         struct arena *arena, struct err *err)
{
    op->step = step;
    op->head_request = bytes_is(step->method, "HEAD");
    op->traced = program->trace.on && !has_own_trace(step);
    op->request_limit = step_limit(program->plan, step);
    op->tests = ARENA_ARRAY(arena, step->check_count, struct test);
    op->takings = ARENA_ARRAY(arena, step->capture_count, struct taking);
    if (!arena_ok(arena)) return true;
    if (step->check_count > STEP_MARKS || step->capture_count > STEP_MARKS) {
        return err_set(err, ERR_PLAN, 0, "line %u: a step may have %u checks and as many captures",
                       step->at.line, STEP_MARKS);
    }
    for (uint32_t i = 0; i < step->check_count; i++) {
        if (!compile_test(&op->tests[i], &step->checks[i], op, arena, err)) return false;
    }
    for (uint32_t i = 0; i < step->capture_count; i++) {
        if (!compile_taking(&op->takings[i], &step->captures[i], op, arena, err)) return false;
    }
    if (step->until) {
        bool tests_status = op->tests_status;
        op->until = ARENA_NEW(arena, struct test);
        if (!op->until || !compile_test(op->until, step->until, op, arena, err)) return false;
        op->tests_status = tests_status; /* `until: status 200` asks for more, it is no check */
    }
    if (op->request_limit > program->request_limit) program->request_limit = op->request_limit;
    program->reads_body = program->reads_body || op->reads_body;
    if (!step_varies(step)) return render_constant(program, op, arena, err);
    program->varies = true;
    return true;
}

/* The numbers of `$seq` and of sequential rows: each stage starts where the one before can have
 * ended. An open stage's count is known; a closed one's is bounded by its shortest cycle. */
static uint64_t *sequence_bases(const struct plan *plan, struct arena *arena)
{
    uint64_t *base = ARENA_ARRAY(arena, plan->stage_count + 1, uint64_t);
    if (!base) return NULL;
    for (uint32_t i = 0; i < plan->stage_count; i++) {
        const struct stage *stage = &plan->stages[i];
        uint64_t count = stage->requests;
        if (stage->by_hand) { /* nobody knows how long it will last */
            base[i + 1] = base[i] + BY_HAND_NUMBERS;
            continue;
        }
        if (count == 0 && stage->model == MODEL_OPEN) {
            double expected = schedule_expected(stage, stage->length_ns);
            count = (uint64_t)(expected + 12 * sqrt(expected) + 64);
        } else if (stage->model == MODEL_CLOSED) {
            uint32_t users =
                stage->users_from > stage->users_to ? stage->users_from : stage->users_to;
            uint64_t cycle_ns =
                stage->think.lo_ns > stage->pacing_ns ? stage->think.lo_ns : stage->pacing_ns;
            if (cycle_ns < NS_PER_US) cycle_ns = NS_PER_US; /* no reply is that quick */
            uint64_t each = count ? (count + users - 1) / users : stage->length_ns / cycle_ns + 1;
            count = each * users;
        }
        base[i + 1] = base[i] + count;
    }
    return base;
}

/* Notes what the pattern of a scenario draws from. */
static void note_unique(struct program *p, uint32_t scenario, const struct pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->piece_count; i++) {
        const struct piece *piece = &pattern->pieces[i];
        bool unique = piece->kind == PIECE_DATA && p->plan->data[piece->index].pick == PICK_UNIQUE;
        if (!unique) continue;
        p->unique_used[scenario * p->unique_count + p->unique_of[piece->index]] = true;
    }
}

static void note_step(struct program *p, uint32_t scenario, const struct step *step)
{
    note_unique(p, scenario, &step->url);
    if (step->has_body) note_unique(p, scenario, &step->body);
    for (uint32_t i = 0; i < step->header_count; i++) {
        note_unique(p, scenario, &step->headers[i].value);
    }
    for (uint32_t i = 0; i < step->check_count; i++) {
        note_unique(p, scenario, &step->checks[i].right);
    }
    if (step->until) note_unique(p, scenario, &step->until->right);
}

static void find_unique(struct program *p, struct arena *arena)
{
    const struct plan *plan = p->plan;
    p->unique_data = ARENA_ARRAY(arena, plan->data_count, uint32_t);
    p->unique_of = ARENA_ARRAY(arena, plan->data_count, uint32_t);
    if (!p->unique_data || !p->unique_of) return;
    for (uint32_t i = 0; i < plan->data_count; i++) {
        if (plan->data[i].pick != PICK_UNIQUE) continue;
        p->unique_of[i] = p->unique_count;
        p->unique_data[p->unique_count++] = i;
    }
    p->unique_used = ARENA_ARRAY(arena, (size_t)plan->scenario_count * p->unique_count, bool);
    if (!p->unique_used) return;
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        for (uint32_t j = 0; j < plan->scenarios[i].step_count; j++) {
            note_step(p, i, &plan->scenarios[i].steps[j]);
        }
    }
}

bool program_build(struct program *out, const struct plan *plan, struct arena *arena,
                   struct err *err)
{
    *out = (struct program){.plan = plan};
    trace_init(&out->trace, plan);
    uint32_t *first = ARENA_ARRAY(arena, plan->scenario_count, uint32_t);
    for (uint32_t i = 0; i < plan->scenario_count; i++) {
        const struct scenario *scenario = &plan->scenarios[i];
        if (first) first[i] = out->operation_count;
        out->operation_count += scenario->step_count;
        if (scenario->capture_count > out->capture_slots)
            out->capture_slots = scenario->capture_count;
    }
    out->first = first;
    out->operations = ARENA_ARRAY(arena, out->operation_count, struct operation);
    out->sequence_base = sequence_bases(plan, arena);
    find_unique(out, arena);
    bool ok = arena_ok(arena);
    for (uint32_t i = 0, next = 0; ok && i < plan->scenario_count; i++) {
        for (uint32_t j = 0; ok && j < plan->scenarios[i].step_count; j++, next++) {
            ok =
                compile_step(out, &out->operations[next], &plan->scenarios[i].steps[j], arena, err);
        }
    }
    if (ok && !arena_ok(arena))
        ok = err_set(err, ERR_LIMIT, 0, "the plan's requests are too large");
    if (!ok) program_close(out);
    return ok;
}

static void close_test(struct test *test)
{
    if (test) pcre2_code_free(test->expression);
}

void program_close(struct program *program)
{
    for (uint32_t i = 0; program->operations && i < program->operation_count; i++) {
        struct operation *op = &program->operations[i];
        if (!op->step) continue;
        for (uint32_t j = 0; op->tests && j < op->step->check_count; j++) close_test(&op->tests[j]);
        close_test(op->until);
        for (uint32_t j = 0; op->takings && j < op->step->capture_count; j++) {
            pcre2_code_free(op->takings[j].expression);
        }
    }
    program->operations = NULL;
}
