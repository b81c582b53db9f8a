#include "base/attr.h"
#include "plan/sentence_priv.h"
#include "plan/unit_hint.h"
#include "plan/units.h"

/* Limits at the very end of what can be measured. */
static bool check_sense(struct sentence *r, const struct objective *o, struct sentence_word value)
{
    bool share = r->unit == UNIT_SHARE || o->of_offered;
    bool any = o->metric == METRIC_SERIES && o->series_unit == SERIES_NUMBER; /* below 0 too */
    bool low = o->value <= 0 && !any;
    bool high = share && o->value >= 1;
    bool exact = o->metric == METRIC_LEAK; /* that nothing grows at all can't be seen */
    bool reply = !objective_is_observed(o) && o->metric != METRIC_RECOVERY;
    bool time = r->unit == UNIT_TIME && reply; /* no reply takes no time */
    bool never = (low && (o->op == OP_LT || (o->op == OP_LE && (time || exact))))
                 || (high && o->op == OP_GT);
    bool always = (low && (o->op == OP_GE || (o->op == OP_GT && time)))
                  || (high && o->op == OP_LE && r->abort);
    if (!never && !always) return true;
    return sentence_wrong(r, DIAG_OBJECTIVE, value,
                          never && low    ? "write a value above it"
                          : never && high ? "write >=, or a value below it"
                                          : "write a value above it, or leave the sentence out",
                          never ? "nothing that is measured is ever so"
                                : "this is so whatever is measured");
}

static bool read_amount(struct sentence *r, struct objective *out, const char **why)
{
    struct bytes word = r->word.text;
    uint64_t whole = 0;
    bool good = false;
    switch (r->unit) {
    case UNIT_TIME:
        good = units_duration(word, &whole, why);
        out->value = (double)whole;
        return good;
    case UNIT_COUNT:
        good = units_count(word, &whole, why);
        out->value = (double)whole;
        return good;
    case UNIT_SHARE:
        return units_share(word, &out->value, why);
    case UNIT_BYTES:
        return units_bytes(word, &out->value, why);
    case UNIT_BYTES_RATE:
        return units_bytes_rate(word, &out->value, why);
    case UNIT_NUMBER:
        return units_number(word, &out->value, why);
    case UNIT_RATE:
        break;
    }
    if (out->metric == METRIC_THROUGHPUT && word.len > 0 && word.at[word.len - 1] == '%') {
        out->of_offered = true;
        return units_share(word, &out->value, why);
    }
    return units_rate(word, &out->value, why);
}

/* What was meant by the value at r->word and perhaps words behind it, `98 %`: the longest text that
 * can be read as an amount is `*whole`. */
static bool find_amount(const struct sentence *r, struct text *amount, struct sentence_word *whole)
{
    struct sentence next = *r;
    bool found = false;
    do {
        struct sentence_word upto = next.word;
        sentence_advance(&next);
        bool share =
            r->unit == UNIT_RATE && (upto.text.at[upto.len - 1] == '%' || sentence_is(&next, "of"));
        struct sentence_word all = {.kind = SENTENCE_NAME, .at = r->word.at};
        all.len = upto.at + upto.len - all.at;
        all.text = (struct bytes){r->text.at + all.at, all.len};
        char array[80];
        struct text t = text_in(array, sizeof array);
        if (!unit_hint_find(&t, all.text, share ? UNIT_SHARE : r->unit)) continue;
        text_clear(amount);
        text_add(amount, text_bytes(&t));
        *whole = all;
        found = true;
    } while (next.word.kind == SENTENCE_NAME && !sentence_is(&next, "of")
             && !sentence_is(&next, "for") && !sentence_is(&next, "in"));
    return found;
}

bool sentence_value_bad(struct sentence *r, const char *why)
{
    char hint[120];
    char array[80];
    struct text t = text_in(hint, sizeof hint);
    struct text amount = text_in(array, sizeof array);
    struct sentence_word whole = r->word;
    double number = 0;
    if (find_amount(r, &amount, &whole)) {
        if (r->hourly && amount.len > 2 && array[amount.len - 2] == '/')
            array[amount.len - 1] = 'h';
        text_addf(&t, "write %s", array);
        if (r->unit == UNIT_TIME && bytes_to_double(whole.text, &number))
            text_addf(&t, " or %.*ss", BYTES_ARG(whole.text));
    }
    bool apart = whole.len > r->word.len;
    return diag_add(r->diags, DIAG_UNIT, sentence_place(r, whole), hint, "'%.*s': %s",
                    BYTES_ARG(whole.text),
                    apart ? "a number and its unit stand together, without a blank" : why);
}

bool sentence_value_read(struct sentence *r, struct objective *out)
{
    const char *why = "";
    if (r->word.kind != SENTENCE_NAME) {
        return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "the form is  " SENTENCE_FORM,
                              "the value is missing");
    }
    if (!read_amount(r, out, &why)) return sentence_value_bad(r, why);
    if (!check_sense(r, out, r->word)) return false;
    sentence_advance(r);
    if (!out->of_offered) return true;
    if (sentence_is(r, "of")) {
        sentence_advance(r);
        if (sentence_is(r, "offered")) {
            sentence_advance(r);
            return true;
        }
    }
    return sentence_wrong(r, DIAG_OBJECTIVE, r->word, "write: throughput >= 98% of offered",
                          "a share of what?");
}
