#include "explain/halves.h"

#define LEAST 3   /* seconds on either side */
#define TIMES 1.5 /* so many times as many in flight behind it */
#define FITS 0.6  /* of the scatter is gone where the two sides have a mean each */

struct sums {
    double count, value, squares;
};

static void add(struct sums *s, double value)
{
    s->count++;
    s->value += value;
    s->squares += value * value;
}

static double scatter(const struct sums *s)
{
    return s->count > 0 ? s->squares - s->value * s->value / s->count : 0;
}

static double in_flight(const struct recall_second *second)
{
    return (second->load.in_flight_ns + second->load.lag_ns) / 1e9 / second->load.seconds;
}

static const struct recall_second *of_stage(const struct recall *r, uint32_t stage, uint32_t at)
{
    const struct recall_second *second = recall_second_at(r, at);
    bool whole = second && second->stage == stage && second->load.seconds > 0.5;
    return whole ? second : NULL;
}

bool halves_find(const struct recall *r, uint32_t stage, uint64_t *at_ns)
{
    struct sums all = {0};
    for (uint32_t at = 0; at < r->ticks; at++) {
        const struct recall_second *second = of_stage(r, stage, at);
        if (second) add(&all, in_flight(second));
    }
    struct sums before = {0};
    double least = (1 - FITS) * scatter(&all);
    bool found = false;
    for (uint32_t at = 0; at < r->ticks; at++) {
        const struct recall_second *second = of_stage(r, stage, at);
        if (!second) continue;
        struct sums behind = {all.count - before.count, all.value - before.value,
                              all.squares - before.squares};
        double left = scatter(&before) + scatter(&behind);
        bool enough = before.count >= LEAST && behind.count >= LEAST;
        bool more = enough && behind.value / behind.count > TIMES * before.value / before.count;
        if (more && left < least) {
            least = left;
            *at_ns = second->start_ns;
            found = true;
        }
        add(&before, in_flight(second));
    }
    return found;
}
