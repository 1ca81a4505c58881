/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the OAuth endpoints share: the form, the client's authentication, and errors as RFC 6749 wants them. */
#ifndef LICENSING_OAUTH_H
#define LICENSING_OAUTH_H

#include "commonhold/service.h"

#define OAUTH_PARAMETERS_MOST 16

struct oauth_parameter {
    const char *name, *value;
};

/* A request to an OAuth endpoint. Lives in the request's arena. */
struct oauth {
    struct oauth_parameter parameters[OAUTH_PARAMETERS_MOST];
    size_t count;
    const char *client; /* client id, claimed */
    const char *proof;  /* JSON for licensing.authenticate_client: the secret's hash, or what is kept of an assertion */
    const char *assertion; /* private_key_jwt, NULL: a secret */
    struct ch_done *(*next)(struct ch_request *request, struct oauth *oauth);
};

/* Reads the form and the client's credentials, verifies an assertion, and goes on with `next`, whose statement asks
 * licensing.authenticate_client. Finished errors otherwise. */
struct ch_done *oauth_begin(struct ch_request *request,
                            struct ch_done *(*next)(struct ch_request *request, struct oauth *oauth));
/* A parameter of the form, NULL when absent. */
const char *oauth_get(const struct oauth *oauth, const char *name);
/* RFC 6749, section 5.2: `error` is one of its codes and an outcome; 401 carries WWW-Authenticate. */
struct ch_done *oauth_error(struct ch_request *request, const char *error, const char *description);

#endif
