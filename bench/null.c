/* null.c - the server that answers at once and does nothing else, as a program: `null`.
 *
 * Why: what prony's own work costs is seen best against a peer that costs next to nothing. It is
 * src/net/null_server.c, the one that `--calibrate` measures against, in a process of its own, so
 * that it can be given a core of its own and its work is not counted as prony's.
 * Prints its port on a line and serves until its stdin ends: it never outlives who started it. */
#include <stdio.h>
#include <unistd.h>

#include "net/null_server.h"

int main(void)
{
    static struct null_server server;
    struct err err = {0};
    if (!null_server_open(&server, &err)) {
        fprintf(stderr, "null: %s\n", err.msg);
        return 1;
    }
    printf("%u\n", server.port);
    fflush(stdout);
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0) continue;
    null_server_close(&server);
    return 0;
}
