#include "cli/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/self.h"
#include "base/text.h"
#include "cli/backlog.h"
#include "judge/exit_code.h"
#include "show/github.h"

#define COLUMNS_ELSE 100 /* of a result that goes to no terminal */
#define COLUMNS_MOST 140 /* wider lines are hard to follow */
#define FOLD_INDENT 2    /* columns before what follows a fold on stderr */

/* While a run is on, and to its end: stderr must not hold it up. There is but one stderr. */
static struct {
    struct backlog backlog;
    bool is_on;
} hurry;

static int fd_of(enum console_stream stream)
{
    return stream == CONSOLE_OUT ? STDOUT_FILENO : STDERR_FILENO;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && value[0];
}

static bool has_color(enum console_stream stream, const struct flags *flags)
{
    struct bytes asked = flags_value(flags, FLAG_COLOR, "auto");
    if (bytes_is(asked, "always")) return true;
    if (bytes_is(asked, "never") || is_set("NO_COLOR")) return false;
    if (is_set("CLICOLOR_FORCE")) return true;
    const char *term = getenv("TERM");
    return isatty(fd_of(stream)) && term && strcmp(term, "dumb") != 0;
}

/* A line of a log is one line: on stderr only a terminal has a width. */
static uint32_t columns_of(enum console_stream stream)
{
    struct winsize size;
    if (ioctl(fd_of(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return stream == CONSOLE_OUT ? COLUMNS_ELSE : 0;
    }
    return size.ws_col > COLUMNS_MOST ? COLUMNS_MOST : size.ws_col;
}

/* A terminal that says it cannot show UTF-8 gets ASCII; a file or a pipe gets UTF-8. */
static bool is_ascii(enum console_stream stream, const struct flags *flags)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    if (flags_given(flags, FLAG_ASCII)) return true;
    if (!isatty(fd_of(stream))) return false;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *value = getenv(names[i]);
        if (!value || !value[0]) continue;
        return !strcasestr(value, "utf-8") && !strcasestr(value, "utf8");
    }
    return false;
}

struct show_style console_style(enum console_stream stream, const struct flags *flags)
{
    const char *term = getenv("TERM");
    return (struct show_style){.color = has_color(stream, flags),
                               .colors_256 = is_set("COLORTERM")
                                             || (term && strstr(term, "256color") != NULL),
                               .ascii = is_ascii(stream, flags),
                               .width = columns_of(stream)};
}

static bool write_all(int fd, struct bytes left)
{
    while (left.len > 0) {
        ssize_t n = write(fd, left.at, left.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        left = bytes_from(left, (size_t)n);
    }
    return true;
}

bool console_print(struct bytes text)
{
    if (write_all(STDOUT_FILENO, text)) return true;
    if (errno == EPIPE) return true; /* the reader has seen enough */
    struct err err;
    err_set(&err, ERR_IO, errno, "cannot write the result to stdout");
    return console_fail(&err) == 0;
}

/* To a descriptor, or (negative) to the backlog. */
static bool put(int fd, struct bytes b)
{
    if (fd >= 0) return write_all(fd, b);
    backlog_add(&hurry.backlog, b);
    return true;
}

bool console_write_words(int fd, struct bytes text)
{
    while (text.len > 0) {
        size_t at = github_find_command(text);
        if (!put(fd, (struct bytes){text.at, at})) return false;
        if (at == text.len) return true;
        if (!put(fd, BYTES_LIT("\\x3a"))) return false; /* for the first colon */
        text = bytes_from(text, at + 1);
    }
    return true;
}

/* Where stderr is closed there is nobody to tell. */
void console_say_all(struct bytes text)
{
    if (!console_write_words(hurry.is_on ? -1 : STDERR_FILENO, text)) return;
    if (hurry.is_on) backlog_end(&hurry.backlog);
}

void console_say_commands(struct bytes lines)
{
    if (!put(hurry.is_on ? -1 : STDERR_FILENO, lines)) return;
    if (hurry.is_on) backlog_end(&hurry.backlog);
}

void console_hurry(struct arena *arena)
{
    hurry.is_on = backlog_open(&hurry.backlog, STDERR_FILENO, arena);
}

void console_look(void)
{
    if (hurry.is_on) backlog_flush(&hurry.backlog);
}

void console_last_words(void)
{
    if (hurry.is_on) backlog_widen(&hurry.backlog);
}

void console_settle(void)
{
    if (!hurry.is_on) return;
    backlog_close(&hurry.backlog);
    hurry.is_on = false;
}

void console_say(const char *line)
{
    char array[1200]; /* in one write: others may write there too */
    struct text text = text_in(array, sizeof array - 1);
    struct show_style style = {.width = columns_of(CONSOLE_ERR)};
    style_fold(&text, &style, FOLD_INDENT, bytes_of(line));
    array[text.len] = '\n';
    console_say_all((struct bytes){array, text.len + 1});
}

void console_part(void)
{
    if (isatty(STDOUT_FILENO) && isatty(STDERR_FILENO)) console_say_all(BYTES_LIT("\n"));
}

/* What helps against an error that nobody knew more about than its number; may be nothing. */
static void add_cure(struct text *out, const struct err *err)
{
    static const struct {
        int sys;
        const char *cure;
    } cures[] = {
        {ENOENT, "check the spelling; a relative path is taken from the current folder"},
        {EACCES, "get the right to it, or choose another place"},
        {EPERM, "get the right to it, or choose another place"},
        {EROFS, "choose a place that may be written"},
        {EISDIR, "name a file, not a folder"},
        {ENOTDIR, "a part of that path is a file, not a folder"},
        {ENAMETOOLONG, "choose a shorter path"},
        {ENOSPC, "make room on that disk, or choose another"},
        {EDQUOT, "make room within your quota, or choose another place"},
        {EFBIG, "raise the limit of file sizes: ulimit -f"},
        {EMFILE, "raise the limit of open files: ulimit -n"},
        {ENOMEM, "free memory, or raise the limit of this shell: ulimit -v"},
        {EAGAIN, "free memory, or raise the limits of this shell: ulimit -u, ulimit -v"},
    };
    text_adds(out, err->hint);
    for (size_t i = 0; i < COUNT_OF(cures) && out->len == 0; i++) {
        if (err->sys == cures[i].sys) text_adds(out, cures[i].cure);
    }
    if (out->len > 0) return;
    switch (err->kind) {
    case ERR_LIMIT:
        text_adds(out, "ask for less (users, rate, stages), or give it a larger machine");
        break;
    case ERR_USAGE:
        text_addf(out, "`%s help` lists the commands, `%s help COMMAND` its flags", self_name(),
                  self_name());
        break;
    case ERR_DENIED:
        text_adds(out, "run it as another user, or on another host");
        break;
    case ERR_BUG:
        text_adds(out, "this is a bug of prony: please report it, with the command and the plan");
        break;
    case ERR_NONE:
    case ERR_PLAN:
    case ERR_PREFLIGHT:
    case ERR_IO:
        break;
    }
}

int console_fail(const struct err *err)
{
    char array[700];
    struct text line = text_in(array, sizeof array);
    text_addf(&line, "prony: %s", err->msg);
    console_say(array);
    text_clear(&line);
    text_adds(&line, "  hint: ");
    struct text cure = text_in(array + line.len, sizeof array - line.len);
    add_cure(&cure, err);
    if (cure.len > 0) console_say(array);
    return exit_code_of_err(err->kind);
}
