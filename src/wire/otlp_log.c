#include "wire/otlp_priv.h"

bool otlp_log_read(struct otlp_reader *r, struct bytes message)
{
    static const struct otlp_key keys[] = {{1, OTLP_WHOLE, "timeUnixNano"},
                                           {11, OTLP_WHOLE, "observedTimeUnixNano"},
                                           {2, OTLP_WHOLE, "severityNumber"},
                                           {5, OTLP_MESSAGE, "body"},
                                           {9, OTLP_ID, "traceId"}};
    struct otlp_fields f;
    struct otlp_field field;
    struct otlp_log record = {.service = r->service};
    uint64_t observed_ns = 0;
    otlp_attribute_begin(r);
    otlp_field_open(&f, r->form, message, OTLP_KEYS(keys));
    while (otlp_field_next(&f, &field)) {
        if (field.number == 1) record.time_ns = field.whole;
        if (field.number == 11) observed_ns = field.whole;
        if (field.number == 2) record.severity = field.whole <= 24 ? (uint32_t)field.whole : 0;
        if (field.number == 5 && !otlp_attribute_body(r, field.raw, &record.body)) return false;
        if (field.number == 9
            && !otlp_field_id(r->form, field.raw, &record.trace.high, &record.trace.low)) {
            record.trace = (struct trace_id){0}; /* without one it is none less a record */
        }
    }
    if (f.broken) return false;
    if (record.time_ns == 0) record.time_ns = observed_ns;
    if (!r->sink) return true;
    r->tally->taken++;
    if (r->sink->log) r->sink->log(r->sink->ctx, &record);
    return true;
}
