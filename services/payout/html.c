/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The few pieces print pages are made of. */
#include "html.h"

#include <string.h>

static const char STYLE[] =
    "body{font:11pt/1.4 sans-serif;max-width:18cm;margin:1cm auto}table{border-collapse:collapse;"
    "width:100%}th,td{text-align:left;padding:2pt 6pt;border-bottom:1px solid #999;"
    "vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}"
    "@page{margin:2cm;@bottom-right{content:counter(page) \" / \" counter(pages)}}";

/* Bytes of a character at `c` that must not reach paper: controls (C0, DEL, C1) and those that turn the direction of
 * writing, so that a name reads as it is stored. 0: a fine one. */
static size_t hidden(const unsigned char *c)
{
    if ((*c < 0x20 && *c != '\n') || *c == 0x7f)
        return 1;
    if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f)
        return 2;
    bool turns = c[0] == 0xe2 && ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xaa && c[2] <= 0xae))) ||
                                  (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
    return turns ? 3 : 0;
}

static const char *entity(unsigned char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
        return "<br>";
    default:
        return NULL;
    }
}

void html_text(struct evbuffer *page, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; c && *c;) {
        size_t skip = hidden(c);
        const char *written = entity(*c);
        if (skip) {
            c += skip;
            continue;
        }
        if (written)
            evbuffer_add(page, written, strlen(written));
        else
            evbuffer_add(page, c, 1);
        c++;
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
        ch_money_text(money, ch_currency_digits(currency), text, sizeof text);
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
