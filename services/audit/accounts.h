/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The auditor's own balances while it replays the journal. */
#ifndef SERVICES_AUDIT_ACCOUNTS_H
#define SERVICES_AUDIT_ACCOUNTS_H

#include "audit.h"

struct account {
    uint8_t owner[16];
    int64_t number;
    __int128 sum;              /* of the postings so far */
    int64_t after;             /* what the last posting says stands after it */
    int64_t txns;              /* transactions that moved it */
    int64_t last_txn;          /* serial of the last of them in this audit */
    int64_t stored;            /* of the balance row */
    int64_t version;           /* of the balance row */
    char bound;                /* as audit_bound; '?': no account row */
    bool has_balance, outside; /* outside: past its bound by the last transaction */
};

/* Accounts in blocks, so that they stay where they are and take no more room than there are; their places are found by
 * open addressing, at most two thirds full. */
struct accounts {
    struct account **block;
    uint32_t *slot; /* place from 1; 0: free */
    size_t mask, count;
};

/* Rows: owner, number, path, sum, transactions, after (null: none), stored, version (null: no balance row). */
bool accounts_load(struct audit *a, struct accounts *accounts, const char *sql, int count, const char *const *values);
/* The account, made empty when it is not there. */
struct account *accounts_find(struct accounts *accounts, const uint8_t owner[16], int64_t number);
/* The account at a place, from 0. */
struct account *accounts_at(const struct accounts *accounts, size_t place);
/* Whether its sum is past its bound. */
bool accounts_outside(const struct account *account);
void accounts_free(struct accounts *accounts);

/* Decimal text of a sum of any size. In the arena. */
const char *audit_wide(struct ch_arena *arena, __int128 value);
int64_t audit_clip(__int128 value);

#endif
