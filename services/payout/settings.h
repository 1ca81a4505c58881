/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The payout section of the configuration, as the files that use core/ see it. core/ and commonhold/http.h both name a
 * field table, so a file includes one or the other; this header includes neither. */
#ifndef COMMONHOLD_PAYOUT_SETTINGS_H
#define COMMONHOLD_PAYOUT_SETTINGS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

struct ch_service_context;

struct payout_settings {
    const char *country; /* where the trust pays VAT, two letters */
    int64_t vat_ppm;     /* standard rate; 0: the trust is exempt */
    const char *vat_id;  /* "" for none */
    const char *member_secret, *profiles;
    const char *rail, *outbox, *inbox;
    int64_t limit_person, limit_batch,
        limit_day; /* minor units that leave at most: to one payee, in a batch, in a day */
};

/* Texts live as long as the configuration. */
struct payout_settings payout_settings(const struct ch_service_context *context);

/* Documents of this system: whole numbers only, 1 GiB. */
extern const struct ch_json_limits PAYOUT_DOCUMENT;

/* Parses a document the database gave; one that does not parse is a bug and aborts. */
json_t *payout_parse(struct ch_arena *arena, const char *text);
/* A text member, NULL when absent. */
const char *payout_text(const json_t *object, const char *name);
int64_t payout_integer(const json_t *object, const char *name);

#endif
