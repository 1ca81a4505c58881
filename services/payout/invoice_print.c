/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The print page of an invoice or credit note, made of the stored document and of nothing else. */
#include <string.h>

#include "html.h"
#include "payout_role.h"

PAYOUT_READ(show_document, "payout.show_invoice", "$1::uuid, $2::uuid, $3::uuid, true");

static void print_slices(struct evbuffer *page, const json_t *line)
{
    size_t i;
    json_t *slice;
    json_array_foreach(json_object_get(line, "slices"), i, slice)
    {
        evbuffer_add_printf(page, "%s", i == 0 ? "<br><small>" : ", ");
        html_text(page, payout_text(slice, "pool"));
        evbuffer_add_printf(page, " %s", payout_text(slice, "month"));
    }
    if (i > 0)
        evbuffer_add_printf(page, "</small>");
}

static void print_lines(struct evbuffer *page, const json_t *document, const char *currency)
{
    evbuffer_add_printf(
        page, "<h2>Lines</h2><table><tr><th>#</th><th>What</th><th>Units</th><th>Net</th><th>VAT</th></tr>\n");
    size_t i;
    json_t *line;
    json_array_foreach(json_object_get(document, "lines"), i, line)
    {
        evbuffer_add_printf(page, "<tr><td>%lld</td><td>", (long long)payout_integer(line, "line"));
        html_text(page, payout_text(line, "text"));
        print_slices(page, line);
        evbuffer_add_printf(page, "</td><td class=\"n\">%lld</td>", (long long)payout_integer(line, "units"));
        html_amount(page, payout_integer(line, "net"), currency);
        html_amount(page, payout_integer(line, "vat"), currency);
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table>\n");
}

static void print_sums(struct evbuffer *page, const json_t *document, const char *currency)
{
    evbuffer_add_printf(page, "<h2>Sums</h2><table>\n");
    size_t i;
    json_t *group;
    json_array_foreach(json_object_get(document, "vat_groups"), i, group)
    {
        evbuffer_add_printf(page, "<tr><th>VAT %s, %lld.%04lld %% of</th>", payout_text(group, "vat_category"),
                            (long long)(payout_integer(group, "vat_ppm") / 10000),
                            (long long)(payout_integer(group, "vat_ppm") % 10000));
        html_amount(page, payout_integer(group, "base"), currency);
        html_amount(page, payout_integer(group, "tax"), currency);
        evbuffer_add_printf(page, "</tr>\n<tr><td colspan=\"3\">");
        html_text(page, payout_text(group, "text"));
        evbuffer_add_printf(page, "</td></tr>\n");
    }
    static const char *const SUMS[] = {"net", "vat", "gross"};
    for (size_t s = 0; s < 3; s++) {
        evbuffer_add_printf(page, "<tr><th>%s</th><td></td>", SUMS[s]);
        html_amount(page, payout_integer(json_object_get(document, SUMS[s]), "minor"), currency);
        evbuffer_add_printf(page, "</tr>\n");
    }
    evbuffer_add_printf(page, "</table>\n");
}

static void print_party(struct evbuffer *page, const char *role, const json_t *party)
{
    html_row(page, role, payout_text(party, "name"));
    const char *name;
    json_t *part;
    json_object_foreach(json_object_get(party, "address"), name, part) html_row(page, "", json_string_value(part));
    html_row(page, "Country", payout_text(party, "country"));
    html_row(page, "VAT id", payout_text(party, "vat_id"));
}

/* ISO 11649, print form: groups of four. */
static const char *reference_text(struct ch_arena *arena, const char *reference)
{
    char *text = ch_alloc(arena, strlen(reference) * 2 + 1), *out = text;
    for (size_t i = 0; reference[i]; i++) {
        if (i > 0 && i % 4 == 0)
            *out++ = ' ';
        *out++ = reference[i];
    }
    *out = '\0';
    return text;
}

static struct ch_done *print_document(struct ch_request *request, const struct ch_answer *answer)
{
    if (strcmp(answer->outcome, "ok") != 0)
        return ch_reply(request, answer->outcome, answer->body);
    struct ch_arena *arena = ch_arena_of(request);
    const json_t *document = payout_parse(arena, answer->body);
    const char *currency = payout_text(json_object_get(document, "gross"), "currency");
    bool credit = strcmp(payout_text(document, "kind"), "CRN") == 0;
    struct evbuffer *page = evbuffer_new();
    html_begin(page, ch_printf(arena, "%s %s", credit ? "Credit note" : "Invoice", payout_text(document, "number")));
    evbuffer_add_printf(page, "<table>\n");
    print_party(page, "From", json_object_get(document, "seller"));
    print_party(page, "To", json_object_get(document, "buyer"));
    html_row(page, "Credits invoice", payout_text(json_object_get(document, "credits"), "number"));
    html_row(page, "Reason", payout_text(document, "reason"));
    html_row(page, "Date", payout_text(document, "issued_on"));
    html_row(page, "Due", credit ? NULL : payout_text(document, "due_on"));
    html_row(page, "Creditor reference (ISO 11649)", reference_text(arena, payout_text(document, "reference")));
    evbuffer_add_printf(page, "</table>\n");
    print_lines(page, document, currency);
    print_sums(page, document, currency);
    return html_reply(request, page);
}

struct ch_done *print_invoice(struct ch_request *request)
{
    const char *id = path_id(request);
    return id ? ch_call_then(request, &show_document, CH_ARGS(actor_id(request), actor_org(request), id),
                             print_document)
              : no_such(request);
}
