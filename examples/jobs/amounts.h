/* amounts.h - numbers with units as people write them: 20ms, 1.5s, 500/s, 10%, 64KiB.
 *
 * All of it rejects trailing text, signs and missing digits; `out` is untouched on false.
 * Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A whole number in decimal. False also when it is over `most`. */
bool amounts_whole(const char *text, uint64_t most, uint64_t *out);

/* A duration with a unit (us, ms, s, m, h), at most 1000 hours. */
bool amounts_duration(const char *text, uint64_t *out_ns);

/* A whole number per second; the `/s` may be left out. */
bool amounts_rate(const char *text, uint64_t most, uint64_t *out_per_s);

/* A share from 0% to 100%; the sign may be left out. `out` is in parts per million. */
bool amounts_percent(const char *text, uint32_t *out_per_million);

/* A whole number of bytes with a unit (B, KiB, MiB). False also when it is over `most`. */
bool amounts_bytes(const char *text, uint64_t most, uint64_t *out);
