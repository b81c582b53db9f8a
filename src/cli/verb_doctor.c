#include "cli/verb_doctor.h"

#include <assert.h>
#include <jansson.h>

#include "base/json_tree.h"
#include "cli/console.h"
#include "judge/exit_code.h"
#include "observe/doctor.h"
#include "show/style.h"

#define OUT_BYTES 32768
#define INDENT 22 /* where the words begin */

static void add_finding(struct text *out, const struct show_style *style,
                        const struct doctor_finding *f)
{
    static const enum tone tones[] = {TONE_GOOD, TONE_NEAR, TONE_BAD};
    char array[INDENT + 1];
    struct text label = text_in(array, sizeof array);
    text_addf(&label, " %-6s  %-12s ", doctor_state_name(f->state), f->source);
    bool blind = f->state == DOCTOR_BLIND;
    style_wrap(out, style, text_bytes(&label), tones[f->state], INDENT,
               bytes_of(blind ? f->lacks : f->sees));
    struct bytes none = BYTES_LIT("                      ");
    char words[DOCTOR_WORDS + 20];
    struct text line = text_in(words, sizeof words);
    if (!blind && f->lacks[0]) {
        text_addf(&line, "not: %s", f->lacks);
        style_wrap(out, style, none, TONE_PLAIN, INDENT, text_bytes(&line));
    }
    if (f->cure[0] == '\0') return;
    text_add(out, none); /* a command is copied: never folded */
    text_addf(out, "$ %s\n", f->cure);
}

static bool print_text(const struct doctor *d, const struct show_style *style)
{
    static char array[OUT_BYTES];
    struct text out = text_in(array, sizeof array);
    for (uint32_t i = 0; i < d->count; i++) add_finding(&out, style, &d->findings[i]);
    return console_print(text_bytes(&out));
}

static json_t *words_of(const char *words)
{
    return words[0] ? json_string(words) : json_null();
}

static bool print_json(const struct doctor *d)
{
    json_t *tree = json_object();
    json_t *list = json_array();
    for (uint32_t i = 0; i < d->count; i++) {
        const struct doctor_finding *f = &d->findings[i];
        json_t *o = json_object();
        json_tree_put(o, "source", json_string(f->source));
        json_tree_put(o, "state", json_string(doctor_state_name(f->state)));
        json_tree_put(o, "sees", words_of(f->sees));
        json_tree_put(o, "lacks", words_of(f->lacks));
        json_tree_put(o, "cure", words_of(f->cure));
        json_tree_append(list, o);
    }
    json_tree_put(tree, "sources", list);
    static char array[OUT_BYTES];
    size_t len = json_dumpb(tree, array, sizeof array - 1, JSON_INDENT(2));
    json_decref(tree);
    assert(len < sizeof array - 1); /* of so many findings with so many words it never is */
    array[len++] = '\n';
    return console_print((struct bytes){array, len});
}

int verb_doctor_main(const struct flags *flags)
{
    static struct doctor doctor;
    doctor_examine(&doctor, "");
    struct show_style style = console_style(CONSOLE_OUT, flags);
    bool json = bytes_is(flags_value(flags, FLAG_FORM, "text"), "json");
    bool printed = json ? print_json(&doctor) : print_text(&doctor, &style);
    return printed ? EXIT_HOLDS : EXIT_PREFLIGHT;
}
