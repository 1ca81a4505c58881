/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the witness share. */
#ifndef WITNESS_H
#define WITNESS_H

#include "core/judge.h"

/* One folder is one witness: witness.key (0400), vkey, lock, and <hex>.checkpoint of each log it cosigned. The folder
 * and the key belong together: a key without the checkpoints could be made to cosign a second history. */
struct witness {
    const char *dir;
    struct ch_signing_key *key;
    struct ch_vkey own;
    const struct ch_tlog_policy *policy; /* its log lines: whom this witness serves */
    int lock;
};

/* Makes the folder's key for the name. NULL, or a sentence in the arena. *vkey: what others must know. */
const char *witness_make(struct ch_arena *arena, const char *dir, const char *name, const char **vkey);
/* Opens the folder for this process alone; it stays so until the process ends. NULL, or a sentence in the arena. */
const char *witness_open(struct ch_arena *arena, const char *dir, const char *policy_path, struct witness *witness);
void witness_close(struct witness *witness);

/* The newest cosigned checkpoint of an origin given by the hex of its SHA-256. False with a sentence when it cannot be
 * told; *text is NULL when there is none. */
bool witness_load(struct ch_arena *arena, const struct witness *witness, const char *hex, char **text, size_t *size,
                  const char **wrong);
/* On disk when it returns: beside, fsync, rename, fsync of the folder. False with a sentence. */
bool witness_store(struct ch_arena *arena, const struct witness *witness, const char *hex, const char *text,
                   const char **wrong);

/* Listens on ADDRESS:PORT until a signal ends it. Exit code. */
int witness_serve(const struct witness *witness, const char *listen);

#endif
