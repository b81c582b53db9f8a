/* host_text.h - what the kernel's texts about the whole host say, as numbers.
 *
 * Why: apart from the reading, so that texts that are cut or make no sense are tested by the row. A
 * number that is not there is told as such, never as 0.
 * Source: proc(5); Documentation/accounting/psi.rst, Documentation/admin-guide/iostats.rst.
 * Thread: any.  Memory: none; names point into the text. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

enum host_state { /* the columns of /proc/stat; guests' time is in that of the user already */
                  HOST_USER,
                  HOST_NICE,
                  HOST_SYSTEM,
                  HOST_IDLE,
                  HOST_IOWAIT,
                  HOST_IRQ,
                  HOST_SOFTIRQ,
                  HOST_STEAL,
                  HOST_STATES
};

struct host_disk {
    struct bytes name;
    uint64_t reads, writes; /* done */
    uint64_t read_bytes, write_bytes;
    uint64_t read_ms, write_ms; /* that they took, together */
    uint64_t waiting_ms;        /* requests times how long they were there */
};

struct host_device {
    struct bytes name;
    uint64_t in_bytes, out_bytes;
    uint64_t drops; /* dropped or in error, both ways */
};

/* All cores' counts so far, of the first line of /proc/stat. */
bool host_text_cpu(struct bytes text, uint64_t of[HOST_STATES]);
/* "user", ...: static. */
const char *host_text_state(enum host_state state);
/* Of /proc/loadavg: threads that run or could. */
bool host_text_runnable(struct bytes text, uint64_t *out);
/* Of /proc/pressure/X, the total of the line that begins with `kind` ("some", "full"), in us. */
bool host_text_pressure(struct bytes text, const char *kind, uint64_t *out_us);
/* The number behind `key` at the start of a line: of meminfo with its ':', of vmstat. */
bool host_text_line(struct bytes text, const char *key, uint64_t *out);
/* Takes the next disk off /proc/diskstats; false: there is none. Lines of nonsense are passed. */
bool host_text_disk(struct bytes *rest, struct host_disk *out);
/* Takes the next device off /proc/net/dev. */
bool host_text_device(struct bytes *rest, struct host_device *out);
/* Of snmp and netstat, where names and numbers stand in two lines that begin with `group`. */
bool host_text_counter(struct bytes text, const char *group, const char *name, uint64_t *out);
