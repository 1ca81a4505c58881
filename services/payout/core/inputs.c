/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads the inputs of a distribution run straight into arrays. Sorting, cross-references and the normal form are
 * in inputs_normal.c. */
#include "inputs.h"

#include <inttypes.h>
#include <string.h>

#include "commonhold/crypto.h"
#include "inputs_normal.h"
#include "scan.h"

#define UNITS_MAX   (INT64_C(1) << 40)
#define ENTRIES_MAX ((size_t)1 << 24)

/* Where in the document the scanner is; a pointer is made of it only when something is refused. */
struct place {
    const char *array; /* "recipients", "contributions" or NULL */
    size_t index;
    bool inside; /* of `contributors` */
    size_t inner;
};

struct reading {
    struct ch_scan scan;
    struct ch_refusals *list;
    struct ch_arena *arena;
    struct ch_inputs *inputs;
    struct place place;
    size_t balance_room, recipient_room, contribution_room, contributor_room;
};

/* One number member of a recipient, a contribution or the head. */
struct number {
    const char *name;
    size_t length;
    int64_t max, absent;
};

#define NUMBER(n, m, a)                                                                                                \
    {                                                                                                                  \
        .name = n, .length = sizeof n - 1, .max = m, .absent = a                                                       \
    }
enum { UNITS, QUALITY, EXTERNAL, WINDOW, LICENSEES, EQUAL, TENURE, NUMBERS };
static const struct number numbers[NUMBERS] = {
    [UNITS] = NUMBER("units", UNITS_MAX, 0),
    [QUALITY] = NUMBER("quality_ppm", 1000000, 1000000),
    [EXTERNAL] = NUMBER("external", UNITS_MAX, 0),
    [WINDOW] = NUMBER("window_units", CH_PAYOUT_MAX, -1),
    [LICENSEES] = NUMBER("distinct_licensees", 1000000, 0),
    [EQUAL] = NUMBER("equal", 1, 1),
    [TENURE] = NUMBER("tenure", UNITS_MAX, 0),
};

static bool refuse(struct reading *r, const char *member, const char *detail)
{
    struct ch_arena *arena = r->arena;
    const char *at = "";
    if (r->scan.broken) /* already said; what is missing now is missing because of that */
        return false;
    if (r->place.array)
        at = ch_printf(arena, "/%s/%zu", r->place.array, r->place.index);
    if (r->place.inside)
        at = ch_printf(arena, "%s/contributors/%zu", at, r->place.inner);
    if (member)
        at = ch_pointer_name(arena, at, member);
    return ch_refusal_add(r->list, at, "%s", detail);
}

static void refuse_unknown(struct reading *r, struct ch_text name)
{
    refuse(r, ch_memdup(r->arena, name.bytes, name.length), "is not a known member");
    ch_scan_skip(&r->scan);
}

/* Twice the same member: refused, and the scanner passes the value. */
static bool is_repeated(struct reading *r, unsigned *seen, unsigned bit, const char *name)
{
    bool repeated = *seen & 1u << bit;
    *seen |= 1u << bit;
    if (!repeated)
        return false;
    refuse(r, name, "is there twice");
    ch_scan_skip(&r->scan);
    return true;
}

static int64_t read_number(struct reading *r, const char *name, int64_t max)
{
    int64_t value = 0;
    if (ch_scan_kind(&r->scan) != '0') {
        refuse(r, name, "must be an integer");
        ch_scan_skip(&r->scan);
        return 0;
    }
    if (!ch_scan_integer(&r->scan, &value))
        return 0;
    if (value < 0 || value > max) {
        refuse(r, name, ch_printf(r->arena, "must lie between 0 and %" PRId64, max));
        return 0;
    }
    return value;
}

static struct ch_text read_text(struct reading *r, const char *name)
{
    struct ch_text text = {"", 0};
    if (ch_scan_kind(&r->scan) != '"') {
        refuse(r, name, "must be a string");
        ch_scan_skip(&r->scan);
        return text;
    }
    ch_scan_string(&r->scan, &text);
    return text;
}

/* Length 0 when refused. */
static struct ch_text read_id(struct reading *r, const char *name)
{
    struct ch_text text = read_text(r, name);
    if (!ch_payout_is_id_n(text.bytes, text.length)) {
        refuse(r, name, "must be an id");
        text.length = 0;
    }
    return text;
}

static bool enter(struct reading *r, const char *member, char bracket)
{
    if (ch_scan_kind(&r->scan) == bracket)
        return ch_scan_enter(&r->scan, bracket);
    refuse(r, member, bracket == '{' ? "must be an object" : "must be an array");
    ch_scan_skip(&r->scan);
    return false;
}

static int find_number(struct ch_text name, int count)
{
    for (int i = 0; i < count; i++)
        if (name.length == numbers[i].length && memcmp(name.bytes, numbers[i].name, name.length) == 0)
            return i;
    return -1;
}

enum { SEEN_ID = NUMBERS, SEEN_STATUS, SEEN_CONTRIBUTORS };

static uint8_t read_status(struct reading *r)
{
    struct ch_text text = read_text(r, "status");
    for (int i = 0; ch_member_statuses[i]; i++)
        if (ch_text_is(text, ch_member_statuses[i]))
            return (uint8_t)i;
    refuse(r, "status", "must be a member's status");
    return CH_MEMBER_ACTIVE;
}

static void read_recipient_members(struct reading *r, struct ch_recipient *to, int64_t *value, unsigned *seen)
{
    bool first = true;
    struct ch_text name;
    while (ch_scan_member(&r->scan, &first, &name)) {
        int number = find_number(name, NUMBERS);
        if (number >= 0) {
            if (!is_repeated(r, seen, (unsigned)number, numbers[number].name))
                value[number] = read_number(r, numbers[number].name, numbers[number].max);
        } else if (ch_text_is(name, "id")) {
            if (!is_repeated(r, seen, SEEN_ID, "id")) {
                struct ch_text id = read_id(r, "id");
                to->id = id.bytes;
                to->id_length = (uint8_t)id.length;
            }
        } else if (ch_text_is(name, "status")) {
            if (!is_repeated(r, seen, SEEN_STATUS, "status"))
                to->status = read_status(r);
        } else {
            refuse_unknown(r, name);
        }
    }
}

static void set_defaults(int64_t *value)
{
    for (int i = 0; i < NUMBERS; i++)
        value[i] = numbers[i].absent;
}

static void read_recipient(struct reading *r)
{
    struct ch_inputs *in = r->inputs;
    if (in->recipient_count == ENTRIES_MAX) {
        ch_scan_break(&r->scan, "weight_overflow: more than 2^24 recipients");
        return;
    }
    if (!enter(r, NULL, '{'))
        return;
    int64_t value[NUMBERS];
    unsigned seen = 0;
    struct ch_recipient to = {.status = CH_MEMBER_ACTIVE, .ordinal = (uint32_t)r->place.index};
    set_defaults(value);
    read_recipient_members(r, &to, value, &seen);
    if (!(seen & 1u << SEEN_ID))
        refuse(r, "id", "is required");
    to.prefix = ch_id_prefix(to.id, to.id_length);
    to.units = value[UNITS];
    to.quality_ppm = (uint32_t)value[QUALITY];
    to.external = value[EXTERNAL];
    to.window_units = value[WINDOW] < 0 ? value[UNITS] : value[WINDOW];
    to.distinct_licensees = (uint32_t)value[LICENSEES];
    to.equal = (uint8_t)value[EQUAL];
    to.tenure = value[TENURE];
    in->recipients = ch_arena_grow(r->arena, in->recipients, &r->recipient_room, (in->recipient_count + 1) * sizeof to);
    in->recipients[in->recipient_count++] = to;
}

static void read_contributor(struct reading *r)
{
    struct ch_inputs *in = r->inputs;
    struct ch_contributor to = {0};
    unsigned seen = 0;
    bool first = true;
    struct ch_text name;
    if (!enter(r, NULL, '{'))
        return;
    while (ch_scan_member(&r->scan, &first, &name)) {
        if (ch_text_is(name, "recipient")) {
            if (!is_repeated(r, &seen, 0, "recipient")) {
                struct ch_text id = read_id(r, "recipient");
                to.id = id.bytes;
                to.id_length = (uint8_t)id.length;
            }
        } else if (ch_text_is(name, "share")) {
            if (!is_repeated(r, &seen, 1, "share"))
                to.share = (uint32_t)read_number(r, "share", 1000000);
        } else {
            refuse_unknown(r, name);
        }
    }
    if (!(seen & 1))
        refuse(r, "recipient", "is required");
    if (!(seen & 2))
        refuse(r, "share", "is required");
    in->contributors =
        ch_arena_grow(r->arena, in->contributors, &r->contributor_room, (in->contributor_count + 1) * sizeof to);
    in->contributors[in->contributor_count++] = to;
}

static void read_contributors(struct reading *r, struct ch_contribution *to)
{
    to->first = (uint32_t)r->inputs->contributor_count;
    if (!enter(r, "contributors", '['))
        return;
    bool first = true;
    r->place.inside = true;
    for (r->place.inner = 0; ch_scan_item(&r->scan, &first); r->place.inner++)
        read_contributor(r);
    r->place.inside = false;
    to->contributors = (uint32_t)(r->inputs->contributor_count - to->first);
    uint64_t sum = 0;
    for (size_t i = 0; i < to->contributors; i++)
        sum += r->inputs->contributors[to->first + i].share;
    if (sum == 0)
        refuse(r, "contributors", "must have at least one with a share above 0");
}

static void read_contribution_members(struct reading *r, struct ch_contribution *to, int64_t *value, unsigned *seen)
{
    bool first = true;
    struct ch_text name;
    while (ch_scan_member(&r->scan, &first, &name)) {
        int number = find_number(name, EQUAL); /* contributions have the numbers before it */
        if (number >= 0) {
            if (!is_repeated(r, seen, (unsigned)number, numbers[number].name))
                value[number] = read_number(r, numbers[number].name, numbers[number].max);
        } else if (ch_text_is(name, "id")) {
            if (!is_repeated(r, seen, SEEN_ID, "id")) {
                struct ch_text id = read_id(r, "id");
                to->id = id.bytes;
                to->id_length = (uint8_t)id.length;
            }
        } else if (ch_text_is(name, "contributors")) {
            if (!is_repeated(r, seen, SEEN_CONTRIBUTORS, "contributors"))
                read_contributors(r, to);
        } else {
            refuse_unknown(r, name);
        }
    }
}

static void read_contribution(struct reading *r)
{
    struct ch_inputs *in = r->inputs;
    if (in->contribution_count == ENTRIES_MAX) {
        ch_scan_break(&r->scan, "weight_overflow: more than 2^24 contributions");
        return;
    }
    if (!enter(r, NULL, '{'))
        return;
    int64_t value[NUMBERS];
    unsigned seen = 0;
    struct ch_contribution to = {.ordinal = (uint32_t)r->place.index};
    set_defaults(value);
    read_contribution_members(r, &to, value, &seen);
    if (!(seen & 1u << SEEN_ID))
        refuse(r, "id", "is required");
    if (!(seen & 1u << SEEN_CONTRIBUTORS))
        refuse(r, "contributors", "is required");
    to.prefix = ch_id_prefix(to.id, to.id_length);
    to.units = value[UNITS];
    to.quality_ppm = (uint32_t)value[QUALITY];
    to.external = value[EXTERNAL];
    to.window_units = value[WINDOW] < 0 ? value[UNITS] : value[WINDOW];
    to.distinct_licensees = (uint32_t)value[LICENSEES];
    in->contributions =
        ch_arena_grow(r->arena, in->contributions, &r->contribution_room, (in->contribution_count + 1) * sizeof to);
    in->contributions[in->contribution_count++] = to;
}

static void read_array(struct reading *r, const char *name, void (*read)(struct reading *))
{
    if (!enter(r, name, '['))
        return;
    bool first = true;
    r->place.array = name;
    for (r->place.index = 0; ch_scan_item(&r->scan, &first); r->place.index++)
        read(r);
    r->place.array = NULL;
}

static void read_balances(struct reading *r)
{
    struct ch_inputs *in = r->inputs;
    bool first = true;
    struct ch_text name;
    if (!enter(r, "balances", '{'))
        return;
    while (ch_scan_member(&r->scan, &first, &name)) {
        const char *account = ch_memdup(r->arena, name.bytes, name.length);
        const char *at = ch_pointer_name(r->arena, "/balances", account);
        if (name.length > 128)
            ch_refusal_add(r->list, "/balances", "an account has at most 128 characters");
        struct ch_account_balance to = {account, name.length, 0};
        if (ch_scan_kind(&r->scan) != '0') {
            ch_refusal_add(r->list, at, "must be an integer");
            ch_scan_skip(&r->scan);
        } else if (ch_scan_integer(&r->scan, &to.minor) && (to.minor < 0 || to.minor > CH_PAYOUT_MAX)) {
            ch_refusal_add(r->list, at, "must lie between 0 and 9007199254740991");
        }
        in->balances = ch_arena_grow(r->arena, in->balances, &r->balance_room, (in->balance_count + 1) * sizeof to);
        in->balances[in->balance_count++] = to;
    }
}

enum head { SCHEMA, RUN_ID, POT, CURRENCY, RAIL_FEES, BALANCES, RECIPIENTS, CONTRIBUTIONS, HEADS };
static const char *const heads[] = {"schema",   "run_id",     "pot",           "currency", "rail_fees",
                                    "balances", "recipients", "contributions", NULL};

static void read_head_text(struct reading *r, enum head which)
{
    struct ch_text text = which == RUN_ID ? read_id(r, "run_id") : read_text(r, heads[which]);
    if (which == RUN_ID)
        memcpy(r->inputs->run_id, text.bytes, text.length);
    else if (which == SCHEMA && !ch_text_is(text, "distribution-inputs/1"))
        refuse(r, "schema", "must be distribution-inputs/1");
    else if (which == CURRENCY && text.length == 3)
        memcpy(r->inputs->currency, text.bytes, 3);
}

static void read_head(struct reading *r, enum head which)
{
    switch (which) {
    case SCHEMA:
    case RUN_ID:
    case CURRENCY:
        read_head_text(r, which);
        return;
    case POT:
        r->inputs->pot = read_number(r, "pot", CH_PAYOUT_MAX);
        return;
    case RAIL_FEES:
        r->inputs->rail_fees = read_number(r, "rail_fees", CH_PAYOUT_MAX);
        return;
    case BALANCES:
        read_balances(r);
        return;
    case RECIPIENTS:
        read_array(r, "recipients", read_recipient);
        return;
    case CONTRIBUTIONS:
        read_array(r, "contributions", read_contribution);
        return;
    case HEADS:
        return;
    }
}

static void read_document(struct reading *r, const char *run_id)
{
    unsigned seen = run_id ? 1u << RUN_ID : 0;
    bool first = true;
    struct ch_text name;
    if (!enter(r, NULL, '{'))
        return;
    while (ch_scan_member(&r->scan, &first, &name)) {
        unsigned which = 0;
        while (which < HEADS && !ch_text_is(name, heads[which]))
            which++;
        if (which == HEADS)
            refuse_unknown(r, name);
        else if (!is_repeated(r, &seen, which, heads[which]))
            read_head(r, (enum head)which);
    }
    ch_scan_end(&r->scan);
    for (unsigned which = SCHEMA; which <= CURRENCY && !r->scan.broken; which++)
        if (!(seen & 1u << which))
            refuse(r, heads[which], "is required");
}

/* `run_id` NULL: the text has it. */
static struct ch_inputs *parse(const char *text, size_t length, const char *run_id, const struct ch_benefit_rule *rule,
                               struct ch_refusals *list)
{
    struct reading r = {.list = list, .arena = list->arena, .inputs = ch_alloc(list->arena, sizeof *r.inputs)};
    ch_scan_begin(&r.scan, text, length, list);
    if (!r.scan.broken)
        read_document(&r, run_id);
    if (!ch_refusals_none(list))
        return NULL;
    ch_inputs_settle(r.inputs, list);
    if (ch_refusals_none(list))
        ch_inputs_check_rule(r.inputs, rule, list);
    return ch_refusals_none(list) ? r.inputs : NULL;
}

struct ch_inputs *ch_inputs_parse(const char *text, size_t length, const struct ch_benefit_rule *rule,
                                  struct ch_refusals *list)
{
    struct ch_inputs *inputs = parse(text, length, NULL, rule, list);
    if (inputs)
        ch_inputs_hash(inputs);
    return inputs;
}

struct ch_inputs *ch_inputs_parse_normal(const char *text, size_t length, const char *run_id,
                                         const struct ch_benefit_rule *rule, struct ch_refusals *list)
{
    struct ch_inputs *inputs = parse(text, length, run_id, rule, list);
    if (inputs) {
        ch_inputs_name(inputs, run_id);
        ch_sha256_hex(text, length, inputs->sha256);
    }
    return inputs;
}
