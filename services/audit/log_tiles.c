/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* T1 behind the entries themselves (audit.check_entries): tiles from entries, upper tiles from lower ones, the root
 * from the leaves; and the published copy against all that. Each layer is compared with the one below it, so that one
 * change is told once, where it was made. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "log.h"

#define PIECE 65536 /* leaf hashes read at a time: the log may have millions */

static const char LEAVES[] =
    "SELECT pg_catalog.string_agg(COALESCE(e.leaf_hash, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')), "
    "''::bytea ORDER BY n.index) FROM (SELECT size FROM log.checkpoint ORDER BY size DESC LIMIT 1) AS c CROSS JOIN "
    "LATERAL pg_catalog.generate_series($1::bigint, LEAST($1::bigint + 65536, c.size) - 1) AS n (index) LEFT JOIN "
    "log.entry AS e ON e.index = n.index";

static const char TILES[] =
    "SELECT pg_catalog.string_agg(t.width::text || ' ' || t.number || ' ' || pg_catalog.encode(t.hashes, 'hex'), ' ' "
    "ORDER BY t.number, t.width) FROM log.tile AS t WHERE t.level = pg_catalog.split_part($1, ' ', 1)::integer AND "
    "t.number >= pg_catalog.split_part($1, ' ', 2)::bigint AND t.number < pg_catalog.split_part($1, ' ', 3)::bigint";

/* A level of tiles. */
struct level {
    unsigned number;
    uint64_t count;      /* hashes in it */
    const uint8_t *made; /* what it must hold: of level 0 the entries' leaf hashes */
    uint8_t *stored;     /* what the tiles hold; where one is missing, zeros */
};

char *log_hex(struct ch_arena *arena, const uint8_t hash[32])
{
    char *hex = ch_alloc(arena, 65);
    ch_hex(hash, 32, hex);
    return hex;
}

void log_differ(struct audit *a, const char *type, const char *id, const char *aspect, const char *expected,
                const char *found, const char *text)
{
    if (strcmp(expected, found) != 0)
        audit_add(a, &(struct audit_finding){.object_type = type,
                                             .object_id = id,
                                             .aspect = aspect,
                                             .expected = expected,
                                             .found = found,
                                             .text = text});
}

static bool read_leaves(struct audit *a, uint64_t size, uint8_t *leaves)
{
    for (uint64_t from = 0; from < size; from += PIECE) {
        const void *bytes;
        size_t length, wanted = (size_t)(size - from < PIECE ? size - from : PIECE) * 32;
        if (!audit_bytes(a, LEAVES, ch_printf(a->arena, "%" PRIu64, from), &bytes, &length))
            return false;
        if (length != wanted)
            return audit_fail(a, "the leaves from %" PRIu64 " on are not 32 bytes each", from);
        memcpy(leaves + 32 * from, bytes, length);
    }
    return true;
}

static unsigned width_at(const struct level *level, uint64_t number)
{
    uint64_t left = level->count - number * LOG_TILE;
    return left < LOG_TILE ? (unsigned)left : LOG_TILE;
}

/* One stored tile, "width number hex"; the rest of the text. */
static char *take_tile(struct audit *a, struct level *level, char *text, bool *seen, uint64_t first)
{
    char *end;
    unsigned width = (unsigned)strtoul(text, &end, 10);
    uint64_t number = strtoull(end, &end, 10);
    char *hex = end + 1, *rest = hex + strcspn(hex, " ");
    bool more = *rest == ' ';
    *rest = '\0';
    const char *id = ch_printf(a->arena, "%u/%" PRIu64, level->number, number);
    if (number * LOG_TILE >= level->count || width != width_at(level, number) || seen[number - first])
        log_differ(a, "tile", id, "width",
                   number * LOG_TILE < level->count ? ch_printf(a->arena, "%u", width_at(level, number)) : "none",
                   ch_printf(a->arena, "%u%s", width,
                             number * LOG_TILE < level->count && seen[number - first] ? " twice" : ""),
                   "the log of this size has another tile here");
    else
        seen[number - first] = ch_unhex(hex, level->stored + 32 * LOG_TILE * number, (size_t)width * 32);
    return more ? rest + 1 : NULL;
}

static void missing_tiles(struct audit *a, const struct level *level, const bool *seen, uint64_t first, uint64_t end)
{
    for (uint64_t number = first; number < end && number * LOG_TILE < level->count; number++)
        if (!seen[number - first])
            log_differ(a, "tile", ch_printf(a->arena, "%u/%" PRIu64, level->number, number), "hashes", "a tile", "none",
                       "nobody can check proofs without it: it can be made again from the entries");
}

static bool read_tiles(struct audit *a, struct level *level)
{
    uint64_t tiles = (level->count + LOG_TILE - 1) / LOG_TILE;
    level->stored = ch_alloc_array(a->arena, level->count + LOG_TILE, 32);
    for (uint64_t first = 0; first <= tiles; first += PIECE / LOG_TILE) {
        uint64_t end = first + PIECE / LOG_TILE;
        bool *seen = ch_alloc_array(a->arena, PIECE / LOG_TILE, sizeof *seen);
        const void *text;
        size_t size;
        /* The last piece takes all tiles there are: one too many is a finding. */
        uint64_t last = end > tiles ? INT64_MAX : end;
        const char *asked = ch_printf(a->arena, "%u %" PRIu64 " %" PRIu64, level->number, first, last);
        if (!audit_bytes(a, TILES, asked, &text, &size))
            return false;
        char *at = text ? ch_memdup(a->arena, text, size) : NULL;
        while (at)
            at = take_tile(a, level, at, seen, first);
        missing_tiles(a, level, seen, first, end);
    }
    return true;
}

static bool is_missing(const uint8_t *hash)
{
    static const uint8_t MISSING[32];
    return memcmp(hash, MISSING, 32) == 0;
}

/* An entry or a tile that is missing is told already. */
static void compare_hashes(struct audit *a, const struct level *level)
{
    for (uint64_t i = 0; i < level->count; i++) {
        const uint8_t *made = level->made + 32 * i, *stored = level->stored + 32 * i;
        if (memcmp(made, stored, 32) != 0 && !is_missing(made) && !is_missing(stored))
            log_differ(a, "tile", ch_printf(a->arena, "%u/%" PRIu64, level->number, i / LOG_TILE),
                       ch_printf(a->arena, "hash %" PRIu64, i), log_hex(a->arena, made), log_hex(a->arena, stored),
                       level->number == 0 ? "the tile has another hash than the entry: one of the two was changed"
                                          : "the tile has another hash than the entries below it make");
    }
}

/* The leaves that were signed. Where an entry and its full tile differ, the tile above knows which of them it was. */
static uint8_t *signed_leaves(struct ch_arena *arena, const struct level *leaves, const struct level *upper)
{
    uint8_t *taken = ch_alloc_array(arena, leaves->count + LOG_TILE, 32), root[32];
    for (uint64_t i = 0; i < leaves->count; i++)
        memcpy(taken + 32 * i, (is_missing(leaves->made + 32 * i) ? leaves->stored : leaves->made) + 32 * i, 32);
    for (uint64_t i = 0; i < upper->count; i++) {
        const size_t at = (size_t)i * 32 * LOG_TILE;
        if (memcmp(taken + at, leaves->stored + at, 32 * LOG_TILE) == 0)
            continue;
        audit_merkle_root(leaves->stored + at, LOG_TILE, root);
        if (memcmp(root, upper->stored + 32 * i, 32) == 0)
            memcpy(taken + at, leaves->stored + at, 32 * LOG_TILE);
    }
    return taken;
}

static bool has_root(const struct log_tree *tree, const char *root)
{
    uint8_t made[32];
    char hex[65];
    log_tree_root(tree, tree->size, made);
    ch_hex(made, 32, hex);
    return root && strcmp(hex, root) == 0;
}

/* The tree of the leaves that were signed; of the last tile, which has none above it, the root knows it. */
static void make_tree(struct audit *a, struct log_books *books, const struct level *leaves, const struct level *upper)
{
    uint8_t *taken = signed_leaves(a->arena, leaves, upper);
    uint64_t full = upper->count * LOG_TILE;
    size_t rest = (size_t)(leaves->count - full) * 32;
    log_tree_make(&books->tree, a->arena, taken, books->size);
    if (has_root(&books->tree, a->checkpoint_root) || memcmp(taken + 32 * full, leaves->stored + 32 * full, rest) == 0)
        return;
    struct log_tree other;
    uint8_t *others = (uint8_t *)ch_memdup(a->arena, taken, (size_t)leaves->count * 32);
    memcpy(others + 32 * full, leaves->stored + 32 * full, rest);
    log_tree_make(&other, a->arena, others, books->size);
    if (has_root(&other, a->checkpoint_root))
        books->tree = other;
}

bool log_check_tiles(struct audit *a, struct log_books *books)
{
    uint8_t *leaves = ch_alloc_array(a->arena, books->size + 1, 32);
    struct level levels[8] = {{.count = books->size, .made = leaves}};
    if (!read_leaves(a, books->size, leaves))
        return false;
    for (unsigned number = 0; number < 8; number++) {
        levels[number].number = number;
        levels[number].count = books->size >> (8 * number);
        if (!read_tiles(a, &levels[number]))
            return false;
    }
    make_tree(a, books, &levels[0], &levels[1]);
    compare_hashes(a, &levels[0]);
    for (unsigned number = 1; number < 8 && levels[number].count > 0; number++) {
        levels[number].made = books->tree.heights[8 * number];
        compare_hashes(a, &levels[number]);
    }
    return true;
}

/* ---- the published copy ---- */

struct copy {
    struct audit *a;
    const struct log_tree *tree;
    uint64_t size; /* compared: no more than both have */
};

static void compare_published(const struct copy *copy, const char *name, const char *aspect, const uint8_t *made,
                              const uint8_t *found)
{
    log_differ(copy->a, "published", name, aspect, log_hex(copy->a->arena, made), log_hex(copy->a->arena, found),
               "what others are shown is not what the database holds");
}

/* Entries that came behind the snapshot are not looked at; nothing may stand behind the last. */
static void compare_bundle(const struct copy *copy, const char *name, uint64_t first, unsigned width, const char *bytes,
                           size_t size)
{
    struct ch_bundle bundle = {(const uint8_t *)bytes, (const uint8_t *)bytes + size};
    unsigned i = 0;
    bool whole = true;
    for (; i < width && first + i < copy->size; i++) {
        uint8_t hash[32] = {0};
        size_t length;
        const uint8_t *entry = ch_bundle_next(&bundle, &length);
        whole = whole && entry;
        if (entry)
            audit_merkle_leaf(entry, length, hash);
        if (memcmp(hash, copy->tree->heights[0] + 32 * (first + i), 32) != 0)
            compare_published(copy, name, ch_printf(copy->a->arena, "entry %" PRIu64, first + i),
                              copy->tree->heights[0] + 32 * (first + i), hash);
    }
    log_differ(copy->a, "published", name, "end", "the last entry",
               i < width || !whole || bundle.at == bundle.end ? "the last entry" : "more bytes",
               "what others are shown is not what the database holds");
}

static void compare_tile(const struct copy *copy, const char *name, unsigned level, uint64_t first, unsigned width,
                         const char *bytes, size_t size)
{
    for (unsigned i = 0; i < width && first + i < copy->size >> (8 * level); i++) {
        const uint8_t *made = copy->tree->heights[8 * level] + 32 * (first + i);
        uint8_t found[32] = {0};
        if (size >= 32 * (i + 1))
            memcpy(found, bytes + 32 * i, 32);
        if (memcmp(found, made, 32) != 0)
            compare_published(copy, name, ch_printf(copy->a->arena, "hash %" PRIu64, first + i), made, found);
    }
}

/* The tiles of a level, or the entry bundles (level below zero), of a published log of `size` leaves. */
static bool compare_level(const struct copy *copy, uint64_t size, int level)
{
    struct audit *a = copy->a;
    uint64_t count = level > 0 ? size >> (8 * level) : size;
    for (uint64_t number = 0; number * LOG_TILE < count; number++) {
        unsigned width = count - number * LOG_TILE < LOG_TILE ? (unsigned)(count - number * LOG_TILE) : LOG_TILE;
        const char *what = level < 0 ? "entries" : ch_printf(a->arena, "%d", level), *bytes;
        const char *name = log_tile_name(a->arena, what, number, width);
        size_t length;
        if (!log_published(a, name, &bytes, &length))
            return false;
        if (!bytes)
            log_differ(a, "published", name, "file", "there", "none", "a tile that must be served is not");
        else if (level < 0)
            compare_bundle(copy, name, number * LOG_TILE, width, bytes, length);
        else
            compare_tile(copy, name, (unsigned)level, number * LOG_TILE, width, bytes, length);
    }
    return true;
}

bool log_check_published(struct audit *a, struct log_books *books)
{
    const char *text = a->seen->published, *wrong;
    uint8_t root[32];
    if (!a->options->tiles) {
        audit_not_checked(a, "the published tiles: give --tiles");
        return true;
    }
    wrong = text ? ch_checkpoint_read(text, a->seen->published_length, &books->published) : "there is none";
    books->is_published = wrong == NULL;
    log_differ(a, "published", "checkpoint", "form", "a checkpoint", wrong ? wrong : "a checkpoint",
               "nobody can check what is published");
    if (wrong)
        return true;
    struct copy copy = {a, &books->tree, books->published.size < books->size ? books->published.size : books->size};
    if (books->published.size <= books->size) {
        log_tree_root(&books->tree, books->published.size, root);
        if (memcmp(root, books->published.root, 32) != 0)
            compare_published(&copy, "checkpoint", "root", root, books->published.root);
    }
    bool good = compare_level(&copy, books->published.size, -1);
    for (int level = 0; good && level < 8 && books->published.size >> (8 * level) > 0; level++)
        good = compare_level(&copy, books->published.size, level);
    return good;
}
