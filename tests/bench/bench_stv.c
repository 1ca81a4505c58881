/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An election of so many papers, candidates and seats, one paper a line: seconds of processor from the bytes of the
 * file to the last byte of the result, and of the least anybody must do: read the numbers and sort the papers once. On
 * stdout: papers, candidates, stages, seconds of the count, seconds of reading and sorting; the best of several turns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../services/governance/core/blt.h"
#include "../../services/governance/core/stv.h"

#define TURNS 5

struct file {
    char *text;
    size_t size, papers;
    unsigned candidates, seats;
};

/* Numbers of one line of the baseline, the 0 at their end. */
struct line {
    const uint16_t *numbers;
    size_t count;
};

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static uint64_t seed = 20260907;

static unsigned draw(unsigned below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((seed >> 33) % below);
}

/* A paper ranks a random number of candidates in random order, low numbers more often in front. */
static void write_paper(FILE *out, unsigned candidates)
{
    unsigned order[CH_STV_CANDIDATES_MAX], count = 1 + draw(candidates);
    for (unsigned i = 0; i < candidates; i++)
        order[i] = i + 1;
    fputs("1", out);
    for (unsigned i = 0; i < count; i++) {
        unsigned other = i + draw(1 + draw(candidates - i)), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
        fprintf(out, " %u", order[i]);
    }
    fputs(" 0\n", out);
}

static void write_file(struct file *file)
{
    FILE *out = open_memstream(&file->text, &file->size);
    fprintf(out, "%u %u\n", file->candidates, file->seats);
    for (size_t i = 0; i < file->papers; i++)
        write_paper(out, file->candidates);
    fputs("0\n", out);
    for (unsigned c = 1; c <= file->candidates; c++)
        fprintf(out, "\"Candidate %u\"\n", c);
    fclose(out);
}

static size_t count_stages(const struct file *file)
{
    struct ch_arena *arena = ch_arena_new();
    struct ch_stv_election election;
    struct ch_calc_refusal refusal;
    if (!ch_blt_parse(arena, file->text, file->size, &election, &refusal)) {
        fprintf(stderr, "bench_stv: %s in line %d\n", refusal.slug, refusal.line);
        exit(1);
    }
    const struct ch_stv_result *result = ch_stv_count(arena, &election);
    size_t stages = result->stage_count;
    if (strlen(ch_stv_text(arena, result)) == 0)
        exit(1);
    ch_arena_free(arena);
    return stages;
}

static int compare_lines(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    size_t shorter = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->numbers, b->numbers, shorter * sizeof *a->numbers);
    return order ? order : (a->count > b->count) - (a->count < b->count);
}

/* The baseline; the sum of what was sorted, so that nothing of it can be left out. */
static size_t read_and_sort(const struct file *file)
{
    struct line *lines = calloc(file->papers, sizeof *lines);
    uint16_t *numbers = calloc(file->size / 2 + 1, sizeof *numbers);
    char *at = strchr(file->text, '\n');
    size_t sum = 0;
    for (size_t i = 0, used = 0; i < file->papers; i++) {
        lines[i].numbers = numbers + used;
        do
            numbers[used++] = (uint16_t)strtoul(at, &at, 10);
        while (numbers[used - 1] != 0);
        lines[i].count = (size_t)(numbers + used - lines[i].numbers);
    }
    qsort(lines, file->papers, sizeof *lines, compare_lines);
    for (size_t i = 0; i < file->papers; i++)
        sum += i * lines[i].count;
    free(lines);
    free(numbers);
    return sum;
}

static double best_of(size_t (*work)(const struct file *file), const struct file *file, size_t *result)
{
    double best = 0;
    for (int turn = 0; turn < TURNS; turn++) {
        double start = cpu_seconds();
        *result = work(file);
        double took = cpu_seconds() - start;
        if (turn == 0 || took < best)
            best = took;
    }
    return best;
}

int main(int argc, char **argv)
{
    struct file file = {0};
    size_t stages, sum;
    if (argc != 4 || (file.papers = strtoul(argv[1], NULL, 10)) == 0 ||
        (file.candidates = (unsigned)strtoul(argv[2], NULL, 10)) == 0 || file.candidates > CH_STV_CANDIDATES_MAX ||
        (file.seats = (unsigned)strtoul(argv[3], NULL, 10)) == 0) {
        fprintf(stderr, "usage: bench_stv PAPERS CANDIDATES SEATS\n");
        return 64;
    }
    write_file(&file);
    double count = best_of(count_stages, &file, &stages), sort = best_of(read_and_sort, &file, &sum);
    printf("%zu %u %zu %.6f %.6f\n", file.papers, file.candidates, stages, count, sort);
    free(file.text);
    return sum == 0;
}
