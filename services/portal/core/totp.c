/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One-time passwords (RFC 4226, RFC 6238). Knows neither accounts nor clocks. */
#include "totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "commonhold/crypto.h"

enum { STEP_SECONDS = 30, DRIFT_STEPS = 1 };

void totp_code(const uint8_t secret[TOTP_SECRET_SIZE], uint64_t step, char code[7])
{
    uint8_t counter[8];
    for (int i = 0; i < 8; i++)
        counter[i] = (uint8_t)(step >> (56 - 8 * i));
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    HMAC(EVP_sha1(), secret, TOTP_SECRET_SIZE, counter, sizeof counter, mac, &size);
    unsigned offset = mac[19] & 15; /* RFC 4226, section 5.3: dynamic truncation */
    uint32_t number = (uint32_t)(mac[offset] & 0x7f) << 24 | (uint32_t)mac[offset + 1] << 16 |
                      (uint32_t)mac[offset + 2] << 8 | mac[offset + 3];
    snprintf(code, 7, "%06u", number % 1000000u);
}

int64_t totp_check(const uint8_t secret[TOTP_SECRET_SIZE], const char *code, int64_t now, int64_t last_step)
{
    int64_t found = -1;
    bool shaped = strlen(code) == 6;
    for (int64_t step = now / STEP_SECONDS - DRIFT_STEPS; step <= now / STEP_SECONDS + DRIFT_STEPS; step++) {
        char right[7];
        totp_code(secret, (uint64_t)step, right);
        if (shaped && ch_equal_constant_time(right, code, 6) && step > last_step)
            found = step;
    }
    return found;
}
