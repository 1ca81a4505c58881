/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Builds Datasets and the Catalog around them. What is offered is read off the parsed terms, the rest off the charter;
 * counts are given and only shown or hidden here. */
#include "catalogue.h"

#include <string.h>

#include "zulu.h"

#define LEAST 5 /* a smaller count is nobody's business */
#define VCARD "http://www.w3.org/2006/vcard/ns#"
#define FOAF  "http://xmlns.com/foaf/0.1/"
#define LABEL "http://www.w3.org/2000/01/rdf-schema#label"
#define DPV   "https://w3id.org/dpv#"
#define EVERY "http://publications.europa.eu/resource/authority/frequency/"
#define MEDIA "https://www.iana.org/assignments/media-types/"

/* ---- counts ---- */

/* True when the rows of `a` are better to show than those of `b`. */
static bool goes_first(const struct ch_coverage *a, const struct ch_coverage *b)
{
    if (a->contributors != b->contributors)
        return a->contributors > b->contributors;
    if (a->rows != b->rows)
        return a->rows > b->rows;
    return a < b;
}

static bool tells_of_few(const struct ch_coverage *a, const struct ch_coverage *b)
{
    int64_t apart =
        a->contributors > b->contributors ? a->contributors - b->contributors : b->contributors - a->contributors;
    return a->rows != b->rows && apart < LEAST;
}

static struct ch_coverage *next_to_show(struct ch_coverage *list, size_t count, const bool *seen)
{
    struct ch_coverage *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!seen[i] && (!best || goes_first(&list[i], best)))
            best = &list[i];
    return best;
}

void ch_coverage_hide(struct ch_coverage *list, size_t count)
{
    bool seen[64] = {false};
    if (count > sizeof seen)
        count = sizeof seen;
    for (size_t i = 0; i < count; i++) {
        list[i].show_members = list[i].members >= LEAST;
        list[i].show_rows = false;
    }
    for (size_t turn = 0; turn < count; turn++) {
        struct ch_coverage *one = next_to_show(list, count, seen);
        seen[one - list] = true;
        bool show = one->show_members && one->rows >= LEAST && one->contributors >= LEAST;
        for (size_t i = 0; i < count && show; i++)
            show = !list[i].show_rows || !tells_of_few(&list[i], one);
        one->show_rows = show;
    }
}

/* ---- what is offered ---- */

/* The lowest floor under which a class may ask for a purpose; -1: it may not. */
static int64_t floor_of(const struct ch_terms *terms, const json_t *trust_prohibits, unsigned purpose, unsigned org)
{
    uint64_t bit = UINT64_C(1) << purpose;
    int64_t floor = -1;
    for (size_t i = 0; i < terms->rule_count; i++) {
        const struct ch_rule *rule = &terms->rules[i];
        if (!(rule->org_classes >> org & 1) || !(rule->purposes & bit))
            continue;
        if (ch_rule_is_outright(rule))
            return -1;
        if (rule->effect != CH_EFFECT_PROHIBIT && !ch_rule_is_void(rule) &&
            (ch_odrl_purposes(rule, trust_prohibits) & bit) && (floor < 0 || rule->notice_floor < floor))
            floor = rule->notice_floor;
    }
    return floor;
}

json_t *ch_catalogue_offered(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits)
{
    json_t *list = ch_json_own(arena, json_array());
    for (unsigned p = 0; p < ch_purpose_count; p++)
        for (unsigned c = 0; c < CH_ORG_CLASS_UNKNOWN; c++) {
            int64_t floor = floor_of(terms, trust_prohibits, p, c);
            if (floor >= 0)
                json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "purpose", ch_purposes[p].code, "org_class",
                                                      CH_WORDS_ORG_CLASSES.texts[c], "floor", (json_int_t)floor));
        }
    return list;
}

json_t *ch_catalogue_concerning(struct ch_arena *arena, const struct ch_terms *terms, const json_t *trust_prohibits)
{
    json_t *list = ch_json_own(arena, json_array());
    for (size_t i = 0; i < json_array_size(trust_prohibits); i++) {
        json_t *one = json_array_get(trust_prohibits, i), *alone = json_pack("[O]", one);
        bool takes = false;
        for (size_t r = 0; r < terms->rule_count; r++)
            takes |= terms->rules[r].effect != CH_EFFECT_PROHIBIT &&
                     ch_odrl_purposes(&terms->rules[r], alone) != ch_odrl_purposes(&terms->rules[r], NULL);
        if (takes)
            json_array_append(list, one);
        json_decref(alone);
    }
    return list;
}

/* ---- members of a Dataset; json_t arguments are taken over ---- */

static json_t *iri(const char *text)
{
    return json_pack("{s:s}", "@id", text);
}

static json_t *typed(const char *value, const char *type)
{
    return json_pack("{s:s, s:s}", "@value", value, "@type", type);
}

/* scheme:rest without blanks and quotes, so that it can stand as an identifier. */
static bool is_iri(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return scheme > 1 && text[scheme] == ':' && text[scheme + 1] && !strpbrk(text, " \t\n\"<>\\^`{|}");
}

static json_t *publisher(const json_t *controller)
{
    const char *id = ch_text_of(controller, "id");
    json_t *made = json_pack("{s:s, s:s}", "@type", FOAF "Agent", FOAF "name", ch_text_of(controller, "name"));
    if (id && is_iri(id))
        json_object_set_new(made, "@id", json_string(id));
    return made;
}

static json_t *contact(struct ch_arena *arena, const json_t *controller)
{
    const char *text = ch_text_of(controller, "contact");
    json_t *made = json_pack("{s:s, s:s}", "@type", VCARD "Organization", VCARD "fn", ch_text_of(controller, "name"));
    const char *mail = ch_printf(arena, "mailto:%s", text);
    if (is_iri(text))
        json_object_set_new(made, VCARD "hasURL", iri(text));
    else if (strchr(text, '@') && is_iri(mail))
        json_object_set_new(made, VCARD "hasEmail", iri(mail));
    else
        json_object_set_new(made, VCARD "note", json_string(text));
    return made;
}

/* By what kind of data the columns say they hold; without any, personal data of the kind the charter names. */
static json_t *themes(const json_t *facts)
{
    json_t *list = json_array(), *fields = json_object_get(json_object_get(facts, "schema"), "fields");
    json_t *seen = json_object();
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const char *type = ch_text_of(json_array_get(fields, i), "ch:data_type");
        if (!type || !is_iri(type) || json_object_get(seen, type))
            continue;
        json_object_set_new(seen, type, json_true());
        json_array_append_new(list, iri(type));
    }
    bool special = ch_true_of(json_object_get(facts, "charter"), "special_category");
    if (json_array_size(list) == 0)
        json_array_append_new(list, iri(special ? DPV "SpecialCategoryPersonalData" : DPV "PersonalData"));
    json_decref(seen);
    return list;
}

static json_t *period(const json_t *temporal)
{
    const char *from = ch_text_of(temporal, "from"), *until = ch_text_of(temporal, "until");
    json_t *made = json_pack("{s:s}", "@type", "dct:PeriodOfTime");
    if (from)
        json_object_set_new(made, "dcat:startDate", typed(from, strlen(from) > 10 ? "xsd:dateTime" : "xsd:date"));
    if (until)
        json_object_set_new(made, "dcat:endDate", typed(until, strlen(until) > 10 ? "xsd:dateTime" : "xsd:date"));
    return made;
}

/* The words people use, in the vocabulary that DCAT-AP asks for; any other text stays text. */
static json_t *frequency(struct ch_arena *arena, const char *text)
{
    static const char *const known[][2] = {
        {"continuous", "CONT"},     {"continuously", "CONT"}, {"real time", "CONT"},  {"hourly", "HOURLY"},
        {"daily", "DAILY"},         {"weekly", "WEEKLY"},     {"monthly", "MONTHLY"}, {"quarterly", "QUARTERLY"},
        {"yearly", "ANNUAL"},       {"annual", "ANNUAL"},     {"annually", "ANNUAL"}, {"irregular", "IRREG"},
        {"as needed", "AS_NEEDED"}, {"never", "NEVER"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i][0], text) == 0)
            return iri(ch_printf(arena, "%s%s", EVERY, known[i][1]));
    return json_pack("{s:s, s:s}", "@type", "dct:Frequency", LABEL, text);
}

static json_t *service(struct ch_arena *arena, const char *origin)
{
    const char *url = ch_printf(arena, "%s/metering/v1", origin);
    return json_pack("{s:s, s:s, s:s}", "@id", url, "@type", "DataService", "endpointURL", url);
}

/* What GET /metering/v1/pools/{pool}/rows gives: the reader pulls it with the token of a grant. */
static json_t *distributions(struct ch_arena *arena, const char *origin)
{
    static const char *const media[] = {MEDIA "text/csv", MEDIA "application/x-ndjson"};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof media / sizeof *media; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:{s:s}}", "@type", "Distribution", "format", "HttpData-PULL",
                                        "accessService", service(arena, origin), "dcat:mediaType", "@id", media[i]));
    return list;
}

static json_t *money(const json_t *amount)
{
    return json_pack("{s:O, s:O}", CH_NS "minor", json_object_get(amount, "minor"), CH_NS "currency",
                     json_object_get(amount, "currency"));
}

static json_t *codes(const json_t *purposes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(purposes); i++)
        json_array_append_new(list, json_pack("{s:s+}", "@id", CH_NS, json_string_value(json_array_get(purposes, i))));
    return list;
}

static json_t *price(const json_t *tier)
{
    const json_t *given = json_object_get(tier, "price"), *cap = json_object_get(given, "cap");
    json_t *made =
        json_pack("{s:s, s:O, s:o}", CH_NS "tier", ch_text_of(tier, "id"), CH_NS "orgClass",
                  json_object_get(tier, "org_classes"), CH_NS "purpose", codes(json_object_get(tier, "purposes")));
    json_object_set_new(made, CH_NS "base", money(json_object_get(given, "base")));
    json_object_set_new(made, CH_NS "unit", money(json_object_get(given, "unit")));
    json_object_set(made, CH_NS "unitRows", json_object_get(given, "unit_rows"));
    json_object_set(made, CH_NS "freeRows", json_object_get(given, "free_rows"));
    if (json_is_object(cap))
        json_object_set_new(made, CH_NS "cap", money(cap));
    return made;
}

/* Of the tiers that a rule on offer can lead to, in the document's order. */
static json_t *prices(const struct ch_terms *terms, const json_t *trust_prohibits)
{
    json_t *list = json_array();
    for (size_t t = 0; t < terms->tier_count; t++) {
        bool reached = false;
        for (size_t r = 0; r < terms->rule_count; r++)
            for (size_t i = 0; i < terms->rules[r].tier_count; i++)
                reached |= terms->rules[r].tiers[i] == t && ch_odrl_purposes(&terms->rules[r], trust_prohibits) != 0;
        if (reached)
            json_array_append_new(list, price(json_array_get(json_object_get(terms->doc, "tiers"), t)));
    }
    return list;
}

static json_t *coverage_of(const json_t *counted)
{
    struct ch_coverage list[64];
    size_t count = json_array_size(counted) < 64 ? json_array_size(counted) : 64;
    json_t *made = json_array();
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(counted, i);
        list[i] = (struct ch_coverage){.purpose = ch_text_of(one, "purpose"),
                                       .members = ch_integer_of(one, "members"),
                                       .rows = ch_integer_of(one, "rows"),
                                       .contributors = ch_integer_of(one, "contributors")};
    }
    ch_coverage_hide(list, count);
    for (size_t i = 0; i < count; i++) {
        json_t *one = json_pack("{s:{s:s+}}", CH_NS "purpose", "@id", CH_NS, list[i].purpose);
        if (list[i].show_members)
            json_object_set_new(one, CH_NS "members", json_integer(list[i].members));
        if (list[i].show_rows)
            json_object_set_new(one, CH_NS "rows", json_integer(list[i].rows));
        json_array_append_new(made, one);
    }
    return made;
}

/* ---- the Dataset ---- */

static void add_description(struct ch_arena *arena, json_t *to, const json_t *facts, const char *origin)
{
    const json_t *charter = json_object_get(facts, "charter"), *controller = json_object_get(charter, "controller");
    const char *ref = ch_text_of(facts, "ref");
    json_object_set(to, "dct:title", json_object_get(charter, "title"));
    json_object_set(to, "dct:description", json_object_get(charter, "description"));
    json_object_set_new(to, "dct:publisher", publisher(controller));
    json_object_set_new(to, "dct:conformsTo", iri(ch_printf(arena, "%s/licensing/v1/pools/%s/schema", origin, ref)));
    if (json_array_size(json_object_get(charter, "keywords")) > 0)
        json_object_set(to, "dcat:keyword", json_object_get(charter, "keywords"));
    json_object_set_new(to, "dcat:theme", themes(facts));
    json_object_set_new(to, "dct:spatial",
                        json_pack("{s:s, s:O}", "@type", "dct:Location", LABEL, json_object_get(charter, "spatial")));
    json_object_set_new(to, "dct:temporal", period(json_object_get(charter, "temporal")));
    json_object_set_new(to, "dct:accrualPeriodicity", frequency(arena, ch_text_of(charter, "update_frequency")));
    json_object_set_new(to, "dct:issued", typed(ch_text_of(facts, "issued"), "xsd:dateTime"));
    json_object_set_new(to, "dct:modified", typed(ch_text_of(facts, "modified"), "xsd:dateTime"));
    json_object_set_new(to, "dcat:version",
                        json_sprintf("%lld.%lld", (long long)ch_integer_of(facts, "charter_version"),
                                     (long long)ch_integer_of(facts, "terms_version")));
    json_object_set_new(to, "dcat:contactPoint", contact(arena, controller));
}

static bool is_listed(const json_t *facts, const struct ch_terms *terms)
{
    const char *state = ch_text_of(facts, "state");
    int64_t at = ch_time_of(facts, "at");
    return (strcmp(state, "open") == 0 || strcmp(state, "paused") == 0) && terms->from <= at && at < terms->until;
}

json_t *ch_catalogue_dataset(struct ch_arena *arena, const json_t *facts, const struct ch_terms *terms,
                             const json_t *coverage, const char *origin)
{
    const json_t *concerning = ch_catalogue_concerning(arena, terms, json_object_get(facts, "prohibitions"));
    const json_t *offers = is_listed(facts, terms) ? ch_odrl_offers(arena, terms, concerning) : NULL;
    if (json_array_size(offers) == 0)
        return NULL;
    json_t *made = ch_json_pack(arena, "{s:s+, s:s, s:O}", "@id", "urn:uuid:", ch_text_of(facts, "pool_id"), "@type",
                                "Dataset", "hasPolicy", offers);
    add_description(arena, made, facts, origin);
    json_object_set_new(made, "dct:license",
                        iri(ch_printf(arena, "%s/licensing/v1/terms/%s", origin, ch_text_of(facts, "terms_id"))));
    json_object_set_new(made, "distribution", distributions(arena, origin));
    json_object_set_new(made, CH_NS "termsHash", json_string(terms->hash));
    json_object_set_new(made, CH_NS "price", prices(terms, concerning));
    json_object_set_new(made, CH_NS "coverage", coverage_of(coverage));
    if (ch_integer_of(facts, "contributors") >= LEAST && json_is_integer(json_object_get(facts, "quality_ppm")))
        json_object_set(made, CH_NS "quality", json_object_get(facts, "quality_ppm"));
    return made;
}

json_t *ch_catalogue_alone(struct ch_arena *arena, const json_t *dataset)
{
    json_t *made = ch_json_own(arena, json_copy((json_t *)(uintptr_t)dataset));
    json_object_set_new(made, "@context", json_pack("[s]", CH_DSP_CONTEXT));
    return made;
}

/* The parts one behind the other: a page is more than a megabyte, so that each pass over it counts. */
static char *joined(struct ch_arena *arena, const char *const *parts, size_t count)
{
    size_t sizes[8], size = 0;
    for (size_t i = 0; i < count; i++)
        size += sizes[i] = strlen(parts[i]);
    char *text = ch_alloc(arena, size + 1), *end = text;
    for (size_t i = 0; i < count; i++) {
        memcpy(end, parts[i], sizes[i]);
        end += sizes[i];
    }
    *end = '\0';
    return text;
}

char *ch_catalogue_page(struct ch_arena *arena, const char *origin, const char *datasets, const char *cursor,
                        const char *next)
{
    json_t *head = ch_json_pack(arena, "{s:[s], s:s+, s:s}", "@context", CH_DSP_CONTEXT, "@id", origin,
                                "/licensing/v1/catalogue", "@type", "Catalog");
    json_t *tail = ch_json_pack(arena, "{s:s?, s:s, s:[o]}", "next", cursor, "participantId", origin, "service",
                                service(arena, origin));
    size_t length;
    char *first = ch_json_canonical(arena, head, &length);
    const char *last = ch_json_canonical(arena, tail, NULL);
    const char *more = next ? ch_printf(arena, ",\"%snext\":%s", CH_NS,
                                        ch_json_canonical(arena, ch_json_pack(arena, "{s:s}", "@id", next), NULL))
                            : "";
    first[length - 1] = '\0'; /* the brace comes with the tail */
    const char *const parts[] = {first,   *datasets ? ",\"dataset\":[" : "", datasets, *datasets ? "]" : "", more, ",",
                                 last + 1};
    return joined(arena, parts, sizeof parts / sizeof *parts);
}
