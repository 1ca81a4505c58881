/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A thin layer over libxml2's reader: no network, no entities, no DOCTYPE. */
#include "xml.h"

#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEEPEST   32
#define PATH_ROOM 2048
#define TEXT_ROOM 4096

struct walk {
    const struct xml_calls *calls;
    char path[PATH_ROOM];
    char text[DEEPEST + 1][TEXT_ROOM];
    int depth;
};

static void quiet(void *context, const char *message, xmlParserSeverities severity, xmlTextReaderLocatorPtr where)
{
    (void)context, (void)message, (void)severity, (void)where;
}

static bool open_element(struct walk *w, const char *name)
{
    size_t length = strlen(w->path);
    if (w->depth == DEEPEST || length + strlen(name) + 2 > sizeof w->path)
        return false;
    snprintf(w->path + length, sizeof w->path - length, "%s%s", length ? "/" : "", name);
    w->text[++w->depth][0] = '\0';
    if (w->calls->begin)
        w->calls->begin(w->calls->context, w->path);
    return true;
}

static char *trim(char *text)
{
    static const char BLANK[] = " \t\r\n";
    text += strspn(text, BLANK);
    size_t length = strlen(text);
    while (length > 0 && strchr(BLANK, text[length - 1]))
        text[--length] = '\0';
    return text;
}

static void close_element(struct walk *w)
{
    w->calls->end(w->calls->context, w->path, trim(w->text[w->depth]));
    char *slash = strrchr(w->path, '/');
    *(slash ? slash : w->path) = '\0';
    w->depth--;
}

static bool add_text(struct walk *w, const char *text)
{
    char *into = w->text[w->depth];
    size_t length = strlen(into), more = text ? strlen(text) : 0;
    if (length + more >= TEXT_ROOM)
        return false;
    memcpy(into + length, text ? text : "", more + 1);
    return true;
}

static bool take_node(struct walk *w, xmlTextReaderPtr reader)
{
    bool empty;
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT:
        empty = xmlTextReaderIsEmptyElement(reader) == 1;
        if (!open_element(w, (const char *)xmlTextReaderConstLocalName(reader)))
            return false;
        if (empty)
            close_element(w);
        return true;
    case XML_READER_TYPE_END_ELEMENT:
        close_element(w);
        return true;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        return w->depth == 0 || add_text(w, (const char *)xmlTextReaderConstValue(reader));
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return false;
    default:
        return true;
    }
}

bool xml_walk(struct ch_arena *arena, const void *bytes, size_t size, const struct xml_calls *calls)
{
    if (size == 0 || size > INT32_MAX)
        return false;
    xmlTextReaderPtr reader =
        xmlReaderForMemory(bytes, (int)size, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOERROR);
    if (!reader)
        return false;
    xmlTextReaderSetErrorHandler(reader, quiet, NULL);
    struct walk *w = ch_alloc(arena, sizeof *w);
    w->calls = calls;
    int more;
    bool good = true;
    while (good && (more = xmlTextReaderRead(reader)) == 1)
        good = take_node(w, reader);
    good = good && more == 0 && w->depth == 0;
    xmlFreeTextReader(reader);
    return good;
}

bool xml_ends(const char *path, const char *tail)
{
    size_t length = strlen(path), size = strlen(tail);
    return length >= size && strcmp(path + length - size, tail) == 0 &&
           (length == size || path[length - size - 1] == '/');
}

bool xml_minor(const char *text, long long *minor)
{
    size_t whole = strspn(text, "0123456789"), digits = 0;
    *minor = 0;
    if (whole == 0 || whole > 15)
        return false;
    for (size_t i = 0; i < whole; i++)
        *minor = *minor * 10 + (text[i] - '0');
    text += whole;
    if (*text == '.')
        digits = strspn(++text, "0123456789");
    for (size_t i = 0; i < 2; i++)
        *minor = *minor * 10 + (i < digits ? text[i] - '0' : 0);
    for (size_t i = 2; i < digits; i++)
        if (text[i] != '0')
            return false;
    return text[digits] == '\0';
}
