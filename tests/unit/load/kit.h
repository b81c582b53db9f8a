/* kit.h - the program of a one-scenario plan and one iteration's values, for tests of steps.
 * Thread: one.  Memory: kept until kit_close(). */
#pragma once

#include "little_plan.h"
#include "load/render.h"

enum { KIT_SLOTS = 4 };

struct kit {
    struct little_plan plan;
    struct arena arena;
    struct program program;
    char captures[KIT_SLOTS * CAPTURE_MAX];
    uint16_t capture_len[KIT_SLOTS];
    bool capture_is_text[KIT_SLOTS];
    struct values values;
};

/* A plan on the targets 127.0.0.1:1 and 127.0.0.1:2 (with the path /base) whose first step captures
 * $a $b $c $d (slots 0 to 3) and whose next steps are `steps`, items of a YAML list. `csv`: rows of
 * $row, taken as `pick`; NULL: no data. */
void kit_open(struct kit *k, const char *steps, const char *pick, const char *csv);
void kit_close(struct kit *k);
/* Gives $a, $b ... a value. */
void kit_capture(struct kit *k, uint32_t slot, struct bytes value, bool is_text);
/* The operation of the given step; 0 is the capturing one. */
const struct operation *kit_operation(const struct kit *k, uint32_t step);
