/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A table of accounts by owner and number: a million members have two million of them, so a row is all there is. */
#include "accounts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/id.h"

#define BLOCK 16384

static size_t hash_of(const uint8_t owner[16], int64_t number)
{
    uint64_t low, high;
    memcpy(&high, owner, 8);
    memcpy(&low, owner + 8, 8);
    uint64_t hash = (high ^ (low * UINT64_C(0x9e3779b97f4a7c15)) ^ (uint64_t)number) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ (hash >> 32);
}

struct account *accounts_at(const struct accounts *accounts, size_t place)
{
    return &accounts->block[place / BLOCK][place % BLOCK];
}

static uint32_t *slot_of(const struct accounts *accounts, const uint8_t owner[16], int64_t number)
{
    size_t at = hash_of(owner, number) & accounts->mask;
    for (; accounts->slot[at]; at = (at + 1) & accounts->mask) {
        const struct account *account = accounts_at(accounts, accounts->slot[at] - 1);
        if (account->number == number && memcmp(account->owner, owner, 16) == 0)
            break;
    }
    return &accounts->slot[at];
}

static void *or_abort(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void grow_slots(struct accounts *accounts)
{
    free(accounts->slot);
    accounts->mask = accounts->slot ? accounts->mask * 2 + 1 : 1023;
    accounts->slot = or_abort(calloc(accounts->mask + 1, sizeof *accounts->slot));
    for (size_t i = 0; i < accounts->count; i++) {
        const struct account *account = accounts_at(accounts, i);
        *slot_of(accounts, account->owner, account->number) = (uint32_t)i + 1;
    }
}

static struct account *add(struct accounts *accounts)
{
    size_t blocks = accounts->count / BLOCK;
    if (accounts->count % BLOCK == 0) {
        accounts->block = or_abort(realloc(accounts->block, (blocks + 1) * sizeof *accounts->block));
        accounts->block[blocks] = or_abort(calloc(BLOCK, sizeof **accounts->block));
    }
    return accounts_at(accounts, accounts->count++);
}

struct account *accounts_find(struct accounts *accounts, const uint8_t owner[16], int64_t number)
{
    if (!accounts->slot || accounts->count * 3 > accounts->mask * 2)
        grow_slots(accounts);
    uint32_t *slot = slot_of(accounts, owner, number);
    if (*slot)
        return accounts_at(accounts, *slot - 1);
    struct account *account = add(accounts);
    *account = (struct account){.number = number, .bound = '?'};
    memcpy(account->owner, owner, 16);
    *slot = (uint32_t)accounts->count;
    return account;
}

bool accounts_outside(const struct account *account)
{
    return (account->bound == '+' && account->sum < 0) || (account->bound == '-' && account->sum > 0);
}

struct loading {
    struct audit *a;
    struct accounts *accounts;
};

static bool take_row(void *context, const PGresult *row)
{
    struct loading *l = context;
    uint8_t owner[16];
    if (!ch_id_parse(PQgetvalue(row, 0, 0), owner))
        return audit_fail(l->a, "account of %s: no owner", PQgetvalue(row, 0, 0));
    struct account *account = accounts_find(l->accounts, owner, audit_integer(row, 0, 1));
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
    return audit_each_row(a, sql, count, values, take_row, &(struct loading){a, accounts});
}

void accounts_free(struct accounts *accounts)
{
    for (size_t i = 0; i * BLOCK < accounts->count; i++)
        free(accounts->block[i]);
    free(accounts->block);
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
