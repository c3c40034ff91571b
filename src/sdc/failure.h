/* SPDX-License-Identifier: Apache-2.0 */
/* How the functions of this library report a failure. Private to src/sdc. */
#ifndef DARSE_SDC_FAILURE_H
#define DARSE_SDC_FAILURE_H

#include "sdc/core.h"

#include <stdarg.h>
#include <stdio.h>

/* Fills *RET_ERROR (which may be NULL) and returns false. */
__attribute__((format(printf, 3, 4))) static inline bool
sdc_failure(SdcError *ret_error, SdcErrorCode code, const char *format, ...)
{
    if (ret_error == NULL)
        return false;
    ret_error->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(ret_error->sentence, sizeof ret_error->sentence, format, args);
    va_end(args);
    return false;
}

#endif
