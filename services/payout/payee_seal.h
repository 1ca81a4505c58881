/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IBAN and name of a payee, sealed under the member's own key, which is wrapped by the service's secret: deleting the
 * wrapped key erases both. */
#ifndef COMMONHOLD_PAYOUT_PAYEE_SEAL_H
#define COMMONHOLD_PAYOUT_PAYEE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

/* The key that wraps members' keys, from the file of [payout] member_secret, read once a process. False with a logged
 * message. */
bool payee_wrapping_key(const char *path, uint8_t kek[32]);
/* A fresh member's key, wrapped, as 80 hex digits. */
void payee_fresh_key(const uint8_t kek[32], char wrapped[81]);
/* "\x" and hex of the sealed text; NULL when the wrapped key does not check. `what` ("iban", "name") and the member
 * are bound to it. */
char *payee_seal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *member,
                 const char *what, const char *text);
/* The text of sealed hex digits (without "\x"); NULL when key or tag do not hold. */
char *payee_unseal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *member,
                   const char *what, const char *sealed);

#endif
