/* SPDX-License-Identifier: Apache-2.0 */
/* What single puts and uploads in parts share. */
#ifndef DARSE_LAKE_S3_OBJECT_H
#define DARSE_LAKE_S3_OBJECT_H

#include "lake/s3.h"

/* An object under the call's key, of its caller, without content yet. Takes HEADERS. */
LakeObject *s3_object_new(const S3Call *call, const char *content_type, json_t *headers);
/* Of the request, or the default. */
const char *s3_content_type(const S3Call *call);

#endif
