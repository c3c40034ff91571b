/* SPDX-License-Identifier: Apache-2.0 */
/*
 * darse-demo-enterprises: an invented enterprise register with the shape of a French one, any size,
 * seeded, as CSV on standard output. No unit of it exists.
 *
 * What is real-shaped: the activity at three nested levels (A10, A21, A88 of NACE rev. 2), the
 * territory at three nested levels (NUTS 2013), shares of size classes and legal categories, sampling
 * weights of small units, and amounts (thousand euros) that are lognormal within a size class with a
 * Pareto tail: in most activities a few units make the total, which is what disclosure rules are
 * about. Plain C on libc and libm, one row at a time: memory does not grow with the number of rows.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_DEFAULT 20000
#define ROWS_MAX 1000000000
#define DOMINANT_SHARE 0.002      /* units of the Pareto tail */
#define DOMINANT_FLOOR 30000.0    /* thousand euros */
#define DOMINANT_EXPONENT 1.1
#define TURNOVER_MAX 90000000.0   /* about the largest real one */

typedef struct Division {
    const char *a88;
    double weight;                /* relative number of units */
    double level;                 /* added to the mean of log turnover */
    double production_ratio;      /* median of production / turnover */
} Division;

typedef struct Section {
    const char *a10, *a21;
    Division divisions[26];       /* ends with a88 NULL */
} Section;

static const Section sections[] = {
    {"AZ", "A", {{"01", 30, -0.6, .75}, {"02", 4, -0.4, .70}, {"03", 1, 0.0, .75}}},
    {"BE", "B", {{"05", .02, 0.2, .6}, {"06", .05, 2.0, .6}, {"07", .05, 0.8, .6},
                 {"08", 1.2, 0.6, .6}, {"09", .2, 0.4, .6}}},
    {"BE", "C", {{"10", 26, 0.1, .55}, {"11", 2.2, 0.6, .60}, {"12", .03, 2.5, .60},
                 {"13", 2.5, 0.0, .60}, {"14", 4, -0.2, .55}, {"15", 1, 0.2, .55},
                 {"16", 4.5, 0.2, .60}, {"17", .8, 0.9, .60}, {"18", 6, -0.1, .65},
                 {"19", .04, 3.5, .40}, {"20", 1.8, 1.2, .55}, {"21", .3, 2.2, .60},
                 {"22", 2.6, 0.8, .60}, {"23", 4, 0.3, .60}, {"24", .7, 1.4, .55},
                 {"25", 12, 0.3, .65}, {"26", 1.8, 0.9, .60}, {"27", 1.4, 0.9, .60},
                 {"28", 3.2, 0.9, .60}, {"29", 1.2, 1.6, .50}, {"30", .6, 1.8, .55},
                 {"31", 5, -0.2, .60}, {"32", 8, -0.1, .65}, {"33", 13, 0.0, .70}}},
    {"BE", "D", {{"35", 14, 0.3, .45}}},
    {"BE", "E", {{"36", .7, 0.8, .60}, {"37", 1.6, 0.2, .65}, {"38", 3.2, 0.5, .55},
                 {"39", .5, 0.2, .65}}},
    {"FZ", "F", {{"41", 20, 0.4, .70}, {"42", 4, 0.9, .70}, {"43", 150, -0.2, .65}}},
    {"GI", "G", {{"45", 42, 0.3, .22}, {"46", 60, 0.9, .18}, {"47", 140, 0.0, .20}}},
    {"GI", "H", {{"49", 45, 0.0, .70}, {"50", .8, 0.9, .70}, {"51", .3, 1.8, .65},
                 {"52", 4.5, 1.0, .65}, {"53", 2.5, 0.2, .75}}},
    {"GI", "I", {{"55", 20, 0.2, .70}, {"56", 70, -0.1, .60}}},
    {"JZ", "J", {{"58", 5, 0.4, .70}, {"59", 8, 0.0, .70}, {"60", .5, 1.0, .65},
                 {"61", 1, 1.6, .60}, {"62", 28, 0.1, .75}, {"63", 4, 0.2, .75}}},
    {"KZ", "K", {{"64", 20, 0.8, .60}, {"65", .5, 2.5, .50}, {"66", 14, 0.0, .75}}},
    {"LZ", "L", {{"68", 60, -0.1, .75}}},
    {"MN", "M", {{"69", 32, 0.0, .80}, {"70", 45, 0.2, .75}, {"71", 28, 0.1, .75},
                 {"72", 2.5, 0.5, .70}, {"73", 12, 0.1, .65}, {"74", 26, -0.4, .80},
                 {"75", 2.4, -0.1, .75}}},
    {"MN", "N", {{"77", 10, 0.3, .65}, {"78", 2.2, 1.2, .90}, {"79", 3, 0.7, .40},
                 {"80", 3, 0.4, .85}, {"81", 22, 0.0, .80}, {"82", 24, -0.2, .70}}},
    {"OQ", "O", {{"84", .1, 1.0, .80}}},
    {"OQ", "P", {{"85", 40, -0.5, .85}}},
    {"OQ", "Q", {{"86", 75, -0.2, .85}, {"87", 2, 1.2, .85}, {"88", 12, 0.2, .85}}},
    {"RU", "R", {{"90", 30, -0.7, .80}, {"91", .6, 0.3, .75}, {"92", .4, 1.2, .40},
                 {"93", 20, -0.3, .75}}},
    {"RU", "S", {{"94", 4, 0.1, .85}, {"95", 8, -0.4, .60}, {"96", 48, -0.6, .75}}},
};
#define SECTION_COUNT (sizeof sections / sizeof *sections)

typedef struct Region {
    const char *nuts2;
    int departments;              /* NUTS3 codes are nuts2 then 1..departments */
    double weight;
} Region;

static const Region regions[] = {
    {"FR10", 8, 240}, {"FR21", 4, 15}, {"FR22", 3, 20}, {"FR23", 2, 22}, {"FR24", 6, 30},
    {"FR25", 3, 18},  {"FR26", 4, 20}, {"FR30", 2, 46}, {"FR41", 4, 25}, {"FR42", 2, 25},
    {"FR43", 4, 14},  {"FR51", 5, 46}, {"FR52", 4, 42}, {"FR53", 4, 22}, {"FR61", 5, 52},
    {"FR62", 8, 48},  {"FR63", 3, 8},  {"FR71", 8, 105}, {"FR72", 4, 17}, {"FR81", 5, 48},
    {"FR82", 6, 95},  {"FR83", 2, 7},
};
#define REGION_COUNT (sizeof regions / sizeof *regions)

typedef struct Class {
    const char *name;
    double weight;
    double mean, deviation;       /* of log turnover, thousand euros */
    double sampled;               /* share of units that stand for others */
} Class;

static const Class sizes[] = {
    {"tr1", 897, 5.4, 1.15, .06}, {"tr2", 98, 7.9, 0.95, .02}, {"tr3", 5, 10.2, 1.0, 0},
};
static const Class legal[] = {{"LL", 587}, {"SP", 409}, {"PA", 4}};
static const Class types[] = {{"1", 468}, {"2", 328}, {"3", 115}, {"4", 89}};

/* ---- random numbers: xoshiro256** seeded by splitmix64 (Blackman and Vigna, public domain) ---- */

typedef struct Random {
    uint64_t s[4];
} Random;

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static void random_seed(Random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random->s[i] = z ^ (z >> 31);
    }
}

static uint64_t random_next(Random *random)
{
    uint64_t *s = random->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* In ]0, 1[: never 0, so that its logarithm exists. */
static double random_uniform(Random *random)
{
    return ((double)(random_next(random) >> 11) + 0.5) / 9007199254740992.0;
}

static double random_normal(Random *random)
{
    double radius = sqrt(-2 * log(random_uniform(random)));
    return radius * cos(6.283185307179586 * random_uniform(random));
}

static const Class *pick_class(Random *random, const Class *classes, size_t count)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += classes[i].weight;
    double x = random_uniform(random) * total;
    size_t i = 0;
    while (i + 1 < count && (x -= classes[i].weight) > 0)
        i++;
    return &classes[i];
}

/* ---- one unit ---- */

typedef struct Activity {
    const Section *section;
    const Division *division;
    double cumulated;
} Activity;

static Activity activities[SECTION_COUNT * 26];
static size_t activity_count;

static void fill_activities(void)
{
    double total = 0;
    for (size_t s = 0; s < SECTION_COUNT; s++) {
        for (const Division *d = sections[s].divisions; d->a88 != NULL; d++)
            activities[activity_count++] = (Activity){&sections[s], d, total += d->weight};
    }
}

static const Activity *pick_activity(Random *random)
{
    double x = random_uniform(random) * activities[activity_count - 1].cumulated;
    size_t low = 0, high = activity_count - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (activities[middle].cumulated < x)
            low = middle + 1;
        else
            high = middle;
    }
    return &activities[low];
}

static const Region *pick_region(Random *random)
{
    double total = 0;
    for (size_t i = 0; i < REGION_COUNT; i++)
        total += regions[i].weight;
    double x = random_uniform(random) * total;
    size_t i = 0;
    while (i + 1 < REGION_COUNT && (x -= regions[i].weight) > 0)
        i++;
    return &regions[i];
}

static double draw_turnover(Random *random, const Class *size, const Division *division)
{
    double value = exp(size->mean + division->level + size->deviation * random_normal(random));
    if (random_uniform(random) < DOMINANT_SHARE)
        value += DOMINANT_FLOOR * exp(0.4 * division->level) *
                 pow(random_uniform(random), -1 / DOMINANT_EXPONENT);
    return fmin(value, TURNOVER_MAX);
}

static void print_unit(Random *random)
{
    const Activity *activity = pick_activity(random);
    const Class *size = pick_class(random, sizes, sizeof sizes / sizeof *sizes);
    const Class *category = pick_class(random, legal, sizeof legal / sizeof *legal);
    const Class *type = pick_class(random, types, sizeof types / sizeof *types);
    const Region *region = pick_region(random);
    int department = 1 + (int)(random_uniform(random) * region->departments);
    double turnover = draw_turnover(random, size, activity->division);
    double ratio = activity->division->production_ratio * exp(0.12 * random_normal(random));
    bool sampled = random_uniform(random) < size->sampled;
    double weight = sampled ? 1 + exp(1.2 + 1.1 * random_normal(random)) : 1;
    printf("%s,%s,%s,%s,%s,%s,%.3s,%s,%s%d,%.2f,%.3f,%.3f\n", activity->section->a10,
           activity->section->a21, activity->division->a88, type->name, size->name,
           category->name, region->nuts2, region->nuts2, region->nuts2, department, weight,
           turnover, turnover * fmin(ratio, 1.0));
}

/* ---- command line ---- */

static bool parse_number(const char *text, uint64_t max, uint64_t *ret_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value > max)
        return false;
    *ret_number = value;
    return true;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"rows", required_argument, NULL, 'r'}, {"seed", required_argument, NULL, 's'}, {0}};
    uint64_t rows = ROWS_DEFAULT, seed = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        bool good = c == 'r'   ? parse_number(optarg, ROWS_MAX, &rows)
                    : c == 's' ? parse_number(optarg, UINT64_MAX, &seed)
                               : false;
        if (!good) {
            fprintf(stderr, "usage: darse-demo-enterprises [--rows N] [--seed N] > FILE.csv\n"
                            "N rows, %d by default, at most %d.\n", ROWS_DEFAULT, ROWS_MAX);
            return 2;
        }
    }
    Random random;
    random_seed(&random, seed);
    fill_activities();
    puts("A10,A21,A88,TYPE,SIZE,CJ,NUTS1,NUTS2,NUTS3,WEIGHT,TURNOVER,PRODUCTION");
    for (uint64_t i = 0; i < rows; i++)
        print_unit(&random);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "darse-demo-enterprises: cannot write: %s\n", strerror(errno));
        return 1;
    }
    return 0;
}
