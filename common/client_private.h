/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the commands' client share. */
#ifndef COMMONHOLD_CLIENT_PRIVATE_H
#define COMMONHOLD_CLIENT_PRIVATE_H

#include <curl/curl.h>

#include "commonhold/client.h"

struct ch_client {
    struct ch_arena *arena;
    CURL *curl;
    const char *origin; /* scheme, host, port; no slash at the end */
    const char *folder; /* of this machine's sign-ins */
    const char *jar;    /* the file of this origin's cookies */
    char *body;         /* of the last answer: `body_room` bytes, of which `body_size` are filled */
    size_t body_size, body_room;
    const struct ch_client_request *request; /* of the exchange under way */
};

#endif
