#include "live/live.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

#define ARENA_BYTES ((size_t)16 << 20)
#define NOTE_NS (4 * NS_PER_S) /* that a note stays, ... */
#define ASK_NS (6 * NS_PER_S)  /* ... and one that asks for the key again */
#define CTRL_L 12
#define RATE_STEP 1.1
#define RATE_SETTLES_NS (600 * NS_PER_MS) /* after the last press */

/* ---- the sink ---- */

static void on_begin(void *ctx, const struct run_header *header)
{
    struct live *l = ctx;
    feed_begin(&l->feed, header);
    l->origin_ns = (uint64_t)((int64_t)header->wall_start_ns - clock_wall_offset_ns());
    l->shown = screen_open(&l->screen);
}

static void on_tick(void *ctx, const struct tick *tick)
{
    struct live *l = ctx;
    if (!l->shown) return;
    feed_tick(&l->feed, tick);
    for (uint32_t i = 0; i < tick->event_count; i++) {
        /* What the engine made of `p` (load/steer.c). */
        struct bytes words = bytes_of(tick->events[i].text);
        if (tick->events[i].kind != EVENT_COMMAND) continue;
        if (bytes_starts(words, BYTES_LIT("held: "))) l->view.holds = true;
        if (bytes_starts(words, BYTES_LIT("released: "))) l->view.holds = false;
    }
}

static void on_result(void *ctx, const struct result *result)
{
    struct live *l = ctx;
    if (l->shown && !result->final) feed_result(&l->feed, result);
}

static void on_end(void *ctx, const struct run_end *end)
{
    struct live *l = ctx;
    UNUSED(end);
    if (l->shown) screen_close(&l->screen);
    l->shown = false;
}

struct sink live_sink(struct live *l)
{
    return (struct sink){
        .ctx = l, .begin = on_begin, .tick = on_tick, .result = on_result, .end = on_end};
}

/* ---- keys ---- */

static void note_for(struct live *l, const char *words, uint64_t length_ns)
{
    struct text text = text_in(l->note, sizeof l->note);
    text_adds(&text, words);
    l->note_end_ns = clock_now_ns() + length_ns;
}

static void note(struct live *l, const char *words)
{
    note_for(l, words, NOTE_NS);
}

/* A page, or back from it. */
static void turn_to(struct live *l, enum view_page page)
{
    l->view.page = l->view.page == page ? VIEW_MAIN : page;
    l->note[0] = '\0';
}

/* Stopping by key is Ctrl-C by another finger: the same signal, so that both count together. */
static void stop(struct live *l)
{
    l->note[0] = '\0';
    if (kill(getpid(), SIGINT) != 0) note(l, "cannot stop: Ctrl-C may");
}

static bool may_steer(struct live *l)
{
    const char *why = NULL;
    if (bus_commanded(l->bus) != COMMAND_NONE) why = "the run is being stopped";
    else if (!l->steers) why = "this machine has no room to steer this plan";
    if (why) note(l, why);
    return !why;
}

static void hold(struct live *l)
{
    if (!may_steer(l)) return;
    bus_hold(l->bus);
    note(l, l->view.holds ? "released: the plan goes on"
                          : "held: this stage goes on behind its end until p is pressed again");
}

/* Is there a rate at all, in the stage that is on? What else stands against it the engine says. */
static bool has_rate(const struct live *l)
{
    const struct feed *f = &l->feed;
    const struct plan *plan = f->header->plan;
    if (!f->any_tick || f->stage >= plan->stage_count) return true;
    return plan->stages[f->stage].model == MODEL_OPEN;
}

/* A rate by hand takes the verdict from the run, and nothing gives it back: so the first press only
 * says so, and the same key, while that can be read, is meant. */
static bool is_meant(struct live *l, int32_t step)
{
    if (l->agreed) return true;
    if (!has_rate(l)) {
        note(l, "users have no rate to change: they send when they are ready");
        return false;
    }
    l->agreed = l->asked_step == step && clock_now_ns() < l->note_end_ns;
    if (l->agreed) return true;
    char array[100];
    struct text words = text_in(array, sizeof array);
    text_addf(&words, "%c again to change the rate: the run is at best inconclusive then (exit 3)",
              step > 0 ? '+' : '-');
    note_for(l, array, ASK_NS);
    l->asked_step = step;
    return false;
}

/* Some presses in a row are one change. */
static void change_rate(struct live *l, int32_t step)
{
    if (!may_steer(l) || !is_meant(l, step)) return;
    l->steps += step;
    l->steps_ns = clock_now_ns();
    char array[100];
    struct text words = text_in(array, sizeof array);
    text_addf(&words, "rate %+.0f %%: the stage is cut, and the run is no verdict on the plan then",
              100 * (pow(RATE_STEP, l->steps) - 1));
    note(l, array);
}

static void ask_for_rate(struct live *l, uint64_t now_ns)
{
    if (l->steps == 0 || now_ns - l->steps_ns < RATE_SETTLES_NS) return;
    bus_rate(l->bus, (uint32_t)lround(1000 * pow(RATE_STEP, l->steps)));
    l->steps = 0;
}

static void press(struct live *l, int key)
{
    if (!strchr("+=-_", key)) l->asked_step = 0; /* that was not the answer */
    switch (key) {
    case 'q':
    case 'Q':
        stop(l);
        break;
    case 'p':
        hold(l);
        break;
    case '+':
    case '=':
        change_rate(l, 1);
        break;
    case '-':
    case '_':
        change_rate(l, -1);
        break;
    case 'o':
        turn_to(l, VIEW_OBJECTIVES);
        break;
    case 'e':
        turn_to(l, VIEW_ERRORS);
        break;
    case '?':
    case 'h':
        turn_to(l, VIEW_HELP);
        break;
    case SCREEN_ESCAPE:
    case '\r':
        l->view.page = VIEW_MAIN;
        break;
    case CTRL_L:
        screen_redraw(&l->screen);
        break;
    default:
        note(l, "no such key: ? names them");
        break;
    }
}

/* ---- each turn ---- */

static void draw(struct live *l, uint64_t now_ns)
{
    uint32_t rows;
    uint32_t columns;
    if (l->note[0] && now_ns > l->note_end_ns) l->note[0] = '\0';
    screen_size(&l->screen, &rows, &columns);
    canvas_clear(&l->canvas, rows, columns);
    l->view.steers = l->steers;
    enum command command = bus_commanded(l->bus);
    l->view.ending = command == COMMAND_NONE    ? VIEW_RUNNING
                     : command == COMMAND_LEAVE ? VIEW_LEAVING
                                                : VIEW_STOPPING;
    l->view.now_ns = now_ns > l->origin_ns ? now_ns - l->origin_ns : 0;
    view_paint(&l->canvas, &l->view);
    screen_draw(&l->screen, &l->canvas, &l->style);
    l->drawn_ns = now_ns;
}

static void tell_stop(struct live *l)
{
    if (l->screen.stops_ns == l->stops_ns) return;
    char array[120];
    struct text text = text_in(array, sizeof array);
    text_addf(&text, "⚠ stopped for %.1f s by Ctrl-Z: nothing was sent then",
              (double)(l->screen.stops_ns - l->stops_ns) / (double)NS_PER_S);
    l->stops_ns = l->screen.stops_ns;
    feed_line(&l->feed, text_bytes(&text));
}

void live_look(void *live)
{
    struct live *l = live;
    if (!l->shown) return;
    bool ready = screen_look(&l->screen);
    tell_stop(l);
    for (int key = screen_key(&l->screen); key != SCREEN_NO_KEY; key = screen_key(&l->screen))
        press(l, key);
    uint64_t now_ns = clock_now_ns();
    ask_for_rate(l, now_ns);
    if (ready && now_ns - l->drawn_ns >= LIVE_REDRAW_NS) draw(l, now_ns);
}

bool live_say(struct live *l, struct bytes line)
{
    if (l->shown) feed_line(&l->feed, line);
    return l->shown;
}

/* ---- the whole ---- */

bool live_init(struct live *l, const struct show_style *style, struct bus *bus, struct err *err)
{
    *l = (struct live){.style = *style, .bus = bus, .screen.signals = -1};
    l->view = (struct view){.feed = &l->feed, .note = l->note};
    if (!arena_open(&l->arena, ARENA_BYTES, err)) return false;
    l->opened = feed_open(&l->feed, err);
    if (!l->opened || !screen_init(&l->screen, &l->arena, err)) return false;
    bool ok = canvas_init(&l->canvas, &l->arena);
    l->canvas.ascii = style->ascii;
    return ok || err_set(err, ERR_LIMIT, 0, "no memory for the live view");
}

void live_close(struct live *l)
{
    if (l->shown) screen_close(&l->screen);
    l->shown = false;
    screen_fini(&l->screen);
    if (l->opened) feed_close(&l->feed);
    arena_close(&l->arena);
    l->opened = false;
}
