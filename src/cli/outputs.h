/* outputs.h - the forms in which a result leaves, on stdout and into files.
 *
 * Why: a run and a report write the same forms, some while it goes (ndjson, csv), some at its end,
 * several at once. What cannot be written is found before anything is sent.
 * Source: docs/cli.md, "Output".
 * Thread: main.  Memory: in place and the arena given; files are open until outputs_finish(). */
#pragma once

#include "base/arena.h"
#include "cli/ending.h"
#include "cli/spool.h"
#include "plan/output_kind.h"
#include "show/result_csv.h"
#include "show/result_ndjson.h"

#define OUTPUTS_MAX 16

struct outputs_options {
    const struct flags *flags;
    const struct plan *plan;     /* whose outputs are wanted, too; NULL: none */
    const struct bytes *folder;  /* of the run, filled before it begins */
    const char *source;          /* plan or run file that is read, and so not to be written over */
    const struct bytes *sources; /* of several runs, in its place; NUL-terminated */
    uint32_t source_count;       /* also of runs still to come: of a series */
    bool in_series;              /* one of a series: what the flags ask for is about all of it */
    struct arena *arena;
};

struct output {
    enum output_kind kind;
    struct bytes path; /* NUL-terminated; empty: stdout */
    bool in_folder;    /* of the run: path is empty until it begins */
    bool began;        /* something was written */
    bool created;      /* the file was not there before */
    bool broken;       /* could not be written: no further tries */
    int fd;
    struct text buffer;
    bool told_lost;     /* that lines of it are lost */
    struct spool spool; /* of a stream while a load runs; else it is written at once */
    struct result_ndjson ndjson;
    struct result_csv csv;
    struct sink sink; /* of ndjson and csv */
};

struct outputs {
    struct output items[OUTPUTS_MAX];
    uint32_t count;
    const struct bytes *folder; /* of the run */
    const char *source;
    const struct bytes *sources;
    uint32_t source_count; /* 0: it is about one run */
    struct arena *arena;
    bool loads; /* what is written while it goes must not wait for a reader */
};

/* What the flags ask for, and the plan; without any, text on stdout. Opens the files, no two on the
 * same one. Keeps folder, source and arena. False: `err`. */
MUST_USE bool outputs_open(struct outputs *o, const struct outputs_options *options,
                           struct err *err);
/* Keeps `o`. Add it behind the judge. */
struct sink outputs_sink(struct outputs *o);
/* Whether something is written to stdout while the run goes on. */
bool outputs_streams(const struct outputs *o);
/* Appends that the reader of a stream is too slow (a clause, once for each), and returns true;
 * false when nothing is new. */
bool outputs_trouble(void *outputs, struct text *out);
/* Writes what is written at the end and closes all; `ended`: it is a run that got going, so text is
 * wanted too. False: something asked for is not there; said on stderr. */
bool outputs_finish(struct outputs *o, const struct ending *ending, bool ended);
/* Closes files without a result; those that were made and never written are removed. */
void outputs_drop(struct outputs *o);
