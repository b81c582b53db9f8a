/* verb_doctor.h - `prony doctor`: what the sources see on this host, and how to allow the rest.
 *
 * Why: whoever learns in a run that a source was refused has to run again.
 * Source: observe/doctor.h.  Thread: main.  Memory: static. */
#pragma once

#include "cli/flags.h"

/* Prints it; the exit code. */
int verb_doctor_main(const struct flags *flags);
