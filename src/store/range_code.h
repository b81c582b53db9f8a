/* range_code.h - small numbers in fractions of a bit, by how often they have come so far.
 *
 * Why: the counts of a histogram are small and noisy, two or three bits each; a general compressor
 * spends a quarter more on them, which is what a day's run has to spare. Each yes-or-no question
 * about a number has a probability of its own that follows the answers; a number is asked for as
 * its length, then its bits. Coder and decoder learn the same, so nothing is stored beside it.
 * Source: G. N. N. Martin, Range encoding (1979); the carry and the adaption are those of LZMA
 * (I. Pavlov, public domain); the code is ours.
 * Thread: one owner.  Memory: in place; output in the caller's array. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define RANGE_CONTEXTS 48 /* kinds of number with statistics of their own */
#define RANGE_LENGTHS 64  /* bits of the longest number, plus one */
#define RANGE_TREE 16     /* the three highest bits below the leading one, as a tree */

struct range_model {
    uint16_t lengths[RANGE_CONTEXTS][RANGE_LENGTHS];
    uint16_t trees[RANGE_CONTEXTS][RANGE_LENGTHS][RANGE_TREE];
};

void range_code_model(struct range_model *model);

struct range_encoder {
    struct range_model *model;
    unsigned char *at, *end;
    uint64_t low;
    uint32_t range;
    uint64_t pending; /* bytes that a carry may still change */
    unsigned char cache;
    bool full; /* the array was too small; sticky */
};

/* Writes into `size` bytes at `array`; `model` is fresh. */
void range_code_start(struct range_encoder *e, struct range_model *model, unsigned char *array,
                      size_t size);
/* Any number below 2^63. */
void range_code_put(struct range_encoder *e, uint32_t context, uint64_t value);
/* Ends; nothing may follow. `e->at` is behind the last byte, unless `full`. */
void range_code_finish(struct range_encoder *e);

struct range_decoder {
    struct range_model *model;
    struct bytes in; /* what is left */
    uint32_t range, code;
    bool bad; /* read past the end, or no number; sticky */
};

void range_code_open(struct range_decoder *d, struct range_model *model, struct bytes in);
/* 0 once the input is bad. */
uint64_t range_code_get(struct range_decoder *d, uint32_t context);
/* Whether all of the input was used and none was missing. */
bool range_code_done(const struct range_decoder *d);
