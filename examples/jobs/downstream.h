/* downstream.h - one request to another HTTP service, for PLANT=downstream.
 *
 * As naive as services call each other: a connection for each request, and the thread waits.
 * Thread: any. */
#pragma once

#include <stdbool.h>

/* Whether it is http://HOST:PORT/PATH, port and path being optional. */
bool downstream_is_url(const char *url);

/* GETs it and reads the whole answer. False: it failed, or was no 2xx. */
bool downstream_ask(const char *url);
