#include "load/schedule.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"

#define BLOCK_NS NS_PER_S

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

double schedule_expected(const struct stage *stage, uint64_t at_ns)
{
    double t = seconds(at_ns);
    double length = seconds(stage->length_ns);
    double slope = length > 0 ? (stage->rate_to - stage->rate_from) / length : 0;
    return t * (stage->rate_from + slope * t / 2);
}

/* The inverse: when has the cumulative rate reached `count`? From a*t^2 + b*t = count; the form
 * with the root below the line keeps its digits when the slope is nearly zero. */
static uint64_t time_of(const struct stage *stage, double count)
{
    double length = seconds(stage->length_ns);
    double a = length > 0 ? (stage->rate_to - stage->rate_from) / length / 2 : 0;
    double b = stage->rate_from;
    double root = sqrt(fmax(b * b + 4 * a * count, 0));
    double t = b + root > 0 ? 2 * count / (b + root) : 0;
    double ns = t * (double)NS_PER_S;
    double limit = (double)stage->length_ns - 1;
    if (ns > limit) ns = limit;
    return ns > 0 ? (uint64_t)ns : 0;
}

static uint64_t block_end(const struct stage *stage, uint64_t block)
{
    uint64_t end = (block + 1) * BLOCK_NS;
    return end < stage->length_ns ? end : stage->length_ns;
}

/* ln(n!), by Stirling's series (error < 1e-9 for n >= 10) and a table below. */
static double log_factorial(double n)
{
    static const double small[10] = {0,
                                     0,
                                     0.69314718055994531,
                                     1.7917594692280550,
                                     3.1780538303479458,
                                     4.7874917427820458,
                                     6.5792512120101012,
                                     8.5251613610654147,
                                     10.604602902745251,
                                     12.801827480081469};
    if (n < 10) return small[(int)n];
    double inverse = 1 / n;
    double series =
        inverse * (1.0 / 12 - inverse * inverse * (1.0 / 360 - inverse * inverse / 1260));
    return (n + 0.5) * log(n) - n + 0.91893853320467274 + series;
}

/* A Poisson draw by transformed rejection (Hormann 1993, PTRS) for mean >= 10, by products of
 * uniforms below (Knuth). */
static uint64_t draw_poisson(struct rng_stream *stream, double mean)
{
    if (mean <= 0) return 0;
    if (mean < 10) {
        double floor_at = exp(-mean);
        double product = rng_unit(rng_next(stream));
        uint64_t count = 0;
        for (; product > floor_at; count++) product *= rng_unit(rng_next(stream));
        return count;
    }
    double slam = sqrt(mean);
    double loglam = log(mean);
    double b = 0.931 + 2.53 * slam;
    double a = -0.059 + 0.02483 * b;
    double inv_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double vr = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = rng_unit(rng_next(stream)) - 0.5;
        double v = rng_unit(rng_next(stream));
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= vr) return (uint64_t)k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        double left = log(v) + log(inv_alpha) - log(a / (us * us) + b);
        if (left <= k * loglam - mean - log_factorial(k)) return (uint64_t)k;
    }
}

/* A binomial draw: inversion where the mean is small, else transformed rejection (BTRS). */
static uint64_t draw_binomial(struct rng_stream *stream, uint64_t n, double p)
{
    if (n == 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - draw_binomial(stream, n, 1 - p);
    double count = (double)n;
    double q = 1 - p;
    if (count * p < 10) {
        double odds = p / q;
        double mass = exp(count * log1p(-p));
        double u = rng_unit(rng_next(stream));
        uint64_t k = 0;
        while (u > mass && k < n) {
            u -= mass;
            k++;
            mass *= odds * (count - (double)k + 1) / (double)k;
        }
        return k;
    }
    double spq = sqrt(count * p * q);
    double b = 1.15 + 2.53 * spq;
    double a = -0.0873 + 0.0248 * b + 0.01 * p;
    double c = count * p + 0.5;
    double vr = 0.92 - 4.2 / b;
    double alpha = (2.83 + 5.1 / b) * spq;
    double log_odds = log(p / q);
    double m = floor((count + 1) * p);
    double h = log_factorial(m) + log_factorial(count - m);
    for (;;) {
        double u = rng_unit(rng_next(stream)) - 0.5;
        double v = rng_unit(rng_next(stream));
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + c);
        if (k < 0 || k > count) continue;
        if (us >= 0.07 && v <= vr) return (uint64_t)k;
        double left = log(v * alpha / (a / (us * us) + b));
        double right = h - log_factorial(k) - log_factorial(count - k) + (k - m) * log_odds;
        if (left <= right) return (uint64_t)k;
    }
}

uint32_t schedule_block_limit(const struct stage *stage)
{
    double peak = stage->rate_from > stage->rate_to ? stage->rate_from : stage->rate_to;
    if (stage->model == MODEL_CLOSED || peak <= 0) return 0;
    /* Twelve deviations over the mean: a draw beyond has a chance below 1e-30. */
    return (uint32_t)(peak + 12 * sqrt(peak) + 64);
}

void schedule_open(struct schedule *s, const struct stage *stage, uint32_t stage_index,
                   uint64_t seed, uint64_t *dues_ns, uint32_t due_size)
{
    *s = (struct schedule){
        .stage = stage, .seed = seed, .stage_index = stage_index, .due_size = due_size};
    s->dues_ns = dues_ns;
    s->total = stage->requests;
    if (s->total == 0) s->total = (uint64_t)llround(schedule_expected(stage, stage->length_ns));
    s->block_count = (stage->length_ns + BLOCK_NS - 1) / BLOCK_NS;
}

/* How many fall into the block between the cumulative counts `from` and `to`. */
static uint64_t block_draw(struct schedule *s, struct rng_stream *stream, double from, double to)
{
    bool counted = s->stage->arrivals == ARRIVALS_EXACT || s->stage->requests > 0;
    if (!counted) return draw_poisson(stream, to - from);
    double all = schedule_expected(s->stage, s->stage->length_ns);
    uint64_t left = s->total - s->given;
    bool is_last = s->block + 1 == s->block_count;
    uint64_t count = is_last ? left : draw_binomial(stream, left, (to - from) / (all - from));
    s->given += count;
    return count;
}

/* Sorted uniforms on (from, to): normalised sums of exponential spacings, inverted into times. The
 * sums wait in the array of times as the bits of a double. */
static void fill_random(struct schedule *s, struct rng_stream *stream, double from, double to)
{
    double sum = 0;
    for (uint32_t i = 0; i <= s->due_count; i++) {
        sum -= log(rng_unit(rng_next(stream)));
        if (i < s->due_count) memcpy(&s->dues_ns[i], &sum, sizeof sum);
    }
    for (uint32_t i = 0; i < s->due_count; i++) {
        double reached;
        memcpy(&reached, &s->dues_ns[i], sizeof reached);
        s->dues_ns[i] = time_of(s->stage, from + (to - from) * (reached / sum));
    }
}

static void fill_even(struct schedule *s, double to)
{
    /* `requests` may round the rate: spread exactly `total` over the curve. */
    double all = schedule_expected(s->stage, s->stage->length_ns);
    double scale = s->total > 0 ? all / (double)s->total : 1;
    s->due_count = 0;
    for (uint64_t k = s->base; k < s->total; k++) {
        double at = ((double)k + 0.5) * scale;
        if (at >= to && s->block + 1 < s->block_count) break;
        if (s->due_count == s->due_size) break;
        s->dues_ns[s->due_count++] = time_of(s->stage, at);
    }
}

static void draw_block(struct schedule *s)
{
    double from = schedule_expected(s->stage, s->block * BLOCK_NS);
    double to = schedule_expected(s->stage, block_end(s->stage, s->block));
    s->base += s->due_count;
    s->due_next = 0;
    if (s->stage->arrivals == ARRIVALS_EVEN) {
        fill_even(s, to);
    } else {
        struct rng_key key = {s->seed, s->stage_index, RNG_BLOCK};
        struct rng_stream count_stream = rng_stream_at(key, s->block * 2);
        uint64_t count = block_draw(s, &count_stream, from, to);
        assert(count <= s->due_size);
        s->due_count = (uint32_t)count;
        struct rng_stream times = rng_stream_at(key, s->block * 2 + 1);
        fill_random(s, &times, from, to);
    }
    s->block++;
}

bool schedule_next(struct schedule *s, struct arrival *out)
{
    while (s->due_next == s->due_count) {
        if (s->block == s->block_count) return false;
        draw_block(s);
    }
    out->due_ns = s->dues_ns[s->due_next];
    out->index = s->base + s->due_next;
    s->due_next++;
    return true;
}
