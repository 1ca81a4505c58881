/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Sealed ballots of level L1 (governance.md, section 8): a choice under a key of its own, the key in three shares, each
 * wrapped for one steward; two of them open it. The record is canonical JSON, and its SHA-256 is the ballot's name. */
#ifndef COMMONHOLD_GOVERNANCE_BALLOT_H
#define COMMONHOLD_GOVERNANCE_BALLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "choice.h"
#include "commonhold/arena.h"
#include "commonhold/crypto.h"
#include "commonhold/json.h"
#include "decide.h"
#include "shamir.h"

#define CH_BALLOT_BOX     39 /* proposal_id/reading and NUL */
#define CH_BALLOT_WRAPPED (CH_SHARE_SIZE + CH_SEAL_TAG)
#define CH_BALLOT_TRACKER 25   /* five groups of four, four hyphens, NUL */
#define CH_BALLOT_MAX     9216 /* bytes of a record: the longest choice, and the rest */

/* A record taken apart. */
struct ch_ballot {
    char box[CH_BALLOT_BOX];
    int class_index; /* CH_CLASS_U, ... */
    uint8_t e[CH_P256_POINT];
    uint8_t w[CH_SHARES][CH_BALLOT_WRAPPED];
    uint8_t commit[32];
    size_t c_size;
    uint8_t c[CH_CHOICE_BYTES_MAX + CH_SEAL_TAG];
};

/* Index of U, W or C; -1 for other texts and NULL. */
int ch_ballot_class(const char *code);
/* "proposal_id/reading" of an id as text. False when the id is no UUID or the reading not 1 or 2. */
bool ch_ballot_box(const char *proposal_id, int reading, char box[CH_BALLOT_BOX]);

/* Takes a record apart: its keys and no others, each of its length, e a point of the curve. Whether c has the length of
 * this vote's choices is for those to say who know the vote. NULL, or one sentence on what is wrong. */
const char *ch_ballot_read(const json_t *record, struct ch_ballot *ballot);

/* What a ballot is made of besides the choice: fresh for each. */
struct ch_ballot_secrets {
    uint8_t key[CH_SHARE_SIZE], slope[CH_SHARE_SIZE]; /* random */
    uint8_t ephemeral[32];                            /* private key of e */
};
void ch_ballot_draw(struct ch_ballot_secrets *secrets);
/* Seals a padded choice of `size` bytes for three stewards (U, W, C) and gives the record's text, in the arena. NULL
 * when one of the stewards' keys is no point. */
char *ch_ballot_seal(struct ch_arena *arena, const struct ch_ballot_secrets *secrets, const char *box, int class_index,
                     const uint8_t stewards[CH_SHARES][CH_P256_POINT], const uint8_t *choice, size_t size);

/* The two stewards of a box who open it. */
struct ch_opener {
    int class_index[2];
    const struct ch_p256_key *key[2];
};
/* Opens: the ballot's key, and its choice of c_size - CH_SEAL_TAG bytes. False when a share, the choice or the
 * commitment does not hold. */
bool ch_ballot_open(const struct ch_opener *opener, const struct ch_ballot *ballot, uint8_t key[CH_SHARE_SIZE],
                    uint8_t choice[CH_CHOICE_BYTES_MAX]);

/* SHA-256("commonhold-choice/1" || key || choice). */
void ch_ballot_commit(const uint8_t key[CH_SHARE_SIZE], const uint8_t *choice, size_t size, uint8_t commit[32]);
/* The first 100 bits of a record's hash, in Crockford base32, five groups of four. */
void ch_ballot_tracker(const uint8_t record_hash[32], char tracker[CH_BALLOT_TRACKER]);
/* The first and the last hash that a tracker can stand for; hyphens may be missing, case does not matter, and I, L and
 * O are 1, 1 and 0. False when it is none. */
bool ch_ballot_tracker_read(const char *text, uint8_t low[32], uint8_t high[32]);

#endif
