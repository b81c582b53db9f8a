#include "campaign/interrupt.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void fill(sigset_t *set, bool hangs_up)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    if (hangs_up) sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
}

bool interrupt_open(struct interrupt *i, struct err *err)
{
    sigset_t set;
    struct sigaction hangup;
    *i = (struct interrupt){.fd = -1};
    /* Blocked, it would be read although somebody had it ignored. */
    i->hangs_up = sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler != SIG_IGN;
    fill(&set, i->hangs_up);
    int refused = pthread_sigmask(SIG_BLOCK, &set, &i->before);
    if (refused != 0) return err_set(err, ERR_IO, refused, "cannot block signals");
    i->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (i->fd < 0) return err_set(err, ERR_IO, errno, "cannot read signals");
    return true;
}

uint32_t interrupt_look(struct interrupt *i)
{
    struct signalfd_siginfo info;
    while (i->fd >= 0 && read(i->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGUSR1) i->asked++;
        else if (info.ssi_signo == SIGHUP && i->count > 0) continue;
        else if (i->count++ == 0) {
            i->signal = (int)info.ssi_signo;
            i->own = info.ssi_pid == (uint32_t)getpid();
        }
    }
    return i->count;
}

void interrupt_close(struct interrupt *i)
{
    sigset_t set;
    if (i->fd < 0) return;
    close(i->fd);
    i->fd = -1;
    if (sigismember(&i->before, SIGINT) == 1) return; /* the outer one's */
    fill(&set, i->hangs_up);
    /* What is pending would end us now, after all is done: read it away first. */
    struct timespec none = {0, 0};
    while (sigtimedwait(&set, NULL, &none) > 0) {
    }
    if (pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0) return;
}
