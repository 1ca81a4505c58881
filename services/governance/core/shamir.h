/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Shamir's secret sharing, 2 of 3, byte by byte over GF(2^8) with the polynomial 0x11b (governance.md, section 8). No
 * table is looked up and no branch taken by a secret. */
#ifndef COMMONHOLD_GOVERNANCE_SHAMIR_H
#define COMMONHOLD_GOVERNANCE_SHAMIR_H

#include <stdint.h>

#define CH_SHARE_SIZE 32
#define CH_SHARES     3

/* share = secret xor slope * number; `slope` is 32 random bytes, number 1 to 3. */
void ch_shamir_share(const uint8_t secret[CH_SHARE_SIZE], const uint8_t slope[CH_SHARE_SIZE], unsigned number,
                     uint8_t share[CH_SHARE_SIZE]);
/* The secret of two shares with their numbers, which differ. */
void ch_shamir_join(unsigned number, const uint8_t share[CH_SHARE_SIZE], unsigned other_number,
                    const uint8_t other[CH_SHARE_SIZE], uint8_t secret[CH_SHARE_SIZE]);

#endif
