/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What looks like a direct identifier: tests of one text, to suggest columns to a person who then decides.
 * A text that passes may be something else, and one that fails may still name somebody.
 *
 * EMAIL     local@domain.tld
 * PHONE     French numbers of ten digits (0 and 1 to 9, or +33 or 0033), others that begin with + and have 8
 *           to 15 digits; spaces, dots, hyphens and brackets are passed over
 * NIR       the French number of social security, 13 characters with a possible sex and month of birth, and
 *           where its key of two digits is there, 97 - (number mod 97); Corsica's 2A and 2B count as 19 and 18
 * SIRET     14 digits with Luhn's check (La Poste's, of SIREN 356000000: a sum of digits divisible by 5)
 * SIREN     9 digits with Luhn's check
 * ADDRESS   a number, possibly bis or ter, then a word for a way (rue, avenue, ...)
 * NAME      by the heading of a column alone: nothing in a name says that it is one
 *
 * Headings are compared in ASCII, without case, accents left out (prénom and prenom are both known).
 * Pure functions; time O(length).
 *
 * References: Insee, "Numéro de Sécurité sociale (NIR)" and "Répertoire Sirene", definitions; arrêté of 27
 * December 1994 on the form of the NIR's key; Arcep, national numbering plan, decision 2018-0881.
 */
#ifndef DARSE_SDC_IDENTIFIERS_H
#define DARSE_SDC_IDENTIFIERS_H

#include "sdc/core.h"

typedef enum SdcIdentifier {
    SDC_IDENTIFIER_NONE,
    SDC_IDENTIFIER_EMAIL,
    SDC_IDENTIFIER_PHONE,
    SDC_IDENTIFIER_NIR,
    SDC_IDENTIFIER_SIRET,
    SDC_IDENTIFIER_SIREN,
    SDC_IDENTIFIER_ADDRESS,
    SDC_IDENTIFIER_NAME,
    SDC_IDENTIFIER_COUNT
} SdcIdentifier;

/* "email", "phone", ...: stable. "none" for anything else. */
const char *sdc_identifier_name(SdcIdentifier identifier);
/* The first kind in the order above that TEXT (UTF-8) passes; never NAME. */
SdcIdentifier sdc_identifier_of_text(const char *text);
SdcIdentifier sdc_identifier_of_heading(const char *heading);

#endif
