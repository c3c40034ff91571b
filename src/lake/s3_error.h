/* SPDX-License-Identifier: Apache-2.0 */
/* Problems in the form of S3: one table from our reasons to its codes and statuses. */
#ifndef DARSE_LAKE_S3_ERROR_H
#define DARSE_LAKE_S3_ERROR_H

#include "http/http.h"

typedef struct S3ErrorRow {
    const char *reason;       /* of ours; NULL ends the table */
    const char *code;         /* "NoSuchKey" */
    int status;
} S3ErrorRow;
extern const S3ErrorRow s3_error_rows[];

/* The row of a problem: by reason, else by the kind of error. Never NULL. */
const S3ErrorRow *s3_error_row(const GError *problem);
/* For HttpSite. */
bool s3_write_problem(HttpRequest *request, const GError *problem, GError **error);

#endif
