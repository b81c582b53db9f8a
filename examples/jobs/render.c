#include "render.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* As people write it: 20ms, or 1500us where milliseconds would need a fraction. */
static void write_work(struct text *out, int64_t work_us)
{
    bool whole_ms = work_us % 1000 == 0;
    text_add(out, "\"");
    text_add_number(out, whole_ms ? work_us / 1000 : work_us);
    text_add(out, whole_ms ? "ms\"" : "us\"");
}

static void write_job(struct text *out, const struct job *job)
{
    text_add(out, "{\"id\":");
    text_add_number(out, job->id);
    text_add(out, ",\"owner\":");
    text_add_json(out, job->owner);
    text_add(out, ",\"kind\":");
    text_add_json(out, job->kind);
    text_add(out, ",\"work\":");
    write_work(out, job->work_us);
    text_add(out, ",\"state\":\"");
    text_add(out, store_state_name(job->state));
    text_add(out, "\",\"created_ms\":");
    text_add_number(out, job->created_ms);
    text_add(out, ",\"finished_ms\":");
    if (job->finished_ms == 0) text_add(out, "null");
    else text_add_number(out, job->finished_ms);
    text_add(out, "}");
}

static void write_page(struct text *out, const struct page *page)
{
    text_add(out, "{\"page\":");
    text_add_number(out, page->number);
    text_add(out, ",\"per_page\":");
    text_add_number(out, STORE_PAGE_ROWS);
    text_add(out, ",\"total\":");
    text_add_number(out, page->total);
    text_add(out, ",\"jobs\":[");
    for (uint32_t i = 0; i < page->count; i++) {
        if (i > 0) text_add(out, ",");
        write_job(out, &page->jobs[i]);
    }
    text_add(out, "]}");
}

static void write_stats(struct text *out, const struct stats *stats)
{
    text_add_format(out, "{\"queue\":{\"length\":%zu,\"limit\":", stats->queue_length);
    if (stats->queue_limit == 0) text_add(out, "null");
    else text_add_number(out, (int64_t)stats->queue_limit);
    text_add_format(out, "},\"workers\":{\"count\":%lld,\"busy\":%lld},\"jobs\":{",
                    (long long)stats->workers, (long long)stats->workers_busy);
    for (int i = 0; i < JOB_STATES; i++) {
        text_add_format(out, "%s\"%s\":%lld", i > 0 ? "," : "", store_state_name((enum job_state)i),
                        (long long)stats->jobs[i]);
    }
    text_add(out, "}}");
}

static struct blob *take(const struct text *text)
{
    return text->failed ? NULL : blob_copy(text->bytes, text->len);
}

/* --- the naive way --- */

static json_t *job_tree(const struct job *job)
{
    struct text work = {0};
    write_work(&work, job->work_us);
    json_t *tree = json_pack(
        "{sI ss ss ss% ss sI so}", "id", (json_int_t)job->id, "owner", job->owner, "kind",
        job->kind, "work", work.failed ? "" : work.bytes + 1, work.failed ? 0 : work.len - 2,
        "state", store_state_name(job->state), "created_ms", (json_int_t)job->created_ms,
        "finished_ms", job->finished_ms ? json_integer(job->finished_ms) : json_null());
    text_free(&work);
    return tree;
}

static json_t *page_tree(const struct page *page)
{
    json_t *jobs = json_array();
    for (uint32_t i = 0; i < page->count; i++)
        json_array_append_new(jobs, job_tree(&page->jobs[i]));
    return json_pack("{sI si sI so}", "page", (json_int_t)page->number, "per_page", STORE_PAGE_ROWS,
                     "total", (json_int_t)page->total, "jobs", jobs);
}

static struct blob *dump(json_t *tree)
{
    char *string = tree ? json_dumps(tree, JSON_COMPACT) : NULL;
    json_decref(tree);
    struct blob *blob = string ? blob_copy(string, strlen(string)) : NULL;
    free(string);
    return blob;
}

/* --- */

struct blob *render_job(const struct job *job, struct text *scratch)
{
    if (!scratch) return dump(job_tree(job));
    text_clear(scratch);
    write_job(scratch, job);
    return take(scratch);
}

struct blob *render_page(const struct page *page, struct text *scratch)
{
    if (!scratch) return dump(page_tree(page));
    text_clear(scratch);
    write_page(scratch, page);
    return take(scratch);
}

struct blob *render_stats(const struct stats *stats, struct text *scratch)
{
    struct text own = {0};
    struct text *out = scratch ? scratch : &own;
    text_clear(out);
    write_stats(out, stats);
    struct blob *blob = take(out);
    text_free(&own);
    return blob;
}

struct blob *render_accepted(const struct job *job)
{
    struct text out = {0};
    text_add_format(&out, "{\"id\":%lld,\"state\":\"queued\"}", (long long)job->id);
    struct blob *blob = take(&out);
    text_free(&out);
    return blob;
}

struct blob *render_error(const char *text)
{
    struct text out = {0};
    text_add(&out, "{\"error\":");
    text_add_json(&out, text);
    text_add(&out, "}");
    struct blob *blob = take(&out);
    text_free(&out);
    return blob;
}
