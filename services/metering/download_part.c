/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The file a download grows in, and what is kept beside it so that another process can go on. It asks nobody anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commonhold/cli.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "download.h"

#define STATE_MAX    ((size_t)4 << 20) /* bytes of FILE.part.json */
#define READ_BUFFER  ((size_t)1 << 20)
#define DELIVERY_MAX 4096 /* deliveries of one download */

static int complain(const char *path, int code)
{
    return ch_say(code, "%s: %s", path, strerror(errno));
}

/* ---- what is kept ---- */

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t put = write(fd, text, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text += put;
        size -= (size_t)put;
    }
    return true;
}

static bool keep(struct part *part)
{
    json_t *list = ch_json_own(part->arena, json_array());
    for (size_t i = 0; i < part->count; i++) {
        const struct part_delivery *one = &part->deliveries[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "id", one->id, "after", one->after, "offset",
                                              (json_int_t)one->offset, "skipped", (json_int_t)one->skipped, "rows",
                                              (json_int_t)one->rows));
    }
    size_t size;
    json_t *state = ch_json_pack(part->arena, "{s:s, s:O}", "question", part->question, "deliveries", list);
    const char *text = ch_json_canonical(part->arena, state, &size);
    const char *fresh = ch_printf(part->arena, "%s.new", part->state_path);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = fd >= 0 && write_all(fd, text, size) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        fine = false;
    return (fine && rename(fresh, part->state_path) == 0) || complain(fresh, false);
}

static struct part_delivery *append(struct part *part)
{
    if (part->count == part->room) {
        size_t room = part->room ? 2 * part->room : 8;
        struct part_delivery *more = ch_alloc_array(part->arena, room, sizeof *more);
        if (part->count)
            memcpy(more, part->deliveries, part->count * sizeof *more);
        part->deliveries = more;
        part->room = room;
    }
    return &part->deliveries[part->count++];
}

static bool take_delivery(struct part *part, const json_t *item)
{
    struct part_delivery one = {.id = json_string_value(json_object_get(item, "id")),
                                .after = json_string_value(json_object_get(item, "after")),
                                .offset = (uint64_t)json_integer_value(json_object_get(item, "offset")),
                                .skipped = (uint64_t)json_integer_value(json_object_get(item, "skipped")),
                                .rows = json_integer_value(json_object_get(item, "rows"))};
    bool fine = one.id && one.after && one.offset <= part->size && one.skipped <= part->size;
    if (fine)
        *append(part) = one;
    return fine;
}

/* FILE.part.json; a download that has not begun has none. */
static int take_state(struct part *part)
{
    static const struct ch_json_limits LIMITS = {.bytes = STATE_MAX, .depth = 8, .integers = true};
    struct ch_json_error error;
    char message[256];
    size_t size, i;
    json_t *item;
    if (access(part->state_path, F_OK) != 0 && errno == ENOENT)
        return part->size == 0 ? CH_EXIT_OK
                               : ch_say(CH_EXIT_REFUSED, "%s is no download of ours (%s is missing): move it away",
                                        part->path, part->state_path);
    const char *text = ch_read_file(part->arena, part->state_path, STATE_MAX, &size, message);
    if (!text)
        return ch_say(CH_EXIT_FAULT, "%s", message);
    const json_t *state = ch_json_parse(part->arena, text, size, &LIMITS, &error);
    const char *question = json_string_value(json_object_get(state, "question"));
    if (!question || strcmp(question, part->question) != 0)
        return ch_say(CH_EXIT_REFUSED,
                      "%s is of another question (%s): finish that one, or remove %s and %s to begin anew", part->path,
                      question ? question : "unreadable", part->path, part->state_path);
    json_array_foreach(json_object_get(state, "deliveries"), i, item)
    {
        if (i == DELIVERY_MAX || !take_delivery(part, item))
            return ch_say(CH_EXIT_REFUSED, "%s does not fit %s: remove both to begin anew", part->state_path,
                          part->path);
    }
    return CH_EXIT_OK;
}

int part_open(struct part *part)
{
    struct stat stat;
    part->path = ch_printf(part->arena, "%s.part", part->name);
    part->state_path = ch_printf(part->arena, "%s.part.json", part->name);
    part->fd = -1;
    if (access(part->name, F_OK) == 0)
        return ch_say(CH_EXIT_REFUSED, "%s is there already: remove it, or choose another with --output", part->name);
    part->fd = open(part->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (part->fd < 0 || fstat(part->fd, &stat) != 0)
        return complain(part->path, CH_EXIT_FAULT);
    if (flock(part->fd, LOCK_EX | LOCK_NB) != 0)
        return ch_say(CH_EXIT_REFUSED, "%s: another download is writing this file", part->path);
    part->size = (uint64_t)stat.st_size;
    return take_state(part);
}

void part_close(struct part *part)
{
    if (part->fd >= 0)
        close(part->fd);
}

/* ---- growing ---- */

bool part_begin(struct part *part, const char *id, const char *after, uint64_t skipped)
{
    if (part->count == DELIVERY_MAX)
        return ch_say(false, "%s came in %d pieces: the line is too bad", part->name, DELIVERY_MAX);
    *append(part) = (struct part_delivery){.id = ch_strdup(part->arena, id),
                                           .after = ch_strdup(part->arena, after),
                                           .offset = part->size,
                                           .skipped = skipped};
    return keep(part);
}

bool part_write(struct part *part, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        ssize_t put = pwrite(part->fd, from, size, (off_t)part->size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return complain(part->path, false);
        from += put;
        size -= (size_t)put;
        part->size += (uint64_t)put;
    }
    return true;
}

/* ---- checking ---- */

static bool add_range(const struct part *part, struct ch_sha256 *hash, uint64_t from, uint64_t to)
{
    char *buffer = malloc(READ_BUFFER);
    if (!buffer)
        abort();
    while (from < to) {
        size_t want = to - from < READ_BUFFER ? (size_t)(to - from) : READ_BUFFER;
        ssize_t got = pread(part->fd, buffer, want, (off_t)from);
        if (got <= 0)
            break;
        ch_sha256_add(hash, buffer, (size_t)got);
        from += (uint64_t)got;
    }
    free(buffer);
    return from == to;
}

/* The bytes `from` to `to` of a delivery's body, as far as they are in the file. The header line of every delivery is
 * the one the file begins with. */
static bool hash_body(const struct part *part, const struct part_delivery *one, uint64_t from, uint64_t to,
                      uint8_t digest[32])
{
    struct ch_sha256 *hash = ch_sha256_begin();
    bool fine = true;
    if (from < one->skipped)
        fine = add_range(part, hash, from, one->skipped < to ? one->skipped : to);
    uint64_t begin = from < one->skipped ? one->skipped : from;
    if (fine && begin < to)
        fine = add_range(part, hash, one->offset + begin - one->skipped, one->offset + to - one->skipped);
    ch_sha256_end(hash, digest);
    return fine;
}

bool part_hash_last(const struct part *part, uint8_t digest[32])
{
    const struct part_delivery *last = &part->deliveries[part->count - 1];
    return hash_body(part, last, 0, part->size - last->offset + last->skipped, digest);
}

static bool batch_is_here(const struct part *part, const struct part_delivery *one, const json_t *batch, uint64_t from,
                          uint64_t to)
{
    uint8_t digest[32];
    char hex[65];
    const char *said = json_string_value(json_object_get(batch, "sha256"));
    if (!said || !hash_body(part, one, from, to, digest))
        return false;
    ch_hex(digest, sizeof digest, hex);
    return strcmp(hex, said) == 0;
}

static bool cut(struct part *part, uint64_t size)
{
    if (ftruncate(part->fd, (off_t)size) != 0)
        return complain(part->path, false);
    part->size = size;
    return keep(part);
}

int part_settle(struct part *part, const json_t *delivery, const char **after)
{
    struct part_delivery *last = &part->deliveries[part->count - 1];
    uint64_t body = part->size - last->offset + last->skipped, done = 0;
    size_t i;
    json_t *batch;
    *after = last->after;
    last->rows = 0;
    json_array_foreach(json_object_get(delivery, "batches"), i, batch)
    {
        uint64_t end = done + (uint64_t)json_integer_value(json_object_get(batch, "bytes"));
        const char *resume = json_string_value(json_object_get(batch, "resume"));
        if (end > body || !resume)
            break;
        if (!batch_is_here(part, last, batch, done, end))
            return ch_say(CH_EXIT_REFUSED, "%s: batch %zu of delivery %s has another SHA-256 than the trust sent: %s",
                          part->path, i + 1, last->id, "remove this file to begin anew");
        done = end;
        *after = ch_strdup(part->arena, resume);
        last->rows +=
            json_integer_value(json_object_get(batch, "rows")) + json_integer_value(json_object_get(batch, "repeated"));
    }
    if (done == 0 && !*last->after)
        *after = ch_strdup(part->arena, json_string_value(json_object_get(delivery, "restart")));
    else if (done == 0)
        part->count--;
    return cut(part, last->offset + (done > last->skipped ? done - last->skipped : 0)) ? CH_EXIT_OK : CH_EXIT_FAULT;
}

bool part_finish(struct part *part)
{
    if (fsync(part->fd) != 0 || rename(part->path, part->name) != 0)
        return complain(part->path, false);
    return unlink(part->state_path) == 0 || complain(part->state_path, false);
}
