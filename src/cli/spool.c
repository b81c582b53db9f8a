#include "cli/spool.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LOOK_MS 100

/* ---- the writing thread ---- */

/* One write that does not block; 0 when the reader takes nothing for a moment, negative: errno. */
static ssize_t write_some(int fd, struct bytes b)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int ready = poll(&p, 1, LOOK_MS);
    if (ready <= 0) return 0; /* EINTR is but another look */
    ssize_t n = write(fd, b.at, b.len < PIPE_BUF ? b.len : PIPE_BUF);
    if (n >= 0) return n;
    return errno == EINTR || errno == EAGAIN ? 0 : -errno;
}

/* With the lock held: whether there is any use in going on. */
static bool gives_up(const struct spool *s)
{
    return s->failed != 0
           || (s->closing && clock_now_ns() > s->progress_ns + SPOOL_WAIT_S * NS_PER_S);
}

static void *write_all(void *ctx)
{
    struct spool *s = ctx;
    pthread_mutex_lock(&s->lock);
    while (!gives_up(s)) {
        if (s->written == s->ready) {
            if (s->closing) break;
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        size_t at = s->written % SPOOL_BYTES;
        size_t len = s->ready - s->written;
        if (len > SPOOL_BYTES - at) len = SPOOL_BYTES - at;
        pthread_mutex_unlock(&s->lock);
        ssize_t n = write_some(s->fd, (struct bytes){s->ring + at, len});
        pthread_mutex_lock(&s->lock);
        if (n < 0) s->failed = (int)-n;
        if (n <= 0) continue;
        s->written += (uint64_t)n;
        s->progress_ns = clock_now_ns();
        pthread_cond_signal(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* ---- the thread that has something to say ---- */

bool spool_open(struct spool *s, int fd, struct arena *arena, struct err *err)
{
    *s = (struct spool){.fd = fd, .ring = arena_alloc(arena, SPOOL_BYTES)};
    pthread_condattr_t monotonic;
    bool made = s->ring && pthread_mutex_init(&s->lock, NULL) == 0
                && pthread_condattr_init(&monotonic) == 0
                && pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0
                && pthread_cond_init(&s->changed, &monotonic) == 0;
    if (!made) return err_set(err, ERR_LIMIT, 0, "no memory for the outputs");
    int failed = pthread_create(&s->thread, NULL, write_all, s);
    if (failed) return err_set(err, ERR_LIMIT, failed, "cannot start writing outputs");
    s->is_open = true;
    return true;
}

/* With the lock held: waits for room as long as the reader takes something. */
static bool has_room(struct spool *s, size_t len)
{
    uint64_t began_ns = clock_now_ns();
    while (s->put + len - s->written > SPOOL_BYTES && s->failed == 0 && s->patient) {
        uint64_t last_ns = s->progress_ns > began_ns ? s->progress_ns : began_ns;
        uint64_t until_ns = last_ns + SPOOL_WAIT_S * NS_PER_S;
        struct timespec until = {(time_t)(until_ns / NS_PER_S), (long)(until_ns % NS_PER_S)};
        if (pthread_cond_timedwait(&s->changed, &s->lock, &until) != ETIMEDOUT) continue;
        s->patient = false;
        s->gave_up = true;
    }
    return s->put + len - s->written <= SPOOL_BYTES;
}

void spool_put(struct spool *s, struct bytes piece)
{
    for (size_t i = 0; i < piece.len; i++) s->record_lines += piece.at[i] == '\n';
    if (s->record_lost || piece.len == 0) return;
    /* What is longer than all the room never fits. */
    bool fits = false;
    if (piece.len <= SPOOL_BYTES) {
        pthread_mutex_lock(&s->lock);
        fits = has_room(s, piece.len);
        pthread_mutex_unlock(&s->lock);
    }
    s->record_lost = !fits;
    if (!fits) return;
    size_t at = s->put % SPOOL_BYTES;
    size_t first = piece.len < SPOOL_BYTES - at ? piece.len : SPOOL_BYTES - at;
    memcpy(s->ring + at, piece.at, first);
    memcpy(s->ring, piece.at + first, piece.len - first);
    s->put += piece.len;
}

void spool_end_record(struct spool *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->record_lost) s->lost_lines += s->record_lines;
    else s->ready = s->put;
    s->put = s->ready;
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    s->record_lines = 0;
    s->record_lost = false;
}

void spool_be_patient(struct spool *s)
{
    s->patient = true;
}

uint64_t spool_news(struct spool *s)
{
    pthread_mutex_lock(&s->lock);
    uint64_t count = s->failed == 0 ? s->lost_lines - s->told_lines : 0;
    s->told_lines = s->lost_lines;
    pthread_mutex_unlock(&s->lock);
    return count;
}

/* From what the reader did not take; a line that he has a part of is lost as well. */
static uint64_t lines_left(const struct spool *s)
{
    uint64_t lines = 0;
    for (uint64_t i = s->written; i < s->ready; i++) lines += s->ring[i % SPOOL_BYTES] == '\n';
    return lines;
}

struct spool_end spool_close(struct spool *s)
{
    if (!s->is_open) return (struct spool_end){0};
    pthread_mutex_lock(&s->lock);
    s->closing = true;
    s->progress_ns = s->gave_up ? 0 : clock_now_ns();
    pthread_cond_signal(&s->changed);
    pthread_mutex_unlock(&s->lock);
    int failed = pthread_join(s->thread, NULL);
    assert(failed == 0);
    s->is_open = false;
    return (struct spool_end){
        .began = s->written > 0, .lost_lines = s->lost_lines + lines_left(s), .failed = s->failed};
}
