/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Organisations that license data: registration with a first person, verified classes, attestations. E-mail addresses
 * pass through as keyed hashes and are kept nowhere. */
#include <string.h>

#include "commonhold/json.h"
#include "commonhold/secret.h"
#include "licensing.h"

#define CLASSES "public_body university non_profit cooperative small_company company security_body member"

CH_FUNCTION(register_organisation, "licensing.register_organisation", "$1::uuid, $2::text, $3::bytea, $4::jsonb");
CH_FUNCTION(add_person, "licensing.add_person", "$1::uuid, $2::text, $3::uuid, $4::bytea, $5::jsonb");
CH_FUNCTION(set_class, "licensing.verify_class", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(attest, "licensing.attest", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_READ(read_organisation, "licensing.get_organisation", "$1::uuid, $2::uuid");
CH_READ(read_organisations, "licensing.list_organisations", "$1::uuid, $2::integer, $3::uuid");
CH_READ(read_attestations, "licensing.list_attestations", "$1::uuid, $2::uuid");

struct organisation {
    const char *name, *country, *vat_id, *class, *person, *email, *role, *evidence, *kind, *statement;
    const json_t *address;
};

static const struct ch_field REGISTRATION[] = {CH_FIELD(CH_FIELD_TEXT, organisation, name, true, 2, 200, NULL),
                                               CH_FIELD(CH_FIELD_TEXT, organisation, country, true, 2, 2, NULL),
                                               CH_FIELD(CH_FIELD_TEXT, organisation, vat_id, false, 4, 20, NULL),
                                               CH_FIELD(CH_FIELD_OBJECT, organisation, address, false, 0, 0, NULL),
                                               CH_FIELD(CH_FIELD_CODE, organisation, class, true, 0, 0, CLASSES),
                                               CH_FIELD(CH_FIELD_TEXT, organisation, person, true, 1, 120, NULL),
                                               CH_FIELD(CH_FIELD_TEXT, organisation, email, true, 3, 254, NULL),
                                               {0}};
static const struct ch_field PERSON[] = {CH_FIELD(CH_FIELD_TEXT, organisation, person, true, 1, 120, NULL),
                                         CH_FIELD(CH_FIELD_TEXT, organisation, email, true, 3, 254, NULL),
                                         CH_FIELD(CH_FIELD_CODE, organisation, role, true, 0, 0, "applicant signatory"),
                                         {0}};
static const struct ch_field CLASS[] = {CH_FIELD(CH_FIELD_CODE, organisation, class, true, 0, 0, CLASSES),
                                        CH_FIELD(CH_FIELD_TEXT, organisation, evidence, true, 3, 2000, NULL),
                                        {0}};
static const struct ch_field ATTESTATION[] = {
    CH_FIELD(CH_FIELD_CODE, organisation, kind, true, 0, 0, "non_commercial ethics_approval yearly_report"),
    CH_FIELD(CH_FIELD_TEXT, organisation, statement, true, 3, 4000, NULL),
    {0}};

/* The bytea argument \x<hash> and the body without the address; NULL when it is no address. */
static const char *take_email(struct ch_request *request, const char *email, const char **body)
{
    char hex[65];
    struct ch_arena *arena = ch_arena_of(request);
    if (!ch_email_hash(licensing_of(request)->email_secret, email, hex))
        return NULL;
    json_t *tree = licensing_body(request);
    json_object_del(tree, "email");
    *body = ch_json_canonical(arena, tree, NULL);
    return ch_printf(arena, "\\x%s", hex);
}

struct ch_done *licensing_post_organisation(struct ch_request *request)
{
    struct organisation in = {0};
    const char *body;
    struct ch_done *done = ch_decode(request, REGISTRATION, &in);
    if (done)
        return done;
    const char *email = take_email(request, in.email, &body);
    if (email == NULL)
        return licensing_refuse_field(request, "/email", "this is no e-mail address");
    return ch_call(request, &register_organisation,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), email, body));
}

struct ch_done *licensing_post_person(struct ch_request *request)
{
    struct organisation in = {0};
    const char *body, *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, PERSON, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    const char *email = take_email(request, in.email, &body);
    if (email == NULL)
        return licensing_refuse_field(request, "/email", "this is no e-mail address");
    return ch_call(request, &add_person,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, email, body));
}

/* POST with a body on /organisations/{id}/...: decode, then the function. */
static struct ch_done *act(struct ch_request *request, const struct ch_field *fields,
                           const struct ch_statement *statement)
{
    struct organisation in = {0};
    const char *id = licensing_path_id(request, "id");
    struct ch_done *done = ch_decode(request, fields, &in);
    if (done || id == NULL)
        return done ? done : ch_reply(request, "not_found", NULL);
    return ch_call(request, statement,
                   CH_ARGS(licensing_actor(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *licensing_verify_class(struct ch_request *request)
{
    return act(request, CLASS, &set_class);
}

struct ch_done *licensing_post_attestation(struct ch_request *request)
{
    return act(request, ATTESTATION, &attest);
}

static struct ch_done *read_one(struct ch_request *request, const struct ch_statement *statement)
{
    const char *id = licensing_path_id(request, "id");
    if (id == NULL)
        return ch_reply(request, "not_found", NULL);
    return ch_call(request, statement, CH_ARGS(licensing_actor(request), id));
}

struct ch_done *licensing_get_organisation(struct ch_request *request)
{
    return read_one(request, &read_organisation);
}

struct ch_done *licensing_get_attestations(struct ch_request *request)
{
    return read_one(request, &read_attestations);
}

struct ch_done *licensing_get_organisations(struct ch_request *request)
{
    const char *limit, *after;
    struct ch_done *done = licensing_page(request, true, &limit, &after);
    return done ? done : ch_call(request, &read_organisations, CH_ARGS(licensing_actor(request), limit, after));
}
