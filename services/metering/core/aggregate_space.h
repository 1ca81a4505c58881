/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Vector spaces over the integers modulo a prime: what can be had by adding and subtracting some vectors, each any
 * number of times. Exact but for one thing: what is zero modulo the prime and not zero counts as zero. The prime is
 * drawn anew for each use, so nobody can arrange for that. */
#ifndef METERING_CORE_AGGREGATE_SPACE_H
#define METERING_CORE_AGGREGATE_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct space {
    uint32_t prime; /* below 2^31 */
    size_t width, rank;
    uint32_t **rows; /* by the place of the first number that is not zero, which is 1; from there on; NULL: none */
    int64_t *work;   /* multiplications that may still be done; counts down, below zero too */
};

/* A prime between 2^30 and 2^31, drawn by the seed. */
uint32_t space_prime(uint64_t seed);
/* Between 1 and prime - 1: value * result = 1. value is not 0. */
uint32_t space_inverse(uint32_t prime, uint32_t value);
static inline uint32_t space_times(uint32_t prime, uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b % prime);
}

void space_init(struct space *space, uint32_t prime, size_t width, int64_t *work);
void space_free(struct space *space);
/* Subtracts what lies in the space: of all vectors that differ by something in it the same one is left, all 0 for those
 * in it. Returns the place of its first number that is not 0, width when there is none. */
size_t space_reduce(const struct space *space, uint32_t *vector);
/* Makes the space hold the vector, which it changes; true when it did not before. */
bool space_add(struct space *space, uint32_t *vector);

#endif
