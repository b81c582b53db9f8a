#include "flush.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

static _Atomic uint64_t slow_ns;

void flush_slow_down(uint64_t least_ns)
{
    atomic_store(&slow_ns, least_ns);
}

/* The library's, and so SQLite's. */
int fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
    uint64_t least_ns = atomic_load(&slow_ns);
    uint64_t end_ns = least_ns > 0 ? clock_now_ns() + least_ns : 0;
    int code = (int)syscall(SYS_fdatasync, fd);
    while (code == 0 && least_ns > 0 && clock_now_ns() < end_ns) {
        /* A file with nothing new would not go to the disk. */
        if (futimens(fd, NULL) != 0) clock_sleep_until(clock_now_ns() + NS_PER_MS);
        code = (int)syscall(SYS_fsync, fd);
    }
    return code;
}
