/* flush.h - a disk that is slow to flush, for PLANT=fsync.
 *
 * SQLite calls fdatasync(2) for each commit. The program has one of its own, which comes first when
 * names are looked up: it does what the kernel's does and, where it is to be slow, goes on touching
 * and flushing the file until the time is over. So the thread is where it would be with a slow
 * disk, in the kernel's flush, and not asleep.
 * Thread: flush_slow_down before the load; the rest any. */
#pragma once

#include <stdint.h>

/* The least that each flush takes from now on; 0: as long as it takes. */
void flush_slow_down(uint64_t least_ns);
/* Only while there is that file; NULL: always. Keeps `path`. */
void flush_slow_while(const char *path);
