#include "checkpoint.h"

#include <err.h>
#include <stdio.h>

#include "clock.h"
#include "metrics.h"
#include "thread.h"

#define EVERY_NS NS_PER_S
#define RESTART_FRAMES 4096              /* 16 MiB in pages of 4 KiB */
#define RESTART_WAIT_NS (50 * NS_PER_MS) /* for readers still in the log; then try later */

static void run_once(struct sqlite *db)
{
    int frames = 0;
    int copied = 0;
    int code =
        sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
    if (code == SQLITE_OK) metrics_add(METRIC_CHECKPOINTS, 1);
    if (code == SQLITE_OK && frames > RESTART_FRAMES) {
        db->store.deadline_ns = clock_now_ns() + RESTART_WAIT_NS;
        code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    }
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        warnx("checkpoint: %s", sqlite3_errmsg(db->handle));
    }
}

static void *serve(void *arg)
{
    struct checkpoint *checkpoint = arg;
    pthread_mutex_lock(&checkpoint->lock);
    while (!checkpoint->stopped) {
        uint64_t next_ns = clock_now_ns() + EVERY_NS;
        while (!checkpoint->stopped
               && thread_cond_wait_until(&checkpoint->stop, &checkpoint->lock, next_ns)) {
        }
        if (checkpoint->stopped) break;
        pthread_mutex_unlock(&checkpoint->lock);
        run_once(checkpoint->db);
        pthread_mutex_lock(&checkpoint->lock);
    }
    pthread_mutex_unlock(&checkpoint->lock);
    return NULL;
}

bool checkpoint_start(struct checkpoint *checkpoint, const char *db_path)
{
    *checkpoint = (struct checkpoint){0};
    pthread_mutex_init(&checkpoint->lock, NULL);
    thread_cond_init(&checkpoint->stop);
    checkpoint->db = sqlite_open(db_path, &(struct store){0});
    if (!checkpoint->db) return false;
    if (!sqlite_run(checkpoint->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"))
        return false;
    checkpoint->started =
        thread_start(&checkpoint->thread, "jobs-checkpoint", THREAD_STACK_DB, serve, checkpoint);
    return checkpoint->started;
}

void checkpoint_stop(struct checkpoint *checkpoint)
{
    if (checkpoint->started) {
        pthread_mutex_lock(&checkpoint->lock);
        checkpoint->stopped = true;
        pthread_cond_signal(&checkpoint->stop);
        pthread_mutex_unlock(&checkpoint->lock);
        pthread_join(checkpoint->thread, NULL);
        checkpoint->started = false;
    }
    sqlite_close(checkpoint->db);
    checkpoint->db = NULL;
}
