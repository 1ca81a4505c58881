/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the files of the licensing role share: its state, small helpers of handlers, and the handlers' names for the
 * route table. */
#ifndef LICENSING_LICENSING_H
#define LICENSING_LICENSING_H

#include "commonhold/service.h"
#include "webhook_seal.h"

/* Of one HTTP process; made by the start hook. */
struct licensing {
    struct ch_signing_key *client_key;    /* tokens of programs */
    struct ch_signing_key *receipt_key;   /* consent receipts */
    struct ch_signing_key *agreement_key; /* counter-signatures */
    uint8_t email_secret[32];
    struct webhook_settings webhook;
    bool webhook_ready; /* its secret could be read */
    const char *upload_dir;
    int64_t upload_max; /* bytes of one upload */
};
struct licensing *licensing_of(const struct ch_request *request);

/* The signed-in person's id, NULL for nobody (and for programs, which act as nobody here). */
const char *licensing_actor(const struct ch_request *request);
/* A path parameter that must be a UUID; NULL when it is none (answer not_found). */
const char *licensing_path_id(const struct ch_request *request, const char *name);
/* ?limit= and ?after=: NULL when fine, else the finished refusal. `after` must be a UUID if `uuid`. */
struct ch_done *licensing_page(struct ch_request *request, bool uuid, const char **limit, const char **after);
/* A refusal with errors [{"pointer","detail"}]. */
struct ch_done *licensing_refuse_errors(struct ch_request *request, const char *outcome, const json_t *errors);
/* One field error. */
struct ch_done *licensing_refuse_field(struct ch_request *request, const char *pointer, const char *detail);
/* Words that a request wishes, of which none may come twice: NULL, or the finished refusal. */
struct ch_done *licensing_check_words(struct ch_request *request, const json_t *actions, const json_t *modes,
                                      const json_t *columns);
/* Public key of a JWK in a body's member `jwk`, as it is stored. */
struct licensing_jwk {
    char kid[44];  /* RFC 7638 thumbprint */
    const char *x; /* base64url, in the request's arena */
};
/* ch_jwk_read of a request's JWK: NULL, or the finished refusal with a pointer below /jwk. */
struct ch_done *licensing_read_jwk(struct ch_request *request, const json_t *jwk, struct licensing_jwk *key);
/* Parsed body of an answer or of a stored document; aborts when it is no JSON, which is a bug of ours. */
json_t *licensing_parse(struct ch_arena *arena, const char *text);
/* A member of the decoded body as the caller sent it. */
json_t *licensing_body(struct ch_request *request);

/* Uploads speak tus 1.0.0. NULL when the request does, else the finished 412. */
struct ch_done *licensing_check_tus(struct ch_request *request);
/* A header of decimal digits, as text that fits a bigint; NULL otherwise. */
const char *licensing_number_header(struct ch_request *request, const char *name);
/* Offset and expiry of an upload as headers: `body` is what licensing.upload_body made. */
struct ch_done *licensing_reply_upload(struct ch_request *request, const char *body, const char *outcome);

/* "true" where the session's password and TOTP are fresh enough to bind the organisation, else "false". */
const char *licensing_fresh(const struct ch_request *request);

/* --- handlers, by file --- */
ch_handler licensing_post_pool, licensing_get_pools, licensing_get_pool, licensing_patch_pool,
    licensing_get_pool_schema, licensing_post_pool_schema, licensing_get_pool_notices, licensing_get_pool_quality,
    licensing_pause_pool, licensing_resume_pool;
ch_handler licensing_post_contribution, licensing_get_contributions, licensing_get_contribution,
    licensing_get_contribution_errors, licensing_withdraw_contribution;
ch_handler licensing_options_uploads, licensing_post_upload, licensing_head_upload, licensing_patch_upload,
    licensing_delete_upload, licensing_override_upload;
ch_handler licensing_post_consent, licensing_get_consents, licensing_withdraw_all_consents,
    licensing_get_consent_receipt;
ch_handler licensing_get_tombstones, licensing_acknowledge_tombstones;
ch_handler licensing_post_terms, licensing_put_terms, licensing_get_terms_list, licensing_get_terms,
    licensing_compare_terms;
ch_handler licensing_post_organisation, licensing_get_organisations, licensing_get_organisation, licensing_post_person,
    licensing_verify_class, licensing_post_attestation, licensing_get_attestations;
ch_handler licensing_post_application, licensing_get_applications, licensing_get_application,
    licensing_patch_application, licensing_get_application_events, licensing_command_application, licensing_set_quotas;
ch_handler licensing_get_organisation_keys, licensing_post_organisation_key, licensing_end_organisation_key,
    licensing_get_agreements, licensing_terminate_agreement;
ch_handler licensing_get_offer, licensing_accept_offer, licensing_get_agreement, licensing_get_grants,
    licensing_get_grant, licensing_command_grant;
ch_handler licensing_get_duties, licensing_get_duty, licensing_post_duty, licensing_answer_hearing;
ch_handler licensing_post_client_key;
ch_handler licensing_post_client, licensing_get_clients, licensing_delete_client, licensing_post_client_secret,
    licensing_post_token, licensing_revoke_token, licensing_post_access_token;
ch_handler licensing_get_purposes, licensing_get_register, licensing_get_refusals, licensing_evaluate_policy,
    licensing_match_policy;
ch_handler licensing_post_webhook, licensing_get_webhooks, licensing_get_webhook, licensing_delete_webhook,
    licensing_get_webhook_deliveries, licensing_get_webhook_types, licensing_rotate_webhook_secret,
    licensing_enable_webhook, licensing_ping_webhook, licensing_resend_webhook;
ch_handler licensing_get_catalogue, licensing_get_catalogue_entry, licensing_get_terms_odrl,
    licensing_get_agreement_odrl;

/* --- jobs --- */
/* CH_JOB_RETRY, with the reason. */
enum ch_job_result licensing_later(struct ch_job *job, const char *why);
enum ch_job_result licensing_run_ingest_contribution(struct ch_job *job);
enum ch_job_result licensing_run_screen_application(struct ch_job *job);
enum ch_job_result licensing_run_amend_agreement(struct ch_job *job);
enum ch_job_result licensing_run_refresh_catalogue(struct ch_job *job);
enum ch_job_result licensing_run_delete_contribution_rows(struct ch_job *job);
enum ch_job_result licensing_run_make_manifests(struct ch_job *job);
enum ch_job_result licensing_run_remove_upload_files(struct ch_job *job);
enum ch_job_result licensing_run_send_webhooks(struct ch_job *job);

#endif
