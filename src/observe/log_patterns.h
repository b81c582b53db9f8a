/* log_patterns.h - lines of a log, grouped by what is the same in them.
 *
 * Why: a service writes ten thousand lines a second of fifty kinds; which kind began to come, and
 * how often, is what tells.
 * Numbers, ids and quoted values are marks already (wire/log_line.h); of the words that are left,
 * a line joins the pattern of its level, length and first word with which at least half are the
 * same, and what differs becomes a mark in it.
 * Source: P. He, J. Zhu, Z. Zheng, M. Lyu, Drain: An Online Log Parsing Approach with Fixed Depth
 * Tree, ICWS 2017.  Deviations: with so few patterns a list takes the place of the tree; words
 * beyond the 24th, and what does not fit a label, tell nothing; a mark is like a mark.
 * Thread: one owner.  Memory: in place, 80 KB. */
#pragma once

#include "base/text.h"
#include "wire/log_line.h"

#define LOG_PATTERNS 200
#define LOG_PATTERNS_OTHER LOG_PATTERNS /* all that there was no room for */
#define LOG_PATTERN_BYTES 140
#define LOG_PATTERN_WORDS 24

struct log_pattern {
    enum log_level level;
    uint32_t word_count;
    uint64_t words[LOG_PATTERN_WORDS]; /* hashes; 0: a mark */
    char text[LOG_PATTERN_BYTES];
};

struct log_patterns {
    struct log_pattern all[LOG_PATTERNS];
    uint32_t count;
};

/* The number of the pattern that the message falls under, met or new; LOG_PATTERNS_OTHER: no room.
 */
uint32_t log_patterns_add(struct log_patterns *p, enum log_level level, struct bytes message);
