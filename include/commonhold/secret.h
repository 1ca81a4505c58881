/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Service secrets: files of 32 random bytes in base64 (mode 0400) below secrets/, made by `commonhold init`, and the
 * keyed hash under which an e-mail address is looked up without being stored. */
#ifndef COMMONHOLD_SECRET_H
#define COMMONHOLD_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a secret file; false with a message for people in `error`. */
bool ch_secret_load(const char *path, uint8_t secret[32], char *error, size_t error_size);

/* HMAC-SHA-256 under the secret of the address in lower case (ASCII letters), without surrounding blanks: 64 hex
 * digits. False when it is no address (one @, something on both sides, no blanks or controls, at most 254 bytes). */
bool ch_email_hash(const uint8_t secret[32], const char *email, char hex[65]);

#endif
