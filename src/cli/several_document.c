#include "cli/several_document.h"

#include "cli/moment.h"
#include "show/beside_forms.h"
#include "show/beside_text.h"
#include "show/spread_text.h"

#define DOCUMENT_LIMIT ((size_t)16 << 20)

bool several_document_has(enum output_kind kind)
{
    switch (kind) {
    case OUTPUT_TEXT:
    case OUTPUT_JSON:
    case OUTPUT_CSV:
    case OUTPUT_MARKDOWN:
        return true;
    case OUTPUT_NDJSON:
    case OUTPUT_JUNIT:
    case OUTPUT_KINDS:
        break;
    }
    return false;
}

static void write_text(struct text *out, const struct ending *ending,
                       const struct show_style *style)
{
    bool verbose = flags_given(ending->flags, FLAG_VERBOSE);
    uint32_t quiet = ending->loud ? 0 : flags_times(ending->flags, FLAG_QUIET);
    if (quiet == 1) beside_text_verdicts(out, ending->beside, style);
    if (quiet > 0) return;
    beside_text_write(out, ending->beside, moment_utc_offset_s(), verbose, style);
    if (ending->beside->series) spread_text_write(out, ending->beside, style);
}

struct bytes several_document_make(enum output_kind kind, const struct ending *ending,
                                   const struct show_style *style, struct arena *arena)
{
    if (kind == OUTPUT_JSON) return beside_forms_json(arena, ending->beside);
    char *array = arena_alloc(arena, DOCUMENT_LIMIT);
    if (!array) return (struct bytes){0};
    struct text text = text_in(array, DOCUMENT_LIMIT);
    if (kind == OUTPUT_TEXT) write_text(&text, ending, style);
    if (kind == OUTPUT_CSV) beside_forms_csv(&text, ending->beside);
    if (kind == OUTPUT_MARKDOWN) beside_forms_markdown(&text, ending->beside);
    return text.cut ? (struct bytes){0} : text_bytes(&text);
}
