#include "cli/verb_run.h"

#include "base/text.h"
#include "cli/console.h"
#include "cli/once.h"
#include "cli/planning.h"
#include "cli/repeat.h"
#include "cli/running.h"

static int print_plan(const struct flags *flags, struct planning *p)
{
    size_t size = 2 * p->source.len + 4096; /* each name of a variable stands there twice */
    struct text text = text_in(arena_alloc(&p->arena, size), size);
    planning_add_shown(&text, flags);
    return console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}

int verb_run_main(const struct flags *flags, int argc, char *const *argv)
{
    struct planning p;
    struct err err = {0};
    int code;
    if (!planning_open(&p, flags, argc, argv, &err)) code = planning_fail(&p, &err);
    else if (flags_given(flags, FLAG_REPEAT)) code = repeat_run(flags, &p);
    else if (flags_given(flags, FLAG_PRINT_PLAN)) code = print_plan(flags, &p);
    else if (flags_given(flags, FLAG_ONCE)) code = once_run(flags, &p);
    else code = running_run(flags, &p, NULL);
    planning_close(&p);
    return code;
}
