/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* IBAN, name and bank details of a payee: judged, and sealed under a key of the payee's own, which is wrapped by the
 * service's secret: deleting the wrapped key erases them. Members' keys are of the member, a bill's of the bill. */
#ifndef COMMONHOLD_PAYOUT_PAYEE_SEAL_H
#define COMMONHOLD_PAYOUT_PAYEE_SEAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commonhold/arena.h"

struct payee {
    const char *iban, *name;
    const char *bic;       /* NULL: unknown */
    const json_t *address; /* {town, country, street?, building?, post_code?}, or NULL */
};

/* Hex digits behind "\x", as a bytea parameter takes them. */
struct sealed_payee {
    const char *iban, *name;
    const char *details; /* BIC and address; NULL: neither is known */
    const char *hint;    /* country, check digits, last four */
};

/* NULL when a bank file can pay this payee, else {"errors":[...]} with pointers into {iban, name, bic, address}.
 * Outside the EEA the address must be there. */
const char *payee_refused(struct ch_arena *arena, const struct payee *payee);

/* The key that wraps payees' keys, from the file of [payout] member_secret, read once a process. False with a logged
 * message. */
bool payee_wrapping_key(const char *path, uint8_t kek[32]);
/* A fresh payee's key, wrapped, as 80 hex digits. */
void payee_fresh_key(const uint8_t kek[32], char wrapped[81]);

/* Seals a payee; `subject` (member or bill) and what each text is are bound to it. False when the wrapped key does not
 * check. */
bool payee_seal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *subject,
                const struct payee *payee, struct sealed_payee *sealed);
/* Back from hex digits without "\x" (details may be NULL). False when the key or a tag does not hold. */
bool payee_unseal(struct ch_arena *arena, const uint8_t kek[32], const char *wrapped, const char *subject,
                  const struct sealed_payee *sealed, struct payee *payee);

#endif
