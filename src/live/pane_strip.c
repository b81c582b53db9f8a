/* The head of the live view: what runs, which stage is on, how far it is. */
#include "base/clock.h"
#include "live/pane_priv.h"
#include "plan/by_hand.h"

#define LABEL_BYTES 96

void pane_strip_clock(struct text *out, uint64_t ns)
{
    uint64_t s = ns / NS_PER_S;
    if (s >= 3600) text_addf(out, "%llu:", (unsigned long long)(s / 3600));
    text_addf(out, "%02llu:%02llu", (unsigned long long)(s / 60 % 60),
              (unsigned long long)(s % 60));
}

/* Its length is the longest it may take, and hardly ever what it takes. */
static bool is_by_count(const struct stage *s)
{
    return s->model == MODEL_CLOSED && s->requests > 0;
}

/* How long it is going to take: what is planned, and what was done by hand so far. Of stages by
 * count nobody knows. */
static uint64_t total_ns(const struct view *view)
{
    const struct feed *f = view->feed;
    const struct plan *plan = f->header->plan;
    uint32_t planned = by_hand_first(plan);
    if (!f->any_tick) return f->planned_ns;
    if (f->stage >= plan->stage_count) return f->stage_start_ns;
    uint64_t end_ns = f->stage_start_ns;
    const struct stage *on = &plan->stages[f->stage];
    bool held = on->by_hand && view->holds;
    if (!held && !is_by_count(on)) end_ns += on->length_ns;
    if (end_ns < view->now_ns) end_ns = view->now_ns;
    uint32_t next = 0;
    for (uint32_t i = 0; i < f->course_count; i++) {
        if (f->course[i] < planned) next = f->course[i] + 1;
    }
    for (uint32_t i = next; i < planned; i++) {
        const struct stage *s = &plan->stages[i];
        if (!is_by_count(s)) end_ns += s->length_ns;
    }
    return end_ns;
}

/* ---- first row ---- */

static void paint_title(const struct pane *pane)
{
    struct canvas *c = pane->canvas;
    const struct feed *f = pane->view->feed;
    const struct plan *plan = f->header->plan;
    char array[128];
    struct text right = text_in(array, sizeof array);
    text_addf(&right, "run %s   ", f->header->id);
    pane_strip_clock(&right, pane->view->now_ns);
    if (f->planned_ns > 0) {
        text_adds(&right, " / ");
        pane_strip_clock(&right, total_ns(pane->view));
    }
    text_adds(&right, "   ");
    const char *state = f->unrecorded ? "⚠ not all recorded" : "● recording";
    uint32_t end = c->columns - 1;
    canvas_put_right(c, pane->row, end, f->unrecorded ? TONE_NEAR : TONE_DIM, bytes_of(state));
    end -= canvas_columns(bytes_of(state));
    canvas_put_right(c, pane->row, end, TONE_PLAIN, text_bytes(&right));
    end -= canvas_columns(text_bytes(&right));

    char left_array[512];
    struct text left = text_in(left_array, sizeof left_array);
    text_add_safe(&left, plan->name);
    uint32_t column = 1 + canvas_columns(text_bytes(&left));
    if (end < 4) return;
    canvas_put_in(c, pane->row, 1, end - 3, TONE_STRONG, text_bytes(&left));
    bool by_url = plan->path.len == 0; /* a one-liner has its URL for a name */
    if (by_url || plan->target_count == 0 || column + 8 > end) return;
    text_clear(&left);
    text_adds(&left, " → ");
    text_add_safe(&left, plan->targets[0].text);
    if (plan->target_count > 1) text_addf(&left, " and %u more", plan->target_count - 1);
    canvas_put_in(c, pane->row, column, end - column - 2, TONE_PLAIN, text_bytes(&left));
}

/* ---- second row: the stages ---- */

static const struct stage_result *result_of(const struct feed *f, uint32_t stage)
{
    for (uint32_t i = 0; f->result && i < f->result->stage_count; i++) {
        if (f->result->stages[i].stage == stage) return &f->result->stages[i];
    }
    return NULL;
}

/* What became of a stage that is over: nothing for one that is not judged. */
static const char *mark_of(const struct feed *f, uint32_t stage)
{
    const struct stage_result *s = result_of(f, stage);
    if (!s || !s->reached || !result_stage_judged(f->result, stage)) return "";
    for (uint32_t i = 0; i < f->result->objective_count; i++) {
        const struct objective_result *o = &f->result->objectives[i];
        if (o->objective->warn || objective_is_capacity(o->objective) || !o->stages) continue;
        if (o->stages[stage].verdict == VERDICT_MISSED) return "✗";
    }
    return "✓";
}

/* The stages in their order: those that came, then those of the plan that are still to come. */
struct course {
    const struct feed *feed;
    uint32_t seen, next, count; /* `next`: the first of the plan behind the seen ones */
};

static struct course make_course(const struct feed *f)
{
    uint32_t planned = by_hand_first(f->header->plan);
    struct course c = {.feed = f, .seen = f->course_count};
    for (uint32_t i = 0; i < c.seen; i++) {
        uint32_t stage = f->course[i];
        if (stage < planned) c.next = stage + 1;
        else if (stage == f->header->plan->stage_count) c.seen = i; /* the drain is no stage */
    }
    if (c.seen < f->course_count) c.next = planned;
    c.count = c.seen + planned - c.next;
    return c;
}

static uint32_t stage_at(const struct course *c, uint32_t place)
{
    return place < c->seen ? c->feed->course[place] : c->next + place - c->seen;
}

/* ` ✓climb@300/s `, of a rung behind another one only ` 300/s `; `[300/s]` is on. */
static void add_label(struct text *out, const struct course *c, uint32_t place, bool first)
{
    const struct feed *f = c->feed;
    uint32_t stage = stage_at(c, place);
    const struct stage *s = &f->header->plan->stages[stage];
    bool on = stage == f->stage && f->any_tick;
    text_addc(out, on ? '[' : ' ', 1);
    if (place + 1 < c->seen || !on) text_adds(out, mark_of(f, stage));
    struct bytes name = s->name;
    bool again =
        !first && bytes_equal(f->header->plan->stages[stage_at(c, place - 1)].group, s->group);
    size_t rung = bytes_find(name, BYTES_LIT("@"));
    if (again && rung < name.len) name = bytes_from(name, rung + 1);
    text_add_safe(out, name);
    text_addc(out, on ? ']' : ' ', 1);
}

static uint32_t span_columns(const struct course *c, uint32_t from, uint32_t to)
{
    uint32_t sum = (from > 0 ? 1u : 0u) + (to < c->count ? 1u : 0u);
    for (uint32_t i = from; i < to; i++) {
        char array[LABEL_BYTES];
        struct text label = text_in(array, sizeof array);
        add_label(&label, c, i, i == from);
        sum += canvas_columns(text_bytes(&label)) + (i > from);
    }
    return sum;
}

/* As many stages round the one that is on as there is room for, a little more of what comes. */
static void choose(const struct course *c, uint32_t columns, uint32_t *from, uint32_t *to)
{
    *from = c->seen > 0 ? c->seen - 1 : 0;
    *to = *from + 1;
    for (bool grew = true; grew;) {
        grew = false;
        for (int i = 0; i < 2; i++) {
            if (*to < c->count && span_columns(c, *from, *to + 1) <= columns) {
                (*to)++;
                grew = true;
            }
        }
        if (*from > 0 && span_columns(c, *from - 1, *to) <= columns) {
            (*from)--;
            grew = true;
        }
    }
}

static void add_minutes(struct text *out, uint64_t ns)
{
    text_addf(out, "%llu:%02llu", (unsigned long long)(ns / NS_PER_S / 60),
              (unsigned long long)(ns / NS_PER_S % 60));
}

static void add_left(struct text *out, const struct view *view)
{
    const struct feed *f = view->feed;
    const struct plan *plan = f->header->plan;
    if (!f->any_tick) {
        text_adds(out, "starting");
        return;
    }
    if (f->stage >= plan->stage_count) {
        uint64_t open = f->begun > f->ended ? f->begun - f->ended : 0;
        text_addf(out, "draining · %llu open", (unsigned long long)open);
        return;
    }
    const struct stage *s = &plan->stages[f->stage];
    uint64_t on_ns = view->now_ns > f->stage_start_ns ? view->now_ns - f->stage_start_ns : 0;
    if (s->by_hand) text_addf(out, "by hand · ");
    else text_addf(out, "stage %u of %u · ", f->stage + 1, by_hand_first(plan));
    if (is_by_count(s)) {
        text_addf(out, "%llu of %llu done", (unsigned long long)f->stage_iterations,
                  (unsigned long long)s->requests);
    } else if (s->by_hand && view->holds) {
        text_adds(out, "held for ");
        add_minutes(out, on_ns);
    } else {
        add_minutes(out, s->length_ns > on_ns ? s->length_ns - on_ns : 0);
        text_adds(out, view->holds ? " left, then held" : " left");
    }
}

static void paint_stages(const struct pane *pane)
{
    struct canvas *c = pane->canvas;
    const struct feed *f = pane->view->feed;
    uint32_t row = pane->row + 1;
    char array[LABEL_BYTES];
    struct text text = text_in(array, sizeof array);
    add_left(&text, pane->view);
    canvas_put_right(c, row, c->columns - 1, TONE_PLAIN, text_bytes(&text));
    uint32_t end = c->columns - 1 - canvas_columns(text_bytes(&text)) - 2;
    struct course course = make_course(f);
    uint32_t from;
    uint32_t to;
    choose(&course, end, &from, &to);
    uint32_t column = 0;
    if (from > 0) column = canvas_put(c, row, column, TONE_DIM, BYTES_LIT("…"));
    for (uint32_t i = from; i < to; i++) {
        if (i > from) column = canvas_put(c, row, column, TONE_DIM, BYTES_LIT("▏"));
        text_clear(&text);
        add_label(&text, &course, i, i == from);
        bool bad = bytes_find(text_bytes(&text), BYTES_LIT("✗")) == 1;
        enum tone tone = text.at[0] == '[' ? TONE_STRONG : bad ? TONE_BAD : TONE_DIM;
        uint32_t columns = canvas_columns(text_bytes(&text));
        uint32_t room = end > column ? end - column : 0;
        canvas_put_in(c, row, column, columns < room ? columns : room, tone, text_bytes(&text));
        column += columns < room ? columns : room;
    }
    if (to < course.count) canvas_put(c, row, column, TONE_DIM, BYTES_LIT("…"));
}

/* ---- third row: how far ---- */

static double share_done(const struct view *view)
{
    const struct feed *f = view->feed;
    const struct plan *plan = f->header->plan;
    if (f->any_tick && f->stage >= plan->stage_count) return 1;
    if (f->planned_ns > 0) {
        double share = (double)view->now_ns / (double)total_ns(view);
        return share < 1 ? share : 1;
    }
    uint64_t requests = 0;
    for (uint32_t i = 0; i < plan->stage_count; i++) requests += plan->stages[i].requests;
    double share = requests > 0 ? (double)f->stage_iterations / (double)requests : 0;
    return share < 1 ? share : 1;
}

static void paint_bar(const struct pane *pane)
{
    struct canvas *c = pane->canvas;
    uint32_t row = pane->row + 2;
    double share = share_done(pane->view);
    char array[32];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "%3.0f %%", share * 100);
    canvas_put_right(c, row, c->columns - 1, TONE_PLAIN, text_bytes(&text));
    uint32_t width = c->columns - 2 - 6;
    uint32_t full = (uint32_t)(share * width);
    for (uint32_t i = 0; i < width; i++) {
        const char *mark = i < full ? "━" : i == full && share < 1 ? "╸" : "─";
        canvas_put(c, row, 1 + i, i < full ? TONE_GOOD : TONE_DIM, bytes_of(mark));
    }
}

void pane_strip_paint(const struct pane *pane)
{
    paint_title(pane);
    paint_stages(pane);
    paint_bar(pane);
}
