/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The start-up self-check (audit.md section 8): the log must be what was signed last, in the database and outside it,
 * or nothing is signed any more. */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/tlog.h"
#include "log_role.h"

static const struct ch_statement entry_bundles = {
    .name = "log.entry_bundles",
    .text = "SELECT first, last, hashes, bundle FROM log.entry_bundles($1::bigint, $2::bigint)",
    .shape = CH_SHAPE_ROWS,
    .columns = 4,
    .binary = true};
static const struct ch_statement tiles_from = {.name = "log.tiles_from",
                                               .text = "SELECT hashes FROM log.tiles_from($1::integer, $2::bigint)",
                                               .shape = CH_SHAPE_ROWS,
                                               .columns = 1,
                                               .binary = true};
static const struct ch_statement root_at = {.name = "log.root_at",
                                            .text = "SELECT encode(root, 'hex') FROM log.root_at($1::bigint)",
                                            .shape = CH_SHAPE_ROWS,
                                            .columns = 1};

/* Entries asked for at a time: the server keeps what it answers until it is read. */
enum { PIECE = 64 * MERKLE_TILE };

struct check {
    struct merkle_edge *edge;
    struct ch_sha256 *tiles[MERKLE_LEVELS]; /* over the tiles of each level, in order */
    uint64_t from[MERKLE_LEVELS];           /* number of the first of them */
    char *reason;
};

/* Every message goes through here, and the first one counts. */
#define FAIL(check, ...) ((check)->reason[0] == '\0' ? snprintf((check)->reason, LOG_REASON, __VA_ARGS__) : 0, false)

static void tile_is_full(void *arg, unsigned level, uint64_t number, const uint8_t hashes[MERKLE_TILE * MERKLE_HASH])
{
    struct check *check = arg;
    (void)number;
    ch_sha256_add(check->tiles[level], hashes, MERKLE_TILE * MERKLE_HASH);
}

static uint64_t read_index(const PGresult *row, int column)
{
    uint64_t wire;
    memcpy(&wire, PQgetvalue(row, 0, column), sizeof wire);
    return be64toh(wire);
}

/* A row of log.entry_bundles. */
static bool check_bundle(void *arg, const PGresult *row)
{
    struct check *check = arg;
    uint64_t first = read_index(row, 0), last = read_index(row, 1);
    const uint8_t *stored = (const uint8_t *)PQgetvalue(row, 0, 2), *bytes = (const uint8_t *)PQgetvalue(row, 0, 3);
    struct ch_bundle bundle = {bytes, bytes + PQgetlength(row, 0, 3)};
    if (first != check->edge->size || (size_t)PQgetlength(row, 0, 2) != (last - first + 1) * MERKLE_HASH)
        return FAIL(check, "entries are missing between %" PRIu64 " and %" PRIu64, check->edge->size, last);
    for (uint64_t index = first; index <= last; index++, stored += MERKLE_HASH) {
        uint8_t hash[MERKLE_HASH];
        size_t size;
        const uint8_t *entry = ch_bundle_next(&bundle, &size);
        if (!entry)
            return FAIL(check, "entry %" PRIu64 " cannot be read", index);
        merkle_leaf(entry, size, hash);
        if (memcmp(hash, stored, MERKLE_HASH) != 0)
            return FAIL(check, "entry %" PRIu64 " is not what was hashed", index);
        merkle_append(check->edge, hash, tile_is_full, check);
    }
    return bundle.at == bundle.end || FAIL(check, "the entries from %" PRIu64 " on cannot be read", first);
}

static bool read_entries(struct ch_job *job, struct check *check, uint64_t size)
{
    while (check->edge->size < size) {
        uint64_t from = check->edge->size, to = (from / PIECE + 1) * PIECE;
        char first[24], end[24];
        snprintf(first, sizeof first, "%" PRIu64, from);
        snprintf(end, sizeof end, "%" PRIu64, to < size ? to : size);
        if (ch_db_stream(job->db, &entry_bundles, CH_ARGS(first, end), check_bundle, check) != CH_FAULT_NONE)
            return FAIL(check, "the entries could not be read: %s", ch_db_error(job->db));
        if (check->reason[0] != '\0')
            return false;
        if (check->edge->size == from || (check->edge->size < to && check->edge->size < size))
            return true; /* the last are missing: the root tells both sizes */
    }
    return true;
}

static bool hash_tile(void *arg, const PGresult *row)
{
    ch_sha256_add(arg, PQgetvalue(row, 0, 0), (size_t)PQgetlength(row, 0, 0));
    return true;
}

/* The stored tiles of every level hash to the same as those just computed. */
static bool tiles_agree(struct ch_job *job, struct check *check)
{
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        uint8_t computed[32], stored[32];
        char text[12], number[24];
        struct ch_sha256 *sum = ch_sha256_begin();
        ch_sha256_add(check->tiles[level], check->edge->tiles[level],
                      merkle_edge_width(check->edge, level) * MERKLE_HASH);
        ch_sha256_next(check->tiles[level], computed);
        snprintf(text, sizeof text, "%u", level);
        snprintf(number, sizeof number, "%" PRIu64, check->from[level]);
        enum ch_fault fault = ch_db_stream(job->db, &tiles_from, CH_ARGS(text, number), hash_tile, sum);
        ch_sha256_end(sum, stored);
        if (fault != CH_FAULT_NONE)
            return FAIL(check, "the tiles could not be read: %s", ch_db_error(job->db));
        if (memcmp(computed, stored, sizeof stored) != 0)
            return FAIL(check, "the stored tiles of level %u are not those of the %" PRIu64 " entries", level,
                        check->edge->size);
    }
    return true;
}

static bool root_agrees(const struct log_state *state, struct check *check)
{
    uint8_t root[MERKLE_HASH];
    char hex[65];
    merkle_edge_root(check->edge, root);
    ch_hex(root, sizeof root, hex);
    bool same = check->edge->size == state->size;
    if (same && (state->size == 0 || strcmp(hex, state->root) == 0))
        return true;
    return FAIL(check, "the last checkpoint has size %" PRIu64 ", its entries make a tree of size %" PRIu64 "%s",
                state->size, check->edge->size, same ? " with another root" : "");
}

/* A crash between commit and file leaves the file behind the database; never ahead of it, and never off its history. */
static bool file_agrees(struct ch_job *job, const struct log_state *state, struct check *check, uint64_t *file_size)
{
    uint8_t root[MERKLE_HASH];
    char hex[65] = "";
    enum ch_fault fault;
    if (!log_read_checkpoint_file(job->arena, state->path, state->origin, file_size, root))
        return FAIL(check, "%s is no checkpoint of the log %s", state->path, state->origin);
    if (*file_size > state->size || (*file_size == 0 && state->checkpoints > 1))
        return FAIL(check,
                    "the database's log has size %" PRIu64 ", the checkpoint file %s has size %" PRIu64
                    ": was an old backup restored? see docs/operations.md, backups",
                    state->size, state->path, *file_size);
    if (*file_size == 0)
        return true;
    ch_hex(root, sizeof root, hex);
    PGresult *row = ch_db_run(job->db, &root_at, CH_ARGS(ch_printf(job->arena, "%" PRIu64, *file_size)), &fault);
    bool same = row != NULL && PQntuples(row) == 1 && strcmp(PQgetvalue(row, 0, 0), hex) == 0;
    PQclear(row);
    return same ||
           FAIL(check,
                "the checkpoint file %s of size %" PRIu64 " has another root than the database's (size %" PRIu64 ")",
                state->path, *file_size, state->size);
}

bool log_self_check(struct ch_job *job, const struct log_state *state, struct merkle_edge *edge, uint64_t *file_size,
                    char *reason)
{
    struct check check = {.edge = edge, .reason = reason};
    uint8_t rest[32];
    reason[0] = '\0';
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        check.tiles[level] = ch_sha256_begin();
        check.from[level] = merkle_edge_number(edge, level);
    }
    bool agrees = read_entries(job, &check, state->size) && root_agrees(state, &check) && tiles_agree(job, &check) &&
                  file_agrees(job, state, &check, file_size);
    for (unsigned level = 0; level < MERKLE_LEVELS; level++)
        ch_sha256_end(check.tiles[level], rest);
    return agrees;
}
