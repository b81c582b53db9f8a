/* api.h - what the service answers: routes, checks of the input, and the way of each request
 * through limits, cache, database and queue. Thread: the HTTP threads. */
#pragma once

#include "request.h"

/* See struct http. */
bool api_handle(struct request *request);
