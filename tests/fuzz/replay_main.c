/* Replays inputs through a fuzz target without libFuzzer, so that any compiler holds every
 * input that once mattered to the laws, in every test run. Arguments: folders of inputs. TAP.
 *
 * A folder that is missing or empty is passed over (regress/ starts empty), but a run without a
 * single input fails: it would prove nothing. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX_BYTES (1u << 20)
#define PATH_MAX_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Runs the input in `path`; false when it cannot be read. A broken law aborts. */
static bool replay(const char *path, unsigned number)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX_BYTES);
    bool good = false;
    if (file && data) {
        size_t size = fread(data, 1, INPUT_MAX_BYTES, file);
        good = !ferror(file) && feof(file);
        /* An exact copy: under AddressSanitizer an over-read is then seen. */
        uint8_t *exact = good ? malloc(size ? size : 1) : NULL;
        good = exact != NULL;
        if (exact) {
            memcpy(exact, data, size);
            fprintf(stderr, "# %s\n", path); /* the last line before an abort names the input */
            good = LLVMFuzzerTestOneInput(exact, size) == 0;
            free(exact);
        }
    }
    if (file && fclose(file) != 0) good = false;
    free(data);
    printf("%s %u - %s\n", good ? "ok" : "not ok", number, path);
    return good;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    bool good = true;
    for (int i = 1; i < argc; i++) {
        struct dirent **entries = NULL;
        int found = scandir(argv[i], &entries, is_input, alphasort);
        for (int k = 0; k < found; k++) {
            char path[PATH_MAX_BYTES];
            int len = snprintf(path, sizeof path, "%s/%s", argv[i], entries[k]->d_name);
            good = len > 0 && len < PATH_MAX_BYTES && replay(path, ++count) && good;
            free(entries[k]);
        }
        free(entries);
    }
    printf("1..%u\n", count);
    if (count == 0) printf("Bail out! no inputs\n");
    return good && count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
