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
    const char *declared; /* file with the declaration of G2; NULL: the one this program was built with */
    const char *statements, *tiles, *kept, *exports;
    const char *policy, *witnesses, *timestamp_ca, *cosign;
    bool full, incremental, declare, json, strict;
};

struct audit;
struct log_seen;
struct audit_cosigner;

/* One check of docs/audit.md. Checks that share a `run` are decided in one pass. */
struct audit_check {
    const char *id;
    const char *severity; /* of its findings, where they do not say another: loss, breach, lag */
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
    const char *started;  /* of the source's snapshot */
    const char *as_of;    /* the same, or --as-of: what is due, what is late is judged by it and never by the clock */
    const char *months;   /* date[]: months whose digests are recomputed; NULL: all */
    const char *swept_to; /* last month the rotation took, "" none */
    int64_t checkpoint_size;     /* -1: there is none */
    const char *checkpoint_root; /* hex */
    const char *currency;
    struct audit_check *check;       /* the one at work: findings go to it */
    const char *unit;                /* the part of the books at work */
    const char *rests_on;            /* what is judged was given by these options or witnesses; NULL: the database */
    json_t *found;                   /* array of findings */
    json_t *found_keys;              /* object: keys of `found`, so that no aspect is told twice */
    json_t *looked;                  /* array of {check, unit}: whose findings this audit decides anew */
    json_t *progress;                /* array of {check, source, upto, digest} to be kept */
    json_t *vanished;                /* array of {check, source} */
    json_t *fetched;                 /* array of ids of statements that a treasurer fetched, too */
    struct log_seen *seen;           /* what others showed of the log before the snapshot was taken */
    struct audit_cosigner *cosigner; /* NULL: this audit cosigns nothing */
    const char *documents;           /* JSON: hashes of long documents; NULL: not asked yet */
    const char *run_marks;           /* JSON: what stands for each run and its documents; NULL: not asked yet */
    char inputs_of[37];              /* run whose frozen inputs stand in the work tables; "" none */
    char error[1024];                /* why the audit could not finish */
};

/* ---- main.c ---- */

/* Runs a check that was chosen and not run yet. */
bool audit_run_check(struct audit *a, struct audit_check *check);
/* Nothing was found and nothing looked at yet. */
void audit_forget(struct audit *a);

/* ---- halves.c ---- */

/* Runs the checks that were chosen, half of them in a process of its own. */
bool audit_run_halves(struct audit *a);

/* ---- database.c ---- */

/* Connects, refuses a role that may write more than it needs, takes the lock and the snapshot. False with a message. */
bool audit_open(struct audit *a);
void audit_close(struct audit *a);
/* The name under which another process opens the same snapshot while this one has it; NULL with a->error. */
const char *audit_snapshot(struct audit *a);
/* In that process: sessions of its own, which only read. */
bool audit_open_again(struct audit *a, const char *snapshot);
/* Rows of a statement with text parameters ended by NULL terminators of `count`; NULL and a->error on failure. The
 * result lives in the arena. */
PGresult *audit_query(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values);
#define AUDIT_ARGS(...)                                                                                                \
    (int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)), (const char *const[])                         \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }
#define AUDIT_NO_ARGS 0, NULL
/* `take` for each row of a statement of the source, one at a time, so that memory does not grow with their number; not
 * called any more after it was false. It asks the source nothing. */
bool audit_each_row(struct audit *a, const char *sql, int count, const char *const *values,
                    bool (*take)(void *context, const PGresult *row), void *context);
/* The first field of the first row, a bytea, as it is, until the arena ends; *bytes NULL when there is none. `id` is
 * $1. */
bool audit_bytes(struct audit *a, const char *sql, const char *id, const void **bytes, size_t *size);
/* A field as text, NULL where it is null. */
const char *audit_text(const PGresult *rows, int row, int column);
int64_t audit_integer(const PGresult *rows, int row, int column);
/* Copies the rows of a COPY ... TO STDOUT of the source into COPY table FROM STDIN of the findings' database. */
bool audit_pipe(struct audit *a, const char *from, const char *into);
/* The same by hand: COPY table FROM STDIN, PQputCopyData on a->findings, and the end of it; what did not go `good` is
 * thrown away, and stays false. */
bool audit_copy_begin(struct audit *a, const char *into);
bool audit_copy_end(struct audit *a, bool good);
bool audit_fail(struct audit *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- findings.c ---- */

struct audit_finding {
    const char *object_type, *object_id, *aspect, *expected, *found, *text;
    const char *direction; /* NULL: no money */
    int64_t delta;         /* found less expected */
    const char *severity;  /* NULL: that of the check */
    const char *total;     /* bad_signature, misattributed: the total it goes to; NULL: gain, loss or lag */
};

void audit_add(struct audit *a, const struct audit_finding *finding);
/* Each row is a finding: object_type, object_id, aspect, expected, found, delta, direction, text; columns named
 * severity and total may follow. Numbers of objects looked at are counted by the caller. */
bool audit_collect(struct audit *a, PGconn *conn, const char *sql, int count, const char *const *values);
/* Findings rest on evidence from outside, too, from now on: an option or the name of a witness. They stay open until an
 * audit that has it does not find them. What they rested on before, to be put back into a->rests_on behind it. */
const char *audit_rest_on(struct audit *a, const char *evidence);
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
/* The same with units that were asked for already, so that checks may share them. */
bool audit_units(struct audit *a, const PGresult *units, bool (*work)(struct audit *a, const char *unit));
/* What audit.hash_documents says, asked once an audit; NULL with a->error. */
const char *audit_documents(struct audit *a);
/* Makes the check with this id the one at work, where several are decided in one pass. False: it was not chosen. */
bool audit_begin_part(struct audit *a, const char *id);
/* Says that findings of this unit are decided anew by the check at work. */
void audit_look(struct audit *a, const char *unit);
void audit_progress(struct audit *a, const char *source, const char *upto, const char *digest);

/* ---- report.c ---- */

/* The report from the stored findings; logs its hash; *exit_code by docs/audit.md. Text for people or the canonical
 * JSON is in *text. */
bool audit_report(struct audit *a, int *exit_code, const char **text);

/* ---- explain.c ---- */

/* `commonhold-audit explain` and `settle`: what a person says of a finding. The exit code. */
int audit_explain(int argc, char **argv);
int audit_settle(int argc, char **argv);
/* Opens again what is settled by a transaction that does not book it any more. */
bool audit_recheck_settled(struct audit *a);

/* ---- cosign.c ---- */

/* Reads the key of --cosign, so that an audit does not fail for it at its end. */
bool audit_cosign_begin(struct audit *a);
/* After a whole audit that ended with 0: cosigns the checkpoint it was of, in the folder of the key. */
bool audit_cosign(struct audit *a, int code);
/* Where it keeps what it cosigned last, with a->cosigner. */
const char *audit_cosigned_path(struct audit *a);
void audit_cosign_end(struct audit *a);

/* ---- log_seen.c ---- */

/* Asks the published log and the witnesses for what they have, before the snapshot is taken. */
bool audit_see_log(struct audit *a);

/* ---- offices.c, schema.c ---- */

bool audit_offices(struct audit *a); /* G1 */
bool audit_schema(struct audit *a);  /* G2 */
/* Prints the declaration of the source, for a database that was just migrated. */
bool audit_declare(struct audit *a);

/* ---- merkle.c ---- */

/* RFC 6962 root by recursion over `count` leaf hashes of 32 bytes. */
void audit_merkle_root(const uint8_t *leaves, size_t count, uint8_t root[32]);
/* SHA-256(0x00, bytes). */
void audit_merkle_leaf(const void *bytes, size_t size, uint8_t hash[32]);

/* ---- tree.c ---- */

struct audit_tree {
    char root[65]; /* RFC 6962, hex */
    size_t count;
    int64_t units;
};

/* The tree over the texts of a statement's first column, in its order, and the sum of its second. */
bool audit_tree_of(struct audit *a, const char *sql, int count, const char *const *values, struct audit_tree *tree);

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
bool audit_bank(struct audit *a);    /* B3 */

bool audit_keys(struct audit *a);      /* L5 */
bool audit_reversals(struct audit *a); /* L6 */
bool audit_periods(struct audit *a);   /* L7 */
bool audit_evidence(struct audit *a);  /* L8 */
bool audit_chain(struct audit *a);     /* B1 */
bool audit_books(struct audit *a);     /* B2, B4, B5, R1, R2, R3 */
bool audit_suspense(struct audit *a);  /* B6 */
bool audit_exports(struct audit *a);   /* X1 */

bool audit_payouts(struct audit *a);   /* O1, O2, O3, O4, O5 */
bool audit_in_flight(struct audit *a); /* O6 */
bool audit_holds(struct audit *a);     /* H1 */

bool audit_run_rules(struct audit *a);   /* A1 */
bool audit_votes(struct audit *a);       /* A2 */
bool audit_shares(struct audit *a);      /* A5 */
bool audit_balances(struct audit *a);    /* A6 */
bool audit_clawbacks(struct audit *a);   /* A7 */
bool audit_deadlines(struct audit *a);   /* A8 */
bool audit_withdrawals(struct audit *a); /* C1 */
bool audit_rights(struct audit *a);      /* M2 */
bool audit_windows(struct audit *a);     /* M3 */

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

bool audit_proposals(struct audit *a); /* GOV-B1, GOV-F1, GOV-R1, GOV-T1 */
bool audit_seats(struct audit *a);     /* GOV-O1 */
bool audit_assets(struct audit *a);    /* GOV-A1 */
bool audit_ratchet(struct audit *a);   /* GOV-A2 */

bool audit_log(struct audit *a);    /* T1, T3, T4, T5 */
bool audit_logged(struct audit *a); /* T2 */

bool audit_usage_days(struct audit *a); /* MET-U1 */
bool audit_spread(struct audit *a);     /* MET-U2 */
bool audit_deliveries(struct audit *a); /* MET-D1 */
bool audit_quotas(struct audit *a);     /* MET-Q1 */
bool audit_leaves(struct audit *a);     /* MET-L1 */
bool audit_quarantine(struct audit *a); /* MET-E1 */

/* ---- signatures.c ---- */

/* Whether an Ed25519 signature (RFC 8032) over a text is the key's. A key that its owner `brought` must also be one:
 * under a key of small order anybody's signature holds. */
bool audit_is_signed(const uint8_t key[32], const uint8_t signature[64], const void *text, size_t size, bool brought);
/* Whether both signatures of a grant's agreement are valid; findings of the check at work. */
bool audit_signatures(struct audit *a, const char *grant);

#endif
