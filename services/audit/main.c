/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* commonhold-audit: decides everything a second time, another way, from one snapshot of the books, and tells what
 * differs. It changes nothing but its own findings. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit.h"
#include "commonhold/id.h"

struct audit_check audit_checks[] = {
    {"A1", "breach", audit_run_rules, "money is shared by the rule that was in force when it came, as it was voted"},
    {"A2", "breach", audit_votes,
     "rules and resolutions that money rests on: roll, ballots, quorum and support recounted"},
    {"A3", "loss", audit_runs, "every posted run recomputed from its inputs: lines, funds, hash, number"},
    {"A4", "loss", audit_pots, "a run's pot is its paid slices and what was carried in"},
    {"A5", "loss", audit_shares, "who was listed as what; nobody has a share who may not; floors, caps and leftovers"},
    {"A6", "loss", audit_balances,
     "targets used the balances there were; the reserve is debited under resolutions alone"},
    {"A7", "loss", audit_clawbacks, "clawbacks take what is left of each line, refunds no more than was received"},
    {"A8", "lag", audit_deadlines, "money is shared, and unclaimed money set aside, in time"},
    {"B1", "breach", audit_chain, "statements are one chain, and what the bank's files say"},
    {"B2", "loss", audit_books, "every debit of the bank is justified in the ledger"},
    {"B3", "breach", audit_bank, "every ledger posting on a bank account has its entry"},
    {"B4", "breach", audit_books, "no entry is matched twice, and nothing is booked by two"},
    {"B5", "loss", audit_books, "what came back or was refused is held for its member, once"},
    {"B6", "lag", audit_suspense, "what nobody has explained is not older than thirty days"},
    {"C1", "breach", audit_withdrawals, "nothing after a withdrawal is billed, and what was erased is gone"},
    {"G1", "breach", audit_offices, "each role was another's, and whoever acted held the office then"},
    {"G2", "breach", audit_schema, "the database consists of what this release declares, and its changes are logged"},
    {"GOV-A1", "breach", audit_assets, "assets are held as the votes on them say, and what locks them is at work"},
    {"GOV-A2", "breach", audit_ratchet, "rules, bylaws and prohibitions are loosened by their own procedure alone"},
    {"GOV-B1", "breach", audit_proposals, "ballots are those of members marked as having voted, as the log was told"},
    {"GOV-F1", "breach", audit_proposals,
     "text, effect and rule row stay as they were frozen; each state lasts its time"},
    {"GOV-O1", "breach", audit_seats, "whoever sits was named for it, for its term, and does not sit twice"},
    {"GOV-R1", "breach", audit_proposals, "rolls hold who was to vote when they were taken, under their hash"},
    {"GOV-T1", "breach", audit_proposals, "every tally, election and budget round counted again from the ballots"},
    {"H1", "lag", audit_holds, "holds are still true, and what can be paid is in a batch in time"},
    {"L1", "breach", audit_journal, "every transaction sums to zero and is as its header says"},
    {"L2", "breach", audit_journal, "balances are the sums of their postings, in a chain"},
    {"L3", "loss", audit_journal, "bounds hold after every transaction"},
    {"L4", "breach", audit_journal, "transactions are numbered without gaps, in time"},
    {"L5", "breach", audit_keys, "outside events are booked once, and keys stand for one request"},
    {"L6", "breach", audit_reversals, "reversals are the exact negative of one transaction, once"},
    {"L7", "breach", audit_periods, "closed months stay as they were frozen"},
    {"L8", "breach", audit_evidence, "documents have the hashes they are booked by"},
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
    {"M2", "breach", audit_rights, "all usage has a grant and a consent in force at its time"},
    {"M3", "breach", audit_windows, "windows and licensees counted again; nobody licensed the own contribution"},
    {"MET-D1", "breach", audit_deliveries, "deliveries are the sums of their batches"},
    {"MET-E1", "breach", audit_quarantine, "what is in quarantine is no usage"},
    {"MET-L1", "breach", audit_leaves, "the log was told of seals and hours what is stored"},
    {"MET-Q1", "breach", audit_quotas, "quotas are not passed and hold what was used"},
    {"MET-U1", "breach", audit_usage_days, "daily usage is the sum of batches, events and queries"},
    {"MET-U2", "breach", audit_spread, "units that named no contribution are sealed by rows"},
    {"O1", "loss", audit_payouts, "every line of a bank file is a payable that was debited for it"},
    {"O2", "loss", audit_payouts, "bank files are the approved bytes and add up"},
    {"O3", "loss", audit_payouts, "payees are paid on accounts that were confirmed and valid"},
    {"O4", "breach", audit_payouts, "two others than the maker signed each batch before it left"},
    {"O5", "loss", audit_payouts, "batches and payments go forward, and nothing is sent twice"},
    {"O6", "breach", audit_in_flight, "nothing stays in flight of a batch that has ended, none is open too long"},
    {"R1", "breach", audit_books, "invoices are the plan applied to usage, add up, and are their documents"},
    {"R2", "breach", audit_books, "invoice numbers have no gaps, and each has one transaction"},
    {"R3", "breach", audit_books, "receipts pay what was open of their invoices, and no more"},
    {"T1", "breach", audit_log, "leaves, tiles and root made again from the entries, here and as published"},
    {"T2", "breach", audit_logged, "what must be logged has one leaf, and each leaf is about something that is there"},
    {"T3", "breach", audit_log, "the log begins with every checkpoint that was signed or kept"},
    {"T4", "breach", audit_log, "checkpoints are signed by the keys of their time and by no other"},
    {"T5", "breach", audit_log, "the log never shrank, and nothing waits for it too long"},
    {"X1", "breach", audit_exports, "other programs read the journal and come to the ledger's balances"},
    {NULL, NULL, NULL, NULL}};

static const char USAGE[] =
    "usage: commonhold-audit --full | --incremental --source DSN [--findings DSN] [--checks L1,B3] [--sweep N|all]\n"
    "                        [--report json|text] [--as-of TIME] [--statements DIR] [--tiles URL|DIR] [--kept DIR]\n"
    "                        [--policy FILE] [--witnesses DIR] [--timestamp-ca FILE] [--cosign DIR] [--exports [DIR]]\n"
    "                        [--declared FILE] [--strict]\n"
    "       commonhold-audit explain | settle ... (see there)\n"
    "       commonhold-audit --declare --source DSN\n";

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
    if (o->full + o->incremental + o->declare != 1)
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
    if (f->set)
        *f->set = true;
    /* Where a flag may have a value, what looks like an option is none. */
    if (!f->value || (f->set && (*i + 1 == argc || argv[*i + 1][0] == '-')))
        return 0;
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
                                 {"--declare", &o->declare, NULL},
                                 {"--exports", &exports, &o->exports},
                                 {"--source", NULL, &o->source},
                                 {"--findings", NULL, &o->findings},
                                 {"--checks", NULL, &o->checks},
                                 {"--sweep", NULL, &o->sweep},
                                 {"--report", NULL, &report},
                                 {"--as-of", NULL, &o->as_of},
                                 {"--declared", NULL, &o->declared},
                                 {"--statements", NULL, &o->statements},
                                 {"--tiles", NULL, &o->tiles},
                                 {"--kept", NULL, &o->kept},
                                 {"--policy", NULL, &o->policy},
                                 {"--witnesses", NULL, &o->witnesses},
                                 {"--timestamp-ca", NULL, &o->timestamp_ca},
                                 {"--cosign", NULL, &o->cosign},
                                 {NULL, NULL, NULL}};
    for (int i = 1; i < argc; i++) {
        int code = read_one(flags, argc, argv, &i);
        if (code)
            return code;
    }
    if (!o->source)
        o->source = getenv("COMMONHOLD_AUDIT_SOURCE");
    if (!o->declared)
        o->declared = getenv("COMMONHOLD_AUDIT_DECLARED");
    o->json = report && strcmp(report, "json") == 0;
    if (exports && !o->exports)
        o->exports = "";
    return judge(o, report);
}

bool audit_run_check(struct audit *a, struct audit_check *check)
{
    if (!check->chosen || check->done)
        return true;
    a->check = check;
    check->done = true;
    return check->run(a);
}

/* The schema first: the other checks call functions that lie in it. */
static bool run_checks(struct audit *a)
{
    if (!audit_run_check(a, find_check("G2", 2)) || !audit_run_halves(a))
        return false;
    a->check = NULL;
    return true;
}

void audit_forget(struct audit *a)
{
    a->found = ch_json_own(a->arena, json_array());
    a->found_keys = ch_json_own(a->arena, json_object());
    a->looked = ch_json_own(a->arena, json_array());
    a->progress = ch_json_own(a->arena, json_array());
    a->vanished = ch_json_own(a->arena, json_array());
}

static void begin(struct audit *a, const struct audit_options *options)
{
    *a = (struct audit){.arena = ch_arena_new(), .options = options, .unit = "*"};
    ch_id_new(a->id);
    audit_forget(a);
    for (struct audit_check *c = audit_checks; c->id; c++)
        c->not_checked = ch_json_own(a->arena, json_array());
}

static bool print_report(struct audit *a, const char *text)
{
    return (fputs(text, stdout) >= 0 && fflush(stdout) == 0) || audit_fail(a, "the report cannot be written: %m");
}

/* What nobody could read is not kept. */
static bool audit_all(struct audit *a, int *code)
{
    const char *text;
    return audit_cosign_begin(a) && audit_choose_months(a) && run_checks(a) && audit_store(a) &&
           audit_report(a, code, &text) && print_report(a, text) &&
           audit_query(a, a->findings, "COMMIT", AUDIT_NO_ARGS) && audit_cosign(a, *code);
}

static int run_audit(const struct audit_options *options)
{
    struct audit a;
    int code = AUDIT_CLEAN;
    begin(&a, options);
    bool good = audit_open(&a) && (options->declare ? audit_declare(&a) : audit_all(&a, &code));
    if (!good)
        fprintf(stderr, "commonhold-audit: not finished%s%s: %s\n", a.check ? ", in " : "", a.check ? a.check->id : "",
                a.error);
    audit_close(&a);
    audit_cosign_end(&a);
    ch_arena_free(a.arena);
    return good ? code : AUDIT_UNFINISHED;
}

/* The audit is a process of its own: should a check crash, the answer is "not finished" and never anything else. It
 * does not outlive this one. */
static int watch_audit(const struct audit_options *options)
{
    pid_t watcher = getpid(), child = fork();
    if (child == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != watcher)
            _exit(AUDIT_UNFINISHED);
        exit(run_audit(options));
    }
    int status = 0;
    if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
        return WEXITSTATUS(status);
    if (child < 0)
        perror("commonhold-audit: not finished");
    else
        fprintf(stderr, "commonhold-audit: not finished: ended by signal %d\n", WTERMSIG(status));
    return AUDIT_UNFINISHED;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "explain") == 0)
        return audit_explain(argc, argv);
    if (argc > 1 && strcmp(argv[1], "settle") == 0)
        return audit_settle(argc, argv);
    struct audit_options options = {0};
    int code = read_options(&options, argc, argv);
    return code ? code : watch_audit(&options);
}
