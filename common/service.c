/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a role's context offers beyond its members: private signing keys, loaded once in each process. */
#include <stdlib.h>
#include <string.h>

#include "commonhold/log.h"
#include "commonhold/service.h"

/* Kept to the end of the process: whoever signs holds the pointer. */
struct loaded_key {
    struct loaded_key *next;
    struct ch_signing_key *key;
    char path[];
};

static struct loaded_key *loaded_keys;

static struct ch_signing_key *remember(const char *path, struct ch_signing_key *key)
{
    size_t size = strlen(path) + 1;
    struct loaded_key *loaded = malloc(sizeof *loaded + size);
    if (!loaded)
        abort();
    memcpy(loaded->path, path, size);
    loaded->key = key;
    loaded->next = loaded_keys;
    loaded_keys = loaded;
    return key;
}

struct ch_signing_key *ch_service_signing_key(struct ch_service_context *context, const char *key)
{
    char error[256] = "";
    const char *path = ch_config_text(context->config, context->service->name, key);
    for (const struct loaded_key *loaded = loaded_keys; loaded; loaded = loaded->next)
        if (strcmp(loaded->path, path) == 0)
            return loaded->key;
    struct ch_signing_key *fresh = ch_signing_key_load(path, error, sizeof error);
    if (fresh)
        return remember(path, fresh);
    ch_log(CH_LOG_ERROR, "signing key cannot be read", "service", context->service->name, "key", key, "error", error,
           NULL);
    return NULL;
}
