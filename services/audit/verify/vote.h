/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of `commonhold verify vote` share (governance.md, sections 4, 8 and 9, a second time). */
#ifndef COMMONHOLD_VERIFY_VOTE_H
#define COMMONHOLD_VERIFY_VOTE_H

#include "commonhold/crypto.h"
#include "verify.h"

#define VOTE_CLASSES    3
#define VOTE_KEY        32
#define VOTE_SHARE      (VOTE_KEY + CH_SEAL_TAG)
#define VOTE_CHOICE_MAX 6016 /* 1,000 projects */

extern const char *const VOTE_CODES[VOTE_CLASSES]; /* U, W, C */

struct vote_count {
    int64_t roll, yes, no, abstain;
};

/* A bundle and what was found of it so far. */
struct vote {
    struct ch_arena *arena;
    const json_t *bundle, *proposal, *rule, *roll, *log, *records, *opened, *spoiled, *stewards;
    char box[40]; /* "" while it is not known */
    bool unlinked;
    int64_t roll_counts[VOTE_CLASSES], voted[VOTE_CLASSES];
    uint8_t points[VOTE_CLASSES][CH_P256_POINT];
    struct ch_p256_key *openers[2]; /* NULL: there are not two */
    int opener_class[2];
    uint8_t records_hash[32]; /* of the lines hash LF */
    struct vote_count counts[VOTE_CLASSES];
};

/* A record of a ballot, taken apart. */
struct vote_record {
    uint8_t hash[32];
    int class_index;
    uint8_t e[CH_P256_POINT], w[VOTE_CLASSES][VOTE_SHARE], commit[32];
    uint8_t c[VOTE_CHOICE_MAX + CH_SEAL_TAG];
    size_t c_size;
};

/* Index of a class's code; -1. */
int vote_class(const char *code);
/* Exactly `size` bytes of base64url. */
bool vote_bytes(const json_t *object, const char *name, uint8_t *bytes, size_t size);
/* {"U":n,"W":n,"C":n} and nothing else. */
bool vote_counts(const json_t *object, int64_t counts[VOTE_CLASSES]);

/* Takes a record of the vote's box apart; false when it is none. */
bool vote_record_read(const struct vote *vote, const json_t *record, struct vote_record *out);
/* Opens it by the openers: key and padded choice. False when it does not open. */
bool vote_record_open(const struct vote *vote, const struct vote_record *record, uint8_t key[VOTE_KEY], char *choice);
void vote_commit(const uint8_t key[VOTE_KEY], const char *choice, size_t size, uint8_t commit[32]);
/* 0, 1 or 2 for yes, no or abstain in 32 bytes; of elections and budget rounds 0, or 2 where nothing was chosen; -1 for
 * what is no choice. */
int vote_choice(const struct vote *vote, const char *padded, size_t size);
/* The same of a ranking or a set of projects alone. */
int vote_options(const struct vote *vote, const char *padded, size_t size);
/* What the opened choices of an election or a budget round come to, as the published object, in the arena; NULL when
 * nothing was on the ballot. */
json_t *vote_result(struct vote *vote);
/* The result of an election or a budget round, counted again: NULL or one sentence. */
const char *vote_check_result(struct vote *vote);

/* Equal ballots of an election. */
struct vote_papers {
    int64_t papers;
    const unsigned *numbers; /* candidates, most wanted first */
    size_t count, at;        /* at: who holds them */
    int64_t value;           /* of each paper, in 1/100,000 */
};

/* Scottish STV as the published object, in the arena. Changes the papers. */
json_t *vote_stv(struct ch_arena *arena, struct vote_papers *papers, size_t ballots, unsigned candidates, int64_t seats,
                 const char *seed);

/* The decision on these counts as the published object, in the arena; NULL when the rule row is none. */
json_t *vote_decide(struct ch_arena *arena, const json_t *rule, const struct vote_count counts[VOTE_CLASSES]);

/* The checks, each NULL or one sentence. */
const char *vote_check_opening(struct vote *vote);
const char *vote_check_commits(struct vote *vote);
const char *vote_check_seed(struct vote *vote);
const char *vote_check_attestations(struct vote *vote);
const char *vote_check_proofs(struct vote *vote, struct ch_checkpoint *checkpoint);

int verify_vote(int argc, char **argv);

#endif
