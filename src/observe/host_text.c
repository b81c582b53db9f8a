#include "observe/host_text.h"

#include "base/proc_text.h"

#define SECTOR_BYTES 512 /* of diskstats, whatever the disk's own are */
#define DISK_FIELDS 11
#define DEVICE_FIELDS 12

static const char *const states[HOST_STATES] = {"user",   "nice", "system",  "idle",
                                                "iowait", "irq",  "softirq", "steal"};

const char *host_text_state(enum host_state state)
{
    return states[state];
}

/* A whole line, without its end; false: the text is at its end, or cut within a line. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
    size_t len = bytes_find(*rest, BYTES_LIT("\n"));
    if (len >= rest->len) return false;
    *line = (struct bytes){rest->at, len};
    *rest = bytes_from(*rest, len + 1);
    return true;
}

static struct bytes next_word(struct bytes *rest)
{
    *rest = bytes_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t') len++;
    struct bytes word = {rest->at, len};
    *rest = bytes_from(*rest, len);
    return word;
}

/* Numbers with blanks between; false: there are fewer. */
static bool take_numbers(struct bytes *rest, uint64_t *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!proc_text_next(rest, &out[i])) return false;
    }
    return true;
}

bool host_text_cpu(struct bytes text, uint64_t of[HOST_STATES])
{
    struct bytes line;
    if (!next_line(&text, &line) || !bytes_starts(line, BYTES_LIT("cpu "))) return false;
    line = bytes_from(line, 4);
    return take_numbers(&line, of, HOST_STATES);
}

/* "0.20 0.18 0.12 1/80 11206" */
bool host_text_runnable(struct bytes text, uint64_t *out)
{
    for (uint32_t i = 0; i < 3; i++) next_word(&text);
    uint64_t all;
    if (!proc_text_next(&text, out) || !bytes_starts(text, BYTES_LIT("/"))) return false;
    text = bytes_from(text, 1);
    return proc_text_next(&text, &all);
}

bool host_text_pressure(struct bytes text, const char *kind, uint64_t *out_us)
{
    struct bytes line;
    while (next_line(&text, &line)) {
        if (!bytes_is(next_word(&line), kind)) continue;
        struct bytes total = BYTES_LIT(" total=");
        size_t at = bytes_find(line, total);
        return at != SIZE_MAX && bytes_to_u64(bytes_trim(bytes_from(line, at + total.len)), out_us);
    }
    return false;
}

bool host_text_line(struct bytes text, const char *key, uint64_t *out)
{
    struct bytes line;
    while (next_line(&text, &line)) {
        if (!bytes_starts(line, bytes_of(key))) continue;
        line = bytes_from(line, strlen(key));
        if (line.len == 0 || (line.at[0] != ' ' && line.at[0] != '\t')) continue;
        return proc_text_next(&line, out);
    }
    return false;
}

bool host_text_disk(struct bytes *rest, struct host_disk *out)
{
    struct bytes line;
    while (next_line(rest, &line)) {
        uint64_t number[2];
        uint64_t f[DISK_FIELDS];
        if (!take_numbers(&line, number, 2)) continue;
        struct bytes name = next_word(&line);
        if (name.len == 0 || !take_numbers(&line, f, DISK_FIELDS)) continue;
        if (f[2] > UINT64_MAX / SECTOR_BYTES || f[6] > UINT64_MAX / SECTOR_BYTES) continue;
        *out = (struct host_disk){.name = name,
                                  .reads = f[0],
                                  .read_bytes = f[2] * SECTOR_BYTES,
                                  .read_ms = f[3],
                                  .writes = f[4],
                                  .write_bytes = f[6] * SECTOR_BYTES,
                                  .write_ms = f[7],
                                  .waiting_ms = f[10]};
        return true;
    }
    return false;
}

bool host_text_device(struct bytes *rest, struct host_device *out)
{
    struct bytes line;
    while (next_line(rest, &line)) {
        uint64_t f[DEVICE_FIELDS];
        size_t colon = bytes_find(line, BYTES_LIT(":"));
        if (colon == SIZE_MAX) continue; /* a head */
        struct bytes name = bytes_trim((struct bytes){line.at, colon});
        struct bytes numbers = bytes_from(line, colon + 1);
        if (name.len == 0 || !take_numbers(&numbers, f, DEVICE_FIELDS)) continue;
        *out = (struct host_device){.name = name,
                                    .in_bytes = f[0],
                                    .out_bytes = f[8],
                                    .drops = f[2] + f[3] + f[10] + f[11]};
        return true;
    }
    return false;
}

bool host_text_counter(struct bytes text, const char *group, const char *name, uint64_t *out)
{
    struct bytes names;
    struct bytes numbers;
    while (next_line(&text, &names)) {
        if (!bytes_starts(names, bytes_of(group))) continue;
        if (!next_line(&text, &numbers) || !bytes_starts(numbers, bytes_of(group))) return false;
        next_word(&names);
        next_word(&numbers);
        for (;;) {
            struct bytes word = next_word(&names);
            struct bytes number = next_word(&numbers); /* one may be below 0 */
            if (word.len == 0 || number.len == 0) return false;
            if (bytes_is(word, name)) return bytes_to_u64(number, out);
        }
    }
    return false;
}
