/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw file of the lesson: invented employees with everything that a raw file has and must not leave, for
 * the walk-through of docs/sdc/lesson.md and its recipes in demo/recipes. Telephone numbers are of the ranges
 * kept for fiction; SIRET numbers have their check digits and belong to nobody's list; streets and names are
 * combined at random.
 *
 *   darse-demo-teaching --rows N --seed S        CSV on standard output
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 100000000LL
#define EMPLOYEES_OF_ONE 12   /* records for a new employer; old ones have more */

typedef struct City {
    const char *name, *department, *region;
    int zone;       /* first digits of its telephone */
    double weight;
} City;

static const City cities[] = {
    {"Paris", "75", "Île-de-France", 1, 220}, {"Montreuil", "93", "Île-de-France", 1, 11},
    {"Saint-Denis", "93", "Île-de-France", 1, 12}, {"Versailles", "78", "Île-de-France", 1, 9},
    {"Créteil", "94", "Île-de-France", 1, 9}, {"Nanterre", "92", "Île-de-France", 1, 10},
    {"Melun", "77", "Île-de-France", 1, 4}, {"Évry-Courcouronnes", "91", "Île-de-France", 1, 7},
    {"Rennes", "35", "Bretagne", 2, 22}, {"Fougères", "35", "Bretagne", 2, 2},
    {"Brest", "29", "Bretagne", 2, 14}, {"Quimper", "29", "Bretagne", 2, 6},
    {"Vannes", "56", "Bretagne", 2, 5}, {"Lorient", "56", "Bretagne", 2, 6},
    {"Nantes", "44", "Pays de la Loire", 2, 32}, {"Saint-Nazaire", "44", "Pays de la Loire", 2, 7},
    {"Angers", "49", "Pays de la Loire", 2, 15}, {"Cholet", "49", "Pays de la Loire", 2, 5},
    {"Rouen", "76", "Normandie", 2, 11}, {"Le Havre", "76", "Normandie", 2, 17},
    {"Caen", "14", "Normandie", 2, 11}, {"Lisieux", "14", "Normandie", 2, 2},
    {"Strasbourg", "67", "Grand Est", 3, 29}, {"Haguenau", "67", "Grand Est", 3, 3},
    {"Nancy", "54", "Grand Est", 3, 10}, {"Toul", "54", "Grand Est", 3, 1.5},
    {"Dijon", "21", "Bourgogne-Franche-Comté", 3, 16}, {"Beaune", "21", "Bourgogne-Franche-Comté", 3, 2},
    {"Besançon", "25", "Bourgogne-Franche-Comté", 3, 12},
    {"Pontarlier", "25", "Bourgogne-Franche-Comté", 3, 1.5},
    {"Lille", "59", "Hauts-de-France", 3, 24}, {"Dunkerque", "59", "Hauts-de-France", 3, 9},
    {"Arras", "62", "Hauts-de-France", 3, 4}, {"Calais", "62", "Hauts-de-France", 3, 7},
    {"Lyon", "69", "Auvergne-Rhône-Alpes", 4, 52}, {"Bron", "69", "Auvergne-Rhône-Alpes", 4, 4},
    {"Grenoble", "38", "Auvergne-Rhône-Alpes", 4, 16}, {"Vienne", "38", "Auvergne-Rhône-Alpes", 4, 3},
    {"Marseille", "13", "Provence-Alpes-Côte d'Azur", 4, 87},
    {"Arles", "13", "Provence-Alpes-Côte d'Azur", 4, 5}, {"Nice", "06", "Provence-Alpes-Côte d'Azur", 4, 34},
    {"Gap", "05", "Provence-Alpes-Côte d'Azur", 4, 4},
    {"Montpellier", "34", "Occitanie", 4, 30}, {"Sète", "34", "Occitanie", 4, 4},
    {"Toulouse", "31", "Occitanie", 5, 50}, {"Muret", "31", "Occitanie", 5, 2.5},
    {"Bordeaux", "33", "Nouvelle-Aquitaine", 5, 26}, {"Arcachon", "33", "Nouvelle-Aquitaine", 5, 1.2},
    {"Limoges", "87", "Nouvelle-Aquitaine", 5, 13}, {"Bellac", "87", "Nouvelle-Aquitaine", 5, .5},
};

typedef struct Occupation {
    const char *name;
    double weight, median, spread;   /* of monthly salaries; spread of their logarithm */
} Occupation;

static const Occupation occupations[] = {
    {"Médecin salarié", 3, 5200, .35}, {"Ingénieur informatique", 9, 3900, .30},
    {"Cadre administratif", 12, 3700, .35}, {"Professeur", 11, 2700, .20},
    {"Infirmier", 10, 2300, .18}, {"Technicien", 12, 2250, .22},
    {"Secrétaire", 13, 1850, .18}, {"Agent administratif", 15, 1900, .18},
    {"Employé de commerce", 14, 1600, .18}, {"Aide à domicile", 9, 1450, .20},
    {"Ouvrier qualifié", 14, 1950, .20}, {"Conducteur", 9, 1900, .18},
    {"Ouvrier non qualifié", 9, 1600, .18}, {"Ouvrier agricole", 3, 1550, .20},
};

static const char *const first_names[] = {
    "Marie", "Jean", "Nathalie", "Philippe", "Isabelle", "Nicolas", "Sylvie", "Thomas", "Fatima", "Karim",
    "Camille", "Léo", "Chloé", "Hugo", "Inès", "Lucas", "Aïcha", "Mehdi", "Jeanne", "Paul", "Anaïs", "Théo",
    "Zoé", "Yann", "Solène", "Gaël", "Maëlys", "Loïc", "Noémie", "Rémi"};
static const char *const names[] = {
    "Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent",
    "Simon", "Michel", "Lefebvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard",
    "Bonnet", "Dupont", "Lambert", "Fontaine", "Rousseau", "Vincent", "Muller", "Le Gall", "Benali",
    "Da Silva", "N'Diaye", "Nguyen", "Garnier", "Faure", "Legrand", "Perrin"};
static const char *const ways[] = {"rue", "avenue", "boulevard", "place", "chemin", "impasse", "allée"};
static const char *const of_what[] = {
    "de la République", "Victor-Hugo", "des Lilas", "de l'Église", "Jean-Jaurès", "du Moulin", "des Écoles",
    "Pasteur", "de la Gare", "du 8-Mai-1945", "des Acacias", "du Marché", "Voltaire", "de la Fontaine"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* splitmix64: each record has its own sequence, so that a longer file begins like a shorter one. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static double uniform(uint64_t *state)
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

static size_t below(uint64_t *state, size_t bound)
{
    return (size_t)(uniform(state) * (double)bound);
}

static const City *draw_city(uint64_t *state)
{
    double all = 0;
    for (size_t i = 0; i < COUNT(cities); i++)
        all += cities[i].weight;
    double u = uniform(state) * all;
    size_t i = 0;
    while (i + 1 < COUNT(cities) && u >= cities[i].weight)
        u -= cities[i++].weight;
    return &cities[i];
}

static const Occupation *draw_occupation(uint64_t *state)
{
    double all = 0;
    for (size_t i = 0; i < COUNT(occupations); i++)
        all += occupations[i].weight;
    double u = uniform(state) * all;
    size_t i = 0;
    while (i + 1 < COUNT(occupations) && u >= occupations[i].weight)
        u -= occupations[i++].weight;
    return &occupations[i];
}

static double draw_salary(uint64_t *state, const Occupation *occupation)
{
    double radius = sqrt(-2 * log(1 - uniform(state)));
    double z = radius * cos(2 * 3.14159265358979323846 * uniform(state));
    return round(occupation->median * exp(occupation->spread * z));
}

/* The digit that makes the whole a multiple of ten, every second digit from the right doubled. */
static char check_digit(const char *digits)
{
    int sum = 0;
    size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        int digit = digits[length - 1 - i] - '0';
        digit = i % 2 == 0 ? 2 * digit : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* SIREN (nine digits), number of the establishment (four), check digit. */
static void make_siret(uint64_t employer, char ret_siret[15])
{
    uint64_t state = employer * 2654435761u + 17;
    char siren[10], text[14];
    snprintf(siren, sizeof siren, "%08llu", (unsigned long long)(10000000 + next(&state) % 89999999));
    siren[8] = check_digit(siren);
    siren[9] = '\0';
    snprintf(text, sizeof text, "%s%04llu", siren, (unsigned long long)(1 + next(&state) % 40));
    snprintf(ret_siret, 15, "%s%c", text, check_digit(text));
}

static void print_record(uint64_t seed, uint64_t number)
{
    static const char *const fiction[] = {"", "01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49"};
    uint64_t state = seed * UINT64_C(0xD1342543DE82EF95) + number;
    next(&state);
    const City *city = draw_city(&state);
    const Occupation *occupation = draw_occupation(&state);
    char siret[15];
    make_siret(seed * 1000003 + below(&state, 1 + number / EMPLOYEES_OF_ONE), siret);
    const char *name = names[below(&state, COUNT(names))];
    const char *first = first_names[below(&state, COUNT(first_names))];
    size_t house = 1 + below(&state, 120);
    const char *way = ways[below(&state, COUNT(ways))], *what = of_what[below(&state, COUNT(of_what))];
    size_t telephone = below(&state, 10000);
    printf("%s,%s,%zu %s %s,%s,%s,%s,%s %02zu %02zu,%.0f,%s,%s\n", name, first, house, way, what, city->name,
           city->department, city->region, fiction[city->zone], telephone / 100, telephone % 100,
           draw_salary(&state, occupation), occupation->name, siret);
}

static bool read_number(const char *text, long long low, long long high, long long *ret_number)
{
    char *end;
    errno = 0;
    *ret_number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == '\0' && *ret_number >= low && *ret_number <= high;
}

int main(int argc, char **argv)
{
    long long rows = 10000, seed = 1;
    bool ok = argc % 2 == 1;
    for (int i = 1; ok && i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--rows") == 0)
            ok = read_number(argv[i + 1], 0, ROWS_MAX, &rows);
        else
            ok = strcmp(argv[i], "--seed") == 0 && read_number(argv[i + 1], 0, 1000000000, &seed);
    }
    if (!ok) {
        fprintf(stderr, "usage: %s [--rows N] [--seed S]\n", argv[0]);
        return 2;
    }
    printf("name,first_name,street,city,department,region,telephone,salary,occupation,siret\n");
    for (long long i = 0; i < rows; i++)
        print_record((uint64_t)seed, (uint64_t)i);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
