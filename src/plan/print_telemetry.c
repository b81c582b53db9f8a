/* `trace` and `otlp` of a plan, as the language writes them. */
#include <string.h>

#include "plan/print_priv.h"
#include "plan/units.h"

void print_telemetry(const struct printer *p)
{
    const struct telemetry *t = &p->plan->telemetry;
    struct text *out = p->out;
    text_adds(out, "trace: ");
    if (t->trace.off) text_adds(out, "off");
    else units_add_number(out, t->trace.share * 100);
    text_adds(out, t->trace.off ? "\n" : "%\n");
    if (t->otlp.host.len == 0) return;
    bool six = memchr(t->otlp.host.at, ':', t->otlp.host.len) != NULL;
    text_adds(out, "otlp: ");
    if (t->otlp.free) text_adds(out, "free");
    else if (six) text_addf(out, "\"[%.*s]:%u", BYTES_ARG(t->otlp.host), t->otlp.port);
    else text_addf(out, "%.*s:%u", BYTES_ARG(t->otlp.host), t->otlp.port);
    if (t->otlp.required) text_adds(out, " required");
    text_adds(out, six && !t->otlp.free ? "\"\n" : "\n"); /* a bracket would begin a list */
}
