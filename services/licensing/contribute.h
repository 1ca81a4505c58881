/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of `commonhold contribute` share. */
#ifndef LICENSING_CONTRIBUTE_H
#define LICENSING_CONTRIBUTE_H

#include "commonhold/client.h"

/* A file on its way. */
struct outgoing {
    struct ch_arena *arena;
    struct ch_client *client;
    const char *name; /* as people know it, and as the trust is told: without folders */
    int fd;
    uint64_t size;         /* bytes, when it was hashed */
    char sha256[65];       /* of the bytes when they were hashed; the trust compares */
    const char *id;        /* of the contribution */
    const char *upload_id; /* NULL: none is open */
    int patience_s;        /* how long one goes on trying without a byte getting through */
};

/* Sends what the trust has not got yet. An exit code, with a message where it is not CH_EXIT_OK. */
int contribute_upload(struct outgoing *file);

#endif
