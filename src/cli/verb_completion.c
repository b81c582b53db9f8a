#include "cli/verb_completion.h"

#include "cli/complete.h"
#include "cli/console.h"
#include "judge/exit_code.h"

#define FIRST_WORD 3 /* behind: prony completion words */

/* In each, a word with `=` at its end gets no space behind it, nor any behind `:open`. Behind
 * `:files` and a tab stands how much of the word is before the path: `junit=`, `@`. */

/* Bash cuts words at = : and @ too, and puts what it gets behind the last cut; so the words are
 * taken from the line, and what lies before that cut is taken off again. */
static const char bash_script[] =
    "# bash completion of prony:  source <(prony completion bash)\n"
    "_prony()\n"
    "{\n"
    "    local line=${COMP_LINE:0:COMP_POINT} current prefix candidate before file files=()\n"
    "    local -a words\n"
    "    read -ra words <<<\"$line\"\n"
    "    case $line in *[[:space:]]) words+=(\"\") ;; esac\n"
    "    current=${words[${#words[@]} - 1]}\n"
    "    prefix=${current%\"${COMP_WORDS[COMP_CWORD]}\"}\n"
    "    [ \"${COMP_WORDS[COMP_CWORD]}\" != = ] || prefix=$current\n"
    "    case $prefix in *@) prefix=${prefix%@} ;; esac # readline takes it for a host's\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r candidate before; do\n"
    "        case $candidate in\n"
    "        :plans) mapfile -t files < <(compgen -f -X '!*.@(yaml|yml)' -- \"$current\"\n"
    "            compgen -d -- \"$current\") ;;\n"
    "        :files) mapfile -t files < <(compgen -f -- \"${current#\"$before\"}\")\n"
    "            case $before in *@) # what is put in begins with it, which is no file's name\n"
    "                compopt -o nospace\n"
    "                for file in \"${files[@]}\"; do\n"
    "                    [ ! -d \"$file\" ] || file+=/\n"
    "                    COMPREPLY+=(\"@$(printf %q \"$file\")\")\n"
    "                done\n"
    "                files=() ;;\n"
    "            esac ;;\n"
    "        :open) compopt -o nospace ;;\n"
    "        :folders) mapfile -t files < <(compgen -d -- \"$current\") ;;\n"
    "        *=) compopt -o nospace; COMPREPLY+=(\"${candidate#\"$prefix\"}\") ;;\n"
    "        *) COMPREPLY+=(\"$(printf %q \"${candidate#\"$prefix\"}\")\") ;;\n"
    "        esac\n"
    "    done < <(\"$1\" completion words \"${words[@]:1}\" 2>/dev/null)\n"
    "    [ ${#files[@]} -eq 0 ] || { compopt -o filenames; COMPREPLY+=(\"${files[@]}\"); }\n"
    "}\n"
    "shopt -s extglob\n"
    "complete -F _prony prony\n";

static const char zsh_script[] =
    "#compdef prony\n"
    "# zsh completion of prony: as _prony in a folder of $fpath, or  source <(prony completion "
    "zsh)\n"
    "_prony()\n"
    "{\n"
    "    local line word bare\n"
    "    local -a plain open\n"
    "    for line in \"${(@f)$(${(Q)words[1]} completion words \"${(@Q)words[2,CURRENT]}\" "
    "2>/dev/null)}\"; do\n"
    "        case $line in\n"
    "        '') ;;\n"
    "        :plans) _files -g '*.(yaml|yml)(-.)' ;;\n"
    "        :files*) compset -P \"${(b)line#*$'\\t'}\"; _files ;;\n"
    "        :open) bare=1 ;;\n"
    "        :folders) _files -/ ;;\n"
    "        *)\n"
    "            word=${${line%%$'\\t'*}//:/\\\\:}\n"
    "            case $word in\n"
    "            *=) open+=(\"$word:${line#*$'\\t'}\") ;;\n"
    "            *) plain+=(\"$word:${line#*$'\\t'}\") ;;\n"
    "            esac ;;\n"
    "        esac\n"
    "    done\n"
    "    [[ -n $bare ]] && open+=($plain) && plain=()\n"
    "    (( ${#plain} )) && _describe prony plain\n"
    "    (( ${#open} )) && _describe prony open -S ''\n"
    "}\n"
    "if [ \"$funcstack[1]\" = _prony ]; then _prony \"$@\"; else compdef _prony prony; fi\n";

static const char fish_script[] =
    "# fish completion of prony:  prony completion fish | source\n"
    "function __prony_words\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    for line in ($words[1] completion words $words[2..-1] \"$current\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case :plans\n"
    "                __fish_complete_suffix .yaml\n"
    "            case ':files*'\n"
    "                set -l before (string split -m 1 \\t -- $line)[2]\n"
    "                set -l path (string sub -s (math 1 + (string length -- \"$before\")) -- "
    "\"$current\")\n"
    "                for file in (__fish_complete_path \"$path\")\n"
    "                    echo \"$before$file\"\n"
    "                end\n"
    "            case :open\n"
    "            case :folders\n"
    "                __fish_complete_directories \"$current\"\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c prony -f -a '(__prony_words)'\n";

bool verb_completion_asked(int argc, char *const *argv)
{
    return argc >= FIRST_WORD && flags_verb_of(bytes_of(argv[1])) == VERB_COMPLETION
           && bytes_is(bytes_of(argv[2]), "words");
}

int verb_completion_answer(int argc, char *const *argv)
{
    static char array[COMPLETE_MAX];
    struct text out = text_in(array, sizeof array);
    complete_write(&out, argc - FIRST_WORD, argv + FIRST_WORD);
    return console_print(text_bytes(&out)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
}

int verb_completion_main(const struct flags *flags)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {{"bash", bash_script}, {"zsh", zsh_script}, {"fish", fish_script}};
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        if (!bytes_is(bytes_of(flags->word), scripts[i].shell)) continue;
        return console_print(bytes_of(scripts[i].script)) ? EXIT_HOLDS : EXIT_PREFLIGHT;
    }
    struct err err;
    err_set(&err, ERR_USAGE, 0, "there is no completion for '%s'", flags->word);
    err_hint(&err, "one of bash, zsh, fish");
    return console_fail(&err);
}
