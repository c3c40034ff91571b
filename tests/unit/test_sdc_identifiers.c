/* SPDX-License-Identifier: Apache-2.0 */
/* Forms and check digits, each with what is just beside it. */
#include "sdc_fixture.h"

typedef struct Case {
    const char *text;
    SdcIdentifier kind;
} Case;

static void test_texts(void)
{
    static const Case cases[] = {
        {"ana.martin@example.org", SDC_IDENTIFIER_EMAIL},
        {"ana+x@mail.example.fr", SDC_IDENTIFIER_EMAIL},
        {"ana@example", SDC_IDENTIFIER_NONE},
        {"@example.org", SDC_IDENTIFIER_NONE},
        {"a@b@example.org", SDC_IDENTIFIER_NONE},
        {"ana@example.o1", SDC_IDENTIFIER_NONE},
        {"two words@example.org", SDC_IDENTIFIER_NONE},
        {"01 99 00 12 34", SDC_IDENTIFIER_PHONE},
        {"06.39.98.12.34", SDC_IDENTIFIER_PHONE},
        {"+33 1 99 00 12 34", SDC_IDENTIFIER_PHONE},
        {"+33 (0)1 99 00 12 34", SDC_IDENTIFIER_NONE},
        {"0033199001234", SDC_IDENTIFIER_PHONE},
        {"+441632960123", SDC_IDENTIFIER_PHONE},
        {"00 99 00 12 34", SDC_IDENTIFIER_NONE},
        {"01 99 00 12 3", SDC_IDENTIFIER_NONE},
        {"+", SDC_IDENTIFIER_NONE},
        /* 255081416802538 is the published example of the key; 2A becomes 19 */
        {"2 55 08 14 168 025 38", SDC_IDENTIFIER_NIR},
        {"2 55 08 14 168 025 39", SDC_IDENTIFIER_NONE},
        {"255081416802", SDC_IDENTIFIER_NONE},
        {"2550814168025", SDC_IDENTIFIER_NIR},
        {"2551514168025", SDC_IDENTIFIER_NONE},   /* month 15 */
        {"5550814168025", SDC_IDENTIFIER_NONE},   /* no such sex */
        {"73282932000074", SDC_IDENTIFIER_SIRET},
        {"732 829 320 00074", SDC_IDENTIFIER_SIRET},
        {"73282932000075", SDC_IDENTIFIER_NONE},
        {"35600000000048", SDC_IDENTIFIER_SIRET}, /* La Poste's head office */
        {"35600000009075", SDC_IDENTIFIER_SIRET}, /* one of its offices: digits sum to 35 */
        {"732829320", SDC_IDENTIFIER_SIREN},
        {"732829321", SDC_IDENTIFIER_NONE},
        {"12 rue Victor-Hugo", SDC_IDENTIFIER_ADDRESS},
        {"12 bis, avenue Foch", SDC_IDENTIFIER_ADDRESS},
        {"3 all\303\251e des Lilas", SDC_IDENTIFIER_ADDRESS},
        {"12 ruelles", SDC_IDENTIFIER_NONE},
        {"rue Victor-Hugo", SDC_IDENTIFIER_NONE},
        {"1200", SDC_IDENTIFIER_NONE},
        {"Martin", SDC_IDENTIFIER_NONE},
        {"", SDC_IDENTIFIER_NONE},
        {"a text that is far too long to be any kind of number whatever it holds 0199001234",
         SDC_IDENTIFIER_NONE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SdcIdentifier kind = sdc_identifier_of_text(cases[i].text);
        if (kind != cases[i].kind)
            g_error("\"%s\": %s, not %s", cases[i].text, sdc_identifier_name(kind),
                    sdc_identifier_name(cases[i].kind));
    }
}

/* A number of Corsica, its key computed here from the definition. */
static void test_corsica(void)
{
    for (int letter = 0; letter < 2; letter++) {
        unsigned long long number = letter == 0 ? 1700119123045ULL : 1700118123045ULL;
        g_autofree char *text = g_strdup_printf("170012%c123045%02llu", 'A' + letter, 97 - number % 97);
        g_assert_cmpuint(strlen(text), ==, 15);
        g_assert_cmpint(sdc_identifier_of_text(text), ==, SDC_IDENTIFIER_NIR);
        text[14] = text[14] == '9' ? '0' : (char)(text[14] + 1);
        g_assert_cmpint(sdc_identifier_of_text(text), ==, SDC_IDENTIFIER_NONE);
    }
}

static void test_headings(void)
{
    static const Case cases[] = {
        {"Nom", SDC_IDENTIFIER_NAME}, {"Pr\303\251nom", SDC_IDENTIFIER_NAME},
        {"FIRST_NAME", SDC_IDENTIFIER_NAME}, {"T\303\251l\303\251phone", SDC_IDENTIFIER_PHONE},
        {"siret", SDC_IDENTIFIER_SIRET}, {"E-mail", SDC_IDENTIFIER_EMAIL},
        {"nombre", SDC_IDENTIFIER_NONE}, {"", SDC_IDENTIFIER_NONE},
        {"a heading that is longer than any of them nom", SDC_IDENTIFIER_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpint(sdc_identifier_of_heading(cases[i].text), ==, cases[i].kind);
    g_assert_cmpstr(sdc_identifier_name(SDC_IDENTIFIER_NIR), ==, "nir");
    g_assert_cmpstr(sdc_identifier_name((SdcIdentifier)99), ==, "none");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sdc/identifiers/texts", test_texts);
    g_test_add_func("/sdc/identifiers/corsica", test_corsica);
    g_test_add_func("/sdc/identifiers/headings", test_headings);
    return g_test_run();
}
