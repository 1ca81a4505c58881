/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Reads BLT files line by line. What programs and people write differs in byte-order marks, line ends, commas, quotes
 * and comments; all of that is accepted, and whatever could change a count is refused. The encoding is of no concern:
 * what counts is ASCII, and of names only that they are there. */
#include <string.h>

#include "blt.h"

struct reader {
    struct ch_arena *arena;
    const char *at, *line_end; /* what is left of this line */
    const char *next, *end;    /* the lines behind it */
    int line;                  /* from 1 */
    struct ch_stv_election *election;
    bool *withdrawn;               /* of the election, while they are being found */
    struct ch_stv_ballot *ballots; /* and its ballots */
    uint16_t *preference;          /* where the next one goes: all ballots' lie behind one another */
    size_t *seen;                  /* by candidate: the latest ballot, counted from 1, with this preference */
    int64_t papers;
    struct ch_calc_refusal *refusal;
};

/* A word of a line that ought to be a number. */
struct number {
    const char *text;
    size_t size;
    bool valid;
    int64_t value; /* beyond CH_STV_SEATS_MAX, the largest of use, some number beyond it */
};

static bool refuse(struct reader *reader, const char *slug, const char *detail)
{
    ch_calc_refuse(reader->refusal, slug, NULL, detail);
    reader->refusal->line = reader->line;
    return false;
}

/* ---- lines and words ---- */

static bool is_separator(char c)
{
    return c == ' ' || c == ',' || (c >= '\t' && c <= '\r');
}

/* Whether there is another word on this line; goes to it. A comment is none. */
static bool more(struct reader *reader)
{
    while (reader->at < reader->line_end && is_separator(*reader->at))
        reader->at++;
    return reader->at < reader->line_end && *reader->at != '#';
}

/* Goes to the next line that has words. False behind the last one. */
static bool next_line(struct reader *reader)
{
    while (reader->next < reader->end) {
        const char *feed = memchr(reader->next, '\n', (size_t)(reader->end - reader->next));
        reader->at = reader->next;
        reader->line_end = feed ? feed : reader->end;
        reader->next = feed ? feed + 1 : reader->end;
        reader->line++;
        if (more(reader))
            return true;
    }
    return false;
}

static int64_t add_digit(int64_t value, char digit)
{
    return value > CH_STV_SEATS_MAX / 10 ? CH_STV_SEATS_MAX + 1 : value * 10 + (digit - '0');
}

/* Not valid, too, where the line has no more words. */
static struct number next_number(struct reader *reader)
{
    bool there = more(reader);
    struct number number = {.text = reader->at};
    bool negative = there && *reader->at == '-';
    size_t digits = 0;
    while (reader->at < reader->line_end && !is_separator(*reader->at) && *reader->at != '#') {
        char c = *reader->at++;
        if (c < '0' || c > '9')
            continue;
        digits++;
        number.value = add_digit(number.value, c);
    }
    number.size = (size_t)(reader->at - number.text);
    number.valid = digits > 0 && digits + negative == number.size;
    if (negative)
        number.value = -number.value;
    return number;
}

/* ---- the parts of a file ---- */

static bool read_header(struct reader *reader)
{
    static const char DETAIL[] = "The file begins with two numbers, of candidates and of seats, both 1 or more.";
    struct ch_stv_election *election = reader->election;
    if (!next_line(reader))
        return refuse(reader, "bad_header", DETAIL);
    struct number candidates = next_number(reader), seats = next_number(reader);
    if (!candidates.valid || candidates.value < 1 || !seats.valid || seats.value < 1 ||
        seats.value > CH_STV_SEATS_MAX || more(reader))
        return refuse(reader, "bad_header", DETAIL);
    if (candidates.value > CH_STV_CANDIDATES_MAX)
        return refuse(reader, "too_large", "There may be 1000 candidates at most.");
    election->candidates = (size_t)candidates.value;
    election->seats = seats.value;
    election->withdrawn = reader->withdrawn =
        ch_alloc_array(reader->arena, election->candidates + 1, sizeof *reader->withdrawn);
    reader->seen = ch_alloc_array(reader->arena, election->candidates + 1, sizeof *reader->seen);
    return true;
}

static bool is_candidate(const struct reader *reader, int64_t value)
{
    return value >= 1 && value <= (int64_t)reader->election->candidates;
}

/* Looks at the whole line, with a reader of its own: nothing but negative numbers. */
static bool is_withdrawal(struct reader reader)
{
    while (more(&reader)) {
        struct number number = next_number(&reader);
        if (!number.valid || number.value >= 0)
            return false;
    }
    return true;
}

static bool read_withdrawal(struct reader *reader)
{
    while (more(reader)) {
        int64_t candidate = -next_number(reader).value;
        if (!is_candidate(reader, candidate))
            return refuse(reader, "candidate_out_of_range", "No candidate has the number that is withdrawn here.");
        reader->withdrawn[candidate] = true;
    }
    return true;
}

/* The preferences of the latest ballot, and the 0 behind them. */
static bool read_preferences(struct reader *reader, struct ch_stv_ballot *ballot)
{
    while (more(reader)) {
        struct number number = next_number(reader);
        if (!number.valid && memchr(number.text, '=', number.size))
            return refuse(reader, "equal_preference", "Candidates cannot share a preference.");
        if (!number.valid)
            return refuse(reader, "bad_number", "The number of a candidate is needed here.");
        if (number.value == 0 && !more(reader))
            return true;
        if (!is_candidate(reader, number.value))
            return refuse(reader, "candidate_out_of_range", "No candidate has this number.");
        if (reader->seen[number.value] == reader->election->ballot_count)
            return refuse(reader, "duplicate_preference", "A candidate stands twice on one paper.");
        reader->seen[number.value] = reader->election->ballot_count;
        *reader->preference++ = (uint16_t)number.value;
        ballot->preference_count++;
    }
    return refuse(reader, "missing_terminator", "A line of preferences ends with 0.");
}

static bool read_ballot(struct reader *reader, const struct number *count)
{
    if (!count->valid)
        return refuse(reader, "bad_number", "The number of papers is needed here.");
    if (count->value < 1)
        return refuse(reader, "bad_count", "There is 1 paper at least on a line.");
    if (count->value > CH_STV_PAPERS_MAX - reader->papers)
        return refuse(reader, "too_large", "There may be 2147483647 papers at most.");
    struct ch_stv_ballot *ballot = &reader->ballots[reader->election->ballot_count++];
    *ballot = (struct ch_stv_ballot){.count = count->value, .preferences = reader->preference};
    reader->papers += count->value;
    return read_preferences(reader, ballot);
}

/* Withdrawals, then ballots, then a line 0. Where a name stands that line was left out. */
static bool read_list(struct reader *reader)
{
    while (next_line(reader) && *reader->at != '"') {
        if (reader->election->ballot_count == 0 && is_withdrawal(*reader)) {
            if (!read_withdrawal(reader))
                return false;
            continue;
        }
        struct number count = next_number(reader);
        if (count.valid && count.value == 0 && !more(reader))
            return true;
        if (!read_ballot(reader, &count))
            return false;
    }
    return refuse(reader, "missing_terminator", "The list of papers ends with a line 0.");
}

static bool read_names(struct reader *reader)
{
    for (size_t names = 0; names < reader->election->candidates; names++) {
        if (!next_line(reader))
            return refuse(reader, "too_few_names", "Each candidate needs a line with a name.");
    }
    return true;
}

bool ch_blt_parse(struct ch_arena *arena, const char *text, size_t size, struct ch_stv_election *election,
                  struct ch_calc_refusal *refusal)
{
    bool marked = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    struct reader reader = {.arena = arena, .election = election, .refusal = refusal};
    reader.next = text + (marked ? 3 : 0);
    reader.end = text + size;
    *election = (struct ch_stv_election){0};
    if (size > CH_BLT_SIZE_MAX)
        return refuse(&reader, "too_large", "A file may have 64 MiB at most.");
    /* A ballot takes four bytes of the file and a preference two, but for what ends the last line. */
    election->ballots = reader.ballots = ch_alloc_array(arena, size / 4 + 1, sizeof *reader.ballots);
    reader.preference = ch_alloc_array(arena, size / 2 + 1, sizeof *reader.preference);
    return read_header(&reader) && read_list(&reader) && read_names(&reader);
}
