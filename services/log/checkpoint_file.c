/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The newest checkpoint in a file outside the database: what tells that an old database was put back. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static bool sync_folder(const char *path)
{
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return false;
    bool done = fsync(folder) == 0;
    close(folder);
    return done;
}

bool log_write_checkpoint_file(const char *path, const char *text, char *reason)
{
    char beside[4096];
    snprintf(beside, sizeof beside, "%s.new", path);
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t length = strlen(text);
    bool written = file >= 0 && write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    int error = errno;
    if (file >= 0)
        close(file);
    if (written && rename(beside, path) == 0 && sync_folder(path))
        return true;
    snprintf(reason, LOG_REASON, "cannot write the checkpoint file %s: %s", path, strerror(written ? errno : error));
    return false;
}
