/* json_find.h - see json.h.  Thread: any.  Memory: none. */
#pragma once

#include "wire/json.h"
