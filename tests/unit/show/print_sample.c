/* Prints the JSON of the sample that is named. */
#include <stdio.h>

#include "check.h"
#include "show/result_json.h"
#include "specimen.h"

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    struct specimen sample;
    sample_open(&sample, argv[1]);
    struct bytes json = result_json_make(&sample.arena, &sample.result);
    bool wrote = json.at && fwrite(json.at, 1, json.len, stdout) == json.len;
    sample_close(&sample);
    return wrote ? 0 : 1;
}
