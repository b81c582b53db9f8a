/* flags.h - the command line, read by one table.
 *
 * Why: parsing, help, the nearest flag to a wrong one and the reference page come from verbs.def
 * and flags.def, so they cannot differ. Values are read with plan/units before anything else
 * happens, and an error names the flag.
 * Source: POSIX Utility Conventions (-n 5, -n5), GNU long options (--rate 5/s, --rate=5/s, --).
 * Thread: main.
 * Memory: in place; values borrow argv. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "plan/diag.h"

enum verb {
#define VERB(id, name, argument, fewest, most, what, more, examples) VERB_##id,
#include "cli/verbs.def"
#undef VERB
    VERB_COUNT
};

enum flag {
#define FLAG(id, name, brief, argument, kind, verbs, group, times, what) FLAG_##id,
#include "cli/flags.def"
#undef FLAG
    FLAG_COUNT
};

enum flag_kind {
    KIND_SWITCH,
    KIND_TEXT,
    KIND_CHOICE,    /* one of the words of `argument` */
    KIND_CHOICES,   /* some of them, with commas between */
    KIND_OUTPUT,    /* FORM or FORM=FILE */
    KIND_NUMBER,    /* a whole number, 0 too */
    KIND_COUNT,     /* a whole number from 1 on */
    KIND_RATE,      /* 500/s */
    KIND_DURATION,  /* 30s */
    KIND_WARMUP,    /* 30s or auto */
    KIND_DURATIONS, /* 1s or 0.5s..2s */
    KIND_MOMENT,    /* 2d, 2026-11-01, '2026-11-01 14:30', today, yesterday */
    KIND_HEADER,    /* NAME: VALUE */
    KIND_TRACE,     /* off or 1% */
    KIND_PAIR,      /* NAME=VALUE */
    KIND_LATENCY,   /* objective `NAME < VALUE` */
    KIND_AT_MOST,   /* objective `NAME <= VALUE`, a share */
    KIND_AT_LEAST,  /* objective `NAME >= VALUE`, a share */
    KIND_CAPACITY   /* objective `NAME >= VALUE`, a rate or `N% of offered` */
};

enum flag_group {
    GROUP_LOAD,
    GROUP_REQUEST,
    GROUP_PLAN,
    GROUP_FILTER,
    GROUP_OBJECTIVE,
    GROUP_WINDOW,
    GROUP_WATCH,
    GROUP_ENGINE,
    GROUP_OUTPUT
};
#define GROUP_COUNT 9

struct verb_info {
    const char *name, *argument;
    uint32_t fewest, most; /* words besides the flags */
    const char *what, *more, *examples;
};

struct flag_info {
    const char *name; /* without dashes */
    const char *argument, *what;
    enum flag_kind kind;
    enum flag_group group;
    uint32_t verbs; /* bit per verb */
    char brief;     /* 0: none */
    bool again;
};

extern const struct verb_info flags_verbs[VERB_COUNT];
extern const struct flag_info flags_table[FLAG_COUNT];

#define FLAGS_GIVEN_MAX 64
#define FLAGS_WORDS_MAX 32
#define FLAGS_OBJECTIVES_MAX 32
#define FLAGS_FAULTS_MAX 7 /* beyond the first */

struct flags {
    enum verb verb;
    bool version;                       /* `prony --version` and nothing else */
    const char *word;                   /* PLAN, URL, the first RUN or COMMAND; NULL: none */
    const char *words[FLAGS_WORDS_MAX]; /* [word_count]: all of them, that one too */
    uint32_t word_count;
    struct {
        enum flag flag;
        struct bytes value; /* empty for a switch; NUL-terminated behind it */
    } given[FLAGS_GIVEN_MAX];
    uint32_t given_count;
    struct err
        more[FLAGS_FAULTS_MAX]; /* [more_count]: what else is wrong than what is told first */
    uint32_t more_count;
};

/* Reads argv[1...]. False: ERR_USAGE, the first fault in `err`, the others in out->more; what was
 * right of it is there all the same. No argument at all is `help`; with --help the words are not
 * counted. */
MUST_USE bool flags_parse(struct flags *out, int argc, char *const *argv, struct err *err);
bool flags_given(const struct flags *flags, enum flag flag);
/* How often a flag was given: -qq is twice. */
uint32_t flags_times(const struct flags *flags, enum flag flag);
/* The value of a flag, or `otherwise` when it was not given. */
struct bytes flags_value(const struct flags *flags, enum flag flag, const char *otherwise);
/* Numbers of flags that were read before, so they cannot fail; 0 when not given. */
uint64_t flags_count(const struct flags *flags, enum flag flag);
uint64_t flags_ns(const struct flags *flags, enum flag flag);
/* --fail-on missed: what is merely undecided fails nothing. */
bool flags_lenient(const struct flags *flags);
/* The first flag given of a group; FLAG_COUNT: none. */
enum flag flags_of_group(const struct flags *flags, enum flag_group group);
/* The objectives that flags ask for, as sentences, written into `out` one behind the other and
 * listed in `sentences`; their number. */
uint32_t flags_objectives(const struct flags *flags, struct text *out,
                          struct bytes sentences[FLAGS_OBJECTIVES_MAX]);
/* Which of the flags given the n-th of these sentences came from, and all of those as words. */
uint32_t flags_nth_objective(const struct flags *flags, uint32_t n);
uint32_t flags_objective_words(const struct flags *flags,
                               struct diag_word words[FLAGS_OBJECTIVES_MAX]);
/* The verb of that name; VERB_COUNT: none. */
enum verb flags_verb_of(struct bytes name);
