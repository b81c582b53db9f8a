/* stream_sim.h - the simulated twin of src/net/stream_linux.c: sockets between client and model.
 * Thread: one.  Memory: LINKS_MAX connections, pages where used. */
#pragma once

#include "net/address.h"

/* An empty network. */
void stream_sim_open(void);
/* Connections that the client has not closed. */
uint32_t stream_sim_open_count(void);
