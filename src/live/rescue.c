#include "live/rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/attr.h"

#define SLOW_MS 1000 /* that a terminal may take for what it has before we give it up */

/* They end a process, and a program may outlive none of them. */
static const int fatal[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT, SIGSYS,
                            SIGTRAP, SIGQUIT, SIGXCPU, SIGXFSZ, SIGHUP};

static struct rescue armed;
static volatile sig_atomic_t is_armed;
static struct sigaction before[COUNT_OF(fatal)];
static bool is_ours[COUNT_OF(fatal)];
static char stack_of_handler[32768]; /* a stack that ran over can't hold it */

void rescue_write(int fd, struct bytes left)
{
    while (left.len > 0) {
        ssize_t n = write(fd, left.at, left.len);
        if (n >= 0) {
            left = bytes_from(left, (size_t)n);
            continue;
        }
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        if (errno == EINTR) continue;
        if (errno != EAGAIN || poll(&room, 1, SLOW_MS) <= 0) return;
    }
}

void rescue_tell(int said_fd, int stderr_fd)
{
    char array[1024];
    off_t at = 0;
    if (said_fd < 0) return;
    for (;;) {
        ssize_t n = pread(said_fd, array, sizeof array, at);
        if (n <= 0) return;
        rescue_write(stderr_fd, (struct bytes){array, (size_t)n});
        at += n;
    }
}

/* The numbers are of main's descriptors, and a worker has a table of its own, where they may be
 * closed or connections to the target. /proc/self is main whoever asks. */
static int descriptor_of_main(int fd, int flags)
{
    char path[] = "/proc/self/fd/..........";
    char digits[10];
    size_t count = 0;
    if (fd < 0 || gettid() == getpid()) return fd;
    for (unsigned rest = (unsigned)fd; count == 0 || rest > 0; rest /= 10) {
        digits[count++] = (char)('0' + rest % 10);
    }
    char *at = path + sizeof "/proc/self/fd/" - 1;
    while (count > 0) *at++ = digits[--count];
    *at = '\0';
    return open(path, flags | O_CLOEXEC | O_NOCTTY);
}

static void on_fatal(int number)
{
    int kept_errno = errno;
    if (is_armed) {
        is_armed = 0;
        int terminal = descriptor_of_main(armed.terminal, O_RDWR);
        rescue_write(terminal, armed.leave);
        if (tcsetattr(terminal, TCSANOW, &armed.before) != 0) errno = 0;
        rescue_tell(descriptor_of_main(armed.said_fd, O_RDONLY),
                    descriptor_of_main(armed.stderr_fd, O_WRONLY));
    }
    errno = kept_errno;
    /* SA_RESETHAND: this time as if we had never been asked. */
    if (raise(number) != 0) _exit(128 + number);
}

void rescue_arm(const struct rescue *rescue)
{
    armed = *rescue;
    if (is_armed) return; /* the handlers are there already */
    is_armed = 1;
    stack_t has;
    stack_t stack = {.ss_sp = stack_of_handler, .ss_size = sizeof stack_of_handler};
    /* A sanitizer has one of its own. Without any, only an overrun of the stack is not met. */
    bool none = sigaltstack(NULL, &has) == 0 && has.ss_flags & SS_DISABLE;
    if (none) IGNORE(sigaltstack(&stack, NULL));
    struct sigaction action = {.sa_handler = on_fatal,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER | SA_ONSTACK)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < COUNT_OF(fatal); i++) {
        is_ours[i] = sigaction(fatal[i], NULL, &before[i]) == 0 && before[i].sa_handler == SIG_DFL
                     && sigaction(fatal[i], &action, NULL) == 0;
    }
}

void rescue_disarm(void)
{
    is_armed = 0;
    for (size_t i = 0; i < COUNT_OF(fatal); i++) {
        if (is_ours[i] && sigaction(fatal[i], &before[i], NULL) == 0) is_ours[i] = false;
    }
}
