/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Gaussian elimination, a vector at a time. Rows are in echelon form; a factor's quotient by the prime is prepared once
 * for a whole row (Shoup's multiplication), so that the inner loop has no division. */
#include "aggregate_space.h"
#include "scratch.h"

#include <stdlib.h>
#include <string.h>

static bool is_prime(uint32_t value)
{
    for (uint32_t by = 3; by * by <= value; by += 2)
        if (value % by == 0)
            return false;
    return value % 2 == 1;
}

uint32_t space_prime(uint64_t seed)
{
    uint32_t value = UINT32_C(1) << 30 | (uint32_t)(seed % (UINT32_C(1) << 30)) | 1;
    while (!is_prime(value))
        value = value >= (UINT32_C(1) << 31) - 2 ? (UINT32_C(1) << 30) + 1 : value + 2;
    return value;
}

uint32_t space_inverse(uint32_t prime, uint32_t value)
{
    uint32_t result = 1, power = value;
    for (uint32_t e = prime - 2; e; e >>= 1, power = space_times(prime, power, power))
        if (e & 1)
            result = space_times(prime, result, power);
    return result;
}

void space_init(struct space *space, uint32_t prime, size_t width, int64_t *work)
{
    *space = (struct space){.prime = prime, .width = width, .rows = block(width, sizeof *space->rows), .work = work};
}

void space_free(struct space *space)
{
    for (size_t i = 0; i < space->width; i++)
        free(space->rows[i]);
    free(space->rows);
}

/* vector += factor * row */
static void add_multiple(uint32_t prime, uint32_t *vector, const uint32_t *row, uint32_t factor, size_t count)
{
    uint32_t quotient = (uint32_t)(((uint64_t)factor << 32) / prime);
    for (size_t i = 0; i < count; i++) {
        uint32_t product = factor * row[i] - (uint32_t)((uint64_t)quotient * row[i] >> 32) * prime;
        product = product >= prime ? product - prime : product;
        uint32_t sum = vector[i] + product;
        vector[i] = sum >= prime ? sum - prime : sum;
    }
}

size_t space_reduce(const struct space *space, uint32_t *vector)
{
    size_t first = space->width;
    for (size_t i = 0; i < space->width; i++) {
        if (vector[i] == 0)
            continue;
        if (!space->rows[i]) {
            first = first < i ? first : i;
            continue;
        }
        add_multiple(space->prime, vector + i, space->rows[i], space->prime - vector[i], space->width - i);
        *space->work -= (int64_t)(space->width - i);
    }
    *space->work -= (int64_t)(space->width / 8);
    return first;
}

bool space_add(struct space *space, uint32_t *vector)
{
    size_t first = space_reduce(space, vector);
    if (first == space->width)
        return false;
    uint32_t factor = space_inverse(space->prime, vector[first]);
    uint32_t *row = block(space->width - first, sizeof *row);
    for (size_t i = first; i < space->width; i++)
        row[i - first] = space_times(space->prime, vector[i], factor);
    space->rows[first] = row;
    space->rank++;
    return true;
}
