/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The Merkle tree of RFC 6962 in the shape of C2SP tlog-tiles: growing it, and the proofs that clients check. */
#ifndef LOG_MERKLE_H
#define LOG_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MERKLE_HASH     32
#define MERKLE_TILE     256 /* hashes in a full tile */
#define MERKLE_LEVELS   8   /* 256^8 leaves */
#define MERKLE_PATH_MAX 64

/* SHA-256(0x00 || entry), SHA-256(0x01 || left || right), SHA-256(""). */
void merkle_leaf(const void *entry, size_t size, uint8_t hash[MERKLE_HASH]);
void merkle_node(const uint8_t left[MERKLE_HASH], const uint8_t right[MERKLE_HASH], uint8_t hash[MERKLE_HASH]);
void merkle_empty(uint8_t hash[MERKLE_HASH]);
/* Root of a whole list of `count` leaf hashes laid end to end. */
void merkle_root(const uint8_t *leaves, uint64_t count, uint8_t hash[MERKLE_HASH]);

/* The right edge of a tree of `size` leaves: on each level the hashes of the tile that is not full. Everything needed
 * to grow it, to tell its root, and to write its partial tiles. */
struct merkle_edge {
    uint64_t size;
    uint8_t tiles[MERKLE_LEVELS][MERKLE_TILE * MERKLE_HASH];
};

/* How many hashes the unfinished tile of a level has, and the number of that tile. */
unsigned merkle_edge_width(const struct merkle_edge *edge, unsigned level);
uint64_t merkle_edge_number(const struct merkle_edge *edge, unsigned level);

/* Appends a leaf hash. `full` is called for each tile that this fills, lowest level first. */
typedef void merkle_full(void *arg, unsigned level, uint64_t number, const uint8_t hashes[MERKLE_TILE * MERKLE_HASH]);
void merkle_append(struct merkle_edge *edge, const uint8_t leaf[MERKLE_HASH], merkle_full *full, void *arg);
void merkle_edge_root(const struct merkle_edge *edge, uint8_t hash[MERKLE_HASH]);
/* Roots of the perfect subtrees of the tree, left to right; returns how many (at most 64). */
unsigned merkle_frontier(const struct merkle_edge *edge, uint8_t hashes[64 * MERKLE_HASH]);

/* Where proofs read: the hashes of tile `number` on `level`, at least `width` of them; NULL when it cannot be had. */
typedef const uint8_t *merkle_tile_reader(void *arg, unsigned level, uint64_t number, unsigned width);

/* Path of leaf `index` in the tree of `size` leaves (index < size), leaf to root, 32 bytes each in `path` (64 of them
 * fit). Returns their number, or -1 when a tile is missing. RFC 6962, section 2.1.1. */
int merkle_inclusion(uint64_t index, uint64_t size, merkle_tile_reader *read, void *arg, uint8_t *path);
/* Consistency of size `old` with `size` (0 < old <= size). RFC 6962, section 2.1.2. */
int merkle_consistency(uint64_t old, uint64_t size, merkle_tile_reader *read, void *arg, uint8_t *path);

#endif
