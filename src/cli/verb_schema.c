#include "cli/verb_schema.h"

#include "cli/console.h"
#include "judge/exit_code.h"
#include "plan/schema_json.h"

int verb_schema_main(void)
{
    static char array[SCHEMA_JSON_MAX];
    struct text text = text_in(array, sizeof array);
    schema_json_write(&text);
    if (text.cut) return EXIT_BUG;
    return console_print(text_bytes(&text)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}
