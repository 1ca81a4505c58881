/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* L1 to L4 in one pass: the journal is streamed in txn_no order and replayed. The service sums in SQL; here every
 * posting goes through C. Postings without a header come first and are put into the chains where they belong. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounts.h"
#include "commonhold/id.h"
#include "journal.h"

/* What is told of each check, if it was chosen. */
enum { L1, L2, L3, L4, JOURNAL_CHECKS };
static const char *const IDS[JOURNAL_CHECKS] = {"L1", "L2", "L3", "L4"};

struct orphan {
    uint8_t owner[16];
    int64_t number, minor, after;
    bool used;
};

struct replay {
    struct audit *a;
    struct accounts accounts;
    struct audit_check *checks[JOURNAL_CHECKS]; /* NULL: not chosen */
    struct orphan *orphans;
    size_t orphan_count, orphan_room;
    char orphan_txn[37];
    int64_t last_no, serial;
    char last_at[40], last_id[37];
    /* the transaction at work */
    char txn[37];
    int64_t no, postings, debit, seen;
    __int128 sum, debits;
    struct account **touched;
    size_t touched_count, touched_room;
};

/* Columns of the stream. */
enum { NO, TXN, AT, POSTINGS, DEBIT, POSTED, OWNER, NUMBER, MINOR, AFTER, LINE };

static void tell(struct replay *r, int check, const struct audit_finding *finding)
{
    if (!r->checks[check])
        return;
    r->a->check = r->checks[check];
    r->a->unit = "*";
    audit_add(r->a, finding);
}

static const char *integer(struct replay *r, int64_t value)
{
    return ch_printf(r->a->arena, "%" PRId64, value);
}

/* The path cannot be asked for in the middle of the stream: the owner and number stand for it. */
static const char *account_name(struct replay *r, const struct account *account)
{
    char owner[37];
    ch_id_format(account->owner, owner);
    return ch_printf(r->a->arena, "%s/%" PRId64, owner, account->number);
}

static void *more(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 64;
    void *bigger = realloc(array, *room * size);
    if (!bigger)
        abort();
    return bigger;
}

/* ---- L3: bounds, when a transaction is complete ---- */

static void judge_bound(struct replay *r, struct account *account)
{
    bool outside = accounts_outside(account);
    if (outside && !account->outside) {
        __int128 over = account->sum < 0 ? -account->sum : account->sum;
        tell(r, L3,
             &(struct audit_finding){
                 .object_type = "txn",
                 .object_id = r->txn,
                 .aspect = ch_printf(r->a->arena, "bound of account %s", account_name(r, account)),
                 .expected = account->bound == '+' ? ">= 0" : "<= 0",
                 .found = audit_wide(r->a->arena, account->sum),
                 .delta = audit_clip(over),
                 .direction = "unknown",
                 .text =
                     "the account passes its bound with this transaction: look at what funded it, and at its order"});
    }
    account->outside = outside;
}

/* ---- L1: the transaction as its header says ---- */

static void tell_header(struct replay *r, const char *aspect, const char *expected, const char *found, __int128 delta)
{
    tell(r, L1,
         &(struct audit_finding){.object_type = "txn",
                                 .object_id = r->txn,
                                 .aspect = aspect,
                                 .expected = expected,
                                 .found = found,
                                 .delta = audit_clip(delta),
                                 .direction = "unknown",
                                 .text =
                                     "postings and header differ: compare both with the evidence of the transaction"});
}

static void end_txn(struct replay *r)
{
    if (!r->txn[0])
        return;
    struct ch_arena *arena = r->a->arena;
    if (r->sum != 0)
        tell_header(r, "sum", "0", audit_wide(arena, r->sum), r->sum);
    if (r->seen != r->postings)
        tell(r, L1,
             &(struct audit_finding){.object_type = "txn",
                                     .object_id = r->txn,
                                     .aspect = "postings",
                                     .expected = integer(r, r->postings),
                                     .found = integer(r, r->seen),
                                     .text =
                                         "the number of postings is not that of the header: one was added or deleted"});
    if (r->debits != r->debit)
        tell_header(r, "debit", integer(r, r->debit), audit_wide(arena, r->debits), r->debits - r->debit);
    for (size_t i = 0; i < r->touched_count; i++)
        judge_bound(r, r->touched[i]);
    r->touched_count = 0;
    r->txn[0] = '\0';
}

/* ---- L4: numbers and times ---- */

static void tell_gap(struct replay *r, int64_t from, int64_t to)
{
    tell(
        r, L4,
        &(struct audit_finding){
            .object_type = "txn_no",
            .object_id = from == to ? integer(r, from) : ch_printf(r->a->arena, "%" PRId64 "-%" PRId64, from, to),
            .aspect = "gap",
            .expected = "a transaction",
            .found = "none",
            .text =
                "numbers are missing in the journal: a transaction was deleted or renumbered; its leaf is in the log"});
}

static void judge_order(struct replay *r, const PGresult *row)
{
    const char *at = PQgetvalue(row, 0, AT);
    if (r->no <= r->last_no)
        tell(r, L4,
             &(struct audit_finding){.object_type = "txn",
                                     .object_id = r->txn,
                                     .aspect = "txn_no",
                                     .expected = ch_printf(r->a->arena, "> %" PRId64, r->last_no),
                                     .found = integer(r, r->no),
                                     .text = "two transactions have one number"});
    else if (r->no > r->last_no + 1)
        tell_gap(r, r->last_no + 1, r->no - 1);
    if (strcmp(at, r->last_at) < 0)
        tell(r, L4,
             &(struct audit_finding){.object_type = "txn",
                                     .object_id = r->txn,
                                     .aspect = "recorded_at",
                                     .expected = ch_printf(r->a->arena, ">= %s", r->last_at),
                                     .found = at,
                                     .text =
                                         "recorded before the transaction in front of it: one of the two was back- or "
                                         "forward-dated"});
    r->last_no = r->no;
    snprintf(r->last_at, sizeof r->last_at, "%s", at);
}

static void begin_txn(struct replay *r, const PGresult *row)
{
    end_txn(r);
    snprintf(r->txn, sizeof r->txn, "%s", PQgetvalue(row, 0, TXN));
    r->no = audit_integer(row, 0, NO);
    r->postings = audit_integer(row, 0, POSTINGS);
    r->debit = audit_integer(row, 0, DEBIT);
    r->seen = 0;
    r->sum = r->debits = 0;
    r->serial++;
    judge_order(r, row);
    for (int i = 0; i < JOURNAL_CHECKS; i++)
        if (r->checks[i])
            r->checks[i]->objects++;
}

/* ---- L2: the chain of an account ---- */

/* Orphans have no number, so each goes where the chain has its hole. */
static bool bridge(struct replay *r, struct account *account, int64_t before)
{
    int64_t at = account->after;
    for (size_t i = 0; at != before && i < r->orphan_count; i++) {
        struct orphan *o = &r->orphans[i];
        if (o->used || o->number != account->number || memcmp(o->owner, account->owner, 16) != 0 ||
            o->after - o->minor != at)
            continue;
        o->used = true;
        account->sum += o->minor;
        at = o->after;
        i = (size_t)-1; /* the next may stand in front of it */
    }
    return at == before;
}

/* Wrong only if it continues neither what the row before says nor what the postings sum to: so one edited row is one
 * finding. */
static void judge_chain(struct replay *r, struct account *account, const PGresult *row, int64_t minor, int64_t after)
{
    __int128 before = (__int128)after - minor;
    if (before == account->after || before == account->sum || (r->orphan_count && bridge(r, account, (int64_t)before)))
        return;
    tell(r, L2,
         &(struct audit_finding){.object_type = "posting",
                                 .object_id = ch_printf(r->a->arena, "%s/%s", r->txn, PQgetvalue(row, 0, LINE)),
                                 .aspect = "after_minor",
                                 .expected = audit_wide(r->a->arena, account->sum + minor),
                                 .found = integer(r, after),
                                 .delta = audit_clip(after - (account->sum + minor)),
                                 .direction = "unknown",
                                 .text = ch_printf(r->a->arena,
                                                   "the running balance of account %s does not follow from the "
                                                   "posting before",
                                                   account_name(r, account))});
}

static void touch(struct replay *r, struct account *account)
{
    if (account->last_txn == r->serial)
        return;
    account->last_txn = r->serial;
    account->txns++;
    r->touched = more(r->touched, r->touched_count, &r->touched_room, sizeof(struct account *));
    r->touched[r->touched_count++] = account;
}

static bool take_posting(struct replay *r, const PGresult *row)
{
    uint8_t owner[16];
    if (!ch_id_parse(PQgetvalue(row, 0, OWNER), owner))
        return audit_fail(r->a, "a posting of transaction %s has no owner", r->txn);
    int64_t minor = audit_integer(row, 0, MINOR), after = audit_integer(row, 0, AFTER);
    size_t count = r->accounts.count;
    struct account *account = accounts_find(&r->accounts, owner, audit_integer(row, 0, NUMBER));
    if (r->accounts.count != count)
        tell(r, L2,
             &(struct audit_finding){.object_type = "account",
                                     .object_id = account_name(r, account),
                                     .aspect = "account",
                                     .expected = "an account",
                                     .found = "none",
                                     .text = "postings on an account that is not in the chart"});
    judge_chain(r, account, row, minor, after);
    account->sum += minor;
    account->after = after;
    r->sum += minor;
    r->debits += minor > 0 ? minor : 0;
    r->seen++;
    touch(r, account);
    return true;
}

static bool take_orphan(struct replay *r, const PGresult *row)
{
    const char *txn = PQgetvalue(row, 0, POSTED);
    if (strcmp(txn, r->orphan_txn) != 0)
        tell(r, L1,
             &(struct audit_finding){
                 .object_type = "txn",
                 .object_id = txn,
                 .aspect = "header",
                 .expected = "a header",
                 .found = "none",
                 .text = "postings without their transaction: its row was deleted or moved to another month"});
    snprintf(r->orphan_txn, sizeof r->orphan_txn, "%s", txn);
    r->orphans = more(r->orphans, r->orphan_count, &r->orphan_room, sizeof *r->orphans);
    struct orphan *o = &r->orphans[r->orphan_count++];
    *o = (struct orphan){.number = audit_integer(row, 0, NUMBER),
                         .minor = audit_integer(row, 0, MINOR),
                         .after = audit_integer(row, 0, AFTER)};
    return ch_id_parse(PQgetvalue(row, 0, OWNER), o->owner) ||
           audit_fail(r->a, "a posting of transaction %s has no owner", txn);
}

static bool take_row(void *context, const PGresult *row)
{
    struct replay *r = context;
    if (PQgetisnull(row, 0, NO))
        return take_orphan(r, row);
    if (!r->txn[0] || strcmp(r->txn, PQgetvalue(row, 0, TXN)) != 0)
        begin_txn(r, row);
    return PQgetisnull(row, 0, POSTED) || take_posting(r, row);
}

static bool stream(struct replay *r, const struct journal_point *point)
{
    const char *const from = integer(r, point->upto);
    bool good = audit_each_row(r->a, point->upto == 0 ? JOURNAL_WHOLE : JOURNAL_NEW, point->upto == 0 ? 0 : 1, &from,
                               take_row, r);
    end_txn(r);
    return good;
}

/* ---- after the stream ---- */

static const char *balance_path(struct replay *r, const struct account *account)
{
    char owner[37];
    ch_id_format(account->owner, owner);
    PGresult *rows = audit_query(
        r->a, r->a->source, "SELECT path FROM payout.account WHERE owner_id = $1::uuid AND account_id = $2::bigint",
        AUDIT_ARGS(owner, integer(r, account->number)));
    return rows && PQntuples(rows) ? PQgetvalue(rows, 0, 0) : "";
}

static void judge_balance(struct replay *r, struct account *account)
{
    struct ch_arena *arena = r->a->arena;
    if (account->has_balance ? account->sum == account->stored && account->txns == account->version
                             : account->txns == 0)
        return;
    const char *path = balance_path(r, account), *name = *path ? path : account_name(r, account);
    if (!account->has_balance || account->sum != account->stored)
        tell(
            r, L2,
            &(struct audit_finding){
                .object_type = "account",
                .object_id = name,
                .aspect = "balance",
                .expected = audit_wide(arena, account->sum),
                .found = account->has_balance ? integer(r, account->stored) : "none",
                .delta = audit_clip(account->stored - account->sum),
                .direction = audit_direction(path),
                .text = "the balance is not the sum of the postings: compare with the account's last running balance"});
    if (account->has_balance && account->txns != account->version)
        tell(r, L2,
             &(struct audit_finding){.object_type = "account",
                                     .object_id = name,
                                     .aspect = "version",
                                     .expected = integer(r, account->txns),
                                     .found = integer(r, account->version),
                                     .text = "the balance was moved by another number of transactions"});
}

static void add_orphans(struct replay *r)
{
    for (size_t i = 0; i < r->orphan_count; i++) {
        const struct orphan *o = &r->orphans[i];
        struct account *account = accounts_find(&r->accounts, o->owner, o->number);
        if (!o->used)
            account->sum += o->minor;
        account->txns++;
    }
}

static bool judge_end(struct replay *r)
{
    add_orphans(r);
    for (size_t i = 0; i < r->accounts.count; i++)
        judge_balance(r, accounts_at(&r->accounts, i));
    PGresult *rows = audit_query(r->a, r->a->source, "SELECT last_no FROM payout.txn_counter", AUDIT_NO_ARGS);
    if (!rows)
        return false;
    int64_t counted = PQntuples(rows) ? audit_integer(rows, 0, 0) : 0;
    if (counted > r->last_no)
        tell_gap(r, r->last_no + 1, counted);
    else if (counted < r->last_no)
        tell(r, L4,
             &(struct audit_finding){
                 .object_type = "txn_no",
                 .object_id = "counter",
                 .aspect = "last_no",
                 .expected = integer(r, r->last_no),
                 .found = integer(r, counted),
                 .text = "the counter is behind the journal: the next transaction would take a used number"});
    return true;
}

static bool prepare(struct replay *r, const struct journal_point *point)
{
    r->last_no = point->upto;
    snprintf(r->last_at, sizeof r->last_at, "%s", point->last_at);
    if (point->upto == 0)
        return accounts_load(r->a, &r->accounts, JOURNAL_ACCOUNTS, AUDIT_NO_ARGS);
    return accounts_load(r->a, &r->accounts, JOURNAL_TOUCHED, AUDIT_ARGS(integer(r, point->upto)));
}

bool audit_journal(struct audit *a)
{
    struct replay r = {.a = a};
    struct journal_point point;
    for (struct audit_check *c = audit_checks; c->id; c++)
        for (int i = 0; i < JOURNAL_CHECKS; i++)
            if (c->chosen && strcmp(c->id, IDS[i]) == 0) {
                r.checks[i] = c;
                c->done = true;
            }
    bool good = journal_resume(a, &point) && prepare(&r, &point) && stream(&r, &point) && judge_end(&r);
    const char *digest = good ? journal_digest(a, &point, r.last_no) : NULL;
    for (int i = 0; digest && i < JOURNAL_CHECKS; i++)
        if (r.checks[i]) {
            a->check = r.checks[i];
            if (point.upto == 0)
                audit_look(a, "*");
            audit_progress(a, "journal", integer(&r, r.last_no), digest);
        }
    accounts_free(&r.accounts);
    free(r.orphans);
    free(r.touched);
    return digest != NULL;
}
