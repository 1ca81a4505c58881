/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invoices over HTTP: drafts by the treasurer, issue, credit notes, bad debt, lists. The print page is invoice_print.c.
 */
#include <string.h>

#include "commonhold/id.h"
#include "invoice_document.h"
#include "payout_role.h"

PAYOUT_READ(list_invoices, "payout.list_invoices", "$1::uuid, $2::uuid, $3::integer, $4::uuid, $5::uuid");
PAYOUT_READ(show_invoice, "payout.show_invoice", "$1::uuid, $2::uuid, $3::uuid, $4::boolean");
CH_FUNCTION(load_parties, "payout.load_parties", "$1::uuid, $2::text, $3::uuid, $4::jsonb, $5::jsonb");
CH_FUNCTION(create_invoice, "payout.create_invoice", "$1::uuid, $2::text, $3::jsonb, $4::jsonb");
CH_FUNCTION(issue, "payout.issue_invoice", "$1::uuid, $2::text, $3::uuid");
CH_FUNCTION(credit, "payout.credit_invoice", "$1::uuid, $2::text, $3::uuid, $4::jsonb");
CH_FUNCTION(write_off, "payout.write_off_invoice", "$1::uuid, $2::text, $3::uuid, $4::jsonb");

struct invoice_body {
    const char *licensee;
    const char *grant_id;
    int64_t due_days;
    const json_t *lines;
};

static const struct ch_field FIELDS[] = {
    CH_FIELD(CH_FIELD_UUID, invoice_body, licensee, true),
    CH_FIELD(CH_FIELD_UUID, invoice_body, grant_id, false),
    CH_FIELD(CH_FIELD_INT, invoice_body, due_days, false, 1, 366),
    CH_FIELD(CH_FIELD_ARRAY, invoice_body, lines, true, 1, 200),
    {0},
};

struct credit_body {
    const char *reason;
    const json_t *lines;
};

static const struct ch_field CREDIT[] = {
    CH_FIELD(CH_FIELD_TEXT, credit_body, reason, true, 1, 1000),
    CH_FIELD(CH_FIELD_ARRAY, credit_body, lines, false, 1, 200),
    {0},
};

struct write_off_body {
    const char *reason;
    bool vat_recoverable;
};

static const struct ch_field WRITE_OFF[] = {
    CH_FIELD(CH_FIELD_TEXT, write_off_body, reason, true, 1, 1000),
    CH_FIELD(CH_FIELD_BOOL, write_off_body, vat_recoverable, false),
    {0},
};

struct ch_done *get_invoices(struct ch_request *request)
{
    const char *limit = page_limit(request), *after, *grant = ch_query(request, "grant");
    uint8_t bytes[16];
    if (!limit || !page_after(request, &after))
        return bad_page(request);
    if (grant && !ch_id_parse(grant, bytes))
        return ch_refuse(request, "bad_request", "grant is not the id of a grant.");
    return ch_call(request, &list_invoices, CH_ARGS(actor_id(request), actor_org(request), limit, after, grant));
}

struct ch_done *get_invoice(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &show_invoice, CH_ARGS(actor_id(request), actor_org(request), id, "false"))
              : no_such(request);
}

struct ch_done *issue_invoice(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call(request, &issue, CH_ARGS(actor_id(request), ch_idempotency_key(request), id))
              : no_such(request);
}

/* NULL when a member is missing or of another kind; `pointer` then says where. */
static json_t *line_for_document(struct ch_arena *arena, const json_t *line, const json_t *pools, const char *currency,
                                 const char **what)
{
    static const char *const TEXTS[] = {"text", "pool", "first", "last"};
    struct ch_money net;
    for (size_t i = 0; i < 4; i++)
        if (!payout_text(line, TEXTS[i])) {
            *what = ch_printf(arena, "%s is a text and required in each line", TEXTS[i]);
            return NULL;
        }
    *what = "net is money in the book currency, 0 or more";
    if (!ch_money_from_json(&net, json_object_get(line, "net")) || strcmp(ch_money_currency(&net), currency) != 0)
        return NULL;
    *what = ch_printf(arena, "there is no pool %s", payout_text(line, "pool"));
    if (!payout_text(pools, payout_text(line, "pool")))
        return NULL;
    json_t *made = ch_json_pack(arena, "{s:O, s:I, s:O, s:O, s:O, s:O}", "text", json_object_get(line, "text"), "net",
                                (json_int_t)ch_money_minor(net), "pool", json_object_get(line, "pool"), "pool_id",
                                json_object_get(pools, payout_text(line, "pool")), "first",
                                json_object_get(line, "first"), "last", json_object_get(line, "last"));
    static const char *const KEPT[] = {"vat_category", "vat_ppm", "units"};
    for (size_t i = 0; i < 3; i++)
        if (json_object_get(line, KEPT[i]))
            json_object_set(made, KEPT[i], json_object_get(line, KEPT[i]));
    return made;
}

static struct ch_done *with_parties(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    const struct invoice_body *body = ch_state(request);
    json_t *head = payout_parse(arena, answer->body);
    json_t *lines = ch_json_own(arena, json_array());
    const char *error = NULL;
    size_t i;
    json_t *line;
    json_array_foreach(body->lines, i, line)
    {
        json_t *made =
            line_for_document(arena, line, json_object_get(head, "pools"), payout_text(head, "currency"), &error);
        if (!made)
            return ch_refuse(request, "invalid", "Line %zu: %s.", i + 1, error);
        json_array_append(lines, made);
    }
    json_object_set_new(head, "licensee", json_string(body->licensee));
    if (body->grant_id)
        json_object_set_new(head, "grant_id", json_string(body->grant_id));
    if (body->due_days)
        json_object_set_new(head, "due_days", json_integer(body->due_days));
    struct payout_settings settings = payout_settings(ch_context(request));
    char *document = invoice_document(arena, &settings, head, lines, &error);
    if (!document)
        return ch_refuse(request, "invalid", "%s", error);
    return ch_call(request, &create_invoice,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), ch_body_json(request), document));
}

struct ch_done *post_invoice(struct ch_request *request)
{
    struct ch_arena *arena = ch_arena_of(request);
    struct invoice_body *body = ch_alloc(arena, sizeof *body);
    struct ch_done *refused = ch_decode(request, FIELDS, body);
    if (refused)
        return refused;
    json_t *pools = ch_json_own(arena, json_array());
    size_t i;
    json_t *line;
    json_array_foreach(body->lines, i, line) if (payout_text(line, "pool"))
        json_array_append(pools, json_object_get(line, "pool"));
    ch_set_state(request, body);
    return ch_call_then(request, &load_parties,
                        CH_ARGS(actor_id(request), ch_idempotency_key(request), body->licensee,
                                ch_json_canonical(arena, pools, NULL), ch_body_json(request)),
                        with_parties);
}

static bool is_credited_line(const json_t *line)
{
    struct ch_money net;
    const json_t *number = json_object_get(line, "line");
    return json_object_size(line) == 2 && json_is_integer(number) && json_integer_value(number) >= 1 &&
           json_integer_value(number) <= 200 && ch_money_from_json(&net, json_object_get(line, "net")) &&
           ch_money_minor(net) > 0;
}

struct ch_done *credit_invoice(struct ch_request *request)
{
    struct credit_body in = {0};
    const char *id = path_id(request);
    if (!id)
        return no_such(request);
    struct ch_done *refused = ch_decode(request, CREDIT, &in);
    if (refused)
        return refused;
    for (size_t i = 0; i < json_array_size(in.lines); i++)
        if (!is_credited_line(json_array_get(in.lines, i)))
            return refuse_field(request, ch_printf(ch_arena_of(request), "/lines/%zu", i),
                                "is {line, net}: a line of the invoice and an amount over 0");
    return ch_call(request, &credit,
                   CH_ARGS(actor_id(request), ch_idempotency_key(request), id, ch_body_json(request)));
}

struct ch_done *write_off_invoice(struct ch_request *request)
{
    return act_with_body(request, &write_off, WRITE_OFF, &(struct write_off_body){0});
}
