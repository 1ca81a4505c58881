/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the panel of an appeal comes about: volunteers, the values the stewards commit to and reveal, and seats that pass
 * on. The draw itself is made in the database and recomputed by core/lot.c. */
#include <string.h>

#include "core/shape.h"
#include "governance.h"

CH_FUNCTION(volunteer_fn, "governance.volunteer_for_panel", "$1::uuid, $2::text, $3::jsonb");
CH_FUNCTION(withdraw_fn, "governance.withdraw_volunteer", "$1::uuid, $2::uuid");
CH_FUNCTION(commit_fn, "governance.commit_lot", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(reveal_fn, "governance.reveal_lot", "$1::uuid, $2::uuid, $3::jsonb");
CH_FUNCTION(pass_fn, "governance.pass_panel_seat", "$1::uuid, $2::uuid, $3::jsonb");
CH_READ(list_fn, "governance.list_panel_volunteers", "$1::uuid, $2::uuid, $3::integer");

struct ch_done *list_panel_volunteers(struct ch_request *request)
{
    struct page page;
    struct ch_done *refused;
    if (!read_page(request, &page, &refused))
        return refused;
    return ch_call(request, &list_fn, CH_ARGS(actor_argument(request), page.after, page.limit));
}

struct ch_done *volunteer_for_panel(struct ch_request *request)
{
    static const struct ch_field NOTHING[] = {{NULL, 0, false, 0, 0, 0, NULL}};
    struct ch_done *refused = ch_decode(request, NOTHING, NULL);
    return refused ? refused
                   : ch_call(request, &volunteer_fn,
                             CH_ARGS(actor_argument(request), ch_idempotency_key(request), ch_body_json(request)));
}

struct ch_done *withdraw_volunteer(struct ch_request *request)
{
    struct ch_done *refused = NULL;
    const char *id = id_argument(request, "id", &refused);
    return refused ? refused : ch_call(request, &withdraw_fn, CH_ARGS(actor_argument(request), id));
}

/* Member `name` of the body is 64 lower-case hex digits; else the finished refusal. */
static struct ch_done *check_hash(struct ch_request *request, const char *name, const char *value)
{
    if (strspn(value, "0123456789abcdef") == 64 && value[64] == '\0')
        return NULL;
    struct ch_complaints *list = ch_complaints_new(ch_arena_of(request));
    ch_complain(list, ch_printf(ch_arena_of(request), "/%s", name), "64 lower-case hex digits are needed here.");
    return ch_reply(request, "invalid", ch_complaints_text(list));
}

struct lot_value {
    const char *commitment, *value;
};

static const struct ch_field COMMITMENT[] = {
    CH_FIELD(CH_FIELD_TEXT, lot_value, commitment, true, 64, 64, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

static const struct ch_field VALUE[] = {
    CH_FIELD(CH_FIELD_TEXT, lot_value, value, true, 64, 64, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *commit_lot(struct ch_request *request)
{
    struct lot_value *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, COMMITMENT, body);
    return act_on_id(request, &commit_fn, refused ? refused : check_hash(request, "commitment", body->commitment));
}

struct ch_done *reveal_lot(struct ch_request *request)
{
    struct lot_value *body = ch_alloc(ch_arena_of(request), sizeof *body);
    struct ch_done *refused = ch_decode(request, VALUE, body);
    return act_on_id(request, &reveal_fn, refused ? refused : check_hash(request, "value", body->value));
}

struct passing {
    const char *reason;
};

static const struct ch_field PASSING[] = {
    CH_FIELD(CH_FIELD_TEXT, passing, reason, true, 1, 4000, NULL),
    {NULL, 0, false, 0, 0, 0, NULL},
};

struct ch_done *pass_panel_seat(struct ch_request *request)
{
    struct passing *body = ch_alloc(ch_arena_of(request), sizeof *body);
    return act_on_id(request, &pass_fn, ch_decode(request, PASSING, body));
}
