/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The folder of a witness: its key, and what it cosigned last of each log. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "witness.h"

#define FILE_MAX ((size_t)1 << 20)

static bool sync_folder(const char *dir)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return done;
}

/* Beside, fsync, rename, fsync of the folder. */
static bool write_file(struct ch_arena *arena, const char *dir, const char *name, const char *text)
{
    const char *path = ch_printf(arena, "%s/%s", dir, name), *beside = ch_printf(arena, "%s.new", path);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t length = strlen(text);
    bool written = file >= 0 && write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    if (file >= 0 && close(file) != 0)
        written = false;
    return written && rename(beside, path) == 0 && sync_folder(dir);
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
        return ch_printf(arena, "%s: %s", dir, strerror(errno));
    if (!ch_signing_key_create(path, error, 256))
        return error;
    struct ch_signing_key *key = ch_signing_key_load(path, error, 256);
    if (!key)
        return error;
    ch_signing_key_public(key, public_key);
    ch_signing_key_free(key);
    ch_vkey_make(name, CH_VKEY_WITNESS, public_key, &own);
    *vkey = ch_vkey_text(arena, &own);
    return write_file(arena, dir, "vkey", ch_printf(arena, "%s\n", *vkey))
               ? NULL
               : ch_printf(arena, "%s/vkey: %s", dir, strerror(errno));
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

/* The key is the one whose verifier key was given out. */
static const char *read_key(struct ch_arena *arena, struct witness *witness)
{
    char *error = ch_alloc(arena, 256);
    uint8_t public_key[32];
    size_t size;
    const char *path = ch_printf(arena, "%s/vkey", witness->dir);
    const char *text = ch_read_file(arena, path, 1024, &size, error);
    if (!text)
        return error;
    const char *wrong = ch_vkey_read(text, strcspn(text, "\n"), &witness->own);
    if (wrong || witness->own.type != CH_VKEY_WITNESS)
        return ch_printf(arena, "%s: %s", path, wrong ? wrong : "the key is not a witness's");
    witness->key = ch_signing_key_load(ch_printf(arena, "%s/witness.key", witness->dir), error, 256);
    if (!witness->key)
        return error;
    ch_signing_key_public(witness->key, public_key);
    return memcmp(public_key, witness->own.key, sizeof public_key) == 0
               ? NULL
               : ch_printf(arena, "%s is not of the key beside it", path);
}

const char *witness_open(struct ch_arena *arena, const char *dir, const char *policy_path, struct witness *witness)
{
    *witness = (struct witness){.dir = dir, .lock = -1};
    const char *wrong = read_policy(arena, policy_path, witness);
    if (!wrong)
        wrong = read_key(arena, witness);
    if (wrong)
        return wrong;
    const char *path = ch_printf(arena, "%s/lock", dir);
    witness->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (witness->lock < 0)
        return ch_printf(arena, "%s: %s", path, strerror(errno));
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
    const char *name = ch_printf(arena, "%s.checkpoint", hex);
    bool stored = write_file(arena, witness->dir, name, text);
    if (!stored)
        *wrong = ch_printf(arena, "%s/%s: %s", witness->dir, name, strerror(errno));
    return stored;
}
