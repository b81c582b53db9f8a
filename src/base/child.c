#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

#define ARGS_LIMIT_BYTES (4u << 20) /* pointers to arguments and environment, while starting */

/* Everything the new process needs, made before fork(): between fork() and exec() only
 * async-signal-safe calls are allowed. */
struct launch {
    char **argv, **envp;
    const char *cwd;
    int log_fd, null_fd, report_fd;
};

static bool same_name(const char *entry, const char *other)
{
    size_t len = strcspn(other, "=");
    return strncmp(entry, other, len) == 0 && entry[len] == '=';
}

/* exec's pointers are not const, but it changes nothing behind them. */
static char *loose(const char *at)
{
    union {
        const char *in;
        char *out;
    } u = {.in = at};
    return u.out;
}

static bool collect(struct launch *l, struct arena *arena, const struct child_options *options)
{
    size_t inherited = 0;
    while (environ[inherited]) inherited++;
    l->argv = ARENA_ARRAY(arena, options->argc + 1, char *);
    l->envp = ARENA_ARRAY(arena, inherited + options->env_count + 1, char *);
    if (!arena_ok(arena)) return false;
    for (uint32_t i = 0; i < options->argc; i++) l->argv[i] = loose(options->argv[i].at);
    size_t count = 0;
    for (size_t i = 0; i < inherited; i++) {
        bool replaced = false;
        for (uint32_t k = 0; k < options->env_count && !replaced; k++) {
            replaced = same_name(environ[i], options->env[k].at);
        }
        if (!replaced) l->envp[count++] = environ[i];
    }
    for (uint32_t k = 0; k < options->env_count; k++) l->envp[count++] = loose(options->env[k].at);
    return true;
}

static void close_fd(int fd)
{
    if (fd >= 0) close(fd);
}

/* What could not be done in the new process, told through the pipe. */
struct report {
    int cause;    /* errno */
    int in_chdir; /* 0: in exec */
};

static void become(const void *ctx, pid_t guard)
{
    const struct launch *l = ctx;
    struct report report = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    /* Killed with the guard, which nobody but the system kills; it may have ended before this line.
     */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != guard) _exit(127);
    /* What we ignore or block, exec would pass on. */
    bool usual = signal(SIGPIPE, SIG_DFL) != SIG_ERR && signal(SIGXFSZ, SIG_DFL) != SIG_ERR;
    if (!usual || pthread_sigmask(SIG_SETMASK, &none, NULL) != 0) _exit(127);
    dup2(l->null_fd, STDIN_FILENO);
    dup2(l->log_fd, STDOUT_FILENO);
    dup2(l->log_fd, STDERR_FILENO);
    if (l->cwd && chdir(l->cwd) != 0) {
        report = (struct report){errno, 1};
    } else {
        execvpe(l->argv[0], l->argv, l->envp);
        report.cause = errno;
    }
    ssize_t told = write(l->report_fd, &report, sizeof report);
    _exit(told == (ssize_t)sizeof report ? 127 : 126);
}

/* Reads what the new process says of itself; closes on exec, so the end of file means success. */
static bool executed(int fd, const struct child_options *options, struct err *err)
{
    struct report report;
    ssize_t n;
    do n = read(fd, &report, sizeof report);
    while (n < 0 && errno == EINTR);
    if (n == 0) return true;
    if (n != (ssize_t)sizeof report) return err_set(err, ERR_IO, errno, "cannot start a process");
    if (report.in_chdir) {
        return err_set(err, ERR_PREFLIGHT, report.cause, "cannot enter %s", options->cwd);
    }
    err_set(err, ERR_PREFLIGHT, report.cause, "cannot execute %s", options->argv[0].at);
    if (report.cause == ENOENT && !strchr(options->argv[0].at, '/')) {
        err_hint(err, "is it installed, and its folder in PATH?");
    } else if (report.cause == ENOENT) {
        err_hint(err, "a relative path is taken from the folder it starts in (%s)",
                 options->cwd ? options->cwd : "the current one");
    }
    return false;
}

/* -- The guard ------------------------------------------------------------------------------ */

/* The guard's next word; false: it has none any more. */
static bool read_word(const struct child *c, struct guard_word *out)
{
    ssize_t n;
    do n = read(c->word_fd, out, sizeof *out);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *out;
}

static void note(struct child *c, const struct guard_word *word)
{
    switch (word->says) {
    case GUARD_STARTED:
        c->pid = word->pid;
        break;
    case GUARD_ENDED:
        c->ended = true;
        c->signal = word->by_signal ? word->code : 0;
        c->status = word->by_signal ? 0 : word->code;
        break;
    case GUARD_LEFT:
        c->left_count = word->count;
        c->left_pid = word->pid;
        memcpy(c->left_name, word->name, sizeof c->left_name);
        break;
    }
}

/* Hears it out until it has ended, and the child with it. */
static void dismiss(struct child *c)
{
    struct guard_word word;
    while (read_word(c, &word)) note(c, &word);
    while (c->guard > 0 && waitpid(c->guard, NULL, 0) < 0 && errno == EINTR) {
    }
    /* Without a word: somebody has killed the guard, and that has killed the child. */
    if (!c->ended) note(c, &(struct guard_word){.says = GUARD_ENDED, SIGKILL, .by_signal = true});
    close_fd(c->order_fd);
    close_fd(c->word_fd);
    c->pid = 0;
    c->guard = 0;
    c->order_fd = -1;
    c->word_fd = -1;
}

/* Forks the guard, which forks the child; what is opened here is closed there or by dismiss(). */
static bool fork_guard(struct child *c, const struct launch *l, const char *name, struct err *err)
{
    int orders[2];
    int words[2];
    if (pipe2(orders, O_CLOEXEC) != 0) return err_set(err, ERR_IO, errno, "cannot start %s", name);
    if (pipe2(words, O_CLOEXEC) != 0) {
        err_set(err, ERR_IO, errno, "cannot start %s", name);
        close(orders[0]);
        close(orders[1]);
        return false;
    }
    const struct guard_options options = {.order_fd = orders[0],
                                          .word_fd = words[1],
                                          .child_fd = l->report_fd,
                                          .become = become,
                                          .ctx = l};
    c->guard = fork();
    if (c->guard == 0) guard_run(&options);
    int cause = errno;
    close(orders[0]);
    close(words[1]);
    c->order_fd = orders[1];
    c->word_fd = words[0];
    struct guard_word word = {.says = GUARD_STARTED, .code = cause};
    if (c->guard > 0 && read_word(c, &word)) note(c, &word);
    if (c->pid > 0) return true;
    err_set(err, ERR_IO, word.code, "cannot start %s", name);
    dismiss(c);
    return false;
}

/* -- Its life ------------------------------------------------------------------------------- */

bool child_start(struct child *out, const struct child_options *options, struct err *err)
{
    *out = (struct child){.order_fd = -1, .word_fd = -1};
    bool ok = false;
    const char *name = options->argv[0].at;
    struct launch l = {.cwd = options->cwd, .log_fd = -1, .null_fd = -1, .report_fd = -1};
    int report_fd = -1;
    int ends[2];
    struct arena arena = {0};
    if (!arena_open(&arena, ARGS_LIMIT_BYTES, err)) return false;
    if (!collect(&l, &arena, options)) {
        err_set(err, ERR_LIMIT, E2BIG, "cannot start %s", name);
        goto out;
    }
    l.log_fd = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (l.log_fd < 0) {
        err_set(err, ERR_PREFLIGHT, errno, "cannot write %s", options->log);
        goto out;
    }
    l.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (l.null_fd < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        err_set(err, ERR_IO, errno, "cannot start %s", name);
        goto out;
    }
    report_fd = ends[0];
    l.report_fd = ends[1];
    if (!fork_guard(out, &l, name, err)) goto out;
    close_fd(l.report_fd); /* its end is the child's to close */
    l.report_fd = -1;
    ok = executed(report_fd, options, err);
    if (!ok) child_stop(out, SIGKILL, 0);
out:
    close_fd(l.log_fd);
    close_fd(l.null_fd);
    close_fd(l.report_fd);
    close_fd(report_fd);
    arena_close(&arena);
    return ok;
}

bool child_ended(struct child *c)
{
    struct pollfd p = {.fd = c->word_fd, .events = POLLIN};
    struct guard_word word = {.says = GUARD_ENDED, .code = SIGKILL, .by_signal = true};
    if (c->ended || c->pid == 0) return true;
    if (poll(&p, 1, 0) <= 0) return false;
    IGNORE(read_word(c, &word)); /* without one somebody has killed the guard: see dismiss() */
    note(c, &word);
    return c->ended;
}

void child_stop(struct child *c, int signal, uint64_t within_ns)
{
    if (c->guard == 0) return;
    const struct guard_order order = {.signal = signal, .within_ns = within_ns};
    ssize_t n;
    do n = write(c->order_fd, &order, sizeof order);
    while (n < 0 && errno == EINTR);
    dismiss(c);
}

void child_describe(struct text *out, const struct child *c)
{
    if (!c->ended) {
        text_adds(out, "running");
    } else if (c->signal) {
        const char *name = sigabbrev_np(c->signal);
        text_addf(out, "killed by %s%s", name ? "SIG" : "signal ", name ? name : "?");
    } else {
        text_addf(out, "exited with status %d", c->status);
    }
}
