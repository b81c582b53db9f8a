#include "observe/blocked.h"

#include <sys/uio.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "observe/inode_set.h"

#define TABLE_AGAIN_NS (2 * NS_PER_S) /* at most so often are all sockets asked for */
#define SYSCALL_BYTES 256
#define LINK_BYTES 256
#define OTHER "other"

bool blocked_open(struct blocked *b, struct arena *arena)
{
    *b = (struct blocked){.places = ARENA_ARRAY(arena, BLOCKED_PLACES, struct blocked_place),
                          .fds = ARENA_ARRAY(arena, BLOCKED_FDS, struct blocked_fd)};
    b->has_sockets = sock_table_open(&b->sockets, arena, NULL);
    return arena_ok(arena);
}

void blocked_close(struct blocked *b)
{
    sock_table_close(&b->sockets);
}

/* -- What a descriptor is ------------------------------------------------------------------- */

static const struct sock_entry *find_socket(struct blocked *b, uint64_t inode)
{
    const struct sock_entry *entry = sock_table_find(&b->sockets, inode);
    uint64_t now_ns = clock_now_ns();
    bool due = b->sockets_ns == 0 || now_ns - b->sockets_ns >= TABLE_AGAIN_NS;
    if (entry || !b->has_sockets || !due) return entry;
    b->sockets_ns = now_ns;
    if (netns_look(&b->at, b->family) && b->at.other) {
        sock_diag_close(&b->sockets.diag);
        IGNORE(sock_diag_open_in(&b->sockets.diag, b->at.pid, NULL));
    }
    b->has_sockets = sock_table_look(&b->sockets, NULL);
    return sock_table_find(&b->sockets, inode);
}

static void name_socket(struct blocked *b, uint64_t inode, struct text *out)
{
    const struct sock_entry *entry = find_socket(b, inode);
    if (!entry) {
        text_adds(out, "peer unknown");
        return;
    }
    if (!entry->is_unix && sock_table_listens(&b->sockets, entry->local_port)) {
        text_adds(out, "peer client"); /* it came to a port that is listened at */
        return;
    }
    text_adds(out, "peer ");
    sock_table_peer(&b->sockets, entry, out);
}

static void name_link(struct blocked *b, struct bytes link, struct text *out)
{
    uint64_t inode;
    if (inode_set_of_link(link, &inode)) {
        name_socket(b, inode, out);
    } else if (bytes_starts(link, BYTES_LIT("pipe:"))) {
        text_adds(out, "peer pipe");
    } else if (bytes_starts(link, BYTES_LIT("anon_inode:"))) {
        text_adds(out, "poll");
    } else if (bytes_starts(link, BYTES_LIT("/dev/"))) {
        text_adds(out, "peer device");
    } else {
        size_t at = link.len;
        while (at > 0 && link.at[at - 1] != '/') at--;
        text_adds(out, "disk ");
        text_add_safe(out, bytes_from(link, at));
    }
}

static const char *name_fd(struct blocked *b, pid_t pid, int64_t fd)
{
    uint32_t at = ((uint32_t)pid * 31 + (uint32_t)fd) % BLOCKED_FDS;
    struct blocked_fd *known = &b->fds[at];
    if (known->pid == pid && known->fd == fd) return known->label;
    char path[64];
    char array[LINK_BYTES];
    struct text p = text_in(path, sizeof path);
    text_addf(&p, "/proc/%d/fd/%d", pid, (int)fd);
    ssize_t len = readlink(path, array, sizeof array);
    if (len <= 0) return "peer unknown";
    *known = (struct blocked_fd){.pid = pid, .fd = fd};
    struct text label = text_in(known->label, sizeof known->label);
    name_link(b, (struct bytes){array, (size_t)len}, &label);
    return known->label;
}

/* The descriptor of the one pollfd that poll(2) was given. */
static int64_t polled_fd(pid_t pid, uint64_t address)
{
    int fd = -1;
    struct iovec ours = {&fd, sizeof fd};
    struct iovec theirs = {(void *)(uintptr_t)address, sizeof fd}; /* NOLINT: in their memory */
    ssize_t got = process_vm_readv(pid, &ours, 1, &theirs, 1, 0);
    return got == (ssize_t)sizeof fd ? fd : -1;
}

/* -- Counting ------------------------------------------------------------------------------- */

/* Its name without numbers: threads of one kind are one place. */
static void add_kind_of_thread(struct text *out, const char *name)
{
    bool digits = false;
    text_adds(out, " of ");
    for (const char *at = name; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        if (!digit) text_add_safe(out, (struct bytes){at, 1});
        else if (!digits) text_adds(out, "#");
        digits = digit;
    }
}

static void count_at(struct blocked *b, struct bytes label)
{
    for (uint32_t i = 0; i < b->place_count; i++) {
        if (!bytes_is(label, b->places[i].label)) continue;
        b->places[i].seen++;
        return;
    }
    bool full = b->place_count >= BLOCKED_PLACES - 1;
    if (full && !bytes_is(label, OTHER)) {
        count_at(b, BYTES_LIT(OTHER));
        return;
    }
    struct blocked_place *place = &b->places[b->place_count++];
    *place = (struct blocked_place){.seen = 1};
    struct text text = text_in(place->label, sizeof place->label);
    text_add(&text, label);
}

static void count_thread(struct blocked *b, const struct family_thread *t, struct place *place)
{
    char array[BLOCKED_LABEL];
    struct text label = text_in(array, sizeof array);
    if (place->fds != 0) place->fd = polled_fd(t->pid, place->fds);
    bool of_fd = place->kind == PLACE_PEER || place->kind == PLACE_DISK;
    if (of_fd && place->fd >= 0) {
        text_adds(&label, name_fd(b, t->pid, place->fd));
    } else {
        text_adds(&label, place->kind == PLACE_PEER ? "poll" : place_kind_name(place->kind));
    }
    add_kind_of_thread(&label, t->name);
    count_at(b, text_bytes(&label));
}

void blocked_glance(struct blocked *b, const struct family *f)
{
    b->glances++;
    b->denied = 0;
    b->family = f;
    for (uint32_t i = 0; i < f->thread_count; i++) {
        const struct family_thread *t = &f->threads[i];
        char array[SYSCALL_BYTES];
        struct place place;
        struct bytes text = proc_read(&t->syscall, array, sizeof array);
        if (text.len == 0) b->denied += t->denied;
        else if (place_of(text, &place)) count_thread(b, t, &place);
    }
}

void blocked_put(struct blocked *b, struct slip *slip, struct bytes service)
{
    if (b->denied > 0 && !b->denied_told) {
        slip_say(slip,
                 "where %u threads of %.*s wait is not seen: it takes the same user, or "
                 "what prony doctor says",
                 b->denied, BYTES_ARG(service));
        b->denied_told = true;
    }
    for (uint32_t i = 0; i < b->place_count && b->glances > 0; i++) {
        struct blocked_place *place = &b->places[i];
        if (place->series == 0) {
            uint32_t id = slip_series(slip, service, SERIES_OF_WAITING, bytes_of(place->label));
            place->series = id == SLIP_FULL ? 0 : id + 1;
        }
        if (place->series > 0) {
            slip_put(slip, place->series - 1, (double)place->seen / b->glances);
        }
    }
}

void blocked_reset(struct blocked *b)
{
    b->glances = 0;
    for (uint32_t i = 0; i < b->place_count; i++) b->places[i].seen = 0;
    for (uint32_t i = 0; i < BLOCKED_FDS; i++) b->fds[i].pid = 0; /* they may be others by now */
}
