#include "observe/otlp_hub.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "net/listen.h"
#include "observe/counter.h"
#include "observe/otlp_metrics.h"
#include "observe/otlp_spans.h"
#include "wire/log_mask.h"
#include "wire/otlp.h"

#define ARENA_BYTES ((size_t)128 << 20) /* address space */
#define BODY_MAX ((size_t)4 << 20)
#define INFLATED_MAX ((size_t)32 << 20)
#define CONNECTIONS 64
#define IDLE_S 30
#define STRANGERS 8 /* services that are none of the plan's, told by name */
#define STRANGER_BYTES 64
#define SPAN_NAME_BYTES 256
#define EXEMPLARS_MAX 4096
#define SILENT_NS (20 * NS_PER_S) /* after which it is said that nothing comes */
#define WHY_BROKEN "this is no request of OTLP"
#define STATUS_BAD 400
#define STATUS_NOT_FOUND 404
#define STATUS_MEDIA_TYPE 415
#define STATUS_5XX 500

enum level { LEVEL_FATAL, LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG, LEVELS };

/* As labels: what a service writes to its log may be in a series beside them. */
static const char *const level_names[LEVELS] = {"otlp fatal", "otlp error", "otlp warn",
                                                "otlp info", "otlp debug"};

/* A service of the plan, as far as it sends. */
struct sender {
    struct bytes name;      /* in the plan */
    struct bytes otlp_name; /* its service.name */
    uint64_t spans, points, records;
    struct counter span_rate, log_rate[LEVELS];
    uint64_t logs[LEVELS];
    bool counts;      /* its histograms are in the book, so its spans need not be */
    bool tells_whole; /* it tells spans of requests whose flag was not set: of all */
};

struct otlp_hub {
    struct arena arena;
    const struct plan *plan;
    struct listener *listener;
    pthread_mutex_t lock; /* for all below */
    bool begun;
    uint64_t wall_start_ns;
    struct served_book *book;
    struct otlp_spans spans;
    struct otlp_metrics metrics;
    struct sender *senders; /* [plan->service_count] */
    char strangers[STRANGERS][STRANGER_BYTES];
    uint32_t stranger_count, stranger_said;
    uint64_t requests, broken, cpu_ns;
    uint64_t refused_said, shortage_said;
    bool silence_said;
    struct exemplar *exemplars; /* [EXEMPLARS_MAX] */
};

/* ---- what is told ---- */

static void note_stranger(struct otlp_hub *hub, struct bytes name)
{
    struct text text;
    char array[STRANGER_BYTES];
    text = text_in(array, sizeof array);
    text_add_safe(&text, name);
    for (uint32_t i = 0; i < hub->stranger_count; i++) {
        if (strcmp(hub->strangers[i], array) == 0) return;
    }
    if (hub->stranger_count == STRANGERS) return;
    memcpy(hub->strangers[hub->stranger_count++], array, sizeof array);
}

/* NULL: it is none of the plan's. */
static struct sender *sender_of(struct otlp_hub *hub, struct bytes name)
{
    for (uint32_t i = 0; i < hub->plan->service_count; i++) {
        if (bytes_equal(hub->senders[i].otlp_name, name)) return &hub->senders[i];
    }
    note_stranger(hub, name);
    return NULL;
}

/* 0: before the run. */
static uint64_t run_time(const struct otlp_hub *hub, uint64_t wall_ns)
{
    return wall_ns > hub->wall_start_ns ? wall_ns - hub->wall_start_ns : 0;
}

/* A span of one of our requests stands for as many as were not to be recorded. */
static uint64_t stands_for(const struct otlp_hub *hub, struct sender *s, struct trace_id trace)
{
    double share = hub->plan->telemetry.trace.share;
    if (!otlp_spans_own(&hub->spans, trace)) return 1;
    if (!trace_sampled(&hub->spans.trace, trace.low)) s->tells_whole = true;
    return s->tells_whole || share <= 0 ? 1 : (uint64_t)(1 / share + 0.5);
}

static void tell_served(struct otlp_hub *hub, struct sender *s, const struct otlp_span *span)
{
    uint64_t count = stands_for(hub, s, span->trace);
    uint64_t end_ns = run_time(hub, span->end_ns);
    if (!hub->book || s->counts || end_ns == 0) return;
    bool template = span->http.route.len > 0;
    struct bytes path = span->http.path.len > 0 ? span->http.path : span->name;
    struct served served = {.service = s->name,
                            .method = span->http.method,
                            .route = template ? span->http.route : path,
                            .is_template = template, /* else what it holds is made general */
                            .status = span->http.status,
                            .failed = span->failed || span->http.status >= STATUS_5XX,
                            .end_ns = end_ns,
                            .duration_ns = span->end_ns - span->start_ns,
                            .count = count};
    served_tell(hub->book, &served);
}

static void take_span(void *ctx, const struct otlp_span *span)
{
    struct otlp_hub *hub = ctx;
    struct sender *s = sender_of(hub, span->service);
    if (!hub->begun) return;
    if (otlp_spans_own(&hub->spans, span->trace)) {
        char array[SPAN_NAME_BYTES];
        struct text name =
            text_in(array, sizeof array); /* what looks like a secret is none of it */
        log_mask_add(&name, span->name);
        struct trace_span kept = {.id = span->id,
                                  .parent = span->parent,
                                  .start_ns = run_time(hub, span->start_ns),
                                  .duration_ns = span->end_ns - span->start_ns,
                                  .kind = (enum trace_span_kind)span->kind,
                                  .failed = span->failed,
                                  .service = s ? s->name : span->service,
                                  .name = text_bytes(&name)};
        otlp_spans_keep(&hub->spans, span->trace, &kept);
    }
    if (!s) return;
    s->spans++;
    if (span->kind == TRACE_SPAN_SERVER) tell_served(hub, s, span);
}

static void take_point(void *ctx, const struct otlp_point *point)
{
    struct otlp_hub *hub = ctx;
    struct sender *s = sender_of(hub, point->service);
    if (!s || !hub->begun) return;
    struct otlp_point of_run = *point;
    of_run.start_ns = run_time(hub, point->start_ns);
    of_run.end_ns = run_time(hub, point->end_ns);
    s->points++;
    if (otlp_metrics_take(&hub->metrics, s->name, &of_run, hub->book)) s->counts = true;
}

/* By the ranges of OpenTelemetry: 1 to 4 TRACE, 5 to 8 DEBUG, and so on up to 24. */
static void take_log(void *ctx, const struct otlp_log *record)
{
    struct otlp_hub *hub = ctx;
    struct sender *s = sender_of(hub, record->service);
    if (!s || !hub->begun) return;
    enum level level = record->severity >= 21   ? LEVEL_FATAL
                       : record->severity >= 17 ? LEVEL_ERROR
                       : record->severity >= 13 ? LEVEL_WARN
                       : record->severity >= 9  ? LEVEL_INFO
                       : record->severity >= 1  ? LEVEL_DEBUG
                                                : LEVEL_INFO; /* it does not say */
    s->logs[level]++;
    s->records++;
}

/* ---- requests ---- */

static const char *type_of(enum otlp_form form)
{
    return form == OTLP_JSON ? "application/json" : "application/x-protobuf";
}

static bool form_of(struct bytes content_type, enum otlp_form *out)
{
    *out = bytes_is(content_type, "application/json") ? OTLP_JSON : OTLP_PROTOBUF;
    return *out == OTLP_JSON || bytes_is(content_type, "application/x-protobuf");
}

static const char *refuse(struct text *out, struct bytes content_type, const char *why)
{
    enum otlp_form form;
    if (form_of(content_type, &form)) {
        otlp_refuse(out, form, why);
        return type_of(form);
    }
    text_adds(out, why);
    text_adds(out, "\n");
    return "text/plain";
}

static void handle(void *ctx, const struct listen_request *request, struct listen_reply *reply)
{
    static const struct {
        const char *path;
        enum otlp_signal signal;
    } paths[] = {
        {"/v1/traces", OTLP_TRACES}, {"/v1/metrics", OTLP_METRICS}, {"/v1/logs", OTLP_LOGS}};
    struct otlp_hub *hub = ctx;
    struct otlp_sink sink = {hub, take_span, take_point, take_log};
    struct otlp_tally tally;
    enum otlp_form form;
    size_t i = 0;
    while (i < COUNT_OF(paths) && !bytes_is(request->path, paths[i].path)) i++;
    bool known = form_of(request->content_type, &form);
    const char *why = i == COUNT_OF(paths) ? "there are /v1/traces, /v1/metrics and /v1/logs"
                      : !known             ? "send application/x-protobuf or application/json"
                                           : WHY_BROKEN;
    reply->status = i == COUNT_OF(paths) ? STATUS_NOT_FOUND
                    : !known             ? STATUS_MEDIA_TYPE
                                         : STATUS_BAD;
    bool taken = false;
    uint64_t before_ns = clock_thread_cpu_ns();
    pthread_mutex_lock(&hub->lock);
    hub->requests++;
    if (i < COUNT_OF(paths) && known) {
        taken = otlp_read(paths[i].signal, form, request->body, &sink, &tally);
    }
    hub->broken += !taken;
    hub->cpu_ns += clock_thread_cpu_ns() - before_ns;
    pthread_mutex_unlock(&hub->lock);
    if (!taken) {
        reply->content_type = refuse(reply->body, request->content_type, why);
        return;
    }
    reply->status = 200;
    reply->content_type = type_of(form);
    otlp_answer(reply->body, paths[i].signal, form, &tally);
}

/* ---- the source ---- */

static void put_sender(struct sender *s, struct slip *slip, double seconds)
{
    double rate;
    if (counter_rate(&s->span_rate, s->spans, seconds, &rate) && s->spans > 0) {
        slip_put(slip, slip_series(slip, s->name, SERIES_OF_OTLP_SPANS, (struct bytes){0}), rate);
    }
    for (uint32_t i = 0; i < LEVELS; i++) {
        bool told = counter_rate(&s->log_rate[i], s->logs[i], seconds, &rate);
        if (!told || s->records == 0) continue; /* who sends no logs has no rate of them, not 0 */
        slip_put(slip, slip_series(slip, s->name, SERIES_OF_LOG_RATE, bytes_of(level_names[i])),
                 rate);
    }
}

static void say_news(struct otlp_hub *hub, struct slip *slip, uint64_t now_ns)
{
    uint64_t refused = hub->broken + listen_refused(hub->listener);
    uint64_t shortage = hub->metrics.refused + hub->metrics.lost;
    for (; hub->stranger_said < hub->stranger_count; hub->stranger_said++) {
        const char *name = hub->strangers[hub->stranger_said];
        slip_say(slip,
                 "otlp: '%s' is no service of the plan: its spans count as part of requests, and "
                 "nothing else of it (a service has it by `otlp: %s`)",
                 name, name);
    }
    if (refused > 0 && hub->refused_said == 0) {
        slip_say(slip, "otlp: something was sent that is refused: no OTLP over HTTP, too large, or "
                       "by a name that is not this listener's");
        hub->refused_said = refused;
    }
    if (shortage > 0 && hub->shortage_said == 0) {
        slip_say(slip,
                 "otlp: more series of metrics than there is room for (%u), or larger ones: "
                 "the others are left out",
                 OTLP_METRICS_MAX);
        hub->shortage_said = shortage;
    }
    if (hub->requests > 0 || now_ns < SILENT_NS || hub->silence_said) return;
    const struct otlp_plan *at = &hub->plan->telemetry.otlp;
    bool six = memchr(at->host.at, ':', at->host.len) != NULL;
    slip_say(slip,
             "otlp: nothing has come by now; services send where OTEL_EXPORTER_OTLP_ENDPOINT says: "
             "http://%s%.*s%s:%u",
             six ? "[" : "", BYTES_ARG(at->host), six ? "]" : "", at->port);
    hub->silence_said = true;
}

static bool look(void *ctx, struct slip *slip, const struct look *when, struct err *err)
{
    struct otlp_hub *hub = ctx;
    double seconds = (double)(when->now_ns - when->since_ns) / (double)NS_PER_S;
    UNUSED(err);
    pthread_mutex_lock(&hub->lock);
    for (uint32_t i = 0; i < hub->plan->service_count; i++) {
        put_sender(&hub->senders[i], slip, seconds);
    }
    if (!when->first) {
        slip_put(slip,
                 slip_series(slip, BYTES_LIT("prony"), SERIES_OF_OBSERVE_CPU,
                             BYTES_LIT("otlp listener")),
                 (double)hub->cpu_ns / (seconds * (double)NS_PER_S));
    }
    hub->cpu_ns = 0;
    slip_end(slip);
    otlp_metrics_put(&hub->metrics, slip);
    say_news(hub, slip, when->now_ns);
    pthread_mutex_unlock(&hub->lock);
    slip_begin(slip, when->first ? when->now_ns : when->since_ns, when->now_ns);
    return true;
}

void otlp_hub_source(struct source *out, struct otlp_hub *hub)
{
    *out = (struct source){.name = "otlp", .ctx = hub, .look = look};
}

/* ---- the run ---- */

void otlp_hub_begin(struct otlp_hub *hub, uint64_t wall_start_ns, struct served_book *book)
{
    pthread_mutex_lock(&hub->lock);
    hub->wall_start_ns = wall_start_ns;
    hub->book = book;
    hub->begun = true;
    if (book) served_expect(book);
    pthread_mutex_unlock(&hub->lock);
}

void otlp_hub_end(struct otlp_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    hub->begun = false;
    hub->book = NULL;
    pthread_mutex_unlock(&hub->lock);
}

void otlp_hub_take(struct otlp_hub *hub, struct tick *tick)
{
    pthread_mutex_lock(&hub->lock);
    uint32_t count = otlp_spans_take(&hub->spans, tick);
    pthread_mutex_unlock(&hub->lock);
    uint32_t before = tick->exemplar_count;
    if (count == 0 || before + count > EXEMPLARS_MAX) return;
    if (before > 0) memcpy(hub->exemplars, tick->exemplars, before * sizeof *hub->exemplars);
    memcpy(hub->exemplars + before, hub->spans.told, count * sizeof *hub->exemplars);
    tick->exemplars = hub->exemplars;
    tick->exemplar_count = before + count;
}

static bool lay_out(struct otlp_hub *hub)
{
    const struct plan *plan = hub->plan;
    hub->senders = ARENA_ARRAY(&hub->arena, plan->service_count + 1, struct sender);
    hub->exemplars = ARENA_ARRAY(&hub->arena, EXEMPLARS_MAX, struct exemplar);
    for (uint32_t i = 0; hub->senders && i < plan->service_count; i++) {
        const struct service *s = &plan->services[i];
        hub->senders[i] =
            (struct sender){.name = s->name, .otlp_name = s->otlp.len > 0 ? s->otlp : s->name};
    }
    return otlp_spans_open(&hub->spans, plan, &hub->arena)
           && otlp_metrics_open(&hub->metrics, &hub->arena);
}

static bool open_hub(struct otlp_hub **out, const struct plan *plan, struct err *err)
{
    struct arena arena;
    *out = NULL;
    if (!arena_open(&arena, ARENA_BYTES, err)) return false;
    struct otlp_hub *hub = ARENA_NEW(&arena, struct otlp_hub);
    hub->arena = arena;
    hub->plan = plan;
    struct listen_options options = {.host = plan->telemetry.otlp.host,
                                     .port = plan->telemetry.otlp.port,
                                     .body_max = BODY_MAX,
                                     .inflated_max = INFLATED_MAX,
                                     .connections = CONNECTIONS,
                                     .idle_s = IDLE_S,
                                     .handle = handle,
                                     .refuse = refuse,
                                     .ctx = hub};
    pthread_mutex_init(&hub->lock, NULL);
    bool open = lay_out(hub) || err_set(err, ERR_LIMIT, 0, "no memory to listen to services");
    open = open && listen_open(&hub->listener, &hub->arena, &options, err);
    if (open) *out = hub;
    else otlp_hub_close(hub);
    return open;
}

bool otlp_hub_listen(struct otlp_hub **out, const struct plan *plan, struct err *trouble,
                     struct err *err)
{
    const struct otlp_plan *otlp = &plan->telemetry.otlp;
    if (otlp->host.len == 0 || open_hub(out, plan, trouble) || !otlp->required) return true;
    *err = *trouble;
    err->kind = ERR_DENIED;
    return err_hint(err, "end who listens there, choose another port, or write  otlp: free");
}

void otlp_hub_close(struct otlp_hub *hub)
{
    if (!hub) return;
    listen_close(hub->listener);
    pthread_mutex_destroy(&hub->lock);
    struct arena arena = hub->arena;
    arena_close(&arena);
}
