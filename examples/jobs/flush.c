#include "flush.h"

#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

static _Atomic uint64_t slow_ns;
static const char *slow_file; /* set before any thread starts; NULL: always */

void flush_slow_down(uint64_t least_ns)
{
    atomic_store(&slow_ns, least_ns);
}

void flush_slow_while(const char *path)
{
    slow_file = path;
}

static uint64_t least(void)
{
    uint64_t least_ns = atomic_load(&slow_ns);
    return least_ns > 0 && slow_file && access(slow_file, F_OK) != 0 ? 0 : least_ns;
}

/* The library's, and so SQLite's. */
int fdatasync(int fd) /* NOLINT(readability-inconsistent-declaration-parameter-name) */
{
    uint64_t least_ns = least();
    uint64_t end_ns = least_ns > 0 ? clock_now_ns() + least_ns : 0;
    int code = (int)syscall(SYS_fdatasync, fd);
    while (code == 0 && least_ns > 0 && clock_now_ns() < end_ns) {
        /* A file with nothing new would not go to the disk. */
        if (futimens(fd, NULL) != 0) clock_sleep_until(clock_now_ns() + NS_PER_MS);
        code = (int)syscall(SYS_fsync, fd);
    }
    return code;
}
