#include "load/mishap_priv.h"

enum outcome mishap_connecting(enum stream_status status, const struct tls_peer *peer,
                               const char **why)
{
    switch (status) {
    case STREAM_REFUSED:
        *why = "connection refused";
        return OUTCOME_REFUSED;
    case STREAM_NO_ROUTE:
        *why = "the target cannot be reached";
        return OUTCOME_REFUSED;
    case STREAM_NO_PORT:
        *why = "no free local port or descriptor: prony's side, not the target's";
        return OUTCOME_DROPPED;
    case STREAM_TLS:
        *why = peer->why;
        return OUTCOME_TLS;
    case STREAM_OK:
    case STREAM_AGAIN:
    case STREAM_EOF:
    case STREAM_CUT:
    case STREAM_RESET:
        *why = "reset while connecting";
        return OUTCOME_RESET;
    }
    return OUTCOME_RESET;
}

enum outcome mishap_talking(enum stream_status status, const struct stream *stream,
                            const char **why)
{
    *why = "the connection was reset";
    if (status == STREAM_EOF) *why = "the connection was closed before the reply was complete";
    if (status == STREAM_CUT) *why = "the connection was closed without TLS's close_notify";
    if (status != STREAM_TLS) return OUTCOME_RESET;
    *why = stream_tls_why(stream);
    return OUTCOME_TLS;
}
