#include "judge/claim.h"

#include <math.h>

#include "base/ns.h"

#define MIB 1048576.0

bool claim_is_below(const struct objective *o)
{
    return o->op == OP_LT || o->op == OP_LE;
}

bool claim_met(const struct objective *o, double value)
{
    switch (o->op) {
    case OP_LT:
        return value < o->value;
    case OP_LE:
        return value <= o->value;
    case OP_GT:
        return value > o->value;
    case OP_GE:
        return value >= o->value;
    }
    return false;
}

enum verdict claim_verdict(const struct objective *o, double lo, double hi)
{
    bool below = claim_is_below(o);
    double far = below ? hi : lo;
    double near = below ? lo : hi;
    if (!isnan(far) && claim_met(o, far)) return VERDICT_HOLDS;
    if (!isnan(near) && !claim_met(o, near)) return VERDICT_MISSED;
    return VERDICT_INCONCLUSIVE;
}

/* A share of the good: what a limit leaves room for is the rest. */
static bool is_of_good(const struct objective *o)
{
    return objective_unit(o) == UNIT_SHARE && !objective_small_is_good(o);
}

double claim_margin(const struct objective *o, double value)
{
    double left = claim_is_below(o) ? o->value - value : value - o->value;
    double whole = is_of_good(o) ? 1 - o->value : o->value;
    return whole > 0 ? left / whole : (double)NAN;
}

bool claim_is_absolute(const struct objective *o)
{
    if (objective_unit(o) != UNIT_SHARE) return false;
    return is_of_good(o) ? o->op == OP_GE && o->value >= 1 : o->op == OP_LE && o->value <= 0;
}

enum verdict claim_seen(const struct objective *o, double value)
{
    return claim_met(o, value) ? VERDICT_HOLDS : VERDICT_MISSED;
}

void claim_add_value(struct text *out, const struct objective *o, double value)
{
    switch (objective_unit(o)) {
    case UNIT_TIME:
        if (isinf(value)) text_adds(out, "timeouts or drops");
        else text_addf(out, "%.1f ms", value / (double)NS_PER_MS);
        return;
    case UNIT_SHARE:
        text_addf(out, "%.1f%%", value * 100);
        return;
    case UNIT_RATE:
        if (o->of_offered) text_addf(out, "%.1f%%", value * 100);
        else text_addf(out, "%.1f/s", value);
        return;
    case UNIT_BYTES:
        text_addf(out, "%.1f MiB", value / MIB);
        return;
    case UNIT_BYTES_RATE:
        text_addf(out, "%.1f MiB/s", value / MIB);
        return;
    case UNIT_COUNT:
    case UNIT_NUMBER:
        text_addf(out, "%.1f", value);
        return;
    }
}

void claim_observed(const struct objective *o, struct finding *f)
{
    f->lo = f->hi = f->value; /* interval_is_point() */
    f->verdict = claim_seen(o, f->value);
}
