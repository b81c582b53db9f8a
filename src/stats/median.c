#include "stats/median.h"

#include <assert.h>

double median_rank(double *values, int32_t count, int32_t rank)
{
    assert(rank >= 0 && rank < count);
    int32_t first = 0;
    int32_t last = count - 1;
    while (first < last) {
        double pivot = values[rank];
        int32_t i = first;
        int32_t j = last;
        while (i <= j) {
            while (values[i] < pivot) i++;
            while (values[j] > pivot) j--;
            if (i > j) break;
            double held = values[i];
            values[i++] = values[j];
            values[j--] = held;
        }
        if (j < rank) first = i;
        if (i > rank) last = j;
    }
    return values[rank];
}

double median_of(double *values, int32_t count)
{
    double below = median_rank(values, count, (count - 1) / 2);
    double above = median_rank(values, count, count / 2);
    return (below + above) / 2;
}
