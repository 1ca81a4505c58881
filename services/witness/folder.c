/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The folder of a witness: its key, and what it cosigned last of each log. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "commonhold/cosign.h"
#include "witness.h"

#define FILE_MAX ((size_t)1 << 20)

static const char *failed(struct ch_arena *arena, const char *path)
{
    return ch_printf(arena, "%s: %s", path, strerror(errno));
}

const char *witness_make(struct ch_arena *arena, const char *dir, const char *name, const char **vkey)
{
    char *error = ch_alloc(arena, 256);
    struct ch_vkey own;
    uint8_t public_key[32] = {0};
    const char *path = ch_printf(arena, "%s/witness.key", dir);
    const char *wrong = ch_vkey_make(name, CH_VKEY_WITNESS, public_key, &own);
    if (wrong)
        return wrong;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return failed(arena, dir);
    if (!ch_signing_key_create(path, error, 256))
        return error;
    struct ch_signing_key *key = ch_signing_key_load(path, error, 256);
    if (!key)
        return error;
    ch_signing_key_public(key, public_key);
    ch_signing_key_free(key);
    ch_vkey_make(name, CH_VKEY_WITNESS, public_key, &own);
    *vkey = ch_vkey_text(arena, &own);
    path = ch_printf(arena, "%s/vkey", dir);
    return ch_write_file(path, ch_printf(arena, "%s\n", *vkey)) ? NULL : failed(arena, path);
}

static const char *read_policy(struct ch_arena *arena, const char *path, struct witness *witness)
{
    char *error = ch_alloc(arena, 256);
    size_t size;
    const char *text = ch_read_file(arena, path, FILE_MAX, &size, error);
    witness->policy = text ? ch_tlog_policy_read(arena, text, size, error) : NULL;
    if (!witness->policy)
        return ch_printf(arena, "%s: %s", path, error);
    return witness->policy->log_count > 0 ? NULL : ch_printf(arena, "%s: it names no log", path);
}

const char *witness_open(struct ch_arena *arena, const char *dir, const char *policy_path, struct witness *witness)
{
    *witness = (struct witness){.dir = dir, .lock = -1};
    const char *wrong = read_policy(arena, policy_path, witness);
    if (!wrong)
        wrong = ch_cosign_key(arena, dir, &witness->own, &witness->key);
    if (wrong)
        return wrong;
    if (access(ch_printf(arena, "%s/" CH_COSIGN_AUDITED, dir), F_OK) == 0)
        return ch_printf(arena, "%s: it is an auditor's: a witness has a key of its own", dir);
    const char *path = ch_printf(arena, "%s/" CH_COSIGN_WITNESS, dir);
    witness->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (witness->lock < 0)
        return failed(arena, path);
    return flock(witness->lock, LOCK_EX | LOCK_NB) == 0
               ? NULL
               : ch_printf(arena, "%s: another witness runs in this folder", dir);
}

void witness_close(struct witness *witness)
{
    ch_signing_key_free(witness->key);
    if (witness->lock >= 0)
        close(witness->lock);
}

bool witness_load(struct ch_arena *arena, const struct witness *witness, const char *hex, char **text, size_t *size,
                  const char **wrong)
{
    char *error = ch_alloc(arena, 256);
    const char *path = ch_printf(arena, "%s/%s.checkpoint", witness->dir, hex);
    *text = NULL;
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return true;
    *text = ch_read_file(arena, path, FILE_MAX, size, error);
    *wrong = error;
    return *text != NULL;
}

bool witness_store(struct ch_arena *arena, const struct witness *witness, const char *hex, const char *text,
                   const char **wrong)
{
    const char *path = ch_printf(arena, "%s/%s.checkpoint", witness->dir, hex);
    bool stored = ch_write_file(path, text);
    if (!stored)
        *wrong = failed(arena, path);
    return stored;
}
