/* SPDX-License-Identifier: Apache-2.0 */
/* Which types one value may have. Private to the CSV reader. */
#ifndef DARSE_WORKER_CSV_TYPES_H
#define DARSE_WORKER_CSV_TYPES_H

#include <stdbool.h>

typedef enum CsvCan {
    CSV_CAN_INTEGER   = 1 << 0,
    CSV_CAN_POINT     = 1 << 1,
    CSV_CAN_COMMA     = 1 << 2,
    CSV_CAN_DATE      = 1 << 3,
    CSV_CAN_TIMESTAMP = 1 << 4,
    CSV_CAN_BOOLEAN   = 1 << 5,
} CsvCan;
#define CSV_CAN_ALL 0x3Fu

/* The CsvCan bits of AMONG that TEXT satisfies. */
unsigned csv_value_types(const char *text, unsigned among);
/* Would a spreadsheet run it? Begins with = + - @ tab or return, and is longer than that. */
bool csv_value_is_formula(const char *text);

#endif
