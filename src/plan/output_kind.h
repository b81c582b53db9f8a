/* output_kind.h - the forms in which a result can leave, one table.
 *
 * Why: `--output`, the plan's `outputs:` and the names of files in a run's folder must not differ.
 * Source: docs/cli.md, docs/result.md.  Thread: any.  Memory: none. */
#pragma once

#include "base/bytes.h"
#include "plan/span.h"

enum output_kind {
    OUTPUT_TEXT,
    OUTPUT_JSON,
    OUTPUT_NDJSON,
    OUTPUT_CSV,
    OUTPUT_MARKDOWN,
    OUTPUT_JUNIT,
    OUTPUT_KINDS
};

/* One of the plan's `outputs:`. */
struct plan_output {
    struct span at;
    struct bytes text; /* as written */
    enum output_kind kind;
    struct bytes path; /* from the plan's folder, NUL-terminated; empty: in the run's folder */
};

/* "text", "json", ... */
const char *output_kind_name(enum output_kind kind);
/* What it is called in the run's folder: "result.csv". */
const char *output_kind_file(enum output_kind kind);
/* The kind of that name; OUTPUT_KINDS: none. */
enum output_kind output_kind_of(struct bytes name);
/* The kind most like `name`, for a hint; NULL: none is near. */
const char *output_kind_nearest(struct bytes name);
