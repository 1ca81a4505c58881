/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The newest checkpoint in a file outside the database: what tells that an old database was put back. */
#include <errno.h>
#include <stdio.h>

#include "commonhold/cli.h"
#include "core/note.h"
#include "log_role.h"

enum { CHECKPOINT_FILE_MAX = 65536 };

bool log_read_checkpoint_file(struct ch_arena *arena, const char *path, const char *origin, uint64_t *size,
                              uint8_t root[MERKLE_HASH])
{
    char *text = ch_alloc(arena, CHECKPOINT_FILE_MAX);
    *size = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT;
    text[fread(text, 1, CHECKPOINT_FILE_MAX - 1, file)] = '\0';
    fclose(file);
    return note_read_checkpoint(text, origin, size, root);
}

bool log_write_checkpoint_file(const char *path, const char *text, char *reason)
{
    bool written = ch_write_file(path, text);
    if (!written)
        snprintf(reason, LOG_REASON, "cannot write the checkpoint file %s: %m", path);
    return written;
}
