/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the checks of the transparency log share: the tree as the auditor makes it, and the published copy. */
#ifndef SERVICES_AUDIT_LOG_H
#define SERVICES_AUDIT_LOG_H

#include "audit.h"
#include "commonhold/fetch.h"
#include "commonhold/tlog.h"

#define LOG_HEIGHTS 63
#define LOG_TILE    256

/* ---- log_tree.c: roots by recursion over the leaves ---- */

struct log_tree {
    uint64_t size;
    uint8_t *heights[LOG_HEIGHTS]; /* hashes of all full subtrees of 2^n leaves, from the left; 0 are the leaves */
};

/* Of `size` leaf hashes, which are the tree's from now on; all in the arena. */
void log_tree_make(struct log_tree *tree, struct ch_arena *arena, uint8_t *leaves, uint64_t size);
/* Root of the first `size` leaves, at most the tree's. RFC 6962, section 2.1. */
void log_tree_root(const struct log_tree *tree, uint64_t size, uint8_t root[32]);

/* ---- log_published.c: the log as others see it ---- */

/* A file of --tiles or of --kept: bytes in the arena with a NUL behind them; NULL when it is not there. False with
 * a->error when it cannot be had. */
bool log_published(struct audit *a, const char *name, const char **bytes, size_t *size);
/* Name of a tile or entry bundle below the log: "tile/<what>/<N>[.p/<W>]". In the arena. */
const char *log_tile_name(struct ch_arena *arena, const char *what, uint64_t number, unsigned width);

/* GET, of an address that the person who starts the audit named: it may be inside. */
void log_fetch(struct ch_arena *arena, const char *url, int seconds, struct ch_fetch_response *response);

/* ---- log_seen.c ---- */

/* The newest checkpoint that a witness has. */
struct log_copy {
    const struct ch_tlog_policy_node *witness;
    const char *text; /* NULL where there is none */
    size_t length;
    const char *missing; /* why */
};

/* What others had of the log before the snapshot was taken: it has grown since, and never shrunk. */
struct log_seen {
    const char *published; /* the checkpoint of --tiles; NULL where there is none */
    size_t published_length;
    const struct ch_tlog_policy *policy; /* NULL: none was given */
    struct log_copy *copies;
    size_t count;
};

/* ---- log_checks.c ---- */

/* What T1, T3, T4 and T5 are decided from. */
struct log_books {
    uint64_t size; /* of the newest checkpoint */
    struct log_tree tree;
    struct ch_checkpoint published; /* with --tiles; size 0 where there is none */
    bool is_published;
};

/* A file of the folder --kept, with the name that a report gives it. */
typedef bool log_kept_work(struct audit *a, const struct log_books *books, const char *name, const char *text,
                           size_t length);
bool log_each_kept(struct audit *a, const struct log_books *books, log_kept_work *work);

void log_differ(struct audit *a, const char *type, const char *id, const char *aspect, const char *expected,
                const char *found, const char *text);
char *log_hex(struct ch_arena *arena, const uint8_t hash[32]);

/* Each looks at all of its part; false with a->error. */
bool log_check_tiles(struct audit *a, struct log_books *books);         /* T1: makes the tree */
bool log_check_published(struct audit *a, struct log_books *books);     /* T1 */
bool log_check_history(struct audit *a, struct log_books *books);       /* T3 */
bool log_check_keys(struct audit *a, struct log_books *books);          /* T4 */
bool log_check_anchors(struct audit *a, const struct log_books *books); /* T4: witnesses, timestamps */
bool log_judge_cosignatures(struct audit *a, const char *month);        /* T4: of the checkpoints of a month */
bool log_check_timestamps(struct audit *a);                             /* T4 */
bool log_check_size(struct audit *a, struct log_books *books);          /* T5 */

#endif
