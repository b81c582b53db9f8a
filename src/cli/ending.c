#include "cli/ending.h"

#include "base/attr.h"
#include "base/file.h"
#include "cli/hints.h"
#include "judge/exit_code.h"
#include "show/summary.h"

#define OUT_LIMIT (512u << 10)
#define FILES_MAX 16

/* Whatever of the run's folder is there. */
static uint32_t list_files(const struct ending *o, struct arena *arena, struct bytes *out)
{
    const struct plan *plan = o->result->header->plan;
    uint32_t count = 0;
    char array[4096];
    struct text path = text_in(array, sizeof array);
    for (uint32_t i = 0; i <= OUTPUT_KINDS + plan->service_count && count < FILES_MAX; i++) {
        char name[256];
        struct text file = text_in(name, sizeof name);
        if (i == 0) text_adds(&file, "run.prony");
        else if (i <= OUTPUT_KINDS) text_adds(&file, output_kind_file((enum output_kind)(i - 1)));
        else text_addf(&file, "%.*s.log", BYTES_ARG(plan->services[i - 1 - OUTPUT_KINDS].name));
        text_clear(&path);
        text_addf(&path, "%.*s/%s", BYTES_ARG(o->folder), name);
        if (!path.cut && file_is_there(array)) out[count++] = arena_copy(arena, text_bytes(&file));
    }
    return count;
}

struct bytes ending_text(const struct ending *o, const struct show_style *style,
                         struct arena *arena)
{
    struct bytes files[FILES_MAX];
    struct bytes next[HINTS_MAX];
    struct bytes note = bytes_of(o->trouble);
    struct summary_extra extra = {.cause = o->cause,
                                  .folder = o->folder,
                                  .files = files,
                                  .next = next,
                                  .notes = &note,
                                  .elsewhere = o->elsewhere,
                                  .elsewhere_count = o->elsewhere_count,
                                  .file_count = list_files(o, arena, files),
                                  .next_count = hints_list(o->result, o->flags, arena, next),
                                  .note_count = note.len > 0,
                                  .verbose = flags_given(o->flags, FLAG_VERBOSE)};
    char *array = arena_alloc(arena, OUT_LIMIT);
    if (!array) return (struct bytes){0};
    struct text text = text_in(array, OUT_LIMIT);
    summary_write(&text, o->result, style, &extra);
    struct bytes shown = text_bytes(&text);
    uint32_t quiet = o->loud ? 0 : flags_times(o->flags, FLAG_QUIET);
    if (quiet > 1) shown.len = 0;
    if (quiet == 1) {
        size_t end = bytes_find(shown, BYTES_LIT("\n\n")); /* of the paragraph: it may wrap */
        if (end < shown.len) text.len = end + 1;
        if (note.len > 0) text_addf(&text, " NOTE    %.*s\n", BYTES_ARG(note)); /* never unsaid */
        shown = text_bytes(&text);
    }
    return shown;
}

static int exit_code(const struct ending *o)
{
    bool unsettled = o->result->exit_code == EXIT_NO_VERDICT
                     && o->result->verdict == VERDICT_INCONCLUSIVE
                     && !run_going_on(&o->result->end);
    return flags_lenient(o->flags) && unsettled ? EXIT_HOLDS : o->result->exit_code;
}

int ending_code(const struct ending *o, bool written)
{
    int code = exit_code(o);
    /* A pass that nobody could read is none. */
    return written || code != EXIT_HOLDS ? code : EXIT_PREFLIGHT;
}
