/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of commonhold-audit share. The auditor has its own code: of the system it uses wire formats, canonical
 * JSON, hashing and identifiers, and nothing of the services. */
#ifndef SERVICES_AUDIT_AUDIT_H
#define SERVICES_AUDIT_AUDIT_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

#define AUDIT_CLEAN      0
#define AUDIT_FINDINGS   1
#define AUDIT_LAG        2
#define AUDIT_UNFINISHED 3
#define AUDIT_USAGE      64

struct audit_options {
    const char *source, *findings; /* connection strings; findings NULL: the same database */
    const char *checks;            /* ids, separated by commas; NULL: all */
    const char *sweep;             /* number of closed months, or "all" */
    const char *as_of;
    const char *statements, *tiles, *kept, *exports;
    bool full, incremental, json, strict;
};

struct audit;

/* One check of docs/audit.md. Checks that share a `run` are decided in one pass. */
struct audit_check {
    const char *id;
    const char *severity; /* of its findings: loss, breach, lag */
    bool (*run)(struct audit *a);
    const char *about;
    /* The rest is of this audit. */
    bool chosen, done;
    uint64_t objects;    /* looked at in this audit */
    json_t *not_checked; /* array of sentences */
};

/* Ends with a row whose id is NULL. */
extern struct audit_check audit_checks[];

struct audit {
    struct ch_arena *arena;
    const struct audit_options *options;
    PGconn *source;   /* one snapshot, read only */
    PGconn *findings; /* one transaction: it is kept whole or not at all */
    bool same;        /* both are one database */
    char id[37];
    const char *started, *as_of; /* of the source's snapshot */
    const char *months;          /* date[]: months whose digests are recomputed; NULL: all */
    const char *swept_to;        /* last month the rotation took, "" none */
    int64_t checkpoint_size;     /* -1: there is none */
    const char *checkpoint_root; /* hex */
    const char *currency;
    struct audit_check *check; /* the one at work: findings go to it */
    const char *unit;          /* the part of the books at work */
    json_t *found;             /* array of findings */
    json_t *found_keys;        /* object: keys of `found`, so that no aspect is told twice */
    json_t *looked;            /* array of {check, unit}: whose findings this audit decides anew */
    json_t *progress;          /* array of {check, source, upto, digest} to be kept */
    json_t *vanished;          /* array of {check, source} */
    char error[1024];          /* why the audit could not finish */
};

/* ---- database.c ---- */

/* Connects, refuses a role that may write more than it needs, takes the lock and the snapshot. False with a message. */
bool audit_open(struct audit *a);
void audit_close(struct audit *a);
/* Rows of a statement with text parameters ended by NULL terminators of `count`; NULL and a->error on failure. The
 * result lives in the arena. */
PGresult *audit_query(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values);
#define AUDIT_ARGS(...)                                                                                                \
    (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)), (const char *const[])                         \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define AUDIT_NO_ARGS 0, NULL
/* A field as text, NULL where it is null. */
const char *audit_text(const PGresult *rows, int row, int column);
int64_t audit_integer(const PGresult *rows, int row, int column);
/* Copies the rows of a COPY ... TO STDOUT of the source into COPY table FROM STDIN of the findings' database. */
bool audit_pipe(struct audit *a, const char *from, const char *into);
bool audit_fail(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- findings.c ---- */

struct audit_finding {
    const char *object_type, *object_id, *aspect, *expected, *found, *text;
    const char *direction; /* NULL: no money */
    int64_t delta;         /* found less expected */
};

void audit_add(struct audit *a, const struct audit_finding *finding);
/* Each row is a finding: object_type, object_id, aspect, expected, found, delta, direction, text. Numbers of objects
 * looked at are counted by the caller. */
bool audit_collect(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values);
void audit_not_checked(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes findings, totals and progress of this audit; the transaction stays open. */
bool audit_store(struct audit *a);

/* ---- progress.c ---- */

/* Chooses the months whose digests are recomputed. */
bool audit_choose_months(struct audit *a);
/* Runs `work` for each unit of a check that is new, moved, or not below a progress point. `sql` gives unit, month, and
 * a digest of all rows the work reads where $1::date[] is null or holds the month. */
bool audit_each_unit(struct audit *a, const char *sql, bool (*work)(struct audit *a, const char *unit));
/* The same with a second parameter $2 where `given` is not NULL. */
bool audit_each_unit_given(struct audit *a, const char *sql, const char *given,
                           bool (*work)(struct audit *a, const char *unit));
/* Says that findings of this unit are decided anew by the check at work. */
void audit_look(struct audit *a, const char *unit);
void audit_progress(struct audit *a, const char *source, const char *upto, const char *digest);

/* ---- report.c ---- */

/* The report from the stored findings; logs its hash; *exit_code by docs/audit.md. Text for people or the canonical
 * JSON is in *text. */
bool audit_report(struct audit *a, int *exit_code, const char **text);

/* ---- merkle.c ---- */

/* RFC 6962 root by recursion over `count` leaf hashes of 32 bytes. */
void audit_merkle_root(const uint8_t *leaves, size_t count, uint8_t root[32]);
/* SHA-256(0x00, bytes). */
void audit_merkle_leaf(const void *bytes, size_t size, uint8_t hash[32]);

/* ---- chart.c ---- */

/* The bound of an account by its path (payout: chart of accounts): '+' not below zero, '-' not above, '0' free, '?' no
 * account of the chart. */
char audit_bound(const char *path);
/* Who gains when this account gains: member, licensee, trust. */
const char *audit_direction(const char *path);

/* ---- the checks ---- */

bool audit_journal(struct audit *a); /* L1, L2, L3, L4 */
bool audit_usage(struct audit *a);   /* M1 */
bool audit_runs(struct audit *a);    /* A3 */
bool audit_pots(struct audit *a);    /* A4 */
bool audit_batches(struct audit *a); /* O2 */
bool audit_bank(struct audit *a);    /* B3 */

bool audit_rows(struct audit *a);        /* LIC-N1 */
bool audit_consents(struct audit *a);    /* LIC-N2 */
bool audit_terms(struct audit *a);       /* LIC-N3 */
bool audit_agreements(struct audit *a);  /* LIC-N4 */
bool audit_rulings(struct audit *a);     /* LIC-N5 */
bool audit_floors(struct audit *a);      /* LIC-N6 */
bool audit_tombstones(struct audit *a);  /* LIC-N7 */
bool audit_events(struct audit *a);      /* LIC-N8 */
bool audit_evaluations(struct audit *a); /* LIC-N9 */
bool audit_coverage(struct audit *a);    /* LIC-C1 */

bool audit_usage_days(struct audit *a); /* MET-U1 */
bool audit_spread(struct audit *a);     /* MET-U2 */
bool audit_deliveries(struct audit *a); /* MET-D1 */
bool audit_quotas(struct audit *a);     /* MET-Q1 */
bool audit_leaves(struct audit *a);     /* MET-L1 */
bool audit_quarantine(struct audit *a); /* MET-E1 */

/* ---- signatures.c ---- */

/* Whether both signatures of a grant's agreement are valid; findings of the check at work. */
bool audit_signatures(struct audit *a, const char *grant);

#endif
