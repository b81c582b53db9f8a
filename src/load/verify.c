#include "load/verify.h"

#include <string.h>

#define MATCH_LIMIT 100000u /* PCRE2's own default is 10,000,000: seconds on a hostile body */
#define DEPTH_LIMIT 1000u
#define STACK_START ((size_t)32 << 10)

bool verify_open(struct verifier *v, const struct program *program, struct arena *arena,
                 struct err *err)
{
    *v = (struct verifier){.program = program};
    v->right_size = (size_t)CAPTURE_MAX * 8;
    v->left_size = (size_t)64 << 10;
    v->right = arena_alloc(arena, v->right_size);
    v->left = arena_alloc(arena, v->left_size);
    v->match = pcre2_match_data_create(2, NULL);
    v->limits = pcre2_match_context_create(NULL);
    v->stack = pcre2_jit_stack_create(STACK_START, VERIFY_STACK_MAX, NULL);
    if (!v->right || !v->left || !v->match || !v->limits || !v->stack) {
        return err_set(err, ERR_LIMIT, 0, "no memory for checks");
    }
    pcre2_set_match_limit(v->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(v->limits, DEPTH_LIMIT);
    pcre2_jit_stack_assign(v->limits, NULL, v->stack);
    return true;
}

void verify_close(struct verifier *v)
{
    pcre2_match_data_free(v->match);
    pcre2_match_context_free(v->limits);
    pcre2_jit_stack_free(v->stack);
    *v = (struct verifier){0};
}

static bool render_right(struct verifier *v, const struct check *check, const struct values *values,
                         struct bytes *out)
{
    size_t len = 0;
    bool ok = render_pattern(v->program, &check->right, values, v->right, v->right_size, &len)
              == RENDER_OK;
    *out = (struct bytes){v->right, len};
    return ok;
}

static bool compare_text(enum check_op op, struct bytes left, struct bytes right)
{
    double a;
    double b;
    switch (op) {
    case CHECK_EQ:
        return bytes_equal(left, right);
    case CHECK_NE:
        return !bytes_equal(left, right);
    case CHECK_CONTAINS:
        return bytes_find(left, right) != SIZE_MAX;
    case CHECK_LT:
    case CHECK_GT:
        if (!bytes_to_double(left, &a) || !bytes_to_double(right, &b)) return false;
        return op == CHECK_LT ? a < b : a > b;
    case CHECK_MATCHES:
        return false;
    }
    return false;
}

static bool test_json(struct verifier *v, const struct test *test, struct bytes right,
                      struct bytes body)
{
    const struct check *check = test->check;
    struct bytes left;
    char digits[JSON_DIGITS];
    enum json_kind kind = json_find(&test->path, body, digits, &left);
    if (kind == JSON_BROKEN) return false;
    if (kind == JSON_NONE) return check->op == CHECK_NE;
    if (kind == JSON_STRING) {
        size_t len = 0;
        if (!json_unescape(v->left, v->left_size, left, &len)) return false;
        return compare_text(check->op, (struct bytes){v->left, len}, right);
    }
    /* A quoted right side is text, and 1 is not "1". */
    if (check->right_quoted && check->op == CHECK_EQ) return false;
    if (check->right_quoted && check->op == CHECK_NE) return true;
    double a;
    double b;
    bool numbers = kind == JSON_NUMBER && bytes_to_double(left, &a) && bytes_to_double(right, &b);
    if (numbers && check->op == CHECK_EQ) return a <= b && a >= b;
    if (numbers && check->op == CHECK_NE) return a < b || a > b;
    return compare_text(check->op, left, right);
}

static bool test_status(const struct check *check, uint32_t status)
{
    bool inside = status >= check->status_lo && status <= check->status_hi;
    switch (check->op) {
    case CHECK_NE:
        return !inside;
    case CHECK_LT:
        return status < check->status_lo;
    case CHECK_GT:
        return status > check->status_hi;
    case CHECK_EQ:
    case CHECK_CONTAINS:
    case CHECK_MATCHES:
        return inside;
    }
    return false;
}

/* In the words of a failed check, or of a value that could not be captured. */
static const char *gave_up_text(int code)
{
    switch (code) {
    case PCRE2_ERROR_MATCHLIMIT:
        return "is not known: the expression gave up: match limit";
    case PCRE2_ERROR_DEPTHLIMIT:
        return "is not known: the expression gave up: depth limit";
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return "is not known: the expression gave up: stack limit";
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_NOMEMORY:
        return "is not known: the expression gave up: memory limit";
    default:
        return "is not known: the expression gave up";
    }
}

/* Groups, as pcre2_match() counts them, or negative: not found, or `gave_up` says why nobody knows.
 */
static int match(struct verifier *v, const pcre2_code *expression, struct bytes body)
{
    int groups = pcre2_match(expression, (PCRE2_SPTR)(body.at ? body.at : ""), body.len, 0, 0,
                             v->match, v->limits);
    if (groups < 0 && groups != PCRE2_ERROR_NOMATCH) v->gave_up = gave_up_text(groups);
    return groups;
}

/* All but headers, whose answer stands in the marks. */
static bool run_test(struct verifier *v, const struct test *test, const struct values *values,
                     uint32_t status, struct bytes body)
{
    struct bytes right;
    if (test->check->source == CHECK_STATUS) return test_status(test->check, status);
    if (test->check->source == CHECK_REGEX) {
        bool found = match(v, test->expression, body) >= 0;
        return !v->gave_up && (test->check->op == CHECK_NE ? !found : found);
    }
    if (!render_right(v, test->check, values, &right)) return false;
    if (test->check->source == CHECK_JSON) return test_json(v, test, right, body);
    return compare_text(test->check->op, body, right);
}

static bool test_header(struct verifier *v, const struct check *check, const struct values *values,
                        struct bytes value)
{
    struct bytes right;
    return render_right(v, check, values, &right) && compare_text(check->op, value, right);
}

static bool take(struct captured *captured, uint32_t slot, struct bytes value, bool is_text)
{
    assert(value.at || value.len == 0);
    if (value.len > CAPTURE_MAX) return false;
    if (value.len > 0) memcpy(captured->at + (size_t)slot * CAPTURE_MAX, value.at, value.len);
    captured->len[slot] = (uint16_t)value.len;
    captured->is_text[slot] = is_text;
    return true;
}

void verify_header(struct verifier *v, const struct operation *op, const struct values *values,
                   struct captured *captured, struct bytes name, struct bytes value,
                   struct head_marks *marks)
{
    const struct step *step = op->step;
    for (uint32_t i = 0; i < step->check_count; i++) {
        const struct check *check = &step->checks[i];
        if (check->source != CHECK_HEADER || !bytes_same_nocase(check->name, name)) continue;
        bool passed = test_header(v, check, values, value);
        /* Of repeated lines one that passes is enough, but for != none may be equal. */
        bool strict = check->op == CHECK_NE && (marks->seen >> i & 1) && !(marks->passed >> i & 1);
        marks->seen |= UINT64_C(1) << i;
        if (passed && !strict) marks->passed |= UINT64_C(1) << i;
        if (!passed && check->op == CHECK_NE) marks->passed &= ~(UINT64_C(1) << i);
    }
    if (step->until && step->until->source == CHECK_HEADER
        && bytes_same_nocase(step->until->name, name)) {
        bool passed = test_header(v, step->until, values, value);
        bool strict = step->until->op == CHECK_NE && marks->until_seen; /* as above */
        marks->until_passed =
            strict ? marks->until_passed && passed : marks->until_passed || passed;
        marks->until_seen = true;
    }
    for (uint32_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        if (capture->source != CAPTURE_HEADER || !bytes_same_nocase(capture->expression, name))
            continue;
        if (take(captured, capture->slot, value, false)) marks->taken |= UINT64_C(1) << i;
    }
}

static bool take_json(struct verifier *v, const struct taking *taking, struct captured *captured,
                      struct bytes body)
{
    struct bytes value;
    char digits[JSON_DIGITS];
    enum json_kind kind = json_find(&taking->path, body, digits, &value);
    uint32_t slot = taking->capture->slot;
    if (kind == JSON_NONE || kind == JSON_BROKEN) return false;
    if (kind != JSON_STRING) return take(captured, slot, value, false);
    size_t len = 0;
    if (!json_unescape(v->left, v->left_size, value, &len)) return false;
    return take(captured, slot, (struct bytes){v->left, len}, true);
}

static bool take_match(struct verifier *v, const struct taking *taking, struct captured *captured,
                       struct bytes body)
{
    int groups = match(v, taking->expression, body);
    if (groups < 0) return false;
    /* 0: more groups than the two we keep. Group 1 where there is one, else the whole match. */
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(v->match);
    bool has_group = groups != 1 && at[2] != PCRE2_UNSET;
    PCRE2_SIZE from = at[has_group ? 2 : 0], to = at[has_group ? 3 : 1];
    struct bytes value = {body.at + from, to > from ? to - from : 0};
    return take(captured, taking->capture->slot, value, false);
}

static bool run_takings(struct verifier *v, const struct operation *op, struct captured *captured,
                        struct bytes body, const struct head_marks *marks,
                        struct verdict_on_reply *out)
{
    for (uint32_t i = 0; i < op->step->capture_count; i++) {
        const struct taking *taking = &op->takings[i];
        bool ok = false;
        switch (taking->capture->source) {
        case CAPTURE_HEADER:
            ok = (marks->taken >> i & 1);
            break;
        case CAPTURE_JSON:
            ok = take_json(v, taking, captured, body);
            break;
        case CAPTURE_REGEX:
            ok = take_match(v, taking, captured, body);
            break;
        }
        if (ok) continue;
        out->status = VERIFY_CHECK;
        out->capture = taking->capture;
        out->why =
            v->gave_up ? v->gave_up : "was not found in the reply, or is longer than 1024 bytes";
        return false;
    }
    return true;
}

static bool until_holds(struct verifier *v, const struct operation *op, const struct values *values,
                        uint32_t status, struct bytes body, const struct head_marks *marks)
{
    if (op->until->check->source != CHECK_HEADER)
        return run_test(v, op->until, values, status, body);
    return marks->until_seen ? marks->until_passed : op->until->check->op == CHECK_NE;
}

/* A failed check in words. The second look at the reply costs only the requests that fail. */
static void explain(struct verifier *v, const struct test *test, struct bytes body,
                    struct verdict_on_reply *out)
{
    out->failed = test->check;
    out->why = v->gave_up ? v->gave_up : "does not hold";
    if (test->check->source != CHECK_JSON) return;
    switch (json_find(&test->path, body, v->digits, &out->found)) {
    case JSON_BROKEN:
        out->why = "does not hold: the body is not JSON";
        return;
    case JSON_NONE:
        out->why = "does not hold: the reply has no such value";
        return;
    case JSON_STRING: /* its quotes stand round it, in the body */
        out->found = (struct bytes){out->found.at - 1, out->found.len + 2};
        break;
    case JSON_NULL:
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NUMBER:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    out->why = "does not hold, found";
}

static struct verdict_on_reply verdict_of(struct verifier *v, const struct operation *op,
                                          const struct values *values, struct captured *captured,
                                          uint32_t status, struct bytes body,
                                          const struct head_marks *marks)
{
    struct verdict_on_reply out = {.status = VERIFY_OK};
    if (!op->tests_status && (status < 200 || status > 399)) {
        out.status = VERIFY_STATUS;
        return out;
    }
    for (uint32_t i = 0; i < op->step->check_count; i++) {
        const struct test *test = &op->tests[i];
        bool holds;
        if (test->check->source == CHECK_HEADER) {
            bool seen = (marks->seen >> i & 1);
            holds = seen ? (marks->passed >> i & 1) : test->check->op == CHECK_NE;
        } else {
            holds = run_test(v, test, values, status, body);
        }
        if (holds) continue;
        out.status = test->check->source == CHECK_STATUS ? VERIFY_STATUS : VERIFY_CHECK;
        explain(v, test, body, &out);
        return out;
    }
    if (!run_takings(v, op, captured, body, marks, &out)) return out;
    if (op->until && !until_holds(v, op, values, status, body, marks)) {
        /* Another try would most likely end the same. */
        out.status = v->gave_up ? VERIFY_CHECK : VERIFY_AGAIN;
        out.failed = op->until->check;
        out.why = v->gave_up;
    }
    return out;
}

struct verdict_on_reply verify_reply(struct verifier *v, const struct operation *op,
                                     const struct values *values, struct captured *captured,
                                     uint32_t status, struct bytes body,
                                     const struct head_marks *marks)
{
    v->gave_up = NULL;
    struct verdict_on_reply out = verdict_of(v, op, values, captured, status, body, marks);
    out.gave_up = v->gave_up != NULL;
    return out;
}
