/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shares of a ballot's key. The line through two points of the field is all there is to it. */
#include "shamir.h"

#include <stddef.h>

/* a * b, b a small public number. Shifts and masks alone: the time does not tell a. */
static uint8_t multiply(uint8_t a, unsigned b)
{
    uint8_t product = 0;
    for (int bit = 0; bit < 8; bit++) {
        product ^= (uint8_t)(a & -(uint8_t)(b >> bit & 1));
        a = (uint8_t)(a << 1 ^ (0x1b & -(uint8_t)(a >> 7)));
    }
    return product;
}

void ch_shamir_share(const uint8_t secret[CH_SHARE_SIZE], const uint8_t slope[CH_SHARE_SIZE], unsigned number,
                     uint8_t share[CH_SHARE_SIZE])
{
    for (size_t i = 0; i < CH_SHARE_SIZE; i++)
        share[i] = secret[i] ^ multiply(slope[i], number);
}

void ch_shamir_join(unsigned number, const uint8_t share[CH_SHARE_SIZE], unsigned other_number,
                    const uint8_t other[CH_SHARE_SIZE], uint8_t secret[CH_SHARE_SIZE])
{
    /* At zero the line has (share * other_number + other * number) / (number + other_number); in this field the sum is
     * xor, and two of 1, 2, 3 sum to the third. */
    static const uint8_t INVERSE[CH_SHARES + 1] = {0, 0x01, 0x8d, 0xf6};
    uint8_t inverse = INVERSE[(number ^ other_number) & 3];
    for (size_t i = 0; i < CH_SHARE_SIZE; i++)
        secret[i] = multiply((uint8_t)(multiply(share[i], other_number) ^ multiply(other[i], number)), inverse);
}
