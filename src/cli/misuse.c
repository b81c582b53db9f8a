#include "cli/misuse.h"

#include "cli/check_json.h"
#include "cli/console.h"

int misuse_tell(const struct flags *flags, const struct err *err)
{
    bool json = bytes_is(flags_value(flags, FLAG_FORM, "text"), "json");
    if (flags->verb == VERB_CHECK && json) return check_json_misuse(flags, err);
    int code = console_fail(err);
    for (uint32_t i = 0; i < flags->more_count; i++) code = console_fail(&flags->more[i]);
    return code;
}
