/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of forms and of check digits, on a copy of the text without separators where these do not matter. */
#include "sdc/identifiers.h"

#include <string.h>

static const char *const kind_names[SDC_IDENTIFIER_COUNT] = {
    "none", "email", "phone", "nir", "siret", "siren", "address", "name"};

const char *sdc_identifier_name(SdcIdentifier identifier)
{
    unsigned kind = (unsigned)identifier;
    return kind_names[kind < SDC_IDENTIFIER_COUNT ? kind : 0];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#define COMPACT_MAX 24

/* TEXT without spaces, dots, hyphens and brackets; false when what is left is longer than any number. */
static bool compact(const char *text, char ret_compact[COMPACT_MAX])
{
    size_t length = 0;
    for (; *text != '\0'; text++) {
        if (strchr(" .-()/", *text) != NULL)
            continue;
        if (length + 1 == COMPACT_MAX)
            return false;
        ret_compact[length++] = *text;
    }
    ret_compact[length] = '\0';
    return true;
}

static bool is_email(const char *text)
{
    const char *at = strchr(text, '@'), *dot = strrchr(text, '.');
    if (at == NULL || at == text || dot == NULL || dot < at + 2 || strchr(at + 1, '@') != NULL)
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        bool fits = is_letter(*c) || is_digit(*c) || strchr("@.-_", *c) != NULL || (*c & 0x80) != 0;
        if (!fits && (c > at || strchr("+!#$%&'*/=?^`{|}~", *c) == NULL))
            return false;
    }
    size_t tld = strlen(dot + 1);
    for (const char *c = dot + 1; *c != '\0'; c++) {
        if (!is_letter(*c))
            return false;
    }
    return tld >= 2;
}

static bool all_digits(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789") == strlen(text);
}

static bool is_phone(const char *number)
{
    const char *rest = number;
    if (*number == '+')
        rest = number + 1;
    if (!all_digits(rest))
        return false;
    size_t length = strlen(rest);
    bool french = strncmp(rest, "33", 2) == 0 && length == 11 && rest[2] != '0';
    if (*number == '+')
        return french || (strncmp(rest, "33", 2) != 0 && length >= 8 && length <= 15);
    return (length == 10 && rest[0] == '0' && rest[1] != '0') ||
           (length == 13 && strncmp(rest, "0033", 4) == 0 && rest[4] != '0');
}

static bool passes_luhn(const char *digits)
{
    int sum = 0;
    size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        int digit = (digits[length - 1 - i] - '0') * (i % 2 == 0 ? 1 : 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

static bool is_siret(const char *number)
{
    if (strlen(number) != 14 || !all_digits(number))
        return false;
    int sum = 0;
    for (const char *c = number; *c != '\0'; c++)
        sum += *c - '0';
    return passes_luhn(number) || (strncmp(number, "356000000", 9) == 0 && sum % 5 == 0);
}

static bool is_siren(const char *number)
{
    return strlen(number) == 9 && all_digits(number) && passes_luhn(number);
}

/* The first 13 characters as a number, Corsica as 19 and 18; 0 where they are not of the form. */
static uint64_t nir_number(const char *text)
{
    uint64_t number = 0;
    for (int i = 0; i < 13; i++) {
        char c = text[i];
        if (i == 6 && text[5] == '2' && (lower(c) == 'a' || lower(c) == 'b'))
            number = number / 10 * 100 + (lower(c) == 'a' ? 19 : 18);
        else if (is_digit(c))
            number = number * 10 + (uint64_t)(c - '0');
        else
            return 0;
    }
    return number;
}

static bool is_nir(const char *text)
{
    size_t length = strlen(text);
    if ((length != 13 && length != 15) || strchr("123478", text[0]) == NULL)
        return false;
    uint64_t number = nir_number(text);
    int month = (text[3] - '0') * 10 + text[4] - '0';
    bool possible = (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || month >= 50;
    if (number == 0 || !possible)
        return false;
    if (length == 13)
        return true;
    return all_digits(text + 13) &&
           (uint64_t)((text[13] - '0') * 10 + text[14] - '0') == 97 - number % 97;
}

/* --- addresses and headings ------------------------------------------------------------------------ */

/* Is WORD (in lower case) at TEXT, alone? */
static bool is_word(const char *text, const char *word)
{
    size_t i = 0;
    while (word[i] != '\0' && lower(text[i]) == word[i])
        i++;
    char after = text[i];
    return word[i] == '\0' && !is_letter(after) && !is_digit(after) && (after & 0x80) == 0;
}

static bool is_any_word(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (is_word(text, *words))
            return true;
    }
    return false;
}

static bool is_address(const char *text)
{
    static const char *const ways[] = {
        "rue", "r", "avenue", "av", "boulevard", "bd", "place", "pl", "chemin", "che", "impasse", "imp",
        "all\303\251e", "allee", "all", "route", "rte", "quai", "cours", "square", "sentier", "passage",
        "lotissement", "r\303\251sidence", "residence", "faubourg", "street", "road", NULL};
    static const char *const more[] = {"bis", "ter", "quater", "b", "t", NULL};
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 5)
        return false;
    text += digits;
    text += strspn(text, " ,");
    if (is_any_word(text, more)) {
        text += strcspn(text, " ,");
        text += strspn(text, " ,");
    }
    return is_any_word(text, ways);
}

SdcIdentifier sdc_identifier_of_text(const char *text)
{
    char number[COMPACT_MAX];
    if (is_email(text))
        return SDC_IDENTIFIER_EMAIL;
    if (is_address(text))
        return SDC_IDENTIFIER_ADDRESS;
    if (!compact(text, number))
        return SDC_IDENTIFIER_NONE;
    if (is_phone(number))
        return SDC_IDENTIFIER_PHONE;
    if (is_nir(number))
        return SDC_IDENTIFIER_NIR;
    if (is_siret(number))
        return SDC_IDENTIFIER_SIRET;
    return is_siren(number) ? SDC_IDENTIFIER_SIREN : SDC_IDENTIFIER_NONE;
}

/* Letters and digits in lower case; a byte of an accented letter is left out, so that "prénom" is "prnom". */
static void normal_heading(const char *heading, char ret_normal[COMPACT_MAX])
{
    size_t length = 0;
    for (; *heading != '\0' && length + 1 < COMPACT_MAX; heading++) {
        if (is_letter(*heading) || is_digit(*heading))
            ret_normal[length++] = lower(*heading);
    }
    ret_normal[length] = '\0';
}

SdcIdentifier sdc_identifier_of_heading(const char *heading)
{
    static const struct {
        const char *heading;
        SdcIdentifier kind;
    } known[] = {
        {"nom", SDC_IDENTIFIER_NAME}, {"prenom", SDC_IDENTIFIER_NAME}, {"prnom", SDC_IDENTIFIER_NAME},
        {"noms", SDC_IDENTIFIER_NAME}, {"prenoms", SDC_IDENTIFIER_NAME}, {"prnoms", SDC_IDENTIFIER_NAME},
        {"name", SDC_IDENTIFIER_NAME}, {"firstname", SDC_IDENTIFIER_NAME},
        {"lastname", SDC_IDENTIFIER_NAME}, {"surname", SDC_IDENTIFIER_NAME},
        {"fullname", SDC_IDENTIFIER_NAME}, {"nomprenom", SDC_IDENTIFIER_NAME},
        {"nomnaissance", SDC_IDENTIFIER_NAME}, {"nomusage", SDC_IDENTIFIER_NAME},
        {"email", SDC_IDENTIFIER_EMAIL}, {"mail", SDC_IDENTIFIER_EMAIL},
        {"courriel", SDC_IDENTIFIER_EMAIL}, {"telephone", SDC_IDENTIFIER_PHONE},
        {"tlphone", SDC_IDENTIFIER_PHONE}, {"tel", SDC_IDENTIFIER_PHONE},
        {"phone", SDC_IDENTIFIER_PHONE}, {"mobile", SDC_IDENTIFIER_PHONE}, {"nir", SDC_IDENTIFIER_NIR},
        {"numsecu", SDC_IDENTIFIER_NIR}, {"siret", SDC_IDENTIFIER_SIRET},
        {"siren", SDC_IDENTIFIER_SIREN}, {"adresse", SDC_IDENTIFIER_ADDRESS},
        {"address", SDC_IDENTIFIER_ADDRESS}, {"street", SDC_IDENTIFIER_ADDRESS},
        {"rue", SDC_IDENTIFIER_ADDRESS}, {"voie", SDC_IDENTIFIER_ADDRESS},
    };
    char normal[COMPACT_MAX];
    normal_heading(heading, normal);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(normal, known[i].heading) == 0)
            return known[i].kind;
    }
    return SDC_IDENTIFIER_NONE;
}
