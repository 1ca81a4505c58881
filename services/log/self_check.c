/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The start-up self-check (audit.md section 8): the log must be what was signed last, in the database and outside it,
 * or nothing is signed any more. Also the file outside the database. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/note.h"
#include "log_role.h"

static const struct ch_statement all_entries = {
    .name = "log.all_entries",
    .text = "SELECT index, encode(leaf_hash, 'hex'), encode(bytes, 'hex') FROM log.all_entries($1::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 3};
static const struct ch_statement full_tiles = {
    .name = "log.full_tiles",
    .text = "SELECT number, encode(hashes, 'hex') FROM log.full_tiles($1::integer)",
    .shape = CH_SHAPE_ROWS,
    .columns = 2};

enum { REASON = 512, CHECKPOINT_FILE_MAX = 4096 };

struct check {
    struct merkle_edge *edge;
    struct ch_sha256 *tiles[MERKLE_LEVELS]; /* over the full tiles of each level, in order */
    uint64_t tile_count[MERKLE_LEVELS];
    char *reason;
};

static void tile_is_full(void *arg, unsigned level, uint64_t number, const uint8_t hashes[MERKLE_TILE * MERKLE_HASH])
{
    struct check *check = arg;
    (void)number;
    ch_sha256_add(check->tiles[level], hashes, MERKLE_TILE * MERKLE_HASH);
    check->tile_count[level]++;
}

static bool check_entry(void *arg, const PGresult *row)
{
    struct check *check = arg;
    const char *index = PQgetvalue(row, 0, 0), *stored = PQgetvalue(row, 0, 1), *hex = PQgetvalue(row, 0, 2);
    static uint8_t bytes[NOTE_ENTRY_MAX];
    size_t size = strlen(hex) / 2;
    uint8_t hash[MERKLE_HASH];
    char computed[65] = "";
    if (strtoull(index, NULL, 10) == check->edge->size && size <= sizeof bytes && ch_unhex(hex, bytes, size)) {
        merkle_leaf(bytes, size, hash);
        ch_hex(hash, sizeof hash, computed);
    }
    if (strcmp(computed, stored) != 0) {
        snprintf(check->reason, REASON,
                 "entry %s is missing, out of order or not what was hashed (expected index %" PRIu64 ")", index,
                 check->edge->size);
        return false;
    }
    merkle_append(check->edge, hash, tile_is_full, check);
    return true;
}

static bool hash_tile(void *arg, const PGresult *row)
{
    static uint8_t hashes[MERKLE_TILE * MERKLE_HASH];
    if (!ch_unhex(PQgetvalue(row, 0, 1), hashes, sizeof hashes))
        return false;
    ch_sha256_add(arg, hashes, sizeof hashes);
    return true;
}

/* The stored full tiles of every level hash to the same as those just computed. Ends all sums. */
static bool tiles_agree(struct ch_job *job, struct check *check)
{
    bool agree = true;
    for (int level = 0; level < MERKLE_LEVELS; level++) {
        uint8_t computed[32], stored[32];
        struct ch_sha256 *sum = ch_sha256_begin();
        ch_sha256_end(check->tiles[level], computed);
        const char *text = ch_printf(job->arena, "%d", level);
        if (agree && ch_db_stream(job->db, &full_tiles, CH_ARGS(text), hash_tile, sum) != CH_FAULT_NONE)
            agree = false;
        ch_sha256_end(sum, stored);
        if (agree && memcmp(computed, stored, 32) != 0)
            agree = false;
        if (!agree && check->reason[0] == '\0')
            snprintf(check->reason, REASON, "the stored tiles of level %d are not those of the %" PRIu64 " entries",
                     level, check->edge->size);
    }
    return agree;
}

/* Size and root of the checkpoint file; size 0 when there is none. False when it cannot be read. */
static bool read_checkpoint_file(struct ch_job *job, const char *path, uint64_t *size, uint8_t root[32])
{
    char text[CHECKPOINT_FILE_MAX] = "";
    *size = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    return note_read_checkpoint(text, log_origin(job->arena, job->context->config), size, root);
}

static const struct ch_statement root_at = {.name = "log.root_at",
                                            .text = "SELECT encode(root, 'hex') FROM log.root_at($1::bigint)",
                                            .shape = CH_SHAPE_ROWS,
                                            .columns = 1};

/* A crash between commit and file leaves the file behind the database; never ahead of it, and never off its history. */
static bool file_agrees(struct ch_job *job, uint64_t size, int64_t checkpoints, char *reason)
{
    const char *path = ch_config_text(job->context->config, "log", "checkpoint_file");
    uint64_t file_size;
    uint8_t root[32];
    char hex[65] = "";
    if (!read_checkpoint_file(job, path, &file_size, root)) {
        snprintf(reason, REASON, "%s is no checkpoint of this log", path);
        return false;
    }
    if (file_size > size || (file_size == 0 && checkpoints > 1)) {
        snprintf(reason, REASON,
                 "the database's log has size %" PRIu64 ", the checkpoint file %s has size %" PRIu64
                 ": was an old backup restored? see docs/operations.md, backups",
                 size, path, file_size);
        return false;
    }
    if (file_size == 0)
        return true;
    ch_hex(root, sizeof root, hex);
    enum ch_fault fault;
    PGresult *row = ch_db_run(job->db, &root_at, CH_ARGS(ch_printf(job->arena, "%" PRIu64, file_size)), &fault);
    bool same = row != NULL && PQntuples(row) == 1 && strcmp(PQgetvalue(row, 0, 0), hex) == 0;
    if (!same)
        snprintf(reason, REASON,
                 "the checkpoint file %s of size %" PRIu64 " has another root than the database's (size %" PRIu64 ")",
                 path, file_size, size);
    PQclear(row);
    return same;
}

static bool root_agrees(const struct merkle_edge *edge, uint64_t size, const char *root_hex, char *reason)
{
    uint8_t root[MERKLE_HASH];
    char hex[65];
    merkle_edge_root(edge, root);
    ch_hex(root, sizeof root, hex);
    if (edge->size == size && (size == 0 || (root_hex != NULL && strcmp(hex, root_hex) == 0)))
        return true;
    snprintf(reason, REASON, "the last checkpoint has size %" PRIu64 ", its entries make a tree of size %" PRIu64 "%s",
             size, edge->size, edge->size == size ? " with another root" : "");
    return false;
}

bool log_self_check(struct ch_job *job, uint64_t size, const char *root_hex, int64_t checkpoints,
                    struct merkle_edge *edge, char *reason)
{
    struct check check = {.edge = edge, .reason = reason};
    memset(edge, 0, sizeof *edge);
    reason[0] = '\0';
    for (int level = 0; level < MERKLE_LEVELS; level++)
        check.tiles[level] = ch_sha256_begin();
    const char *text = ch_printf(job->arena, "%" PRIu64, size);
    bool read = ch_db_stream(job->db, &all_entries, CH_ARGS(text), check_entry, &check) == CH_FAULT_NONE;
    bool same_tiles = tiles_agree(job, &check);
    if (!read && reason[0] == '\0')
        snprintf(reason, REASON, "the entries could not be read: %s", ch_db_error(job->db));
    return read && reason[0] == '\0' && same_tiles && root_agrees(edge, size, root_hex, reason) &&
           file_agrees(job, size, checkpoints, reason);
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
    snprintf(reason, REASON, "cannot write the checkpoint file %s: %s", path, strerror(written ? errno : error));
    return false;
}
