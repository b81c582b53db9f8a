/* `watch:`: how `prony watch` goes on. */
#include "plan/parse_priv.h"
#include "plan/units.h"
#include "plan/watch_plan.h"

static void read_length(struct parse *p, struct fields *f, enum key k, uint64_t least_ns,
                        uint64_t most_ns, uint64_t *out_ns)
{
    uint64_t value_ns;
    char array[80];
    struct text hint = text_in(array, sizeof array);
    if (!parse_node_duration(p, f, k, &value_ns)) return;
    if (value_ns >= least_ns && value_ns <= most_ns) {
        *out_ns = value_ns;
        return;
    }
    f->bad = true;
    text_adds(&hint, "from ");
    units_add_duration(&hint, least_ns);
    text_adds(&hint, " to ");
    units_add_duration(&hint, most_ns);
    parse_node_error(p, DIAG_NUMBER, f->at[k], array, "'%s' of a watch is too %s",
                     key_table_row(k)->name, value_ns < least_ns ? "short" : "long");
}

void parse_watch_all(struct parse *p, const struct node *n)
{
    struct watch_plan *w = &p->plan->watch;
    struct fields f;
    double rate = 0;
    *w = (struct watch_plan){.window_ns = WATCH_WINDOW_NS, .keep_ns = WATCH_KEEP_NS};
    if (!n || !parse_node_fields(p, n, PLACE_WATCH, &f)) return;
    w->at = n->at;
    read_length(p, &f, KEY_WATCH_WINDOW, WATCH_WINDOW_LEAST_NS, WATCH_WINDOW_MOST_NS,
                &w->window_ns);
    read_length(p, &f, KEY_WATCH_ROLL, WATCH_ROLL_LEAST_NS, WATCH_ROLL_MOST_NS, &w->roll_ns);
    read_length(p, &f, KEY_WATCH_KEEP, WATCH_KEEP_LEAST_NS, WATCH_KEEP_MOST_NS, &w->keep_ns);
    if (!parse_node_rate(p, &f, KEY_WATCH_PROBE, &rate)) return;
    if (rate > 0 && rate <= WATCH_PROBE_MOST_PER_S) w->probe_per_s = rate;
    else
        parse_node_error(p, DIAG_NUMBER, f.at[KEY_WATCH_PROBE], "up to 100/s; load is for 'run'",
                         "'probe' of a watch is no such rate");
}
