#include "live/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "live/rescue.h"

#define OUT_BYTES ((size_t)1 << 20) /* the largest screen, every cell in another tone */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[0m\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

/* ---- taking and giving back ---- */

/* A descriptor of our own, since O_NONBLOCK belongs to all that share one. */
static int open_terminal(void)
{
    char name[128];
    int flags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
    int fd = -1;
    if (ttyname_r(STDERR_FILENO, name, sizeof name) == 0) fd = open(name, flags);
    if (fd < 0) fd = open("/dev/tty", flags);
    return fd;
}

static bool in_foreground(const struct screen *s)
{
    return tcgetpgrp(s->terminal) == getpgrp();
}

static void fill_ours(struct screen *s)
{
    s->ours = s->before;
    s->ours.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
    s->ours.c_lflag |= NOFLSH; /* Ctrl-C must not drop half a redraw */
    s->ours.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR);
    s->ours.c_cc[VMIN] = 0;
    s->ours.c_cc[VTIME] = 0;
}

/* SIGWINCH, SIGTSTP and SIGCONT, to be read like keys. */
static void fill_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGWINCH);
    sigaddset(set, SIGTSTP);
    sigaddset(set, SIGCONT);
}

static void enter(struct screen *s)
{
    struct rescue rescue = {.terminal = s->terminal,
                            .stderr_fd = s->stderr_kept,
                            .said_fd = s->said,
                            .before = s->before,
                            .leave = BYTES_LIT(LEAVE)};
    rescue_arm(&rescue);
    IGNORE(tcsetattr(s->terminal, TCSADRAIN, &s->ours)); /* then keys need Enter */
    text_clear(&s->out);
    text_adds(&s->out, ENTER);
    s->sent = 0;
    canvas_forget(&s->shown);
    s->active = true;
    s->away = false;
}

static void leave(struct screen *s)
{
    if (!s->active) return;
    rescue_write(s->terminal, bytes_from(text_bytes(&s->out), s->sent));
    rescue_write(s->terminal, BYTES_LIT(LEAVE));
    IGNORE(tcsetattr(s->terminal, TCSADRAIN, &s->before)); /* it may be gone */
    rescue_disarm();
    s->active = false;
}

/* From here on stderr is a file. */
static bool keep_stderr(struct screen *s)
{
    s->said = memfd_create("prony-stderr", MFD_CLOEXEC);
    s->stderr_kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return s->said >= 0 && s->stderr_kept >= 0 && dup2(s->said, STDERR_FILENO) >= 0;
}

bool screen_init(struct screen *s, struct arena *arena, struct err *err)
{
    *s = (struct screen){.terminal = -1, .said = -1, .stderr_kept = -1, .signals = -1};
    char *out = arena_alloc(arena, OUT_BYTES);
    if (!out || !canvas_init(&s->shown, arena))
        return err_set(err, ERR_LIMIT, 0, "no memory for the live view");
    s->out = text_in(out, OUT_BYTES);
    sigset_t set;
    fill_signals(&set);
    int refused = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (refused != 0) return err_set(err, ERR_IO, refused, "cannot block signals");
    s->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return s->signals >= 0 || err_set(err, ERR_IO, errno, "cannot read signals");
}

bool screen_open(struct screen *s)
{
    s->terminal = open_terminal();
    if (s->terminal < 0 || !in_foreground(s) || tcgetattr(s->terminal, &s->before) != 0
        || !keep_stderr(s)) {
        screen_close(s);
        return false;
    }
    fill_ours(s);
    enter(s);
    return true;
}

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

void screen_close(struct screen *s)
{
    leave(s);
    if (s->stderr_kept >= 0 && dup2(s->stderr_kept, STDERR_FILENO) >= 0)
        rescue_tell(s->said, STDERR_FILENO);
    close_fd(&s->said);
    close_fd(&s->stderr_kept);
    close_fd(&s->terminal);
}

void screen_fini(struct screen *s)
{
    sigset_t set;
    if (s->signals < 0) return;
    close_fd(&s->signals);
    fill_signals(&set);
    IGNORE(pthread_sigmask(SIG_UNBLOCK, &set, NULL)); /* fails by wrong arguments only */
}

/* ---- Ctrl-Z ---- */

/* Stops this process as Ctrl-Z does without us; returns when it goes on. */
static void stop_here(struct screen *s)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    uint64_t from_ns = clock_now_ns();
    if (raise(SIGTSTP) != 0) return; /* it is blocked yet, so nothing happens before ... */
    if (pthread_sigmask(SIG_UNBLOCK, &stop, NULL) != 0) return;
    /* ... here. */
    if (pthread_sigmask(SIG_BLOCK, &stop, NULL) != 0) return;
    s->stops_ns += clock_now_ns() - from_ns;
}

static void suspend(struct screen *s)
{
    leave(s);
    s->away = true;
    stop_here(s);
}

/* ---- each turn ---- */

static void read_signals(struct screen *s)
{
    struct signalfd_siginfo info;
    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTSTP && s->active) suspend(s);
        /* The shell may have used the terminal while somebody stopped us from outside. */
        else if (info.ssi_signo == SIGCONT && s->active) enter(s);
        else if (info.ssi_signo == SIGWINCH) canvas_forget(&s->shown);
    }
}

/* Sends what waits as far as the terminal takes it. True: nothing waits. */
static bool flush(struct screen *s)
{
    while (s->sent < s->out.len) {
        ssize_t n = write(s->terminal, s->out.at + s->sent, s->out.len - s->sent);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        s->sent += (size_t)n;
    }
    text_clear(&s->out);
    s->sent = 0;
    return true;
}

bool screen_look(struct screen *s)
{
    read_signals(s);
    if (s->away && in_foreground(s)) enter(s);
    return s->active && flush(s);
}

void screen_size(const struct screen *s, uint32_t *rows, uint32_t *columns)
{
    struct winsize size;
    bool known = ioctl(s->terminal, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;
    *rows = known ? size.ws_row : 24;
    *columns = known ? size.ws_col : 80;
}

/* Steps over `ESC [ ... letter`, which arrows and function keys send. */
static bool skip_sequence(struct screen *s)
{
    size_t at = s->key_next;
    if (at >= s->key_count || (s->keys[at] != '[' && s->keys[at] != 'O')) return false;
    for (at++; at < s->key_count && (s->keys[at] < '@' || s->keys[at] > '~'); at++) {
    }
    s->key_next = at < s->key_count ? at + 1 : at;
    return true;
}

int screen_key(struct screen *s)
{
    if (!s->active) return SCREEN_NO_KEY;
    for (;;) {
        if (s->key_next == s->key_count) {
            ssize_t n = read(s->terminal, s->keys, sizeof s->keys);
            s->key_count = n > 0 ? (size_t)n : 0;
            s->key_next = 0;
            if (s->key_count == 0) return SCREEN_NO_KEY;
        }
        int key = (unsigned char)s->keys[s->key_next++];
        if (key == SCREEN_ESCAPE && skip_sequence(s)) continue;
        if (key != SCREEN_NO_KEY) return key;
    }
}

void screen_draw(struct screen *s, const struct canvas *next, const struct show_style *style)
{
    text_clear(&s->out);
    s->sent = 0;
    if (!canvas_update(&s->shown, next, style, &s->out)) text_clear(&s->out);
    if (!flush(s)) return; /* the rest goes with the next turns */
}

void screen_redraw(struct screen *s)
{
    canvas_forget(&s->shown);
}
