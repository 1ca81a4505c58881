/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Largest remainder with public, ungrindable ties. Ties are hashed only where the cut falls among equal
 * remainders, so a million equal weights cost a million hashes and a million different ones cost one. */
#include "apportion.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "commonhold/crypto.h"

struct tied {
    uint8_t tie[32];
    size_t entry;
};

static void tie_of(const struct ch_apportionment *a, struct ch_sha256 *hash, size_t entry, uint8_t tie[32])
{
    char text[64 + 1 + CH_PATH_MAX];
    size_t length = strlen(a->run_id);
    memcpy(text, a->run_id, length + 1);
    length += 1;
    length += a->path(a->context, entry, text + length);
    ch_sha256_add(hash, text, length);
    ch_sha256_next(hash, tie);
}

/* The k-th largest value (0 is the largest); the array is reordered. Hoare's selection in Wirth's form: equal
 * values stop both scans, so it stays linear when all are equal. */
static ch_u128 select_largest(ch_u128 *value, size_t count, size_t k)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)count - 1, at = (ptrdiff_t)k;
    while (low < high) {
        ch_u128 pivot = value[at];
        ptrdiff_t i = low, j = high;
        do {
            while (value[i] > pivot)
                i++;
            while (value[j] < pivot)
                j--;
            if (i <= j) {
                ch_u128 swap = value[i];
                value[i++] = value[j];
                value[j--] = swap;
            }
        } while (i <= j);
        if (j < at)
            low = i;
        if (at < i)
            high = j;
    }
    return value[k];
}

static int compare_tied(const void *a, const void *b)
{
    return memcmp(((const struct tied *)a)->tie, ((const struct tied *)b)->tie, 32);
}

/* Larger for a smaller tie. Two ties as good as never agree in it. */
static ch_u128 tie_rank(const uint8_t tie[32])
{
    ch_u128 rank = 0;
    for (int i = 0; i < 16; i++)
        rank = rank << 8 | tie[i];
    return ~rank;
}

static void hash_ties(const struct ch_apportionment *a, const ch_u128 *remainder, struct tied *tied, ch_u128 *rank)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    uint8_t unused[32];
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++)
        if (remainder[i] == a->cut_remainder) {
            tie_of(a, hash, i, tied[count].tie);
            tied[count].entry = i;
            rank[count] = tie_rank(tied[count].tie);
            count++;
        }
    ch_sha256_end(hash, unused);
}

/* One unit each to the `places` smallest ties among the entries whose remainder is the cut. */
static void give_to_tied(struct ch_arena *scratch, struct ch_apportionment *a, const ch_u128 *remainder,
                         int64_t *amount, size_t places)
{
    size_t count = 0, last = 0;
    for (size_t i = 0; i < a->count; i++)
        count += remainder[i] == a->cut_remainder;
    if (a->no_cut && count == places) {
        for (size_t i = 0; i < a->count; i++)
            amount[i] += remainder[i] == a->cut_remainder;
        return;
    }
    struct tied *tied = ch_alloc_array(scratch, count, sizeof *tied);
    ch_u128 *rank = ch_alloc_array(scratch, count, sizeof *rank);
    hash_ties(a, remainder, tied, rank);
    ch_u128 cut = select_largest(rank, count, places - 1);
    for (size_t i = 0; i < count; i++) {
        ch_u128 own = tie_rank(tied[i].tie);
        if (own > cut) {
            amount[tied[i].entry]++;
            places--;
        } else if (own == cut) {
            tied[last++] = tied[i];
        }
    }
    qsort(tied, last, sizeof *tied, compare_tied);
    for (size_t i = 0; i < places; i++)
        amount[tied[i].entry]++;
    memcpy(a->cut_tie, tied[places - 1].tie, 32);
}

static void give_extra(struct ch_arena *scratch, struct ch_apportionment *a, const ch_u128 *remainder, int64_t *amount)
{
    ch_u128 *sorted = ch_alloc_array(scratch, a->count, sizeof *sorted);
    memcpy(sorted, remainder, a->count * sizeof *sorted);
    a->cut_remainder = select_largest(sorted, a->count, a->extra - 1);
    assert(a->cut_remainder > 0);
    size_t above = 0;
    for (size_t i = 0; i < a->count; i++)
        if (remainder[i] > a->cut_remainder) {
            amount[i]++;
            above++;
        }
    give_to_tied(scratch, a, remainder, amount, a->extra - above);
}

/* Quotients and remainders; returns the units still missing. */
static size_t divide(const struct ch_apportionment *a, int64_t *amount, ch_u128 *remainder)
{
    int64_t missing = a->total;
    for (size_t i = 0; i < a->count; i++) {
        ch_u128 product = (ch_u128)a->total * a->weight[i];
        amount[i] = (int64_t)(product / a->weight_total);
        remainder[i] = product % a->weight_total;
        missing -= amount[i];
    }
    return (size_t)missing;
}

void ch_apportion_again(const struct ch_apportionment *a, int64_t *amount)
{
    struct ch_sha256 *hash = ch_sha256_begin();
    uint8_t own[32];
    for (size_t i = 0; i < a->count; i++) {
        ch_u128 product = (ch_u128)a->total * a->weight[i];
        ch_u128 remainder = a->weight_total ? product % a->weight_total : 0;
        bool extra = a->extra > 0 && remainder >= a->cut_remainder;
        if (extra && remainder == a->cut_remainder) {
            tie_of(a, hash, i, own);
            extra = memcmp(own, a->cut_tie, sizeof own) <= 0;
        }
        amount[i] = (a->weight_total ? (int64_t)(product / a->weight_total) : 0) + extra;
    }
    ch_sha256_end(hash, own);
}

bool ch_apportion(struct ch_arena *scratch, struct ch_apportionment *a, int64_t *amount)
{
    a->weight_total = 0;
    a->extra = 0;
    if (a->count > CH_APPORTION_ENTRIES)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->weight[i] >> 74)
            return false;
        a->weight_total += a->weight[i];
    }
    if (a->weight_total >> 74)
        return false;
    if (a->count)
        memset(amount, 0, a->count * sizeof *amount);
    if (a->weight_total == 0 || a->total == 0)
        return true;
    ch_u128 *remainder = ch_alloc_array(scratch, a->count, sizeof *remainder);
    a->extra = divide(a, amount, remainder);
    if (a->extra)
        give_extra(scratch, a, remainder, amount);
    return true;
}

struct ordered {
    ch_u128 remainder;
    size_t entry;
};

static int compare_ordered(const void *left, const void *right)
{
    const struct ordered *a = left, *b = right;
    if (a->remainder != b->remainder)
        return a->remainder > b->remainder ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

void ch_apportion_in_order(struct ch_arena *scratch, int64_t total, size_t count, const int64_t *weight,
                           int64_t *amount)
{
    ch_u128 sum = 0;
    for (size_t i = 0; i < count; i++) {
        assert(weight[i] >= 0);
        sum += (ch_u128)weight[i];
        amount[i] = 0;
    }
    if (sum == 0)
        return;
    struct ordered *order = ch_alloc_array(scratch, count, sizeof *order);
    int64_t missing = total;
    for (size_t i = 0; i < count; i++) {
        ch_u128 product = (ch_u128)total * (ch_u128)weight[i];
        amount[i] = (int64_t)(product / sum);
        missing -= amount[i];
        order[i] = (struct ordered){product % sum, i};
    }
    qsort(order, count, sizeof *order, compare_ordered);
    for (int64_t i = 0; i < missing; i++)
        amount[order[i].entry]++;
}
