/* print_form FORM SAMPLE [hostile] - prints a sample in one of the forms. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "play.h"
#include "show/result_csv.h"
#include "show/result_junit.h"
#include "show/result_markdown.h"
#include "show/result_ndjson.h"

#define DOCUMENT_LIMIT ((size_t)1 << 20)

static void put(void *ctx, struct bytes piece)
{
    (void)ctx;
    assert_int_equal(fwrite(piece.at, 1, piece.len, stdout), piece.len);
}

static int print_stream(struct specimen *sample, const char *form)
{
    struct outlet to = {put, NULL};
    static struct result_ndjson ndjson;
    static struct result_csv csv;
    result_ndjson_init(&ndjson, to);
    result_csv_init(&csv, to);
    bool lines = strcmp(form, "ndjson") == 0;
    struct sink sink = lines ? result_ndjson_sink(&ndjson) : result_csv_sink(&csv);
    play_run(sample, &sink);
    return 0;
}

static int print_document(struct specimen *sample, const char *form)
{
    char *array = arena_alloc(&sample->arena, DOCUMENT_LIMIT);
    assert_non_null(array);
    struct text text = text_in(array, DOCUMENT_LIMIT);
    if (strcmp(form, "markdown") == 0) result_markdown_write(&text, &sample->result);
    else if (strcmp(form, "junit") == 0) result_junit_write(&text, &sample->result, false);
    else if (strcmp(form, "junit-lenient") == 0) result_junit_write(&text, &sample->result, true);
    else return 2;
    put(NULL, text_bytes(&text));
    return text.cut ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    struct specimen sample;
    sample_open(&sample, argv[2]);
    if (argc > 3) play_hostile(&sample);
    bool stream = strcmp(argv[1], "ndjson") == 0 || strcmp(argv[1], "csv") == 0;
    int code = stream ? print_stream(&sample, argv[1]) : print_document(&sample, argv[1]);
    sample_close(&sample);
    return code;
}
