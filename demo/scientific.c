/* SPDX-License-Identifier: Apache-2.0 */
/*
 * darse-demo-scientific: makes the scientific version of a demonstration file from the secure one,
 * CSV on standard input to CSV on standard output. What a producer does before a scientific release,
 * in its simplest form, column by column: leave out, top-code, round. A column that the table does
 * not name is an error, so that nothing passes by oversight.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 4096
#define COLUMNS_MAX 64

typedef enum Treatment {
    KEEP,
    DROP,
    TOP,     /* values above `amount` become `amount` */
    ROUND,   /* to a multiple of `amount` */
    DIGITS,  /* to `amount` significant digits */
} Treatment;

typedef struct Rule {
    const char *column;
    Treatment treatment;
    double amount;
} Rule;

/* Persons: the exact financial terms of a family's plan would point at it in the published lists of
 * plans; very frequent visitors are rare. */
static const Rule persons[] = {
    {"mdvis", TOP, 20},   {"lncoins", ROUND, 0.5}, {"idp", KEEP},   {"lpi", ROUND, 1},
    {"fmde", DROP},       {"physlm", ROUND, 1},    {"disea", ROUND, 5}, {"hlthg", KEEP},
    {"hlthf", KEEP},      {"hlthp", KEEP},         {NULL},
};

/* Enterprises: fine activity and territory together point at a unit; amounts keep two digits. */
static const Rule enterprises[] = {
    {"A10", KEEP},   {"A21", KEEP},   {"A88", DROP},   {"TYPE", DROP},
    {"SIZE", KEEP},  {"CJ", KEEP},    {"NUTS1", KEEP}, {"NUTS2", KEEP},
    {"NUTS3", DROP}, {"WEIGHT", ROUND, 1}, {"TURNOVER", DIGITS, 2}, {"PRODUCTION", DIGITS, 2},
    {NULL},
};

static const Rule *find_rule(const Rule *rules, const char *column)
{
    for (; rules->column != NULL; rules++) {
        if (strcmp(rules->column, column) == 0)
            return rules;
    }
    return NULL;
}

/* Cuts LINE at its commas; returns the number of fields, 0 if there are too many. No quoted field
 * occurs in these files; one is refused. */
static size_t split(char *line, char **ret_fields)
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    if (strchr(line, '"') != NULL)
        return 0;
    for (char *rest = line, *field; (field = strsep(&rest, ",")) != NULL;) {
        if (count == COLUMNS_MAX)
            return 0;
        ret_fields[count++] = field;
    }
    return count;
}

static double treat(const Rule *rule, double value)
{
    switch (rule->treatment) {
    case TOP:
        return fmin(value, rule->amount);
    case ROUND:
        return round(value / rule->amount) * rule->amount;
    case DIGITS:
        if (value != 0) {
            double scale = pow(10, rule->amount - 1 - floor(log10(fabs(value))));
            return round(value * scale) / scale;
        }
        return value;
    case KEEP:
    case DROP:
        break;
    }
    return value;
}

static bool print_field(const Rule *rule, const char *field)
{
    char *end = NULL;
    double value = strtod(field, &end);
    if (rule->treatment == KEEP || *field == '\0') {
        fputs(field, stdout);
        return true;
    }
    if (*end != '\0' || end == field)
        return false;
    printf("%.10g", treat(rule, value));
    return true;
}

static int convert(const Rule *rules)
{
    static char line[LINE_MAX_BYTES];
    char *fields[COLUMNS_MAX];
    const Rule *columns[COLUMNS_MAX] = {NULL};
    size_t expected = 0;
    for (long number = 1; fgets(line, sizeof line, stdin) != NULL; number++) {
        size_t count = split(line, fields);
        if (count == 0 || (number > 1 && count != expected)) {
            fprintf(stderr, "darse-demo-scientific: line %ld is not a row of this file\n", number);
            return 1;
        }
        expected = count;
        bool first = true;
        for (size_t i = 0; i < count; i++) {
            if (number == 1 && (columns[i] = find_rule(rules, fields[i])) == NULL) {
                fprintf(stderr, "darse-demo-scientific: no rule for column %s\n", fields[i]);
                return 1;
            }
            if (columns[i]->treatment == DROP)
                continue;
            if (!first)
                putchar(',');
            first = false;
            if (number == 1)
                fputs(fields[i], stdout);
            else if (!print_field(columns[i], fields[i])) {
                fprintf(stderr, "darse-demo-scientific: line %ld, %s: \"%s\" is not a number\n",
                        number, columns[i]->column, fields[i]);
                return 1;
            }
        }
        putchar('\n');
    }
    return ferror(stdin) || fflush(stdout) != 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "persons") == 0)
        return convert(persons);
    if (argc == 2 && strcmp(argv[1], "enterprises") == 0)
        return convert(enterprises);
    fprintf(stderr, "usage: darse-demo-scientific persons|enterprises < SECURE.csv > SCIENTIFIC.csv\n");
    return 2;
}
