/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* expat's events as paths and texts, and the limits. It knows no message. */
#include "bank_xml.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  32
#define TEXT_MAX   4096
#define TOKEN_MAX  65536 /* bytes expat may hold back waiting for the end of a tag or comment */
#define PIECE      16384
#define NAMES_MAX  1024
#define NAME_SLOTS (2 * NAMES_MAX) /* a power of two */

struct ch_bank_xml {
    struct ch_bank_xml_calls calls;
    XML_Parser parser;
    enum ch_bank_error error;
    char message[320];
    size_t fed;
    const char *alias_of, *alias;
    unsigned depth;
    size_t path_end[DEPTH_MAX + 1];
    char path[1024];
    char text[TEXT_MAX + 1];
    size_t text_length;
    char space[128]; /* of the document, with the separator */
    size_t space_length;
    uint64_t names[NAME_SLOTS]; /* hashes of the names seen; 0: empty */
    size_t name_count;
};

bool ch_bank_xml_refuse(struct ch_bank_xml *x, enum ch_bank_error error, const char *detail)
{
    if (x->error == CH_BANK_OK) {
        x->error = error;
        snprintf(x->message, sizeof x->message, "%s (line %lu)", detail,
                 (unsigned long)XML_GetCurrentLineNumber(x->parser));
        XML_StopParser(x->parser, XML_FALSE);
    }
    return false;
}

/* FNV-1a: who finds two names of one hash gains nothing but that both count as one. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return hash ? hash : 1;
}

/* expat keeps every name it has met until the end. */
static bool count_name(struct ch_bank_xml *x, const char *name)
{
    uint64_t hash = hash_name(name);
    size_t at = hash & (NAME_SLOTS - 1);
    while (x->names[at] && x->names[at] != hash)
        at = (at + 1) & (NAME_SLOTS - 1);
    if (x->names[at] == hash)
        return true;
    if (x->name_count == NAMES_MAX)
        return ch_bank_xml_refuse(x, CH_BANK_TOO_LONG, "more than 1,024 different names");
    x->names[at] = hash;
    x->name_count++;
    return true;
}

/* The document's own namespace gives the local name; anything else gets a name that no path has. */
static const char *local_name(const struct ch_bank_xml *x, const char *name)
{
    if (strncmp(name, x->space, x->space_length) != 0)
        return "?";
    name += x->space_length;
    return x->alias_of && x->depth == 3 && strcmp(name, x->alias_of) == 0 ? x->alias : name;
}

static bool ask_message(struct ch_bank_xml *x, const char *name)
{
    char space[sizeof x->space];
    memcpy(space, x->space, x->space_length);
    space[x->space_length - 1] = '\0';
    return x->calls.message(x->calls.context, space, name) ||
           ch_bank_xml_refuse(x, CH_BANK_WRONG_MESSAGE, "the document holds another message or version");
}

static bool take_root(struct ch_bank_xml *x, const char *name)
{
    const char *end = strrchr(name, '|');
    size_t length = end ? (size_t)(end - name) + 1 : 0;
    if (!end || length >= sizeof x->space || strcmp(end + 1, "Document") != 0)
        return ch_bank_xml_refuse(x, CH_BANK_WRONG_MESSAGE, "not a document of ISO 20022");
    memcpy(x->space, name, length);
    x->space_length = length;
    return ask_message(x, NULL);
}

static bool enter(struct ch_bank_xml *x, const char *name)
{
    size_t used = x->depth == 3 ? 0 : x->path_end[x->depth - 1];
    int more = snprintf(x->path + used, sizeof x->path - used, "%s%s", used ? "/" : "", local_name(x, name));
    if (more < 0 || (size_t)more >= sizeof x->path - used)
        return ch_bank_xml_refuse(x, CH_BANK_TOO_DEEP, "element names are too long");
    x->path_end[x->depth] = used + (size_t)more;
    return true;
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct ch_bank_xml *x = context;
    if (x->error != CH_BANK_OK || !count_name(x, name))
        return;
    for (size_t i = 0; attributes[i]; i += 2)
        if (!count_name(x, attributes[i]))
            return;
    x->text_length = 0;
    if (x->depth == DEPTH_MAX) {
        ch_bank_xml_refuse(x, CH_BANK_TOO_DEEP, "nested more than 32 deep");
        return;
    }
    x->depth++;
    if (x->depth == 1)
        take_root(x, name);
    else if (x->depth == 2)
        ask_message(x, local_name(x, name));
    else if (enter(x, name))
        x->calls.begin(x->calls.context, x->path, (const char *const *)attributes);
}

static void on_end(void *context, const XML_Char *name)
{
    struct ch_bank_xml *x = context;
    (void)name;
    if (x->error != CH_BANK_OK)
        return;
    x->text[x->text_length] = '\0';
    if (x->depth > 2) {
        x->calls.end(x->calls.context, x->path, x->text, x->text_length);
        x->path[x->depth == 3 ? 0 : x->path_end[x->depth - 1]] = '\0';
    }
    x->depth--;
    x->text_length = 0;
}

static void on_text(void *context, const XML_Char *text, int length)
{
    struct ch_bank_xml *x = context;
    if (x->error != CH_BANK_OK)
        return;
    if ((size_t)length > TEXT_MAX - x->text_length) {
        ch_bank_xml_refuse(x, CH_BANK_TOO_LONG, "an element has more than 4 KiB of text");
        return;
    }
    memcpy(x->text + x->text_length, text, (size_t)length);
    x->text_length += (size_t)length;
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                       int internal)
{
    (void)name, (void)system, (void)public, (void)internal;
    ch_bank_xml_refuse(context, CH_BANK_DOCTYPE, "a document type declaration");
}

static void on_namespace(void *context, const XML_Char *prefix, const XML_Char *uri)
{
    struct ch_bank_xml *x = context;
    if (x->error == CH_BANK_OK && count_name(x, prefix ? prefix : ""))
        count_name(x, uri ? uri : "");
}

static void free_parser(void *parser)
{
    XML_ParserFree(parser);
}

struct ch_bank_xml *ch_bank_xml_new(struct ch_arena *arena, const struct ch_bank_xml_calls *calls)
{
    struct ch_bank_xml *x = ch_alloc(arena, sizeof *x);
    XML_Parser parser = XML_ParserCreateNS(NULL, '|');
    if (!parser)
        abort(); /* out of memory, as in the arena */
    ch_arena_on_free(arena, free_parser, parser);
    x->calls = *calls;
    x->parser = parser;
    XML_SetUserData(parser, x);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetStartNamespaceDeclHandler(parser, on_namespace);
    return x;
}

void ch_bank_xml_alias(struct ch_bank_xml *x, const char *name, const char *alias)
{
    x->alias_of = name;
    x->alias = alias;
}

static bool feed_piece(struct ch_bank_xml *x, const char *bytes, size_t size, bool last)
{
    x->fed += size;
    if (XML_Parse(x->parser, bytes, (int)size, last) == XML_STATUS_ERROR)
        return ch_bank_xml_refuse(x, CH_BANK_NOT_XML, XML_ErrorString(XML_GetErrorCode(x->parser)));
    /* expat keeps an unfinished tag whole in memory */
    XML_Index at = XML_GetCurrentByteIndex(x->parser);
    if (at >= 0 && x->fed - (size_t)at > TOKEN_MAX)
        return ch_bank_xml_refuse(x, CH_BANK_TOO_LONG, "a tag or comment of more than 64 KiB");
    return x->error == CH_BANK_OK;
}

bool ch_bank_xml_feed(struct ch_bank_xml *x, const void *bytes, size_t size, bool last)
{
    const char *at = bytes;
    while (size > PIECE && x->error == CH_BANK_OK && feed_piece(x, at, PIECE, false)) {
        at += PIECE;
        size -= PIECE;
    }
    return x->error == CH_BANK_OK && feed_piece(x, at, size, last);
}

enum ch_bank_error ch_bank_xml_error(const struct ch_bank_xml *x)
{
    return x->error;
}

const char *ch_bank_xml_detail(const struct ch_bank_xml *x)
{
    return x->message;
}
