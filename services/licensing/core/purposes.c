/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Look-ups in the purpose tree and the regions, and the checks a list of purposes must pass. The tables themselves
 * are generated (reference.awk); nothing here knows a rule of any terms document. */
#include "purposes.h"

#include <stdio.h>
#include <string.h>

#include "gen/licensing_reference.h"

static const struct {
    const char *prefix, *iri;
} iri_prefixes[] = {
    {"dpv:", "https://w3id.org/dpv#"},
    {"fin:", "https://w3id.org/dpv/sector/finance#"},
    {"hea:", "https://w3id.org/dpv/sector/health#"},
    {"ai:", "https://w3id.org/dpv/ai#"},
    {"duo:", "http://purl.obolibrary.org/obo/DUO_"},
};

/* These lie below PublicBenefit in DPV 2.3. */
static const char *const security_iris[] = {"dpv:Counterterrorism", "dpv:ProtectionOfNationalSecurity",
                                            "dpv:ProtectionOfPublicSecurity"};

/* Calls `see` for each word of a space separated list until it returns false. */
static bool each_word(const char *list, bool (*see)(void *, const char *, size_t), void *context)
{
    while (*list) {
        size_t length = strcspn(list, " ");
        if (length && !see(context, list, length))
            return false;
        list += length + (list[length] == ' ');
    }
    return true;
}

static bool differs_from(void *context, const char *word, size_t length)
{
    const char *wanted = context;
    return strlen(wanted) != length || memcmp(wanted, word, length) != 0;
}

static bool list_has(const char *list, const char *word)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%s", word);
    return !each_word(list, differs_from, copy);
}

unsigned ch_purpose_index(const char *code)
{
    for (size_t i = 0; i < ch_purpose_count; i++)
        if (strcmp(ch_purposes[i].code, code) == 0)
            return (unsigned)i;
    return CH_PURPOSE_UNKNOWN;
}

uint64_t ch_purposes_assignable(void)
{
    uint64_t set = 0;
    for (size_t i = 0; i < ch_purpose_count; i++)
        if (ch_purposes[i].assignable)
            set |= UINT64_C(1) << i;
    return set;
}

const char *ch_purpose_from_iri(const char *iri)
{
    char curie[128];
    for (size_t p = 0; p < sizeof iri_prefixes / sizeof *iri_prefixes; p++) {
        size_t length = strlen(iri_prefixes[p].iri);
        if (strncmp(iri, iri_prefixes[p].iri, length) != 0 || strpbrk(iri, " "))
            continue;
        int made = snprintf(curie, sizeof curie, "%s%s", iri_prefixes[p].prefix, iri + length);
        for (size_t i = 0; made > 0 && (size_t)made < sizeof curie && i < ch_purpose_count; i++)
            if (strcmp(ch_purposes[i].match, "exact") == 0 &&
                (list_has(ch_purposes[i].dpv, curie) || list_has(ch_purposes[i].duo, curie)))
                return ch_purposes[i].code;
    }
    return NULL;
}

static unsigned letters_bit(const char code[2])
{
    return (unsigned)(code[0] - 'A') * 26 + (unsigned)(code[1] - 'A');
}

unsigned ch_region_bit(const char *code)
{
    size_t low = 0, high = ch_region_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(code, ch_regions[middle].code);
        if (order == 0)
            return letters_bit(code);
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return CH_REGION_UNKNOWN;
}

static void set_bit(struct ch_region_set *set, unsigned bit)
{
    set->words[bit / 64] |= UINT64_C(1) << (bit % 64);
}

bool ch_region_set_add(struct ch_region_set *set, const char *code_or_group)
{
    unsigned bit = ch_region_bit(code_or_group);
    if (bit != CH_REGION_UNKNOWN) {
        set_bit(set, bit);
        return true;
    }
    if (!*code_or_group || strlen(code_or_group) > 16 || strchr(code_or_group, ' '))
        return false;
    bool found = false;
    for (size_t i = 0; i < ch_region_count; i++) {
        if (!list_has(ch_regions[i].groups, code_or_group))
            continue;
        set_bit(set, letters_bit(ch_regions[i].code));
        found = true;
    }
    return found;
}

bool ch_region_set_has(const struct ch_region_set *set, unsigned bit)
{
    return set->words[bit / 64] >> (bit % 64) & 1;
}

bool ch_region_set_within(const struct ch_region_set *inner, const struct ch_region_set *outer)
{
    uint64_t beyond = 0;
    for (size_t i = 0; i < CH_REGION_WORDS; i++)
        beyond |= inner->words[i] & ~outer->words[i];
    return beyond == 0;
}

/* What the tree check carries from row to row. */
struct tree {
    const struct ch_purpose *rows;
    size_t count;
    size_t at;              /* the row being read */
    uint64_t ancestors[64]; /* of each row, itself included; grows until nothing changes */
    bool grew;
    char unknown[64]; /* the parent that was not found */
};

static size_t row_of(const struct tree *tree, const char *code, size_t length)
{
    size_t i = 0;
    while (i < tree->count && (strlen(tree->rows[i].code) != length || memcmp(tree->rows[i].code, code, length) != 0))
        i++;
    return i;
}

static bool add_parent(void *context, const char *word, size_t length)
{
    struct tree *tree = context;
    size_t parent = row_of(tree, word, length);
    if (parent == tree->count) {
        snprintf(tree->unknown, sizeof tree->unknown, "%.*s", (int)length, word);
        return false;
    }
    uint64_t *mine = &tree->ancestors[tree->at], before = *mine;
    *mine |= tree->ancestors[parent] | UINT64_C(1) << parent;
    tree->grew |= *mine != before;
    return true;
}

/* Fills tree->ancestors (without the row itself, unless it lies on a cycle). NULL, or what is wrong at tree->at. */
static const char *climb(struct tree *tree)
{
    do {
        tree->grew = false;
        for (tree->at = 0; tree->at < tree->count; tree->at++)
            if (!each_word(tree->rows[tree->at].parents, add_parent, tree))
                return "has a parent that is not listed";
    } while (tree->grew);
    return NULL;
}

static uint64_t bit_of(const struct tree *tree, const char *code)
{
    size_t row = row_of(tree, code, strlen(code));
    return row < tree->count ? UINT64_C(1) << row : 0;
}

/* A CURIE with one of our prefixes: a full IRI, or another prefix for the same one, would slip past the comparison. */
static bool is_curie(void *context, const char *word, size_t length)
{
    (void)context;
    for (size_t p = 0; p < sizeof iri_prefixes / sizeof *iri_prefixes; p++) {
        size_t prefix = strlen(iri_prefixes[p].prefix);
        if (length > prefix && strncmp(word, iri_prefixes[p].prefix, prefix) == 0)
            return strspn(word + prefix, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == length - prefix;
    }
    return false;
}

/* Section 4, "The trap", and what makes it a tree: checked on the row at tree->at. NULL when it holds. */
static const char *trap_of(const struct tree *tree)
{
    const struct ch_purpose *row = &tree->rows[tree->at];
    uint64_t self = UINT64_C(1) << tree->at, up = tree->ancestors[tree->at];
    if (row_of(tree, row->code, strlen(row->code)) != tree->at)
        return "is listed twice";
    if (up & self)
        return "descends from itself";
    if ((tree->at == 0) != (*row->parents == '\0'))
        return "is a second root, or the first row is none";
    if (!each_word(row->dpv, is_curie, NULL))
        return "has an IRI that is not written with a known prefix";
    up |= self;
    if (!(up & bit_of(tree, "PG")))
        return NULL;
    if (up & (bit_of(tree, "COM") | bit_of(tree, "X")))
        return "descends from PG and also from COM or X";
    for (size_t i = 0; i < sizeof security_iris / sizeof *security_iris; i++)
        if (list_has(row->dpv, security_iris[i]))
            return "is a security purpose below PG";
    return NULL;
}

bool ch_purpose_tree_check(const struct ch_purpose *rows, size_t count, char *error)
{
    struct tree tree = {.rows = rows, .count = count};
    if (count == 0 || count > 63) {
        snprintf(error, 256, "a list holds 1 to 63 purposes");
        return false;
    }
    const char *wrong = climb(&tree);
    for (size_t i = 0; !wrong && i < count; i++) {
        tree.at = i;
        wrong = trap_of(&tree);
    }
    if (!wrong)
        return true;
    snprintf(error, 256, "purpose %.64s %s%s%s", rows[tree.at].code, wrong, *tree.unknown ? ": " : "", tree.unknown);
    return false;
}
