/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Public identifiers: UUIDv7 (RFC 9562), and Crockford base32 of byte strings. */
#ifndef COMMONHOLD_ID_H
#define COMMONHOLD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 36 characters and NUL: a fresh UUIDv7 by the wall clock, rising within a process. */
void ch_id_new(char text[37]);
/* Canonical lower-case text only (8-4-4-4-12); false otherwise. */
bool ch_id_parse(const char *text, uint8_t bytes[16]);
void ch_id_format(const uint8_t bytes[16], char text[37]);

/* UUIDv5 (RFC 9562, 5.5) of a name in a namespace: the same text always, for what is named by its content. */
void ch_id_v5(const uint8_t namespace_id[16], const char *name, char text[37]);

/* Crockford base32 of `bits` bits, big-endian, zero bits in FRONT where 5 does not divide bits (as ULID).
 * `out` takes ceil(bits/5) characters and NUL. */
void ch_base32(const uint8_t *bytes, size_t bits, char *out);
void ch_base32_lower(const uint8_t *bytes, size_t bits, char *out);

#endif
