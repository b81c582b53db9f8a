#include "cli/once.h"

#include "base/attr.h"
#include "campaign/walk.h"
#include "cli/console.h"
#include "judge/exit_code.h"
#include "plan/mask.h"
#include "show/amount.h"
#include "wire/h1.h"

#define MESSAGE_MAX ((size_t)256 << 10) /* of a request or reply; what is beyond is counted */
#define SHOWN_MAX 4096                  /* bytes of a body that are printed */
#define OUT_MAX ((size_t)1 << 20)

struct message {
    char *at;
    size_t len, whole; /* kept; in all */
};

struct once {
    const struct plan *plan;
    struct show_style style;
    struct message request, reply;
    char *out;                  /* [OUT_MAX] */
    uint32_t scenario, reached; /* being walked, and how many of its steps ended */
    uint32_t requests, failed;
    bool any, head_request;
};

/* -- What the engine tells ------------------------------------------------------------------ */

static void keep(struct message *m, struct bytes part)
{
    size_t room = MESSAGE_MAX - m->len;
    size_t take = part.len < room ? part.len : room;
    if (take > 0) memcpy(m->at + m->len, part.at, take);
    m->len += take;
    m->whole += part.len;
}

static void sent(void *ctx, struct bytes request)
{
    struct once *o = ctx;
    o->reply.len = o->reply.whole = 0;
    o->request.len = o->request.whole = 0;
    o->head_request = bytes_starts(request, BYTES_LIT("HEAD "));
    keep(&o->request, request);
}

static void received(void *ctx, struct bytes part)
{
    struct once *o = ctx;
    keep(&o->reply, part);
}

/* -- Printing ------------------------------------------------------------------------------- */

/* Each line of `text` behind a mark: `>` was sent, `<` came back. */
static void add_lines(struct text *out, const struct once *o, const char *mark, struct bytes text)
{
    while (text.len > 0) {
        size_t end = bytes_find(text, BYTES_LIT("\n"));
        struct bytes line = {text.at, end == SIZE_MAX ? text.len : end};
        text = bytes_from(text, line.len + 1);
        if (line.len > 0 && line.at[line.len - 1] == '\r') line.len--;
        style_begin(out, &o->style, TONE_DIM);
        text_addf(out, "    %s%s", mark, line.len > 0 ? " " : "");
        style_end(out, &o->style, TONE_DIM);
        text_add_safe(out, line);
        text_addc(out, '\n', 1);
    }
}

/* Head and body, secrets masked; of a body its start. */
static void add_message(struct text *out, const struct once *o, const char *mark, struct bytes head,
                        struct bytes body, size_t whole)
{
    static char array[MESSAGE_MAX];
    struct text masked = text_in(array, sizeof array);
    mask_reply(&masked, head, false, o->plan);
    add_lines(out, o, mark, text_bytes(&masked));
    if (body.len == 0) return;
    text_clear(&masked);
    bool cut = body.len > SHOWN_MAX;
    if (cut) body.len = SHOWN_MAX;
    mask_add(&masked, body, o->plan);
    text_addf(out, "    %s\n", mark);
    add_lines(out, o, mark, text_bytes(&masked));
    if (!cut) return;
    text_addf(out, "    %s ... ", mark);
    amount_count(out, (double)whole);
    text_adds(out, " bytes in all\n");
}

static void add_request(struct text *out, const struct once *o)
{
    struct bytes all = {o->request.at, o->request.len};
    size_t end = bytes_find(all, BYTES_LIT("\r\n\r\n"));
    size_t head = end == SIZE_MAX ? all.len : end + 2;
    struct bytes body = bytes_from(all, head + 2);
    add_message(out, o, ">", (struct bytes){all.at, head}, body,
                o->request.whole - all.len + body.len);
}

/* The reply taken apart once more, so that its body is shown without chunk marks. */
static void add_reply(struct text *out, const struct once *o)
{
    static char array[MESSAGE_MAX];
    struct text body = text_in(array, sizeof array);
    struct bytes all = {o->reply.at, o->reply.len};
    struct bytes in = all;
    struct h1_resp response;
    struct h1_event event;
    size_t head = all.len;
    size_t whole = 0;
    h1_resp_init(&response, o->head_request);
    while (h1_resp_step(&response, &in, &event) == H1_EVENT) {
        if (event.kind == H1_HEAD_END) head = all.len - in.len;
        if (event.kind != H1_BODY) continue;
        text_add(&body, event.body);
        whole += event.body.len;
    }
    while (head > 2 && all.at[head - 1] == '\n' && all.at[head - 3] == '\n') head -= 2;
    add_message(out, o, "<", (struct bytes){all.at, head}, text_bytes(&body),
                whole + o->reply.whole - o->reply.len);
}

static void add_verdict(struct text *out, const struct once *o, bool good, struct bytes words)
{
    text_adds(out, "    ");
    style_add(out, &o->style, good ? TONE_GOOD : TONE_BAD, good ? "✓" : "✗");
    text_addc(out, ' ', 1);
    text_add_safe(out, words);
    text_addc(out, '\n', 1);
}

static void add_checks(struct text *out, const struct once *o, const struct tap_end *end,
                       const struct step *step)
{
    bool judged = end->outcome == OUTCOME_OK || end->outcome == OUTCOME_STATUS
                  || end->outcome == OUTCOME_CHECK;
    bool past = false;
    for (uint32_t i = 0; i < step->check_count && judged && !past; i++) {
        const struct check *check = &step->checks[i];
        past = check == end->failed;
        if (!past) add_verdict(out, o, true, check->text);
    }
    if (end->again) {
        char array[300];
        struct text words = text_in(array, sizeof array);
        text_addf(&words, "until %.*s: not yet, asked again in ", BYTES_ARG(step->until->text));
        amount_length(&words, (double)step->every_ns);
        text_adds(out, "    … ");
        text_add_safe(out, text_bytes(&words));
        text_addc(out, '\n', 1);
    } else if (end->outcome == OUTCOME_OK && step->until) {
        char array[300];
        struct text words = text_in(array, sizeof array);
        text_addf(&words, "until %.*s", BYTES_ARG(step->until->text));
        add_verdict(out, o, true, text_bytes(&words));
    }
    struct bytes why = end->why;
    if (why.len == 0 && end->outcome == OUTCOME_CUT)
        why = BYTES_LIT("stopped before the reply came");
    if (why.len == 0) why = bytes_of(tick_outcome_name(end->outcome));
    if (end->outcome != OUTCOME_OK) add_verdict(out, o, false, why);
}

/* What the reply handed on to later steps. */
static void add_captures(struct text *out, const struct once *o, const struct tap_end *end,
                         const struct step *step)
{
    if (end->outcome != OUTCOME_OK) return;
    for (uint32_t i = 0; i < step->capture_count; i++) {
        const struct capture *capture = &step->captures[i];
        const char *at = end->captures + (size_t)capture->slot * TAP_CAPTURE_MAX;
        struct bytes value = {at, end->capture_len[capture->slot]};
        char array[TAP_CAPTURE_MAX * 2];
        struct text masked = text_in(array, sizeof array);
        mask_add(&masked, value, o->plan);
        text_addf(out, "    = $%.*s is ", BYTES_ARG(capture->name));
        text_add_safe(out, text_bytes(&masked));
        text_addc(out, '\n', 1);
    }
}

/* "read, step 1 of 2: GET /jobs   200, 2.3 ms" */
static void add_title(struct text *out, const struct once *o, const struct tap_end *end,
                      const struct step *step)
{
    const struct scenario *s = &o->plan->scenarios[end->scenario];
    style_begin(out, &o->style, TONE_STRONG);
    text_add_safe(out, s->name);
    text_addf(out, ", step %u of %u", end->step + 1, s->step_count);
    if (end->attempt > 0) text_addf(out, ", try %u", end->attempt + 1);
    text_adds(out, ": ");
    text_add_safe(out, o->plan->names[step->name_index]);
    style_end(out, &o->style, TONE_STRONG);
    text_adds(out, "   ");
    if (end->status > 0) text_addf(out, "%u, ", end->status);
    else text_addf(out, "%s, ", tick_outcome_name(end->outcome));
    amount_time(out, (double)end->response_ns);
    text_addc(out, '\n', 1);
}

/* What an iteration that failed never came to. */
static void add_unreached(struct text *out, const struct once *o)
{
    uint32_t steps = o->plan->scenarios[o->scenario].step_count;
    if (!o->any || o->reached == steps) return;
    uint32_t left = steps - o->reached;
    text_addf(out, "%u more step%s of ", left, left == 1 ? "" : "s");
    text_add_safe(out, o->plan->scenarios[o->scenario].name);
    text_addf(out, " %s not reached.\n\n", left == 1 ? "was" : "were");
}

static void print(const struct once *o, struct text *out)
{
    style_to_ascii(out, &o->style, 0);
    /* Where nobody reads any more, the walk still ends as it should. */
    if (!console_print(text_bytes(out))) return;
}

static void ended(void *ctx, const struct tap_end *end)
{
    struct once *o = ctx;
    struct text out = text_in(o->out, OUT_MAX);
    const struct step *step = &o->plan->scenarios[end->scenario].steps[end->step];
    if (o->any && end->scenario != o->scenario) add_unreached(&out, o);
    o->any = true;
    o->scenario = end->scenario;
    o->reached = end->step + 1;
    o->requests++;
    o->failed += end->outcome != OUTCOME_OK;
    add_title(&out, o, end, step);
    if (o->request.len > 0) add_request(&out, o);
    if (o->reply.len > 0) add_reply(&out, o);
    add_checks(&out, o, end, step);
    add_captures(&out, o, end, step);
    text_addc(&out, '\n', 1);
    print(o, &out);
    o->request.len = o->reply.len = 0;
}

/* -- All together --------------------------------------------------------------------------- */

static void say(void *ctx, const char *line)
{
    const struct flags *flags = ctx;
    if (!flags_given(flags, FLAG_QUIET)) console_say(line);
}

static int finish(struct once *o, int signal)
{
    struct text out = text_in(o->out, OUT_MAX);
    add_unreached(&out, o);
    text_addf(&out, "%u request%s, ", o->requests, o->requests == 1 ? "" : "s");
    if (o->failed == 0) text_adds(&out, "all ok.");
    else text_addf(&out, "%u not ok.", o->failed);
    text_addf(&out, " %u scenario%s, each walked once, without load.\n", o->plan->scenario_count,
              o->plan->scenario_count == 1 ? "" : "s");
    print(o, &out);
    if (signal != 0) return exit_code_of(&(struct exit_facts){.signal = signal});
    return o->failed == 0 && o->requests > 0 ? EXIT_HOLDS : EXIT_MISSED;
}

/* Flags about a result, of which there is none. */
static bool check_flags(const struct flags *flags, struct err *err)
{
    static const enum flag results[] = {FLAG_OUTPUT, FLAG_FAIL_ON, FLAG_RUNS_DIR};
    enum flag wrong = flags_of_group(flags, GROUP_OBJECTIVE);
    for (size_t i = 0; i < COUNT_OF(results) && wrong == FLAG_COUNT; i++) {
        if (flags_given(flags, results[i])) wrong = results[i];
    }
    if (wrong == FLAG_COUNT) return true;
    err_set(err, ERR_USAGE, 0, "--%s does not go with --once", flags_table[wrong].name);
    return err_hint(err, "--once judges no run and leaves none; its exit code says if all was ok");
}

int once_run(const struct flags *flags, struct planning *p)
{
    struct flags own = *flags; /* the callback's context is not const */
    struct err err = {0};
    char folder[96];
    struct text name = text_in(folder, sizeof folder);
    int signal = 0;
    struct once o = {.plan = &p->plan,
                     .style = console_style(CONSOLE_OUT, flags),
                     .request.at = arena_alloc(&p->arena, MESSAGE_MAX),
                     .reply.at = arena_alloc(&p->arena, MESSAGE_MAX),
                     .out = arena_alloc(&p->arena, OUT_MAX)};
    const struct tap tap = {&o, sent, received, ended};
    text_addf(&name, "%s-once", p->private_root);
    if (!check_flags(flags, &err)) return console_fail(&err);
    if (!arena_ok(&p->arena)) {
        err_set(&err, ERR_LIMIT, 0, "no memory to show requests in");
        return console_fail(&err);
    }
    const struct walk_options options = {
        .plan = &p->plan, .tap = &tap, .folder = folder, .say = say, .ctx = &own};
    bool walked = walk_run(&options, &signal, &err);
    if (walked || o.any) return finish(&o, signal);
    int code = console_fail(&err);
    return signal != 0 ? exit_code_of(&(struct exit_facts){.signal = signal}) : code;
}
