/* SPDX-License-Identifier: Apache-2.0 */
/* One call of the S3 API: what the room's S3 files share. A call is identified, matched to a row of
 * the table of operations, decided, then carried out. */
#ifndef DARSE_LAKE_S3_H
#define DARSE_LAKE_S3_H

#include "lake/aws_chunked.h"
#include "lake/digest.h"
#include "lake/rights.h"
#include "lake/rows.h"
#include "lake/s3_xml.h"
#include "lake/sigv4.h"
#include "lake/state.h"
#include "projects/projects.h"

typedef enum S3Target { S3_SERVICE, S3_BUCKET, S3_OBJECT } S3Target;
typedef enum S3BodyKind { S3_BODY_NONE, S3_BODY_OBJECT, S3_BODY_XML } S3BodyKind;

typedef struct S3Call S3Call;

typedef struct S3Operation {
    const char *name;             /* as AWS calls it */
    const char *method;
    S3Target target;
    const char *needs;            /* query parameters that make it this one, by spaces; "" */
    const char *allows;           /* others that it understands */
    bool copies;                  /* has x-amz-copy-source */
    PolicyVerb verb;
    S3BodyKind body;
    bool (*finish)(S3Call *call, GError **error);
} S3Operation;
extern const S3Operation s3_operations[];   /* ended by an empty row */

/* The body as it comes: framing taken off, sums computed, bytes to a file or to memory. */
typedef struct S3Body {
    int64_t length;               /* without framing */
    int64_t received;
    ChecksumKind checksum;
    AwsChunked *chunked;          /* NULL: plain */
    Digest *digest;
    LakeFile *file;               /* S3_BODY_OBJECT */
    GByteArray *document;         /* S3_BODY_XML */
    int64_t reserved;
} S3Body;

struct S3Call {
    HttpRequest *request;
    App *app;
    Lake *lake;
    const S3Operation *operation;
    /* the target */
    S3Target target;
    char *bucket, *key;
    GPtrArray *query;             /* name, value, ... NULL */
    /* who */
    const PolicyActor *actor;     /* owned by the request */
    LakeCaller caller;
    char *person;
    char *own_project;            /* id: that of the key, or of the door */
    bool is_signed;
    SigV4 sigv4;
    uint8_t signing_key[SIGV4_KEY_SIZE];
    /* the bucket and what it holds, read with the decision */
    Project *project;
    char *folder;
    PolicyFacts facts;
    LakeObject *object;           /* under the key, or NULL */
    LakeUpload *upload;           /* of ?uploadId */
    int64_t used_bytes;
    S3Body body;
};

/* ---- the call ---- */

const char *s3_query(const S3Call *call, const char *name);
/* An integer parameter within [MIN, MAX] (more is cut to MAX when CLAMP). */
bool s3_query_integer(const S3Call *call, const char *name, int64_t fallback, int64_t min,
                      int64_t max, bool clamp, int64_t *ret_value, GError **error);
const char *s3_header(const S3Call *call, const char *name);
/* Answers with the document. Takes XML. */
bool s3_reply_xml(S3Call *call, int status, S3Xml *xml, GError **error);
/* Decides anew, inside a write: facts of now, with WAS under the key. */
bool s3_allow(S3Call *call, Act *act, const LakeObject *was, GError **error);
/* Parts come, and the whole is made, from the side where the upload was begun: else data put from
 * inside would become an upload of one's own, which may be downloaded. The same for an upload of
 * another person, where only one's own are seen. */
bool s3_upload_check_side(const S3Call *call, const LakeUpload *upload, GError **error);
/* Notes a read for the log. */
bool s3_note_read(S3Call *call, PolicyVerb verb, const char *key, GError **error);
/* Removes files after a commit. */
void s3_remove_files(const S3Call *call, const GPtrArray *files);

/* ---- headers (s3_headers.c) ---- */

/* Refuses every x-amz-* header that is not understood: encryption, locks and grants above all are
 * never ignored. */
bool s3_headers_check(const S3Call *call, GError **error);
/* {"kept":{...},"meta":{...}} of the request. Caller drops. */
json_t *s3_headers_kept(const S3Call *call, GError **error);
/* Writes them, with the response-* overrides of the query. */
void s3_reply_kept(S3Call *call, const LakeObject *object);
/* Conditions of a write, against what is there now. */
bool s3_write_conditions(const S3Call *call, const LakeObject *was, GError **error);
/* Of a read. *RET_UNCHANGED: answer 304. PREFIX: "" or "x-amz-copy-source-". */
bool s3_read_conditions(const S3Call *call, const LakeObject *object, const char *prefix,
                        bool *ret_unchanged, GError **error);

typedef struct S3Range {
    bool partial;
    int64_t first, size;
} S3Range;
/* "bytes=0-9"; several ranges, or what is not understood, mean the whole. ERROR_RANGE. Pure. */
bool s3_range_parse(const char *header, int64_t size, S3Range *ret_range, GError **error);

/* ---- the body (s3_body.c) ---- */

/* Before a byte is accepted: length, quota, framing. */
bool s3_body_begin(S3Call *call, GError **error);
bool s3_body_data(S3Call *call, const char *bytes, size_t size, GError **error);
/* All is there: lengths, signature of the payload, sums. */
bool s3_body_end(S3Call *call, GError **error);
void s3_body_clear(S3Call *call);

/* ---- operations ---- */

bool s3_list_buckets(S3Call *call, GError **error);
bool s3_head_bucket(S3Call *call, GError **error);
bool s3_create_bucket(S3Call *call, GError **error);
bool s3_get_location(S3Call *call, GError **error);
bool s3_get_versioning(S3Call *call, GError **error);
bool s3_list_objects(S3Call *call, GError **error);
bool s3_list_objects_v2(S3Call *call, GError **error);
bool s3_list_uploads(S3Call *call, GError **error);
bool s3_delete_objects(S3Call *call, GError **error);
bool s3_get_object(S3Call *call, GError **error);
bool s3_put_object(S3Call *call, GError **error);
bool s3_copy_object(S3Call *call, GError **error);
bool s3_delete_object(S3Call *call, GError **error);
bool s3_create_upload(S3Call *call, GError **error);
bool s3_upload_part(S3Call *call, GError **error);
bool s3_upload_part_copy(S3Call *call, GError **error);
bool s3_complete_upload(S3Call *call, GError **error);
bool s3_abort_upload(S3Call *call, GError **error);
bool s3_list_parts(S3Call *call, GError **error);

#endif
