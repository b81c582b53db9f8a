/* The page of help: keys, columns and signals. */
#include "live/pane_priv.h"

void pane_help_paint(const struct pane *pane)
{
    static const char *const lines[][2] = {
        {"q", "stop: nothing new is sent, open requests end, then it is judged;"},
        {"", "twice: leave at once. The same as Ctrl-C"},
        {"p", "hold: this stage goes on behind its end, not judged, until p again"},
        {"+ -", "10 % more or less arrivals to the end of this stage, as a stage by"},
        {"", "hand; what it cuts is not judged, the run at best inconclusive then:"},
        {"", "so the first press only asks, the same key again does it"},
        {"o", "all objectives"},
        {"e", "how requests ended, and the first error of each kind"},
        {"?", "this page; Esc leads back"},
        {"Ctrl-L", "draw everything again"},
        {"Ctrl-Z", "stop the program; prony then sends nothing, and says so by its lag"},
        {"", ""},
        {"NOW 10s", "of the last ten seconds, within this stage"},
        {"STAGE", "of the stage so far, as it is judged"},
        {"MARGIN", "what is left to the limit where it was worst; the bar: what is used"},
        {"SO FAR", "the verdict if it ended now; wait: too little seen to say"},
        {"signals", "a column is a second, the newest at the right, scaled to their peak"},
        {"offered", "requests that became due and were taken up; done: that ended ok"},
        {"our lag", "what prony itself was late by, p99; high lag makes figures suspect"},
    };
    for (uint32_t i = 0; i < COUNT_OF(lines) && i < pane->rows; i++) {
        canvas_put(pane->canvas, pane->row + i, 2, TONE_STRONG, bytes_of(lines[i][0]));
        canvas_put_in(pane->canvas, pane->row + i, 11, pane->canvas->columns - 12, TONE_PLAIN,
                      bytes_of(lines[i][1]));
    }
}
