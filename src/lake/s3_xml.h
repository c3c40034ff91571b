/* SPDX-License-Identifier: Apache-2.0 */
/* The XML bodies of S3, by libxml2: written escaped, read without entities, document types or
 * network, and with limits. Pure. */
#ifndef DARSE_LAKE_S3_XML_H
#define DARSE_LAKE_S3_XML_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define S3_XML_SIZE_MAX (4 * 1024 * 1024)
#define S3_XML_DEPTH_MAX 6
#define S3_XML_TEXT_MAX 8192

/* Called at the end of each element: PATH is "Delete/Object/Key", TEXT what stood directly in it
 * ("" if nothing). */
typedef bool (*S3XmlEach)(const char *path, const char *text, void *user, GError **error);
/* ERROR_INVALID "lake.xml". */
bool s3_xml_read(const char *bytes, size_t size, S3XmlEach each, void *user, GError **error);

typedef struct S3Xml S3Xml;
/* ROOT with the namespace of S3, or without when PLAIN (errors). */
S3Xml *s3_xml_new(const char *root, bool plain);
void s3_xml_begin(S3Xml *xml, const char *element);
void s3_xml_end(S3Xml *xml);
/* TEXT NULL: nothing is written. */
void s3_xml_text(S3Xml *xml, const char *element, const char *text);
void s3_xml_integer(S3Xml *xml, const char *element, int64_t value);
void s3_xml_boolean(S3Xml *xml, const char *element, bool value);
/* "2009-10-12T17:50:30.000Z" */
void s3_xml_time(S3Xml *xml, const char *element, int64_t time_ms);
/* ETag in its quotes. */
void s3_xml_etag(S3Xml *xml, const char *etag);
/* Ends the document and frees XML. */
GBytes *s3_xml_finish(S3Xml *xml);
void s3_xml_free(S3Xml *xml);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Xml, s3_xml_free)

#endif
