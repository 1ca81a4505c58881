/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Time-based one-time passwords, RFC 6238 with the parameters every authenticator app knows: SHA-1, 30 seconds, 6
 * digits. */
#ifndef PORTAL_TOTP_H
#define PORTAL_TOTP_H

#include <stdint.h>

#define TOTP_SECRET_SIZE 20

/* The code of a time step (POSIX seconds / 30): six digits and NUL. */
void totp_code(const uint8_t secret[TOTP_SECRET_SIZE], uint64_t step, char code[7]);

/* The step of the code around `now` (POSIX seconds; one step of drift either way) that is newer than `last_step`, or
 * -1. Takes the same time whether and where it matches. */
int64_t totp_check(const uint8_t secret[TOTP_SECRET_SIZE], const char *code, int64_t now, int64_t last_step);

#endif
