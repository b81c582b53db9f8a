#include "base/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"

#define LIST_BYTES 4096          /* of process numbers read at once */
#define DYING_NS (10 * NS_PER_S) /* from SIGKILL to the end; longer: it hangs in the kernel */
#define LOOK_AGAIN_MS 200        /* a list of children may lack one, says proc(5) */
#define SEEN_MOST 256            /* out of the group; what is beyond is killed, not asked */

struct guard {
    int order_fd, word_fd;
    int ends_fd; /* readable when a child of ours has ended */
    bool alone;  /* prony has died */
    pid_t group; /* of the child; its number is taken as long as the child is not reaped, ... */
    bool reaped; /* ... which is done at the end */
    bool ended;  /* the child itself */
    pid_t seen[SEEN_MOST]; /* out of the group */
    uint32_t seen_count;
    struct guard_word left;
};

static void say(const struct guard *g, const struct guard_word *word)
{
    ssize_t n;
    do n = write(g->word_fd, word, sizeof *word); /* less than PIPE_BUF: whole or not at all */
    while (n < 0 && errno == EINTR);
}

/* -- What has left the group ---------------------------------------------------------------- */

/* "/proc/PID/comm" into `name`, without its line end; not by printf, which is not safe here. */
static void read_name(pid_t pid, char name[GUARD_NAME_BYTES])
{
    char path[40] = "/proc/";
    char digits[12];
    size_t count = 0;
    size_t len = sizeof "/proc/" - 1;
    for (pid_t rest = pid; rest > 0; rest /= 10) digits[count++] = (char)('0' + rest % 10);
    while (count > 0) path[len++] = digits[--count];
    memcpy(path + len, "/comm", sizeof "/comm");
    size_t n = file_read_at(path, 0, name, GUARD_NAME_BYTES - 1);
    while (n > 0 && name[n - 1] == '\n') n--;
    name[n] = '\0';
}

/* Counts it, once. What is of the group has been killed with it, and is only dying. */
static bool is_new(struct guard *g, pid_t pid)
{
    if (getpgid(pid) == g->group || g->seen_count == SEEN_MOST) return false;
    for (uint32_t i = 0; i < g->seen_count; i++) {
        if (g->seen[i] == pid) return false;
    }
    g->seen[g->seen_count++] = pid;
    if (g->left.count++ == 0) {
        g->left.pid = pid;
        read_name(pid, g->left.name);
    }
    return true;
}

enum treatment { REAP, ASK, KILL };

/* Reaps what is dead of all that has fallen to us, and treats the rest so. Where the system has no
 * such list (CONFIG_PROC_CHILDREN) nothing is found. */
static void walk_orphans(struct guard *g, enum treatment how, int signal)
{
    char list[LIST_BYTES];
    struct bytes left = {list, file_read_at("/proc/thread-self/children", 0, list, sizeof list)};
    for (size_t end; (end = bytes_find(left, BYTES_LIT(" "))) != SIZE_MAX;) {
        uint64_t number;
        bool is_number = bytes_to_u64((struct bytes){left.at, end}, &number);
        left = bytes_from(left, end + 1);
        if (!is_number) continue;
        pid_t pid = (pid_t)number;
        if (pid == g->group && !g->reaped) continue;
        if (waitpid(pid, NULL, WNOHANG) == pid) continue;
        if (how == REAP) continue;
        bool fresh = is_new(g, pid);
        if (how == KILL || fresh) kill(pid, how == KILL ? SIGKILL : signal);
    }
}

/* -- Waiting -------------------------------------------------------------------------------- */

/* Until something ends, prony has a word for us (true; never where we do not `listen`) or `ms` are
 * over, which -1 never are. */
static bool wait_event(struct guard *g, int ms, bool listen)
{
    struct pollfd fds[] = {{.fd = g->ends_fd, .events = POLLIN},
                           {.fd = listen ? g->order_fd : -1, .events = POLLIN}};
    struct signalfd_siginfo info[8];
    if (poll(fds, COUNT_OF(fds), ms) <= 0) return false;
    if (fds[0].revents && read(g->ends_fd, info, sizeof info) < 0 && errno != EAGAIN) return false;
    return fds[1].revents != 0;
}

/* A moment, or less where the deadline is nearer; false: it is past. */
static bool wait_moment(struct guard *g, uint64_t deadline_ns, bool listen)
{
    uint64_t now = clock_now_ns();
    if (now >= deadline_ns || (listen && g->alone)) return false;
    uint64_t left_ms = (deadline_ns - now) / NS_PER_MS + 1;
    int ms = left_ms < LOOK_AGAIN_MS ? (int)left_ms : LOOK_AGAIN_MS;
    if (wait_event(g, ms, listen)) g->alone = true; /* nobody gives a second order */
    return true;
}

/* Tells of the child's end, once. */
static void look_at_child(struct guard *g)
{
    siginfo_t info = {0};
    if (g->ended || waitid(P_PID, (id_t)g->group, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
    if (info.si_pid != g->group) return;
    g->ended = true;
    struct guard_word word = {
        .says = GUARD_ENDED, .code = info.si_status, .by_signal = info.si_code != CLD_EXITED};
    say(g, &word);
}

static struct guard_order wait_order(struct guard *g)
{
    struct guard_order order;
    for (;;) {
        look_at_child(g);
        walk_orphans(g, REAP, 0); /* or a busy service would fill the table of processes */
        if (!wait_event(g, -1, true)) continue;
        ssize_t n = read(g->order_fd, &order, sizeof order);
        if (n < 0 && errno == EINTR) continue;
        if (n == (ssize_t)sizeof order) return order;
        g->alone = true;
        return (struct guard_order){.signal = SIGKILL};
    }
}

/* -- Ending --------------------------------------------------------------------------------- */

static void end_group(struct guard *g, const struct guard_order *order)
{
    uint64_t deadline = clock_now_ns() + order->within_ns;
    kill(-g->group, order->signal);
    for (look_at_child(g); !g->ended && wait_moment(g, deadline, true);) look_at_child(g);
    kill(-g->group, SIGKILL);
    deadline = clock_now_ns() + DYING_NS;
    for (look_at_child(g); !g->ended && wait_moment(g, deadline, false);) look_at_child(g);
    /* Only now: its number must not be another's while we signal by it. */
    g->reaped = waitpid(g->group, NULL, WNOHANG) == g->group;
}

/* Until nothing is left below us (true) or the deadline is past. */
static bool end_orphans(struct guard *g, uint64_t deadline_ns, enum treatment how, int signal)
{
    do {
        siginfo_t info;
        int got = 0;
        walk_orphans(g, how, signal);
        do {
            info.si_pid = 0;
            got = waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
        } while (got == 0 && info.si_pid != 0);
        if (got != 0) return true; /* ECHILD */
    } while (wait_moment(g, deadline_ns, how == ASK));
    return false;
}

/* -- Its life ------------------------------------------------------------------------------- */

/* Moves the pipes to 0 and 1 and closes all else: their other ends must be prony's alone. */
static bool settle(struct guard *g, const struct guard_options *o)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    int orders = fcntl(o->order_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int words = fcntl(o->word_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (orders < 0 || words < 0) return false;
    g->order_fd = dup2(orders, STDIN_FILENO);
    g->word_fd = dup2(words, STDOUT_FILENO);
    close(STDERR_FILENO);
    close(o->child_fd);
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
    g->ends_fd = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    return g->ends_fd >= 0;
}

void guard_run(const struct guard_options *options)
{
    struct guard g = {.left.says = GUARD_LEFT};
    sigset_t all;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, NULL) != 0) _exit(1);
    /* Ignored, as prony's caller may have it, it would let nobody be waited for. */
    if (signal(SIGCHLD, SIG_DFL) == SIG_ERR) _exit(1);
    setpgid(0, 0);
    prctl(PR_SET_NAME, "prony-guard");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t self = getpid();
    g.group = fork();
    if (g.group == 0) options->become(options->ctx, self);
    struct guard_word started = {.says = GUARD_STARTED, .pid = g.group, .code = errno};
    g.word_fd = options->word_fd;
    if (g.group < 0) started.pid = 0;
    say(&g, &started);
    if (g.group < 0) _exit(1);
    setpgid(g.group, g.group); /* on both sides of the fork: neither has to wait for the other */
    /* What it cannot watch over it does not leave behind: the child dies with it. */
    if (!settle(&g, options)) _exit(1);
    struct guard_order order = wait_order(&g);
    end_group(&g, &order);
    bool gone = end_orphans(&g, clock_now_ns() + order.within_ns, ASK, order.signal);
    if (!gone) gone = end_orphans(&g, clock_now_ns() + DYING_NS, KILL, 0);
    if (g.left.count > 0) say(&g, &g.left);
    _exit(gone ? 0 : 1);
}
