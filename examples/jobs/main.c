/* main.c - the life of the process: settings, port, database, threads, signal, and back.
 *
 * The port is open first and answers 503 until the database is seeded, so that whoever starts the
 * service can ask it. Stopping goes from the outside in: no new connections and no new work, then
 * the pool, the workers, the last commit, the last answers. What was accepted (202) is in the
 * database by then, and what of it is unfinished is taken up at the next start. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api.h"
#include "app.h"
#include "clock.h"

#define FOREVER_NS (UINT64_C(1000000000) * NS_PER_S) /* 30 years */

enum { EXIT_GOOD = 0, EXIT_CANNOT = 1, EXIT_USAGE = 2 };

static void take_up(void *arg, const struct job *job)
{
    struct app *app = arg;
    struct queue_item item = {.id = job->id, .work_us = job->work_us};
    if (!queue_restore(&app->queue, item)) return; /* no memory: it waits for the next start */
    metrics_add(METRIC_RESUMED, 1);
}

static bool prepare_database(struct app *app)
{
    struct store *store = store_open(&app->settings, NULL, 0);
    bool good =
        store && store_prepare(store, &app->settings) && store_unfinished(store, take_up, app);
    store_close(store);
    return good;
}

static bool start_threads(struct app *app)
{
    struct settings *settings = &app->settings;
    if (settings->batch > 1) {
        if (!committer_start(&app->committer, settings)) return false;
        if (settings->db_kind == DB_SQLITE
            && !checkpoint_start(&app->checkpoint, settings->db_path)) {
            return false;
        }
    }
    app->workers = (struct workers){
        .settings = settings,
        .queue = &app->queue,
        .pool = &app->pool,
        .committer = &app->committer,
    };
    return pool_start(&app->pool, settings) && workers_start(&app->workers);
}

/* Legal at any stage of a start that failed. */
static void stop_all(struct app *app)
{
    atomic_store(&app->stopping, true);
    http_quiet(&app->http);
    pool_stop(&app->pool);
    workers_stop(&app->workers);
    committer_stop(&app->committer);
    http_stop(&app->http);
    checkpoint_stop(&app->checkpoint);
    plant_stop(&app->settings.plant);
}

/* Waits for SIGTERM or SIGINT, or for the planted crash. False: stopped before being ready. */
static bool wait_for_signal(const sigset_t *signals, uint64_t until_ns)
{
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        if (now_ns >= until_ns) return false;
        struct timespec left = clock_timespec(until_ns - now_ns);
        if (sigtimedwait(signals, NULL, &left) > 0) return true;
    }
}

static void remove_temp_dir(const struct settings *settings)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    if (settings->temp_dir[0] == '\0') return;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        char path[sizeof settings->db_path + 16];
        snprintf(path, sizeof path, "%s%s", settings->db_path, endings[i]);
        if (unlink(path) != 0 && errno != ENOENT) {
            warn("cannot remove %s", path);
        }
    }
    if (rmdir(settings->temp_dir) != 0) {
        warn("cannot remove %s", settings->temp_dir);
    }
}

/* The planted crash: at once, without a core file. */
static void crash(void)
{
    struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGABRT, SIG_DFL);
    abort();
}

/* From the open port to the signal that ends it. */
static bool serve(struct app *app, const sigset_t *signals)
{
    struct plant *plant = &app->settings.plant;
    uint64_t began_ns = clock_now_ns();
    if (!http_start(&app->http, app->settings.port)) return false;
    if (!prepare_database(app) || !start_threads(app)) return false;
    if (wait_for_signal(signals, began_ns + plant->slow_start_ns)) return true;

    uint64_t now_ns = clock_now_ns();
    if (!plant_start(plant, now_ns)) return false;
    atomic_store(&app->ready, true);
    char db_name[sizeof app->settings.db_path];
    settings_name_db(&app->settings, db_name, sizeof db_name);
    printf("jobs: ready on http://127.0.0.1:%u (database %s)\n", app->http.listener.port, db_name);
    fflush(stdout);
    bool crashes = plant->crash_after_ns > 0;
    if (!wait_for_signal(signals, now_ns + (crashes ? plant->crash_after_ns : FOREVER_NS))) crash();
    return true;
}

int main(int argc, char **argv)
{
    static struct app app;
    switch (settings_read(&app.settings, argc, argv)) {
    case SETTINGS_OK:
        break;
    case SETTINGS_HELP:
        settings_help(stdout);
        return EXIT_GOOD;
    case SETTINGS_BAD:
        return EXIT_USAGE;
    }
    sigset_t signals; /* blocked in every thread; main asks for them */
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    bool good =
        cache_init(&app.cache, app.settings.cache == CACHE_MEMORY, app.settings.cache_ttl_ns);
    queue_init(&app.queue, app.settings.queue);
    throttle_init(&app.throttle, app.settings.rate_per_s);
    app.http = (struct http){
        .app = &app,
        .handle = api_handle,
        .plant = &app.settings.plant,
        .copy = !app.settings.reuse,
        .listener = {.fd = -1},
    };
    good = good && serve(&app, &signals);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL); /* a second signal ends it at once */
    stop_all(&app);
    queue_fini(&app.queue);
    cache_fini(&app.cache);
    remove_temp_dir(&app.settings);
    return good ? EXIT_GOOD : EXIT_CANNOT;
}
