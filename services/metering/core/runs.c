/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writing and reading runs of rows. */
#include "runs.h"

#include <string.h>

static void put(struct out *out, uint64_t value)
{
    while (value >= 0x80) {
        out_byte(out, (char)(value | 0x80));
        value >>= 7;
    }
    out_byte(out, (char)value);
}

void runs_end(struct runs *runs)
{
    if (runs->next == 0)
        return;
    put(&runs->bytes, (uint64_t)(runs->start - runs->behind));
    put(&runs->bytes, (uint64_t)(runs->next - runs->start - 1));
    put(&runs->bytes, (uint64_t)runs->contribution);
    runs->behind = runs->next;
    runs->next = 0;
}

void runs_add(struct runs *runs, int64_t row_id, int64_t contribution)
{
    if (row_id == runs->next && contribution == runs->contribution && runs->next != 0) {
        runs->next++;
        return;
    }
    runs_end(runs);
    runs->start = row_id;
    runs->next = row_id + 1;
    runs->contribution = contribution;
}

void runs_reset(struct runs *runs)
{
    runs->bytes.size = 0;
    runs->start = runs->next = runs->contribution = runs->behind = 0;
}

void runs_free(struct runs *runs)
{
    out_free(&runs->bytes);
    *runs = (struct runs){0};
}

/* A number of at most 63 bits; NULL when it is none. */
static const uint8_t *get(const uint8_t *at, const uint8_t *end, int64_t *value)
{
    uint64_t sum = 0;
    for (unsigned shift = 0; at < end && shift < 63; shift += 7) {
        sum |= (uint64_t)(*at & 0x7f) << shift;
        if (!(*at++ & 0x80)) {
            *value = (int64_t)sum;
            return at;
        }
    }
    return NULL;
}

bool runs_read(const uint8_t *bytes, size_t size, runs_each *each, void *arg)
{
    const uint8_t *at = bytes, *end = bytes + size;
    int64_t behind = 0;
    while (at < end) {
        int64_t skipped, more, contribution, first, last, next;
        if (!(at = get(at, end, &skipped)) || !(at = get(at, end, &more)) || !(at = get(at, end, &contribution)) ||
            __builtin_add_overflow(behind, skipped, &first) || __builtin_add_overflow(first, more, &last) ||
            __builtin_add_overflow(last, 1, &next))
            return false;
        each(arg, first, last, contribution);
        behind = next;
    }
    return true;
}
