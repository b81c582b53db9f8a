#include "judge/seen.h"

#include <math.h>

#include "judge/claim.h"

struct finding seen_find(const struct row *row, uint32_t stage, double seconds, double *needed_s)
{
    const struct objective *o = row->objective;
    const struct row_stage *rs = &row->stages[stage];
    double none = (double)NAN;
    struct finding f = {VERDICT_NOT_JUDGED, none, none, none, false, rs->seen};
    *needed_s = none;
    if (rs->seen == 0) return f;
    f.value = o->metric == METRIC_MEMORY ? rs->largest : batches_ratio(rs->counted.batches);
    if (o->metric == METRIC_MEMORY) {
        claim_observed(o, &f);
        return f;
    }
    double half = batches_half_width(rs->counted.batches);
    if (isnan(half)) return f;
    f.lo =
        f.value < 0 ? f.value - half : fmax(0, f.value - half); /* somebody's own may be below 0 */
    f.hi = f.value + half;
    if (objective_unit(o) == UNIT_SHARE) f.hi = fmax(f.value, fmin(1, f.hi));
    f.verdict = claim_verdict(o, f.lo, f.hi);
    double ratio = half / (f.value - o->value);
    if (isfinite(ratio)) *needed_s = ratio * ratio * seconds;
    return f;
}
