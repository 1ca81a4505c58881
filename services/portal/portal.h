/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the portal role share: its secrets, and how a signed-in browser is told so. */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/http.h"
#include "commonhold/service.h"

/* State of the role in one process, made by its start hook; lives as long as the process. */
struct portal {
    struct ch_signing_key *person_key; /* signs the tokens of people */
    uint8_t email_secret[32];          /* look-up of e-mail addresses; also seals TOTP keys under a derived key */
    uint8_t totp_key[32];              /* HKDF of email_secret, info "commonhold-totp/1" */
    bool secure_cookies;               /* the origin is https */
};

struct portal *portal_of(const struct ch_request *request);

/* "\x" and the hex of a hash or of bytes, as bytea arguments are written. */
const char *portal_bytea(struct ch_request *request, const void *bytes, size_t size);
/* The keyed hash of an address as bytea argument; NULL when it is no e-mail address. */
const char *portal_email_argument(struct ch_request *request, const char *email);

/* Value of a cookie of the request, NULL when absent. */
const char *portal_cookie(struct ch_request *request, const char *name);
/* SHA-256 of the opaque cookie ch_signin as bytea argument; NULL without one. */
const char *portal_signin_argument(struct ch_request *request);

/* Sets ch_token and ch_csrf (and ch_signin when `opaque` is given) from the claims portal.claims gave, and answers
 * with who is signed in. */
struct ch_done *portal_reply_signed_in(struct ch_request *request, const char *outcome, const char *claims,
                                       const char *opaque);
/* Lets the browser forget all three cookies. */
void portal_clear_cookies(struct ch_request *request);

struct ch_done *accept_invite(struct ch_request *request);
struct ch_done *change_password(struct ch_request *request);
struct ch_done *post_sign_in(struct ch_request *request);
struct ch_done *get_current_sign_in(struct ch_request *request);
struct ch_done *delete_current_sign_in(struct ch_request *request);
struct ch_done *post_totp_key(struct ch_request *request);
struct ch_done *confirm_totp_key(struct ch_request *request);
struct ch_done *get_audit_runs(struct ch_request *request);
struct ch_done *get_audit_findings(struct ch_request *request);
struct ch_done *get_front_page(struct ch_request *request);

#endif
