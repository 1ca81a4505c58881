/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The texts of a transparency log as those read them who trust nobody: verifier keys and signed notes (C2SP
 * signed-note), checkpoints (tlog-checkpoint), cosignatures of witnesses (tlog-cosignature), proof files (tlog-proof,
 * and the bodies of tlog-witness), policies (tlog-policy), and the Merkle proofs in them (RFC 9162).
 *
 * Nothing here makes a proof; the log's own code is elsewhere and shares nothing with this. Any doubt is a refusal:
 * other base64 than RFC 4648 with padding, leading zeros, extension lines, control characters, bytes behind the end.
 * Readers answer NULL, or one sentence for people on what is wrong; what they fill points into the text they were
 * given. */
#ifndef COMMONHOLD_TLOG_H
#define COMMONHOLD_TLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

#define CH_TLOG_HASH  32
#define CH_TLOG_PATH  63  /* most hashes of a proof */
#define CH_TLOG_NAME  256 /* origins and key names, with the NUL */
#define CH_TLOG_LINES 100 /* most signature lines of a note */

/* ---- keys ---- */

enum ch_vkey_type { CH_VKEY_LOG = 1, CH_VKEY_WITNESS = 4 }; /* Ed25519 over the text; over a cosignature */

struct ch_vkey {
    char name[CH_TLOG_NAME];
    enum ch_vkey_type type;
    uint8_t id[4], key[32];
};

/* name+8 hex digits+base64(type || key): of one of the two types, with the id that name and key make. */
const char *ch_vkey_read(const char *text, size_t length, struct ch_vkey *key);
/* The key of that name and type, with its id. NULL, or what is wrong with the name. */
const char *ch_vkey_make(const char *name, enum ch_vkey_type type, const uint8_t public_key[32], struct ch_vkey *key);
char *ch_vkey_text(struct ch_arena *arena, const struct ch_vkey *key);

/* ---- checkpoints ---- */

struct ch_checkpoint {
    const char *text;
    size_t length, body; /* all of it; what is signed, with its last LF */
    char origin[CH_TLOG_NAME];
    uint64_t size; /* at most 2^63 - 1 */
    uint8_t root[CH_TLOG_HASH];
};

/* Three lines, an empty one, and 1 to CH_TLOG_LINES signature lines of the right form, whoever made them. */
const char *ch_checkpoint_read(const char *text, size_t length, struct ch_checkpoint *checkpoint);

enum ch_signed {
    CH_SIGNED_NOT,  /* no line has the key's name and id */
    CH_SIGNED_WELL, /* every line that has them holds */
    CH_SIGNED_BADLY /* one of them does not */
};

struct ch_signature {
    const char *line; /* the first that holds, with its LF */
    size_t length;
    uint64_t time; /* of a cosignature: seconds since 1970 */
};

/* Whether the key signed or cosigned it; `signature`, where not NULL, is filled when it did. */
enum ch_signed ch_checkpoint_signed(const struct ch_checkpoint *checkpoint, const struct ch_vkey *key,
                                    struct ch_signature *signature);

/* What a cosignature at `time` is made over; returns its length. */
#define CH_COSIGNED_MAX 512
size_t ch_cosigned_text(const struct ch_checkpoint *checkpoint, uint64_t time, char text[CH_COSIGNED_MAX]);

/* ---- proofs ---- */

struct ch_proof {
    uint64_t at; /* index of the entry; or the old size */
    size_t count;
    uint8_t path[CH_TLOG_PATH * CH_TLOG_HASH];
    struct ch_checkpoint checkpoint;
};

/* c2sp.org/tlog-proof@v1, with or without an `extra` line, which is looked at no further. */
const char *ch_inclusion_read(const char *text, size_t length, struct ch_proof *proof);
/* `old N`, hashes, an empty line, a checkpoint. */
const char *ch_consistency_read(const char *text, size_t length, struct ch_proof *proof);

/* RFC 9162, section 2.1.3.2: exactly these hashes lead from the leaf to the root. */
bool ch_path_holds(uint64_t index, uint64_t size, const uint8_t leaf[CH_TLOG_HASH], const uint8_t *path, size_t count,
                   const uint8_t root[CH_TLOG_HASH]);
/* RFC 9162, section 2.1.4.2, and tlog-witness: nothing is needed from the empty tree, whose root is known, and between
 * equal sizes, whose roots are equal; with one hash more it does not hold. */
bool ch_growth_holds(uint64_t old_size, const uint8_t old_root[CH_TLOG_HASH], uint64_t size,
                     const uint8_t root[CH_TLOG_HASH], const uint8_t *path, size_t count);

/* ---- entry bundles (C2SP tlog-tiles) ---- */

struct ch_bundle {
    const uint8_t *at, *end;
};

/* The next entry, behind its length of two bytes. NULL where none begins: `at` is then `end`, or what is left is no
 * entry. */
const uint8_t *ch_bundle_next(struct ch_bundle *bundle, size_t *size);

/* ---- policies ---- */

#define CH_TLOG_POLICY_MAX 64 /* logs; witnesses and groups together */

struct ch_tlog_policy_log {
    struct ch_vkey key;
    const char *url; /* NULL when it has none */
};

/* A witness, or a group of those before it. */
struct ch_tlog_policy_node {
    const char *name;
    struct ch_vkey key;                 /* of a witness */
    const char *url;                    /* of a witness; NULL when it has none */
    size_t needed, count;               /* of a group: members needed, and how many it has; 0, 0: a witness */
    size_t members[CH_TLOG_POLICY_MAX]; /* places in `nodes` */
    bool grouped;                       /* is a member of a group already */
};

struct ch_tlog_policy {
    struct ch_tlog_policy_log logs[CH_TLOG_POLICY_MAX];
    struct ch_tlog_policy_node nodes[CH_TLOG_POLICY_MAX];
    size_t log_count, node_count;
    const struct ch_tlog_policy_node *quorum; /* NULL: none */
};

/* In the arena, which `policy` lives in too; NULL with a sentence in `error` (200 bytes) that names the line. */
struct ch_tlog_policy *ch_tlog_policy_read(struct ch_arena *arena, const char *text, size_t length, char error[200]);

/* NULL, or one sentence in the arena: a log of the policy signed it (where it lists any), no line of a key of the
 * policy is wrong, and the quorum cosigned. */
const char *ch_tlog_policy_unmet(struct ch_arena *arena, const struct ch_tlog_policy *policy,
                                 const struct ch_checkpoint *checkpoint);

#endif
