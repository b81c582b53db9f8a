#include "plan/output_kind.h"

#include "base/attr.h"
#include "plan/diag.h"

static const char *const names[OUTPUT_KINDS] = {"text", "json",     "ndjson",
                                                "csv",  "markdown", "junit"};

const char *output_kind_name(enum output_kind kind)
{
    assert(kind < OUTPUT_KINDS);
    return names[kind];
}

const char *output_kind_file(enum output_kind kind)
{
    static const char *const files[OUTPUT_KINDS] = {"result.txt", "result.json", "result.ndjson",
                                                    "result.csv", "result.md",   "junit.xml"};
    assert(kind < OUTPUT_KINDS);
    return files[kind];
}

enum output_kind output_kind_of(struct bytes name)
{
    for (uint32_t i = 0; i < OUTPUT_KINDS; i++) {
        if (bytes_is(name, names[i])) return (enum output_kind)i;
    }
    return OUTPUT_KINDS;
}

const char *output_kind_nearest(struct bytes name)
{
    return diag_nearest(name, names, OUTPUT_KINDS);
}
