/* main.c - prony: reads the command line and hands it to its verb. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/self.h"
#include "cli/console.h"
#include "cli/flags.h"
#include "cli/help.h"
#include "cli/misuse.h"
#include "cli/verb_check.h"
#include "cli/verb_completion.h"
#include "cli/verb_doctor.h"
#include "cli/verb_init.h"
#include "cli/verb_list.h"
#include "cli/verb_report.h"
#include "cli/verb_run.h"
#include "cli/verb_schema.h"
#include "cli/verb_watch.h"
#include "cli/verb_why.h"
#include "judge/exit_code.h"

static int print(struct bytes text)
{
    return console_print(text) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}

/* `prony`, `prony help`, `prony help run`, `prony run --help`. */
static int help(const struct flags *flags, struct err *err)
{
    static char array[HELP_MAX];
    struct text text = text_in(array, sizeof array);
    enum verb verb = flags->verb;
    bool overview = verb == VERB_HELP && !flags->word && !flags_given(flags, FLAG_HELP);
    if (verb == VERB_HELP && flags->word) {
        verb = flags_verb_of(bytes_of(flags->word));
        if (verb == VERB_COUNT) {
            err_set(err, ERR_USAGE, 0, "there is no command '%s'", flags->word);
            err_hint(err, "`%s help` lists them", self_name());
            return console_fail(err);
        }
    }
    if (overview) help_overview(&text);
    else help_verb(&text, verb);
    return print(text_bytes(&text));
}

/* Where 0, 1 or 2 is closed, the next file opened would get its number and be written into. */
static bool fill_standard_descriptors(void)
{
    for (;;) {
        int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (fd < 0) return false;
        if (fd > STDERR_FILENO) return close(fd) == 0;
    }
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors()) return EXIT_BUG;
    /* Who reads our output may leave; that is an error of the write, not an end of the process. */
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR) return EXIT_BUG;
    /* Likewise a file that may not grow: the run goes on without it. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return EXIT_BUG;
    if (argc > 0) self_take_name(argv[0]);
    struct flags flags;
    struct err err = {0};
    if (verb_completion_asked(argc, argv)) return verb_completion_answer(argc, argv);
    if (!flags_parse(&flags, argc, argv, &err)) return misuse_tell(&flags, &err);
    if (flags.version) return print(BYTES_LIT("prony " PRONY_VERSION "\n"));
    if (flags.verb == VERB_HELP || flags_given(&flags, FLAG_HELP)) return help(&flags, &err);
    switch (flags.verb) {
    case VERB_RUN:
        return verb_run_main(&flags, argc, argv);
    case VERB_WATCH:
        return verb_watch_main(&flags, argc, argv);
    case VERB_INIT:
        return verb_init_main(&flags);
    case VERB_CHECK:
        return verb_check_main(&flags, argc, argv);
    case VERB_REPORT:
        return verb_report_main(&flags);
    case VERB_WHY:
        return verb_why_main(&flags);
    case VERB_LIST:
        return verb_list_main(&flags);
    case VERB_DOCTOR:
        return verb_doctor_main(&flags);
    case VERB_COMPLETION:
        return verb_completion_main(&flags);
    case VERB_SCHEMA:
        return verb_schema_main();
    case VERB_HELP:
    case VERB_COUNT:
        break;
    }
    return EXIT_BUG;
}
