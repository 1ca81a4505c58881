/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory for computations that nobody can go on without, and a mixing function. */
#ifndef METERING_CORE_SCRATCH_H
#define METERING_CORE_SCRATCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Zeros; never NULL. */
static inline void *block(size_t count, size_t size)
{
    void *bytes = calloc(count ? count : 1, size);
    if (!bytes)
        abort();
    return bytes;
}

/* SplitMix64: a permutation of the numbers of 64 bits that looks random. */
static inline uint64_t mixed(uint64_t value)
{
    value += UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ value >> 27) * UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

#endif
