/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Names and addresses of members: sealed before they reach the database, opened when they leave it. */
#ifndef GOVERNANCE_PEOPLE_H
#define GOVERNANCE_PEOPLE_H

#include <stdbool.h>

#include "commonhold/arena.h"
#include "commonhold/json.h"

/* The two service secrets. member: wraps the keys of members; email: keyed look-up of addresses. */
struct people_secrets {
    uint8_t member[32];
    uint8_t email[32];
};

/* Reads both files; false with a message for people in `error`. */
bool people_load(struct people_secrets *secrets, const char *member_path, const char *email_path, char *error,
                 size_t error_size);

/* A fresh key and the sealed particulars of a new member: {member_id, key_id, wrapped_key, display_name, email,
 * email_hash}, bytes in hex. NULL when the address is none. */
json_t *people_seal(struct ch_arena *arena, const struct people_secrets *secrets, const char *member_id,
                    const char *display_name, const char *email);

/* Goes through a tree and puts display_name (and email) in the place of every member `sealed`; one that was erased or
 * cannot be opened becomes display_name null. */
void people_open(struct ch_arena *arena, const struct people_secrets *secrets, json_t *tree);

#endif
