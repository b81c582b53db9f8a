#include "stats/pile.h"

#include <math.h>

#define RISE_SHARE 0.5 /* of the mean in flight: what it rises by within a stage, ... */
#define RISE_LEAST 5.0 /* ... and at least so many, is a load that is not steady */

void pile_add(struct pile *p, double at_s, double in_flight)
{
    p->n++;
    p->t += at_s;
    p->x += in_flight;
    p->tt += at_s * at_s;
    p->tx += at_s * in_flight;
}

bool pile_is_up(const struct pile *p, double seconds)
{
    double across = p->n * p->tt - p->t * p->t;
    if (p->n < 3 || across <= 0) return false;
    double slope = (p->n * p->tx - p->t * p->x) / across;
    return slope * seconds > fmax(RISE_LEAST, RISE_SHARE * p->x / p->n);
}
