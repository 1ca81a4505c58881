/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Tests of bank_xml.c: paths and texts as they come in any pieces, and every limit. */
#include "payout/helpers.h"

#include "../../services/payout/core/bank_xml.h"

struct seen {
    struct ch_arena *arena;
    char *text; /* the first 4 KiB of it */
};

static void add(struct seen *seen, const char *more)
{
    if (strlen(seen->text) < 4096)
        seen->text = ch_printf(seen->arena, "%s%s", seen->text, more);
}

static bool on_message(void *context, const char *space, const char *name)
{
    (void)context;
    return strcmp(space, "urn:x") == 0 && (!name || strcmp(name, "M") == 0);
}

static void on_begin(void *context, const char *path, const char *const *attributes)
{
    struct seen *seen = context;
    const char *value = attributes[0] ? attributes[1] : NULL;
    add(seen, ch_printf(seen->arena, "<%s%s%.9s>", path, value ? " " : "", value ? value : ""));
}

static void on_end(void *context, const char *path, const char *text, size_t length)
{
    struct seen *seen = context;
    assert_int_equal(strlen(text), length);
    add(seen, ch_printf(seen->arena, "%.99s</%s>", text, path));
}

static enum ch_bank_error read_pieces(struct ch_arena *arena, const char *text, size_t size, size_t piece, char **seen)
{
    struct seen all = {arena, ch_strdup(arena, "")};
    const struct ch_bank_xml_calls calls = {on_message, on_begin, on_end, &all};
    struct ch_bank_xml *xml = ch_bank_xml_new(arena, &calls);
    ch_bank_xml_alias(xml, "Other", "One");
    for (size_t at = 0; at < size; at += piece)
        ch_bank_xml_feed(xml, text + at, size - at < piece ? size - at : piece, size - at <= piece);
    *seen = all.text;
    assert_true((ch_bank_xml_error(xml) == CH_BANK_OK) == (*ch_bank_xml_detail(xml) == 0));
    return ch_bank_xml_error(xml);
}

static void paths_and_texts(void **state)
{
    struct ch_arena *arena = *state;
    const char *text =
        "<Document xmlns='urn:x' xmlns:y='urn:y'><M><One>a&amp;<b k='v'>c</b>d</One><Other><y:One/></Other>"
        "<!-- no --><Z><Other><![CDATA[<]]></Other></Z></M></Document>";
    const char *wanted = "<One><One/b v>c</One/b>d</One><One><One/?></One/?></One><Z><Z/Other><</Z/Other></Z>";
    for (size_t piece = 1; piece < 64; piece += 9) {
        char *seen;
        assert_int_equal(read_pieces(arena, text, strlen(text), piece, &seen), CH_BANK_OK);
        assert_string_equal(seen, wanted);
    }
}

#define HEAD "<Document xmlns='urn:x'><M>"

static char *repeat(struct ch_arena *arena, const char *head, const char *body, size_t times)
{
    size_t length = strlen(body), start = strlen(head);
    char *text = ch_alloc(arena, start + times * length + 1);
    memcpy(text, head, start);
    for (size_t i = 0; i < times; i++)
        memcpy(text + start + i * length, body, length);
    return text;
}

static char *names(struct ch_arena *arena, const char *format, int count)
{
    size_t room = (size_t)count * 40 + 100;
    char *text = ch_alloc(arena, room), *at = text + snprintf(text, room, HEAD);
    for (int i = 0; i < count; i++) {
        *at++ = '<';
        at += snprintf(at, 30, format[0] == 'e' ? "n%d/>" : format[0] == 'a' ? "n a%d=''/>" : "n xmlns:p%d='u'/>", i);
    }
    return text;
}

static void limits(void **state)
{
    struct ch_arena *arena = *state;
    char *seen;
    const struct {
        const char *text;
        enum ch_bank_error error;
    } rows[] = {
        {"<!DOCTYPE Document><Document xmlns='urn:x'><M/></Document>", CH_BANK_DOCTYPE},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", CH_BANK_DOCTYPE},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", CH_BANK_DOCTYPE},
        {repeat(arena, HEAD, "<a>", 30), CH_BANK_NOT_XML}, /* unfinished, not too deep */
        {repeat(arena, HEAD, "<a>", 31), CH_BANK_TOO_DEEP},
        {repeat(arena, HEAD "<a>", "x", 4096), CH_BANK_NOT_XML},
        {repeat(arena, HEAD "<a>", "x", 4097), CH_BANK_TOO_LONG},
        {repeat(arena, HEAD "<a>", "&#120;", 4097), CH_BANK_TOO_LONG},
        {repeat(arena, HEAD "<a b='", "x", 90000), CH_BANK_TOO_LONG},
        {repeat(arena, HEAD "<!--", "x", 90000), CH_BANK_TOO_LONG},
        {repeat(arena, HEAD "<?p ", "x", 90000), CH_BANK_TOO_LONG},
        {repeat(arena, HEAD "<", "x", 1100), CH_BANK_NOT_XML},
        {repeat(arena, HEAD, "<a b=''/>", 20000), CH_BANK_NOT_XML}, /* few names, often */
        {names(arena, "element", 1000), CH_BANK_NOT_XML},
        {names(arena, "element", 1100), CH_BANK_TOO_LONG},
        {names(arena, "attribute", 1100), CH_BANK_TOO_LONG},
        {names(arena, "prefix", 1100), CH_BANK_TOO_LONG},
        {"<Document xmlns='urn:y'><M/></Document>", CH_BANK_WRONG_MESSAGE},
        {"<Document xmlns='urn:x'><N/></Document>", CH_BANK_WRONG_MESSAGE},
        {"<Document/>", CH_BANK_WRONG_MESSAGE},
        {"<X xmlns='urn:x'/>", CH_BANK_WRONG_MESSAGE},
        {HEAD "</M></Document> x", CH_BANK_NOT_XML},
        {HEAD "\xff</M></Document>", CH_BANK_NOT_XML},
        {HEAD "</M></Document>", CH_BANK_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t piece = 777; piece <= 100000; piece += 99223) {
            enum ch_bank_error error = read_pieces(arena, rows[i].text, strlen(rows[i].text), piece, &seen);
            if (error != rows[i].error)
                fail_msg("row %zu in pieces of %zu: %d", i, piece, (int)error);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(paths_and_texts, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(limits, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
