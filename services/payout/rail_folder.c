/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The rail that is two folders: the bank's own program empties the outbox and fills the inbox. A file is written under
 * another name, synced, marked as whole, renamed, the folder synced; the mark stays for ever. A mark without the other
 * name says that the file was handed over, also when the bank has taken it away since; so this rail always knows,
 * whoever was killed at whatever line. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commonhold/crypto.h"
#include "rail.h"

#define PIECE 262144

struct places {
    const char *folder, *part, *mark, *whole;
};

static struct places places_of(const struct ch_rail_call *call, const char *message_id)
{
    const char *folder = call->settings->outbox;
    return (struct places){.folder = folder,
                           .part = ch_printf(call->arena, "%s/.%s.part", folder, message_id),
                           .mark = ch_printf(call->arena, "%s/.%s.whole", folder, message_id),
                           .whole = ch_printf(call->arena, "%s/%s.xml", folder, message_id)};
}

static enum ch_rail_answer later(struct ch_rail_call *call, const char *path)
{
    snprintf(call->detail, sizeof call->detail, "%s: %s", path, strerror(errno));
    return CH_RAIL_LATER;
}

static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* One worker at a time between looking and renaming. The kernel gives the lock back when its holder dies. */
static int lock_folder(const char *folder, struct ch_arena *arena)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return -1;
    int fd = open(ch_printf(arena, "%s/.lock", folder), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    while (fd >= 0 && fcntl(fd, F_OFD_SETLKW, &lock) != 0)
        if (errno != EINTR) {
            close(fd);
            return -1;
        }
    return fd;
}

static bool write_all(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, bytes, size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        bytes += done;
        size -= (size_t)done;
    }
    return true;
}

/* Copies the file and its hash; -1: not read, 0: not written, 1: done. */
static int copy(int fd, struct ch_rail_file *file, struct ch_arena *arena, char hex[65])
{
    uint8_t *piece = ch_alloc(arena, PIECE), digest[32];
    struct ch_sha256 *hash = ch_sha256_begin();
    ptrdiff_t size;
    int copied = 1;
    while (copied == 1 && (size = file->read(file, piece, PIECE)) != 0) {
        if (size < 0) {
            copied = -1;
            break;
        }
        ch_sha256_add(hash, piece, (size_t)size);
        copied = write_all(fd, piece, (size_t)size);
    }
    ch_sha256_end(hash, digest);
    ch_hex(digest, sizeof digest, hex);
    return copied == 1 && fsync(fd) != 0 ? 0 : copied;
}

static enum ch_rail_answer write_part(struct ch_rail_call *call, const char *path, struct ch_rail_file *file)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return later(call, path);
    char hex[65];
    int copied = copy(fd, file, call->arena, hex);
    enum ch_rail_answer answer = copied == 0 ? later(call, path) : CH_RAIL_ACCEPTED;
    if (close(fd) != 0 && copied == 1)
        return later(call, path);
    if (copied < 0) {
        snprintf(call->detail, sizeof call->detail, "the stored file could not be read");
        return CH_RAIL_LATER;
    }
    if (copied == 1 && strcmp(hex, file->sha256) != 0) {
        unlink(path);
        snprintf(call->detail, sizeof call->detail, "the stored file is not the one that was approved");
        return CH_RAIL_REFUSED;
    }
    return answer;
}

static bool write_mark(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* The mark is there and the part is not: it was renamed. */
static enum ch_rail_answer look(struct ch_rail_call *call, const struct places *at)
{
    if (access(at->mark, F_OK) != 0)
        return errno == ENOENT ? CH_RAIL_NOTHING : later(call, at->mark);
    if (access(at->part, F_OK) == 0)
        return CH_RAIL_NOTHING;
    if (errno != ENOENT || !sync_folder(at->folder))
        return later(call, at->part);
    return CH_RAIL_ACCEPTED;
}

static enum ch_rail_answer submit(struct ch_rail_call *call, struct ch_rail_file *file)
{
    struct places at = places_of(call, file->message_id);
    int lock = lock_folder(at.folder, call->arena);
    if (lock < 0)
        return later(call, at.folder);
    enum ch_rail_answer answer = look(call, &at);
    if (answer == CH_RAIL_NOTHING) {
        answer = write_part(call, at.part, file);
        if (answer == CH_RAIL_ACCEPTED && (!write_mark(at.mark) || !sync_folder(at.folder) ||
                                           rename(at.part, at.whole) != 0 || !sync_folder(at.folder)))
            answer = later(call, at.whole);
    }
    close(lock);
    return answer;
}

static enum ch_rail_answer poll_folder(struct ch_rail_call *call, const char *message_id)
{
    struct places at = places_of(call, message_id);
    int lock = lock_folder(at.folder, call->arena);
    if (lock < 0)
        return later(call, at.folder);
    enum ch_rail_answer answer = look(call, &at);
    close(lock);
    return answer;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_xml(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 4 && strcmp(name + length - 4, ".xml") == 0;
}

/* By when its last byte was written. */
static bool came_between(const char *path, const char *from, const char *to)
{
    struct stat about;
    struct tm when;
    char day[16];
    if (!from && !to)
        return true;
    if (stat(path, &about) != 0 || !gmtime_r(&about.st_mtime, &when))
        return false;
    strftime(day, sizeof day, "%Y-%m-%d", &when);
    return (!from || strcmp(day, from) >= 0) && (!to || strcmp(day, to) <= 0);
}

size_t ch_rail_files(struct ch_arena *arena, const char *folder, const char *from, const char *to, const char ***names)
{
    DIR *open_folder = opendir(folder);
    size_t count = 0, room = 0;
    *names = NULL;
    for (struct dirent *item; open_folder && (item = readdir(open_folder));) {
        if (!is_xml(item->d_name) || !came_between(ch_printf(arena, "%s/%s", folder, item->d_name), from, to))
            continue;
        *names = ch_arena_grow(arena, *names, &room, (count + 1) * sizeof **names);
        (*names)[count++] = ch_strdup(arena, item->d_name);
    }
    if (open_folder)
        closedir(open_folder);
    if (count > 0)
        qsort(*names, count, sizeof **names, by_name);
    return count;
}

/* Statements of one night come in the order of their names. */
static size_t statement(struct ch_rail_call *call, const char *from, const char *to, const char ***names)
{
    return ch_rail_files(call->arena, call->settings->inbox, from, to, names);
}

const struct ch_rail ch_rail_folder = {.name = "folder", .submit = submit, .poll = poll_folder, .statement = statement};
