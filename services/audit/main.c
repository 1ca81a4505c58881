/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* commonhold-audit: decides everything a second time, another way, from one snapshot of the books, and tells what
 * differs. It changes nothing but its own findings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "commonhold/id.h"

struct audit_check audit_checks[] = {
    {"A3", "loss", audit_runs, "every posted run recomputed from its inputs: lines, funds, hash, number"},
    {"A4", "loss", audit_pots, "a run's pot is its paid slices and what was carried in"},
    {"B3", "breach", audit_bank, "every ledger posting on a bank account has its entry"},
    {"L1", "breach", audit_journal, "every transaction sums to zero and is as its header says"},
    {"L2", "breach", audit_journal, "balances are the sums of their postings, in a chain"},
    {"L3", "loss", audit_journal, "bounds hold after every transaction"},
    {"L4", "breach", audit_journal, "transactions are numbered without gaps, in time"},
    {"LIC-C1", "breach", audit_coverage, "no batch holds rows after their withdrawal"},
    {"LIC-N1", "breach", audit_rows, "pooled rows have an accepted contribution"},
    {"LIC-N2", "breach", audit_consents, "consent that stands is what the events say"},
    {"LIC-N3", "breach", audit_terms, "terms in force are the ones that were voted and carried"},
    {"LIC-N4", "breach", audit_agreements, "grants rest on an agreement that both sides signed and on a decision"},
    {"LIC-N5", "breach", audit_rulings, "no grant against a prohibition or under a sanction"},
    {"LIC-N6", "breach", audit_floors, "no terms count a consent for more than its notice said"},
    {"LIC-N7", "breach", audit_tombstones, "delivered rows that were withdrawn are on the licensee's list"},
    {"LIC-N8", "breach", audit_events, "events give the states of applications and grants"},
    {"LIC-N9", "breach", audit_evaluations, "every stored evaluation decided again, its members counted again"},
    {"M1", "breach", audit_usage, "usage of seals and runs is what metering counted"},
    {"MET-D1", "breach", audit_deliveries, "deliveries are the sums of their batches"},
    {"MET-E1", "breach", audit_quarantine, "what is in quarantine is no usage"},
    {"MET-L1", "breach", audit_leaves, "the log was told of seals and hours what is stored"},
    {"MET-Q1", "breach", audit_quotas, "quotas are not passed and hold what was used"},
    {"MET-U1", "breach", audit_usage_days, "daily usage is the sum of batches, events and queries"},
    {"MET-U2", "breach", audit_spread, "units that named no contribution are sealed by rows"},
    {"O2", "loss", audit_batches, "bank files are the approved bytes and add up"},
    {NULL, NULL, NULL, NULL}};

static const char USAGE[] =
    "usage: commonhold-audit --full | --incremental --source DSN [--findings DSN] [--checks L1,B3] [--sweep N|all]\n"
    "                        [--report json|text] [--as-of TIME] [--statements DIR] [--tiles URL|DIR] [--kept DIR]\n"
    "                        [--exports] [--strict]\n";

static int usage(const char *format, const char *what)
{
    fputs("commonhold-audit: ", stderr);
    fprintf(stderr, format, what);
    fprintf(stderr, "\n%s", USAGE);
    return AUDIT_USAGE;
}

static bool is_number(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length < 7 && strspn(text, "0123456789") == length;
}

/* YYYY-MM-DDTHH:MM:SSZ */
static bool is_time(const char *text)
{
    static const char FORM[] = "dddd-dd-ddTdd:dd:ddZ";
    if (strlen(text) != strlen(FORM))
        return false;
    for (size_t i = 0; FORM[i]; i++)
        if (FORM[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != FORM[i])
            return false;
    return true;
}

static struct audit_check *find_check(const char *id, size_t length)
{
    for (struct audit_check *c = audit_checks; c->id; c++)
        if (strlen(c->id) == length && strncmp(c->id, id, length) == 0)
            return c;
    return NULL;
}

static int choose_checks(const char *ids)
{
    for (struct audit_check *c = audit_checks; c->id; c++)
        c->chosen = ids == NULL;
    while (ids) {
        size_t length = strcspn(ids, ",");
        struct audit_check *check = find_check(ids, length);
        if (!check)
            return usage("--checks: there is no check in \"%s\"", ids);
        check->chosen = true;
        ids = ids[length] ? ids + length + 1 : NULL;
    }
    return 0;
}

/* What the other options' values must look like. */
static int judge(const struct audit_options *o, const char *report)
{
    if (o->full == o->incremental)
        return usage("%s", "one of --full and --incremental is needed");
    if (report && strcmp(report, "json") != 0 && strcmp(report, "text") != 0)
        return usage("--report is json or text, not %s", report);
    if (o->sweep && strcmp(o->sweep, "all") != 0 && !is_number(o->sweep))
        return usage("--sweep is a number of months or all, not %s", o->sweep);
    if (o->as_of && !is_time(o->as_of))
        return usage("--as-of is YYYY-MM-DDTHH:MM:SSZ, not %s", o->as_of);
    if (!o->source)
        return usage("%s", "--source DSN is missing (or COMMONHOLD_AUDIT_SOURCE)");
    return choose_checks(o->checks);
}

struct flag {
    const char *name;
    bool *set;
    const char **value;
};

static int read_one(const struct flag *flags, int argc, char **argv, int *i)
{
    const struct flag *f = flags;
    while (f->name && strcmp(f->name, argv[*i]) != 0)
        f++;
    if (!f->name)
        return usage("%s is no option", argv[*i]);
    if (f->set) {
        *f->set = true;
        return 0;
    }
    if (++*i == argc)
        return usage("%s needs a value", f->name);
    if (*f->value)
        return usage("%s is given twice", f->name);
    *f->value = argv[*i];
    return 0;
}

static int read_options(struct audit_options *o, int argc, char **argv)
{
    const char *report = NULL;
    bool exports = false;
    const struct flag flags[] = {{"--full", &o->full, NULL},
                                 {"--incremental", &o->incremental, NULL},
                                 {"--strict", &o->strict, NULL},
                                 {"--exports", &exports, NULL},
                                 {"--source", NULL, &o->source},
                                 {"--findings", NULL, &o->findings},
                                 {"--checks", NULL, &o->checks},
                                 {"--sweep", NULL, &o->sweep},
                                 {"--report", NULL, &report},
                                 {"--as-of", NULL, &o->as_of},
                                 {"--statements", NULL, &o->statements},
                                 {"--tiles", NULL, &o->tiles},
                                 {"--kept", NULL, &o->kept},
                                 {NULL, NULL, NULL}};
    for (int i = 1; i < argc; i++) {
        int code = read_one(flags, argc, argv, &i);
        if (code)
            return code;
    }
    if (!o->source)
        o->source = getenv("COMMONHOLD_AUDIT_SOURCE");
    o->json = report && strcmp(report, "json") == 0;
    o->exports = exports ? "" : NULL;
    return judge(o, report);
}

static bool run_checks(struct audit *a)
{
    for (struct audit_check *c = audit_checks; c->id; c++) {
        if (!c->chosen || c->done)
            continue;
        a->check = c;
        c->done = true;
        if (!c->run(a))
            return false;
    }
    a->check = NULL;
    return true;
}

static void begin(struct audit *a, const struct audit_options *options)
{
    *a = (struct audit){.arena = ch_arena_new(), .options = options, .unit = "*"};
    ch_id_new(a->id);
    a->found = ch_json_own(a->arena, json_array());
    a->found_keys = ch_json_own(a->arena, json_object());
    a->looked = ch_json_own(a->arena, json_array());
    a->progress = ch_json_own(a->arena, json_array());
    a->vanished = ch_json_own(a->arena, json_array());
    for (struct audit_check *c = audit_checks; c->id; c++)
        c->not_checked = ch_json_own(a->arena, json_array());
}

int main(int argc, char **argv)
{
    struct audit_options options = {0};
    int code = read_options(&options, argc, argv);
    if (code)
        return code;
    struct audit a;
    const char *text = "";
    begin(&a, &options);
    bool good = audit_open(&a) && audit_choose_months(&a) && run_checks(&a) && audit_store(&a) &&
                audit_report(&a, &code, &text) && audit_query(&a, a.findings, "COMMIT", AUDIT_NO_ARGS);
    if (good)
        fputs(text, stdout);
    else
        fprintf(stderr, "commonhold-audit: not finished: %s\n", a.error);
    if (good && fflush(stdout) != 0)
        good = false;
    audit_close(&a);
    ch_arena_free(a.arena);
    return good ? code : AUDIT_UNFINISHED;
}
