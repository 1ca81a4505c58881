/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the portal role share: its secrets, and how a signed-in browser is told so. */
#ifndef PORTAL_PORTAL_H
#define PORTAL_PORTAL_H

#include <stdbool.h>
#include <stdint.h>

#include "commonhold/http.h"
#include "commonhold/service.h"

struct portal_files;

/* State of the role in one process, made by its start hook; lives as long as the process. */
struct portal {
    struct ch_signing_key *person_key; /* signs the tokens of people */
    uint8_t email_secret[32];          /* look-up of e-mail addresses; also seals TOTP keys under a derived key */
    uint8_t totp_key[32];              /* HKDF of email_secret, info "commonhold-totp/1" */
    bool secure_cookies;               /* the origin is https */
    const struct portal_files *files;  /* the built pages; NULL: there are none */
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
struct ch_done *get_oversight(struct ch_request *request);
struct ch_done *get_overview(struct ch_request *request);

/* files.c: what `make portal` built, read once and then only looked at. */
struct portal_file {
    const char *path; /* below the folder */
    const char *type; /* Content-Type */
    const char *etag; /* SHA-256 of the bytes as it stood in assets.json, checked, in quotes */
    const void *bytes;
    size_t size;
    const void *gzip; /* the same, compressed; NULL: there is no smaller copy */
    size_t gzip_size;
};
/* Reads all that assets.json of the folder lists; NULL with a logged reason when that or one file is not as it should
 * be. Lives as long as the process. */
const struct portal_files *portal_files_load(const char *folder);
/* First 16 hex digits of the sum over all files: part of their addresses. */
const char *portal_files_build(const struct portal_files *files);
/* NULL: no such file. */
const struct portal_file *portal_files_find(const struct portal_files *files, const char *path);
/* Is there a page at this address? */
bool portal_files_is_page(const struct portal_files *files, const char *path);

/* pages.c */
struct ch_done *get_front_page(struct ch_request *request);
struct ch_done *get_page(struct ch_request *request);
struct ch_done *get_asset(struct ch_request *request);
/* The pages' frame for an address of the skeleton, as ch_service.page has it. */
struct ch_done *portal_page(struct ch_service_context *context, struct ch_request *request);

#endif
