/* verb_completion.h - `prony completion`: scripts for bash, zsh and fish, and what they ask.
 *
 * Why: a script that only asks is the same for every version of prony.
 * Source: bash(1), "Programmable Completion"; zshcompsys(1); fish's complete(1).
 * Thread: main.  Memory: static. */
#pragma once

#include <stdbool.h>

#include "cli/flags.h"

/* Whether the command line is `prony completion words ...`, whose words are anybody's. */
bool verb_completion_asked(int argc, char *const *argv);
/* Answers it; the exit code. */
int verb_completion_answer(int argc, char *const *argv);
/* Prints the script of a shell; the exit code. */
int verb_completion_main(const struct flags *flags);
