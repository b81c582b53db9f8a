#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"

#define ARGS_LIMIT_BYTES (4u << 20) /* pointers to arguments and environment, while starting */

/* Everything the new process needs, made before fork(): between fork() and exec() only
 * async-signal-safe calls are allowed. */
struct launch {
    char **argv, **envp;
    const char *cwd;
    int log_fd, null_fd, report_fd;
    pid_t parent;
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

/* What could not be done in the new process, told through the pipe. */
struct report {
    int cause;    /* errno */
    int in_chdir; /* 0: in exec */
};

NORETURN static void become(const struct launch *l)
{
    struct report report = {0, 0};
    sigset_t none;
    sigemptyset(&none);
    setpgid(0, 0);
    /* Killed with prony, however prony ends; it may have ended before this line. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != l->parent) _exit(127);
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

/* Waits for the pipe to close, which happens when prony ends without having stopped its child. */
NORETURN static void guard(int pipe_fd, pid_t group)
{
    sigset_t all;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, NULL) != 0) _exit(1);
    setpgid(0, group);
    prctl(PR_SET_NAME, "prony-guard");
    dup2(pipe_fd, STDIN_FILENO);
    /* Every other descriptor too: the write ends of pipes must be prony's alone. */
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    char byte;
    ssize_t n;
    do n = read(STDIN_FILENO, &byte, 1);
    while (n < 0 && errno == EINTR);
    kill(-group, SIGKILL); /* this process is in the group */
    _exit(0);
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

static void close_fd(int fd)
{
    if (fd >= 0) close(fd);
}

/* A child without a guard is still killed with prony, only its own children might not be. */
static void add_guard(struct child *c)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    pid_t pid = fork();
    if (pid == 0) guard(ends[0], c->pid);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return;
    }
    setpgid(pid, c->pid); /* on both sides of the fork: neither has to wait for the other */
    c->guard = pid;
    c->guard_pipe = ends[1];
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

bool child_start(struct child *out, const struct child_options *options, struct err *err)
{
    *out = (struct child){.pidfd = -1, .guard_pipe = -1};
    bool ok = false;
    struct launch l = {.cwd = options->cwd, .log_fd = -1, .null_fd = -1, .parent = getpid()};
    int ends[2] = {-1, -1};
    struct arena arena = {0};
    if (!arena_open(&arena, ARGS_LIMIT_BYTES, err)) return false;
    if (!collect(&l, &arena, options)) {
        err_set(err, ERR_LIMIT, E2BIG, "cannot start %s", options->argv[0].at);
        goto out;
    }
    l.log_fd = open(options->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (l.log_fd < 0) {
        err_set(err, ERR_PREFLIGHT, errno, "cannot write %s", options->log);
        goto out;
    }
    l.null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (l.null_fd < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        err_set(err, ERR_IO, errno, "cannot start %s", options->argv[0].at);
        goto out;
    }
    l.report_fd = ends[1];
    pid_t pid = fork();
    if (pid == 0) become(&l);
    close(ends[1]);
    ends[1] = -1;
    if (pid < 0) {
        err_set(err, ERR_IO, errno, "cannot start %s", options->argv[0].at);
        goto out;
    }
    if (!executed(ends[0], options, err)) {
        reap(pid);
        goto out;
    }
    out->pid = pid;
    out->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (out->pidfd < 0) {
        err_set(err, ERR_DENIED, errno, "cannot watch a process (pidfd_open, Linux 5.3 or later)");
        child_stop(out, SIGKILL, 0);
        goto out;
    }
    add_guard(out);
    ok = true;
out:
    close_fd(l.log_fd);
    close_fd(l.null_fd);
    close_fd(ends[0]);
    close_fd(ends[1]);
    arena_close(&arena);
    return ok;
}

static void note_status(struct child *c, int status)
{
    c->ended = true;
    c->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    c->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

bool child_ended(struct child *c)
{
    if (c->ended || c->pid == 0) return true;
    int status;
    if (waitpid(c->pid, &status, WNOHANG) == c->pid) note_status(c, status);
    return c->ended;
}

/* Until it has ended or `deadline_ns` is past. */
static bool wait_until(struct child *c, uint64_t deadline_ns)
{
    while (!child_ended(c)) {
        uint64_t now = clock_now_ns();
        if (now >= deadline_ns) return false;
        uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
        struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
        if (poll(&p, 1, left_ms > 1000 ? 1000 : (int)left_ms) < 0 && errno != EINTR) return false;
    }
    return true;
}

void child_stop(struct child *c, int signal, uint64_t within_ns)
{
    if (c->pid == 0) return;
    /* The group lives on through the guard, so its number is still ours. */
    bool ours = !c->ended || c->guard > 0;
    if (ours) kill(-c->pid, signal);
    bool gone = wait_until(c, clock_now_ns() + within_ns);
    if (ours) kill(-c->pid, SIGKILL);
    if (!gone) {
        int status;
        while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
        }
        note_status(c, status);
    }
    if (c->guard > 0) reap(c->guard);
    close_fd(c->guard_pipe);
    close_fd(c->pidfd);
    c->pid = 0;
    c->guard = 0;
    c->guard_pipe = -1;
    c->pidfd = -1;
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
