/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A consent receipt for paper: the record's members line by line and the signature behind them, as plain text or as a
 * page of HTML without script. Nothing is left out and nothing added. */
#include "receipt_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a member is called on paper; a member without a line here keeps its name. In the order of the page. */
static const struct {
    const char *member, *label;
} LABELS[] = {
    {"dct:title", "Pool"},
    {"dpv:hasPurpose", "Purpose"},
    {"dpv:hasRecipient", "Recipients (class)"},
    {"state", "State"},
    {"dpv:hasConsentStatus", "Status"},
    {"dpv:hasLegalBasis", "Kind of consent"},
    {"dct:date", "Time"},
    {"dct:valid", "Valid until"},
    {"dpv:hasDataSubject", "Person (reference)"},
    {"dpv:isImplementedByEntity", "Who acted"},
    {"dpv:hasDataController", "Controller"},
    {"dpv:hasNotice", "Notice"},
    {"dct:language", "Language"},
    {"dpv:hasPersonalData", "Data"},
    {"dpv:hasProcessing", "Collection and processing"},
    {"dpv:hasStorageCondition", "Storage"},
    {"dpv:hasLocation", "Place of processing"},
    {"dpv:hasJurisdiction", "Jurisdiction"},
    {"legal_basis", "Legal basis"},
    {"dpv:hasNecessity", "Necessity"},
    {"dpv:hasRight", "Rights"},
    {"dpv:hasAuthority", "Authority"},
    {"dpv:hasConsentControl", "How to withdraw"},
    {"dct:identifier", "Receipt"},
    {"record_id", "Record"},
    {"dct:conformsTo", "Conforms to"},
};
enum { LABEL_COUNT = sizeof LABELS / sizeof *LABELS };

struct page {
    struct evbuffer *out;
    bool html;
};

static void add_text(struct page *page, const char *text)
{
    for (const char *c = text; *c; c++) {
        const char *entity = *c == '<'   ? "&lt;"
                             : *c == '>' ? "&gt;"
                             : *c == '&' ? "&amp;"
                             : *c == '"' ? "&quot;"
                                         : NULL;
        if (page->html && entity)
            evbuffer_add(page->out, entity, strlen(entity));
        else if ((unsigned char)*c >= 0x20 && *c != 0x7f)
            evbuffer_add(page->out, c, 1);
    }
}

/* Objects as "name value; name value", lists as "a, b": what a person reads, not a notation. */
static void add_value(struct page *page, const json_t *value)
{
    const char *name;
    json_t *item;
    size_t i = 0;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)(uintptr_t)value, name, item)
        {
            add_text(page, i++ ? "; " : "");
            add_text(page, name);
            add_text(page, " ");
            add_value(page, item);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            add_text(page, i ? ", " : "");
            add_value(page, item);
        }
    } else if (json_is_string(value)) {
        add_text(page, json_string_value(value));
    } else {
        char *text = json_dumps(value, JSON_ENCODE_ANY);
        add_text(page, json_is_null(value) ? "none" : text);
        free(text);
    }
}

static void add_line(struct page *page, const char *label, const json_t *value)
{
    evbuffer_add_printf(page->out, page->html ? "<tr><th>" : "%s", "");
    add_text(page, label);
    evbuffer_add_printf(page->out, page->html ? "</th><td>" : ": %s", "");
    add_value(page, value);
    evbuffer_add_printf(page->out, page->html ? "</td></tr>\n" : "\n%s", "");
}

static bool is_labelled(const char *member)
{
    for (size_t i = 0; i < LABEL_COUNT; i++)
        if (strcmp(LABELS[i].member, member) == 0)
            return true;
    return false;
}

static void add_record(struct page *page, const json_t *record)
{
    const char *name;
    json_t *value;
    for (size_t i = 0; i < LABEL_COUNT; i++)
        if (json_object_get(record, LABELS[i].member))
            add_line(page, LABELS[i].label, json_object_get(record, LABELS[i].member));
    json_object_foreach((json_t *)(uintptr_t)record, name, value)
    {
        if (!is_labelled(name))
            add_line(page, name, value);
    }
}

struct ch_done *receipt_page(struct ch_request *request, const json_t *record, const char *jws, bool html)
{
    static const char HEAD[] =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Consent receipt</title><style>"
        "body{font:11pt/1.4 sans-serif;max-width:18cm;margin:1cm "
        "auto}table{border-collapse:collapse}th,td{text-align:left;"
        "padding:2pt 6pt;border-bottom:1px solid "
        "#999;vertical-align:top}code{overflow-wrap:anywhere}</style></head><body>\n"
        "<h1>Consent receipt</h1>\n<table>\n";
    struct page page = {evbuffer_new(), html};
    if (!page.out)
        abort();
    evbuffer_add_printf(page.out, "%s", html ? HEAD : "Consent receipt\n\n");
    add_record(&page, record);
    evbuffer_add_printf(page.out,
                        html ? "</table>\n<p>Signed by the trust (EdDSA JWS; its key is in /.well-known/jwks.json):"
                               "<br><code>%s</code></p>\n</body></html>\n"
                             : "\nSigned by the trust (EdDSA JWS; its key is in /.well-known/jwks.json):\n%s\n",
                        jws);
    size_t size = evbuffer_get_length(page.out);
    struct ch_done *done = ch_reply_bytes(request, 200, html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
                                          evbuffer_pullup(page.out, -1), size);
    evbuffer_free(page.out);
    return done;
}
