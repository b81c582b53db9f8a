#include "explain/lines.h"

#include <math.h>

#define SEEN_LEAST 0.05 /* requests at a place: with less there is nothing to go by */
#define NO_ROOM 0.7     /* of an accept queue, in the mean */
#define DEPTH_MOST 2    /* a service that asks one that asks one */

static void charge(struct ledger *l, struct bytes of, enum ledger_class class, double grown)
{
    uint32_t i = 0;
    if (grown <= 0) return;
    while (i < l->charge_count && !bytes_equal(l->charges[i].of, of)) i++;
    if (i == LEDGER_CHARGES) return;
    if (i == l->charge_count) l->charges[l->charge_count++] = (struct ledger_charge){.of = of};
    l->charges[i].grown[class] += grown;
}

/* A glance does not tell a thread on a core from one that wants one; the kernel's sums do. */
static void charge_cores(struct ledger *l, struct bytes of, double grown)
{
    double sums[2] = {0, 0};
    double throttled = 0;
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (!bytes_equal(row->of, of)) continue;
        if (row->class == LEDGER_CPU && !row->rough) sums[0] += row->after;
        if (row->class == LEDGER_RUN_QUEUE) sums[1] += row->after;
        if (row->class == LEDGER_THROTTLED) throttled += row->after;
    }
    double all = sums[0] + sums[1] + throttled;
    charge(l, of, LEDGER_CPU, all > 0 ? grown * sums[0] / all : grown);
    if (all > 0) charge(l, of, LEDGER_RUN_QUEUE, grown * sums[1] / all);
    if (all > 0) charge(l, of, LEDGER_THROTTLED, grown * throttled / all);
}

/* The most that may have been there before, by what was seen in so many glances: one more glance,
 * and a standard deviation (of a count, its root). */
static double at_most(const struct ledger_row *row)
{
    double before = row->seen[0];
    return row->looks > 0 ? before + sqrt(before / row->looks) + 1 / row->looks : before;
}

/* Of what is at a place, the part that is there because each request is there for longer. */
static double longer(const struct ledger *l, const struct ledger_row *row)
{
    if (l->good == PLAN_NO_INDEX) return row->seen[1];
    return fmax(0, row->seen[1] - l->load * at_most(row));
}

/* Is it a thing with a capacity of its own, that more threads would not add to? */
static bool is_cores(enum ledger_class class)
{
    return class == LEDGER_CPU || class == LEDGER_RUN_QUEUE || class == LEDGER_THROTTLED
           || class == LEDGER_DB_CPU;
}

/* -- What a line is in line for ------------------------------------------------------------- */

static double work_of(const struct ledger *l, struct bytes of)
{
    double all = 0;
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (ledger_is_work(row) && bytes_equal(row->of, of)) all += row->after;
    }
    return all;
}

/* A session that waits for what another has in hand waits for what the others do. */
static void charge_latch(struct ledger *l, struct bytes of, double grown)
{
    double sums[2] = {0, 0};
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (!bytes_equal(row->of, of)) continue;
        if (row->class == LEDGER_DB_CPU) sums[0] += row->after;
        if (row->class == LEDGER_DB_IO) sums[1] += row->after;
    }
    double all = sums[0] + sums[1];
    if (all < SEEN_LEAST) {
        charge(l, of, LEDGER_DB_LOCK, grown);
        return;
    }
    charge(l, of, LEDGER_DB_CPU, grown * sums[0] / all);
    charge(l, of, LEDGER_DB_IO, grown * sums[1] / all);
}

static void charge_class(struct ledger *l, struct bytes of, enum ledger_class class, double grown)
{
    if (class == LEDGER_DB_LATCH) charge_latch(l, of, grown);
    else charge(l, of, class, grown);
}

static void follow(struct ledger *l, const struct ledger_group *g, double line, uint32_t depth);

/* The full group that a place is in line for: of a service, and not the group that is there. */
static const struct ledger_group *full_of(const struct ledger *l, struct bytes of, struct bytes but,
                                          double line)
{
    const struct ledger_group *most = NULL;
    for (uint32_t i = 0; i < l->group_count && of.len > 0; i++) {
        const struct ledger_group *g = &l->groups[i];
        if (!bytes_equal(g->of, of) || bytes_equal(g->name, but)) continue;
        if (!ledger_has_line(g, line)) continue;
        if (!most || ledger_filled(g) > ledger_filled(most)) most = g;
    }
    return most;
}

/* The part of a line that a place is asked for: what is longer there is its own, the rest that of
 * those who are too few. */
static void charge_part(struct ledger *l, const struct ledger_row *row, double part,
                        struct bytes few, uint32_t depth)
{
    double share = row->seen[1] > 0 ? longer(l, row) / row->seen[1] : 0;
    /* At a condition they wait for others of their process. */
    const struct ledger_group *full =
        row->class == LEDGER_CONDITION ? full_of(l, row->of, row->group, part) : NULL;
    if (full && depth < DEPTH_MOST) {
        follow(l, full, part, depth + 1);
        return;
    }
    if (is_cores(row->class)) share = 1;
    charge_class(l, row->of, row->class, part * share);
    charge(l, few, LEDGER_INSIDE, part * (1 - share));
}

/* Those of `few` wait for a peer that is looked at: for what is done there. */
static void charge_behind(struct ledger *l, const struct ledger_row *peer, double part,
                          uint32_t depth)
{
    double all = work_of(l, peer->behind);
    double own = peer->seen[1] > 0 ? peer->after / peer->seen[1] : 0;
    if (all < SEEN_LEAST) own = 1;
    const struct ledger_group *full = full_of(l, peer->behind, (struct bytes){0}, part * own);
    if (full && depth < DEPTH_MOST) {
        follow(l, full, part * own, depth + 1);
    } else {
        charge_part(l, peer, part * own, peer->of, depth);
    }
    for (uint32_t i = 0; i < l->row_count && own < 1; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (!ledger_is_work(row) || !bytes_equal(row->of, peer->behind)) continue;
        charge_part(l, row, part * (1 - own) * row->after / all, peer->of, depth);
    }
}

static void charge_thread_row(struct ledger *l, const struct ledger_row *row, double part,
                              uint32_t depth)
{
    if (row->class == LEDGER_CPU) charge_cores(l, row->of, part);
    else if (row->class == LEDGER_PEER && row->behind.len > 0) charge_behind(l, row, part, depth);
    else charge_part(l, row, part, row->of, depth);
}

static bool is_in(const struct ledger_row *row, const struct ledger_group *g)
{
    return bytes_equal(row->of, g->of) && bytes_equal(row->group, g->name);
}

static void follow(struct ledger *l, const struct ledger_group *g, double line, uint32_t depth)
{
    double busy = 0;
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (is_in(row, g) && !row->spare) busy += row->seen[1];
    }
    for (uint32_t i = 0; i < l->row_count && busy > 0; i++) {
        const struct ledger_row *row = &l->rows[i];
        if (!is_in(row, g) || row->spare) continue;
        charge_thread_row(l, row, line * row->seen[1] / busy, depth);
    }
}

void lines_follow(struct ledger *l, const struct ledger_group *g, double line)
{
    follow(l, g, line, 0);
}

/* -- Places --------------------------------------------------------------------------------- */

/* The service whose accept queue has no room left: who connects to it waits for that. */
static struct bytes no_room(const struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        bool full = row->limit > 0 && row->after >= NO_ROOM * row->limit;
        if (row->class == LEDGER_ACCEPT && full) return row->of;
    }
    return (struct bytes){0};
}

/* What a place is in line for; NULL: it is none. */
static const struct ledger_group *line_for(const struct ledger *l, const struct ledger_row *row,
                                           double line)
{
    const struct bytes none = {0};
    if (row->class == LEDGER_PEER) return full_of(l, row->behind, none, line);
    if (row->class == LEDGER_CONDITION) return full_of(l, row->of, row->group, line);
    if (row->class == LEDGER_ACCEPT) return full_of(l, row->of, none, line);
    if (row->class == LEDGER_CONNECT) return full_of(l, no_room(l), none, line);
    return NULL;
}

void lines_charge_places(struct ledger *l)
{
    for (uint32_t i = 0; i < l->row_count; i++) {
        const struct ledger_row *row = &l->rows[i];
        double grown = ledger_excess(l, row->before, row->after);
        if (row->spare || row->rough || grown <= 0) continue;
        const struct ledger_group *full = line_for(l, row, grown);
        if (full) follow(l, full, grown, 1);
        else charge_class(l, row->of, row->class, grown);
    }
}
