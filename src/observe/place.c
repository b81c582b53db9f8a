#include "observe/place.h"

#include <sys/syscall.h>

#include "base/attr.h"
#include "base/proc_text.h"

#define ARGS 6
#define FUTEX_COMMAND 0x7f /* without FUTEX_PRIVATE_FLAG and FUTEX_CLOCK_REALTIME */
#define FUTEX_PLAIN_WAIT 0 /* linux/futex.h: FUTEX_WAIT, FUTEX_LOCK_PI */
#define FUTEX_PI_LOCK 6

/* A call and what its caller waits for; HOW_FD: the first argument says on which descriptor. */
enum how { HOW_PLAIN, HOW_FD, HOW_POLL, HOW_FUTEX };
static const struct {
    long number;
    enum place_kind kind;
    enum how how;
} calls[] = {
    {SYS_futex, PLACE_CONDITION, HOW_FUTEX},
    {SYS_read, PLACE_PEER, HOW_FD},
    {SYS_write, PLACE_PEER, HOW_FD},
    {SYS_readv, PLACE_PEER, HOW_FD},
    {SYS_writev, PLACE_PEER, HOW_FD},
    {SYS_recvfrom, PLACE_PEER, HOW_FD},
    {SYS_recvmsg, PLACE_PEER, HOW_FD},
    {SYS_recvmmsg, PLACE_PEER, HOW_FD},
    {SYS_sendto, PLACE_PEER, HOW_FD},
    {SYS_sendmsg, PLACE_PEER, HOW_FD},
    {SYS_sendmmsg, PLACE_PEER, HOW_FD},
    {SYS_connect, PLACE_PEER, HOW_FD},
    {SYS_splice, PLACE_PEER, HOW_FD},
    {SYS_pread64, PLACE_DISK, HOW_FD},
    {SYS_pwrite64, PLACE_DISK, HOW_FD},
    {SYS_preadv, PLACE_DISK, HOW_FD},
    {SYS_pwritev, PLACE_DISK, HOW_FD},
    {SYS_fsync, PLACE_DISK, HOW_FD},
    {SYS_fdatasync, PLACE_DISK, HOW_FD},
    {SYS_sync_file_range, PLACE_DISK, HOW_FD},
    {SYS_ftruncate, PLACE_DISK, HOW_FD},
    {SYS_fallocate, PLACE_DISK, HOW_FD},
    {SYS_flock, PLACE_LOCK, HOW_PLAIN},
    {SYS_openat, PLACE_DISK, HOW_PLAIN},
    {SYS_unlinkat, PLACE_DISK, HOW_PLAIN},
    {SYS_accept, PLACE_ACCEPT, HOW_FD},
    {SYS_accept4, PLACE_ACCEPT, HOW_FD},
    {SYS_ppoll, PLACE_POLL, HOW_POLL},
    {SYS_pselect6, PLACE_POLL, HOW_PLAIN},
    {SYS_epoll_pwait, PLACE_POLL, HOW_PLAIN},
    {SYS_epoll_pwait2, PLACE_POLL, HOW_PLAIN},
    {SYS_io_uring_enter, PLACE_POLL, HOW_PLAIN},
    {SYS_nanosleep, PLACE_SLEEP, HOW_PLAIN},
    {SYS_clock_nanosleep, PLACE_SLEEP, HOW_PLAIN},
    {SYS_wait4, PLACE_CHILD, HOW_PLAIN},
    {SYS_waitid, PLACE_CHILD, HOW_PLAIN},
    {SYS_mmap, PLACE_MEMORY, HOW_PLAIN},
    {SYS_munmap, PLACE_MEMORY, HOW_PLAIN},
    {SYS_mprotect, PLACE_MEMORY, HOW_PLAIN},
    {SYS_madvise, PLACE_MEMORY, HOW_PLAIN},
    {SYS_brk, PLACE_MEMORY, HOW_PLAIN},
    {SYS_rt_sigtimedwait, PLACE_SIGNAL, HOW_PLAIN},
    {SYS_rt_sigsuspend, PLACE_SIGNAL, HOW_PLAIN},
#ifdef SYS_poll /* not on newer architectures */
    {SYS_poll, PLACE_POLL, HOW_POLL},
#endif
#ifdef SYS_select
    {SYS_select, PLACE_POLL, HOW_PLAIN},
#endif
#ifdef SYS_epoll_wait
    {SYS_epoll_wait, PLACE_POLL, HOW_PLAIN},
#endif
#ifdef SYS_open
    {SYS_open, PLACE_DISK, HOW_PLAIN},
    {SYS_unlink, PLACE_DISK, HOW_PLAIN},
#endif
#ifdef SYS_pause
    {SYS_pause, PLACE_SIGNAL, HOW_PLAIN},
#endif
};

static const char *const names[PLACE_KINDS] = {"running", "lock",   "condition", "disk",
                                               "accept",  "poll",   "peer",      "sleep",
                                               "child",   "memory", "signal",    "other"};

const char *place_kind_name(enum place_kind kind)
{
    return names[kind];
}

static bool next_hex(struct bytes *rest, uint64_t *out)
{
    while (rest->len > 0 && rest->at[0] == ' ') *rest = bytes_from(*rest, 1);
    if (!bytes_starts(*rest, BYTES_LIT("0x"))) return false;
    *rest = bytes_from(*rest, 2);
    *out = 0;
    for (; rest->len > 0; *rest = bytes_from(*rest, 1)) {
        char c = rest->at[0];
        bool digit = bytes_is_digit(c);
        if (!digit && (c < 'a' || c > 'f')) break;
        *out = *out << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static void fill(struct place *out, enum how how, const uint64_t *args)
{
    switch (how) {
    case HOW_PLAIN:
        break;
    case HOW_FD:
        out->fd = (int64_t)args[0];
        break;
    case HOW_POLL: /* of one descriptor it waits for somebody */
        if (args[1] != 1) break;
        out->kind = PLACE_PEER;
        out->fds = args[0];
        break;
    case HOW_FUTEX: {
        uint64_t command = args[1] & FUTEX_COMMAND;
        bool lock = command == FUTEX_PLAIN_WAIT || command == FUTEX_PI_LOCK;
        if (lock) out->kind = PLACE_LOCK;
        out->futex = args[0];
        break;
    }
    }
}

bool place_of(struct bytes text, struct place *out)
{
    uint64_t number;
    uint64_t args[ARGS];
    *out = (struct place){.kind = PLACE_RUNNING, .fd = -1};
    if (bytes_starts(text, BYTES_LIT("running"))) return true;
    out->kind = PLACE_OTHER;
    out->number = -1;
    /* "-1 SP PC": it waits in the kernel, but in no call: a page that is read from a disk. */
    if (bytes_starts(text, BYTES_LIT("-1 "))) {
        out->kind = PLACE_DISK;
        return true;
    }
    if (!proc_text_next(&text, &number)) return false;
    for (uint32_t i = 0; i < ARGS; i++) {
        if (!next_hex(&text, &args[i])) return false;
    }
    out->number = (int64_t)number;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if ((uint64_t)calls[i].number != number) continue;
        out->kind = calls[i].kind;
        fill(out, calls[i].how, args);
        break;
    }
    return true;
}
