/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Puts a draft invoice together. The arithmetic is core/invoice.c; numbers and journal are payout.issue_invoice. */
#include "invoice_document.h"

#include <string.h>

#include "core/iban.h"
#include "core/invoice.h"

struct tax {
    enum ch_vat_category category;
    int64_t ppm;
};

static bool has_text(const json_t *object, const char *name)
{
    const char *text = payout_text(object, name);
    return text && *text;
}

/* Standard rate at home and for private buyers of the area, reverse charge for its businesses, else outside. Reverse
 * charge names both VAT ids, so a trust without one cannot use it. */
static struct tax tax_of_buyer(const struct payout_settings *settings, const json_t *buyer)
{
    const char *country = payout_text(buyer, "country");
    struct tax home = {settings->vat_ppm > 0 ? CH_VAT_S : CH_VAT_E, settings->vat_ppm};
    if (!country || strcmp(country, settings->country) == 0)
        return home;
    if (!ch_country_in_eea(country))
        return (struct tax){CH_VAT_O, 0};
    return has_text(buyer, "vat_id") && *settings->vat_id ? (struct tax){CH_VAT_AE, 0} : home;
}

static bool tax_of_line(const json_t *line, struct tax *tax)
{
    const char *category = payout_text(line, "vat_category");
    if (!category)
        return true;
    for (int i = 0; ch_vat_categories[i]; i++)
        if (strcmp(category, ch_vat_categories[i]) == 0) {
            *tax = (struct tax){(enum ch_vat_category)i, payout_integer(line, "vat_ppm")};
            return true;
        }
    return false;
}

static json_t *slices_of(struct ch_arena *arena, const json_t *line, int64_t net)
{
    size_t count = 0;
    struct ch_invoice_slice *slices =
        ch_invoice_slices(arena, net, payout_text(line, "first"), payout_text(line, "last"), &count);
    if (!slices)
        return NULL;
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (slices[i].net > 0)
            json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I}", "pool", payout_text(line, "pool"), "pool_id",
                                                   payout_text(line, "pool_id"), "month",
                                                   ch_printf(arena, "%04d-%02d-01", slices[i].year, slices[i].month),
                                                   "net", (json_int_t)slices[i].net));
    return array;
}

static json_t *line_of(struct ch_arena *arena, const json_t *given, const struct ch_invoice_line *line)
{
    json_t *slices = slices_of(arena, given, line->net);
    if (!slices)
        return NULL;
    json_t *made = json_pack("{s:O, s:I, s:s, s:I, s:I, s:o}", "text", json_object_get(given, "text"), "net",
                             (json_int_t)line->net, "vat_category", ch_vat_categories[line->category], "vat_ppm",
                             (json_int_t)line->vat_ppm, "vat", (json_int_t)line->vat, "slices", slices);
    static const char *const KEPT[] = {"charge", "class", "units", "usage_sha256"};
    for (size_t i = 0; made && i < sizeof KEPT / sizeof *KEPT; i++)
        if (json_object_get(given, KEPT[i]))
            json_object_set(made, KEPT[i], json_object_get(given, KEPT[i]));
    return made;
}

static json_t *groups_of(const struct ch_invoice_sums *sums)
{
    json_t *array = json_array();
    for (size_t i = 0; i < sums->group_count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:I, s:I, s:I}", "vat_category", ch_vat_categories[sums->groups[i].category],
                             "vat_ppm", (json_int_t)sums->groups[i].vat_ppm, "base", (json_int_t)sums->groups[i].base,
                             "tax", (json_int_t)sums->groups[i].tax));
    return array;
}

static void add_head(json_t *document, const struct payout_settings *settings, const json_t *head)
{
    static const char *const KEPT[] = {"licensee", "grant_id", "service_month", "currency", "due_days", "buyer"};
    for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++)
        if (json_object_get(head, KEPT[i]))
            json_object_set(document, KEPT[i], json_object_get(head, KEPT[i]));
    json_object_set_new(document, "vat_country", json_string(settings->country));
    json_object_set_new(document, "seller",
                        json_pack("{s:s, s:s, s:s}", "name", payout_text(head, "seller_name"), "country",
                                  settings->country, "vat_id", settings->vat_id));
}

/* What EN 16931 asks of categories beside the arithmetic: BR-AE-2 to -4 and BR-O-11. NULL: nothing is wrong. */
static const char *fault_of_categories(const struct payout_settings *settings, const json_t *buyer,
                                       const struct ch_invoice_sums *sums)
{
    for (size_t i = 0; i < sums->group_count; i++) {
        if (sums->groups[i].category == CH_VAT_AE && !(has_text(buyer, "vat_id") && *settings->vat_id))
            return "Reverse charge (AE) needs the VAT ids of both sides.";
        if (sums->groups[i].category == CH_VAT_O && sums->group_count > 1)
            return "An invoice outside the scope of VAT (O) has no other category.";
    }
    return NULL;
}

char *invoice_document(struct ch_arena *arena, const struct payout_settings *settings, const json_t *head,
                       const json_t *lines, const char **error)
{
    size_t count = json_array_size(lines);
    struct ch_invoice_line *figures = ch_alloc_array(arena, count, sizeof *figures);
    for (size_t i = 0; i < count; i++) {
        const json_t *line = json_array_get(lines, i);
        struct tax tax = tax_of_buyer(settings, json_object_get(head, "buyer"));
        if (!tax_of_line(line, &tax)) {
            *error = "vat_category is S, Z, E, AE or O.";
            return NULL;
        }
        figures[i] = (struct ch_invoice_line){payout_integer(line, "net"), tax.category, tax.ppm, 0};
    }
    struct ch_invoice_sums sums;
    *error = "A net amount or VAT rate is out of range.";
    if (!ch_invoice_vat(arena, figures, count, &sums))
        return NULL;
    *error = fault_of_categories(settings, json_object_get(head, "buyer"), &sums);
    if (*error)
        return NULL;
    json_t *made = ch_json_own(arena, json_array());
    *error = "A line's first and last day must exist and be in order.";
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(made, line_of(arena, json_array_get(lines, i), &figures[i])) != 0)
            return NULL;
    json_t *document = ch_json_own(arena, json_pack("{s:O, s:o, s:I, s:I, s:I}", "lines", made, "vat_groups",
                                                    groups_of(&sums), "net", (json_int_t)sums.net, "vat",
                                                    (json_int_t)sums.vat, "gross", (json_int_t)sums.gross));
    add_head(document, settings, head);
    *error = NULL;
    return ch_json_canonical(arena, document, NULL);
}
