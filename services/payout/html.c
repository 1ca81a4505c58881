/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few pieces print pages are made of. */
#include "html.h"

static const char STYLE[] =
    "body{font:11pt/1.4 sans-serif;max-width:18cm;margin:1cm auto}table{border-collapse:collapse;"
    "width:100%}th,td{text-align:left;padding:2pt 6pt;border-bottom:1px solid #999;"
    "vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "@page{margin:2cm;@bottom-right{content:counter(page) \" / \" counter(pages)}}";

void html_text(struct evbuffer *page, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; c && *c; c++)
        switch (*c) {
        case '<':
            evbuffer_add(page, "&lt;", 4);
            break;
        case '>':
            evbuffer_add(page, "&gt;", 4);
            break;
        case '&':
            evbuffer_add(page, "&amp;", 5);
            break;
        case '"':
            evbuffer_add(page, "&quot;", 6);
            break;
        case '\'':
            evbuffer_add(page, "&#39;", 5);
            break;
        default:
            if (*c >= 0x20 && *c != 0x7f)
                evbuffer_add(page, c, 1);
        }
}

void html_begin(struct evbuffer *page, const char *title)
{
    evbuffer_add_printf(page, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    html_text(page, title);
    evbuffer_add_printf(page, "</title><style>%s</style></head><body>\n<h1>", STYLE);
    html_text(page, title);
    evbuffer_add_printf(page, "</h1>\n");
}

void html_row(struct evbuffer *page, const char *name, const char *value)
{
    if (!value)
        return;
    evbuffer_add_printf(page, "<tr><th>");
    html_text(page, name);
    evbuffer_add_printf(page, "</th><td>");
    html_text(page, value);
    evbuffer_add_printf(page, "</td></tr>\n");
}

void html_amount(struct evbuffer *page, int64_t minor, const char *currency)
{
    struct ch_money money;
    char text[40] = "";
    if (ch_money_make(&money, minor, currency))
        ch_money_text(money, 2, text, sizeof text);
    evbuffer_add_printf(page, "<td class=\"n\">");
    html_text(page, text);
    evbuffer_add_printf(page, "</td>");
}

struct ch_done *html_reply(struct ch_request *request, struct evbuffer *page)
{
    evbuffer_add_printf(page, "</body></html>\n");
    size_t size = evbuffer_get_length(page);
    ch_set_header(request, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    struct ch_done *done = ch_reply_bytes(request, 200, "text/html; charset=utf-8", evbuffer_pullup(page, -1), size);
    evbuffer_free(page);
    return done;
}
