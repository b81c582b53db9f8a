#include "cli/verb_init.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/self.h"
#include "cli/console.h"
#include "cli/oneliner.h"
#include "cli/scaffold.h"
#include "judge/exit_code.h"

#define PLAN_MAX (64u << 10)

static bool read_words(const struct flags *flags, struct url *url, struct err *err)
{
    struct bytes word = bytes_of(flags->word);
    if (!oneliner_is_url(flags->word)) {
        bool file = bytes_find(word, BYTES_LIT(".y")) != SIZE_MAX;
        err_set(err, ERR_USAGE, 0, "'%s' is no URL: it has no http:// before it", flags->word);
        if (file)
            return err_hint(err, "first the URL, then the file: %s init URL %s", self_name(),
                            flags->word);
        return err_hint(err, "write http://%s", flags->word);
    }
    if (!oneliner_read_url(url, flags->word, err)) return false;
    if (!flags->words[1] || !oneliner_is_url(flags->words[1])) return true;
    err_set(err, ERR_USAGE, 0, "'%s' is a URL, where the name of a file belongs", flags->words[1]);
    return err_hint(err, "a plan has one target to begin with: %s init URL FILE", self_name());
}

/* A file that is there is not touched, whoever made it in the meantime. */
static bool write_new(const char *path, struct bytes plan, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (errno != EEXIST) return err_set(err, ERR_IO, errno, "cannot write %s", path);
        err_set(err, ERR_USAGE, 0, "%s is there already, and was left as it is", path);
        return err_hint(err, "name another file, or overwrite it with --force");
    }
    bool whole = write(fd, plan.at, plan.len) == (ssize_t)plan.len;
    int sys = errno;
    if (close(fd) != 0) whole = false;
    return whole || err_set(err, ERR_IO, sys, "cannot write %s", path);
}

static bool write_plan(const struct flags *flags, struct bytes plan, struct err *err)
{
    if (flags_given(flags, FLAG_FORCE)) return file_write(flags->words[1], plan, err);
    return write_new(flags->words[1], plan, err);
}

int verb_init_main(const struct flags *flags)
{
    static char array[PLAN_MAX];
    struct text plan = text_in(array, sizeof array);
    struct url url;
    struct err err = {0};
    if (!read_words(flags, &url, &err)) return console_fail(&err);
    bool to_stdout = !flags->words[1] || strcmp(flags->words[1], "-") == 0;
    scaffold_write(&plan, &url, bytes_of(to_stdout ? NULL : flags->words[1]));
    if (plan.cut) {
        err_set(&err, ERR_USAGE, 0, "the URL makes a plan larger than 64 KiB");
        return console_fail(&err);
    }
    if (to_stdout) return console_print(text_bytes(&plan)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
    if (!write_plan(flags, text_bytes(&plan), &err)) return console_fail(&err);
    char next[600];
    struct text line = text_in(next, sizeof next);
    text_addf(&line, "wrote %s; next: %s check %s", flags->words[1], self_name(), flags->words[1]);
    console_say(next);
    return EXIT_HOLDS;
}
