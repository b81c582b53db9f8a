#include "stats/rank.h"

#include <assert.h>
#include <math.h>

/* Values in rising order by merging runs, bottom up: the same for the same values, and it needs no
 * function of the caller's. `order` has their places; `spare` is as long. */
static void sort(const float *values, uint16_t *order, uint16_t *spare, uint32_t count)
{
    uint16_t *from = order;
    uint16_t *to = spare;
    for (uint32_t width = 1; width < count; width *= 2) {
        for (uint32_t lo = 0; lo < count; lo += 2 * width) {
            uint32_t middle = lo + width < count ? lo + width : count;
            uint32_t hi = lo + 2 * width < count ? lo + 2 * width : count;
            uint32_t left = lo;
            uint32_t right = middle;
            for (uint32_t i = lo; i < hi; i++) {
                bool take_left =
                    right >= hi || (left < middle && values[from[left]] <= values[from[right]]);
                to[i] = take_left ? from[left++] : from[right++];
            }
        }
        uint16_t *done = to;
        to = from;
        from = done;
    }
    for (uint32_t i = 0; i < count && from != order; i++) order[i] = from[i];
}

/* Ranks less their mean; those that are equal share the mean of theirs. False: all are equal. */
static bool rank(const float *values, uint32_t count, float *ranks)
{
    uint16_t order[RANK_MOST];
    uint16_t spare[RANK_MOST];
    double middle = (double)(count - 1) / 2;
    for (uint32_t i = 0; i < count; i++) order[i] = (uint16_t)i;
    sort(values, order, spare, count);
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i + 1;
        while (end < count && values[order[end]] == values[order[i]]) end++;
        double shared = (double)(i + end - 1) / 2 - middle;
        for (uint32_t k = i; k < end; k++) ranks[order[k]] = (float)shared;
        if (i == 0 && end == count) return false;
        i = end;
    }
    return true;
}

/* The mean of both is 0. */
static double product(const float *a, const float *b, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

static double with_itself(const float *ranks, uint32_t count, double square)
{
    double later = product(ranks, ranks + 1, count - 1) / square;
    return later > 0 ? later : 0; /* what alternates is worth no more than what does not */
}

bool rank_compare(const float *a, const float *b, uint32_t count, struct rank_tie *out)
{
    float both[2][RANK_MOST];
    float ranks[2][RANK_MOST];
    uint32_t pairs = 0;
    assert(count <= RANK_MOST);
    for (uint32_t i = 0; i < count; i++) {
        if (isnan(a[i]) || isnan(b[i])) continue;
        both[0][pairs] = a[i];
        both[1][pairs++] = b[i];
    }
    if (pairs < RANK_LEAST) return false;
    if (!rank(both[0], pairs, ranks[0]) || !rank(both[1], pairs, ranks[1])) return false;
    double squares[2] = {product(ranks[0], ranks[0], pairs), product(ranks[1], ranks[1], pairs)};
    double held =
        with_itself(ranks[0], pairs, squares[0]) * with_itself(ranks[1], pairs, squares[1]);
    double worth = pairs * (1 - held) / (1 + held);
    double chance = worth > 1 ? RANK_DEVIATIONS / sqrt(worth - 1) : 1;
    *out = (struct rank_tie){
        .rho = product(ranks[0], ranks[1], pairs) / sqrt(squares[0] * squares[1]),
        .least = fmin(fmax(chance, RANK_FLOOR), RANK_STRONG),
        .worth = worth,
        .pairs = pairs,
    };
    return true;
}

bool rank_holds(const struct rank_tie *tie)
{
    return fabs(tie->rho) >= tie->least;
}
