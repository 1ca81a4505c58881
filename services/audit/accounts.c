/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of accounts by owner and number: a million members have two million of them, so a row is all there is. */
#include "accounts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"

static size_t hash_of(const uint8_t owner[16], int64_t number)
{
    uint64_t low, high;
    memcpy(&high, owner, 8);
    memcpy(&low, owner + 8, 8);
    uint64_t hash = (high ^ (low * UINT64_C(0x9e3779b97f4a7c15)) ^ (uint64_t)number) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}

static struct account *slot_of(const struct accounts *accounts, const uint8_t owner[16], int64_t number)
{
    size_t at = hash_of(owner, number) & accounts->mask;
    while (accounts->slot[at].used &&
           (accounts->slot[at].number != number || memcmp(accounts->slot[at].owner, owner, 16) != 0))
        at = (at + 1) & accounts->mask;
    return &accounts->slot[at];
}

static void grow(struct accounts *accounts)
{
    struct accounts bigger = {.mask = accounts->slot ? accounts->mask * 2 + 1 : 1023};
    bigger.slot = calloc(bigger.mask + 1, sizeof *bigger.slot);
    if (!bigger.slot)
        abort();
    for (size_t i = 0; accounts->slot && i <= accounts->mask; i++)
        if (accounts->slot[i].used)
            *slot_of(&bigger, accounts->slot[i].owner, accounts->slot[i].number) = accounts->slot[i];
    bigger.count = accounts->count;
    free(accounts->slot);
    *accounts = bigger;
}

struct account *accounts_find(struct accounts *accounts, const uint8_t owner[16], int64_t number)
{
    if (!accounts->slot || accounts->count * 3 > accounts->mask * 2)
        grow(accounts);
    struct account *account = slot_of(accounts, owner, number);
    if (!account->used) {
        *account = (struct account){.number = number, .bound = '?', .used = true};
        memcpy(account->owner, owner, 16);
        accounts->count++;
    }
    return account;
}

bool accounts_outside(const struct account *account)
{
    return (account->bound == '+' && account->sum < 0) || (account->bound == '-' && account->sum > 0);
}

static bool take_row(struct audit *a, struct accounts *accounts, const PGresult *row)
{
    uint8_t owner[16];
    if (!ch_id_parse(PQgetvalue(row, 0, 0), owner))
        return audit_fail(a, "account of %s: no owner", PQgetvalue(row, 0, 0));
    struct account *account = accounts_find(accounts, owner, audit_integer(row, 0, 1));
    const char *path = audit_text(row, 0, 2);
    account->bound = path ? audit_bound(path) : '?';
    account->sum = audit_integer(row, 0, 3);
    account->txns = audit_integer(row, 0, 4);
    account->after = audit_integer(row, 0, 5);
    account->outside = accounts_outside(account);
    account->has_balance = !PQgetisnull(row, 0, 6);
    account->stored = audit_integer(row, 0, 6);
    account->version = audit_integer(row, 0, 7);
    return true;
}

bool accounts_load(struct audit *a, struct accounts *accounts, const char *sql, int count, const char *const *values)
{
    if (!PQsendQueryParams(a->source, sql, count, NULL, values, NULL, NULL, 0) || !PQsetSingleRowMode(a->source))
        return audit_fail(a, "reading accounts: %s", PQerrorMessage(a->source));
    bool good = true;
    PGresult *row;
    while ((row = PQgetResult(a->source))) {
        if (PQresultStatus(row) == PGRES_SINGLE_TUPLE)
            good = good && take_row(a, accounts, row);
        else if (PQresultStatus(row) != PGRES_TUPLES_OK)
            good = audit_fail(a, "reading accounts: %s", PQerrorMessage(a->source));
        PQclear(row);
    }
    return good;
}

void accounts_free(struct accounts *accounts)
{
    free(accounts->slot);
    *accounts = (struct accounts){0};
}

const char *audit_wide(struct ch_arena *arena, __int128 value)
{
    char digits[48];
    size_t at = sizeof digits;
    unsigned __int128 rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    digits[--at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest);
    if (value < 0)
        digits[--at] = '-';
    return ch_strdup(arena, digits + at);
}

int64_t audit_clip(__int128 value)
{
    return value > INT64_MAX ? INT64_MAX : value < -INT64_MAX ? -INT64_MAX : (int64_t)value;
}
