/* sentence_priv.h - an objective's sentence while it is read, for the parts of its reader.
 *
 * Why: objective.c says what a sentence is about and how its parts follow; whose it is
 * (sentence_scope.c) and the amount (sentence_value.c) have their own words and cures.
 * Source: docs/plan.md, "Objectives".  Thread: any.  Memory: views of the sentence. */
#pragma once

#include "plan/diag.h"
#include "plan/objective.h"

#define SENTENCE_FORM "METRIC [of NAME] [in STAGE] < VALUE"

enum sentence_word_kind {
    SENTENCE_END,
    SENTENCE_NAME,
    SENTENCE_QUOTED,
    SENTENCE_OP,
    SENTENCE_OPEN
};

struct sentence_word {
    enum sentence_word_kind kind;
    struct bytes text; /* without quotes */
    size_t at, len;    /* in the sentence, quotes included */
};

struct sentence {
    struct bytes text;
    struct span at;
    struct diags *diags;
    const struct objective_names *names;
    struct sentence_word word; /* the next one */
    size_t i;                  /* behind it */
    enum objective_unit unit;
    bool limit;  /* good when small */
    bool hourly; /* what goes on for hours */
    bool either; /* may be a limit in either direction */
    bool abort;
    bool lost; /* it names what may be there and could not be read: no sentence, and no error */
};

/* Moves on to the next word. */
void sentence_advance(struct sentence *r);
/* Is the next word that one, without quotes? */
bool sentence_is(const struct sentence *r, const char *text);
/* The place of `w`; of the whole sentence where its letters are not those of the source. */
struct span sentence_place(const struct sentence *r, struct sentence_word w);
/* Tells what is wrong with `w`; false. */
bool sentence_wrong(struct sentence *r, enum diag_code code, struct sentence_word w,
                    const char *hint, const char *cause);
/* The stage behind the word at hand, `in` or `after`: *first and those behind it of its group. */
bool sentence_scope_stage(struct sentence *r, uint32_t *first, uint32_t *count);
/* `of` and `in`, as far as they stand there. */
bool sentence_scope_read(struct sentence *r, struct objective *out);
/* The amount behind the comparison. */
bool sentence_value_read(struct sentence *r, struct objective *out);
/* The word is no amount of r->unit, and why. */
bool sentence_value_bad(struct sentence *r, const char *why);
