/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Whole files, read and written, for commands, for start-up and for jobs. Never on an event loop: it blocks. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commonhold/cli.h"

#define ERROR_SIZE 256

/* What has been read so far; its maximum is the caller's `max`. */
struct contents {
    char *bytes;
    size_t used, size;
};

/* Room for one byte more than is known to be there, so that the end is seen without growing again. */
static size_t first_size(int fd, size_t max)
{
    struct stat facts;
    size_t size = 65536;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 0)
        size = (size_t)facts.st_size + 2;
    return size < max + 2 ? size : max + 2;
}

static bool grow(struct contents *contents, size_t max)
{
    size_t size = contents->size * 2 < max + 2 ? contents->size * 2 : max + 2;
    char *bytes = realloc(contents->bytes, size);
    if (!bytes)
        return false;
    contents->bytes = bytes;
    contents->size = size;
    return true;
}

/* Reads to the end, or to one byte over `max`. False with errno otherwise. */
static bool read_all(int fd, size_t max, struct contents *contents)
{
    contents->size = first_size(fd, max);
    contents->bytes = malloc(contents->size);
    if (!contents->bytes)
        return false;
    while (contents->used <= max) {
        if (contents->used + 1 >= contents->size && !grow(contents, max))
            return false;
        ssize_t count = read(fd, contents->bytes + contents->used, contents->size - 1 - contents->used);
        if (count == 0)
            break;
        if (count < 0 && errno != EINTR)
            return false;
        contents->used += count > 0 ? (size_t)count : 0;
    }
    contents->bytes[contents->used] = '\0';
    return true;
}

char *ch_read_file(struct ch_arena *arena, const char *path, size_t max, size_t *size, char *error)
{
    struct contents contents = {0};
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && read_all(fd, max, &contents);
    if (!read)
        snprintf(error, ERROR_SIZE, "%.180s: %m", standard_input ? "standard input" : path);
    if (fd >= 0 && !standard_input)
        close(fd);
    if (read && contents.used > max)
        snprintf(error, ERROR_SIZE, "%.180s: longer than %zu bytes", standard_input ? "standard input" : path, max);
    if (!read || contents.used > max) {
        free(contents.bytes);
        if (read)
            errno = EFBIG;
        return NULL;
    }
    ch_arena_on_free(arena, free, contents.bytes);
    if (size)
        *size = contents.used;
    return contents.bytes;
}

static bool sync_folder_of(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = folder >= 0 && fsync(folder) == 0;
    int error = errno;
    if (folder >= 0)
        close(folder);
    errno = error;
    return synced;
}

bool ch_write_file(const char *path, const char *text)
{
    char beside[PATH_MAX];
    size_t length = strlen(text);
    if ((size_t)snprintf(beside, sizeof beside, "%s.new", path) >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool written = file >= 0 && write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    int error = errno;
    if (file >= 0 && close(file) != 0 && written) {
        written = false;
        error = errno;
    }
    errno = error;
    return written && rename(beside, path) == 0 && sync_folder_of(path);
}
