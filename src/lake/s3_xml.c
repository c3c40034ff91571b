/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading is a walk with libxml2's reader: a document type is refused at sight, so that no entity
 * can be declared; depth, text and size are bounded.
 */
#include "lake/s3_xml.h"

#include "base/error.h"
#include "base/times.h"

#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>
#include <string.h>

#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"

/* ---- writing ---- */

struct S3Xml {
    xmlBuffer *buffer;
    xmlTextWriter *writer;
};

S3Xml *s3_xml_new(const char *root, bool plain)
{
    S3Xml *xml = g_new0(S3Xml, 1);
    xml->buffer = xmlBufferCreate();
    xml->writer = xmlNewTextWriterMemory(xml->buffer, 0);
    g_assert(xml->buffer != NULL && xml->writer != NULL);
    xmlTextWriterStartDocument(xml->writer, NULL, "UTF-8", NULL);
    s3_xml_begin(xml, root);
    if (!plain)
        xmlTextWriterWriteAttribute(xml->writer, BAD_CAST "xmlns", BAD_CAST S3_NAMESPACE);
    return xml;
}

void s3_xml_free(S3Xml *xml)
{
    if (xml == NULL)
        return;
    if (xml->writer != NULL)
        xmlFreeTextWriter(xml->writer);
    xmlBufferFree(xml->buffer);
    g_free(xml);
}

void s3_xml_begin(S3Xml *xml, const char *element)
{
    g_assert(xmlTextWriterStartElement(xml->writer, BAD_CAST element) >= 0);
}

void s3_xml_end(S3Xml *xml)
{
    g_assert(xmlTextWriterEndElement(xml->writer) >= 0);
}

void s3_xml_text(S3Xml *xml, const char *element, const char *text)
{
    if (text != NULL)
        g_assert(xmlTextWriterWriteElement(xml->writer, BAD_CAST element, BAD_CAST text) >= 0);
}

void s3_xml_integer(S3Xml *xml, const char *element, int64_t value)
{
    char text[32];
    g_snprintf(text, sizeof text, "%" G_GINT64_FORMAT, value);
    s3_xml_text(xml, element, text);
}

void s3_xml_boolean(S3Xml *xml, const char *element, bool value)
{
    s3_xml_text(xml, element, value ? "true" : "false");
}

void s3_xml_time(S3Xml *xml, const char *element, int64_t time_ms)
{
    g_autofree char *text = time_format(time_ms);
    s3_xml_text(xml, element, text);
}

void s3_xml_etag(S3Xml *xml, const char *etag)
{
    g_autofree char *quoted = g_strdup_printf("\"%s\"", etag);
    s3_xml_text(xml, "ETag", quoted);
}

GBytes *s3_xml_finish(S3Xml *xml)
{
    g_assert(xmlTextWriterEndDocument(xml->writer) >= 0);
    xmlFreeTextWriter(xml->writer); /* flushes */
    xml->writer = NULL;
    GBytes *bytes =
        g_bytes_new(xmlBufferContent(xml->buffer), (gsize)xmlBufferLength(xml->buffer));
    s3_xml_free(xml);
    return bytes;
}

/* ---- reading ---- */

typedef struct XmlWalk {
    S3XmlEach each;
    void *user;
    GString *path;                  /* of the open elements */
    GString *texts[S3_XML_DEPTH_MAX];
    int depth;                      /* open elements */
} XmlWalk;

static bool xml_refuse(GError **error, const char *what)
{
    return error_set(error, ERROR_INVALID, "lake.xml", "The XML body is wrong: %s.", what);
}

static bool walk_open(XmlWalk *walk, const char *name, GError **error)
{
    if (walk->depth >= S3_XML_DEPTH_MAX)
        return xml_refuse(error, "it is too deep");
    if (strlen(name) > 100)
        return xml_refuse(error, "an element's name is too long");
    if (walk->depth > 0)
        g_string_append_c(walk->path, '/');
    g_string_append(walk->path, name);
    g_string_truncate(walk->texts[walk->depth], 0);
    walk->depth++;
    return true;
}

static bool walk_close(XmlWalk *walk, GError **error)
{
    g_assert(walk->depth > 0);
    walk->depth--;
    bool ok = walk->each(walk->path->str, walk->texts[walk->depth]->str, walk->user, error);
    const char *slash = strrchr(walk->path->str, '/');
    g_string_truncate(walk->path, slash != NULL ? (gsize)(slash - walk->path->str) : 0);
    return ok;
}

static bool walk_text(XmlWalk *walk, const char *text, GError **error)
{
    if (walk->depth == 0)
        return true;
    GString *into = walk->texts[walk->depth - 1];
    if (into->len + strlen(text) > S3_XML_TEXT_MAX)
        return xml_refuse(error, "a text is too long");
    g_string_append(into, text);
    return true;
}

static bool walk_node(XmlWalk *walk, xmlTextReader *reader, GError **error)
{
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT:
        return walk_open(walk, (const char *)xmlTextReaderConstLocalName(reader), error) &&
               (xmlTextReaderIsEmptyElement(reader) != 1 || walk_close(walk, error));
    case XML_READER_TYPE_END_ELEMENT:
        return walk_close(walk, error);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        return walk_text(walk, (const char *)xmlTextReaderConstValue(reader), error);
    case XML_READER_TYPE_WHITESPACE:
    case XML_READER_TYPE_COMMENT:
    case XML_READER_TYPE_XML_DECLARATION:
        return true;
    default:
        return xml_refuse(error, "it holds a document type, an entity or an instruction");
    }
}

static void xml_silent(void *user, const char *message, ...)
{
    (void)user;
    (void)message;
}

static bool walk_all(XmlWalk *walk, xmlTextReader *reader, GError **error)
{
    int more;
    while ((more = xmlTextReaderRead(reader)) == 1) {
        if (!walk_node(walk, reader, error))
            return false;
    }
    return more == 0 || xml_refuse(error, "it is not well formed");
}

bool s3_xml_read(const char *bytes, size_t size, S3XmlEach each, void *user, GError **error)
{
    if (size == 0 || size > S3_XML_SIZE_MAX)
        return xml_refuse(error, size == 0 ? "it is empty" : "it is too large");
    xmlTextReader *reader = xmlReaderForMemory(bytes, (int)size, NULL, NULL, XML_PARSE_NONET);
    if (reader == NULL)
        return xml_refuse(error, "it cannot be read");
    xmlTextReaderSetErrorHandler(reader, (xmlTextReaderErrorFunc)(void (*)(void))xml_silent, NULL);
    XmlWalk walk = {.each = each, .user = user, .path = g_string_new(NULL)};
    for (int i = 0; i < S3_XML_DEPTH_MAX; i++)
        walk.texts[i] = g_string_new(NULL);
    bool ok = walk_all(&walk, reader, error);
    for (int i = 0; i < S3_XML_DEPTH_MAX; i++)
        g_string_free(walk.texts[i], TRUE);
    g_string_free(walk.path, TRUE);
    xmlFreeTextReader(reader);
    return ok;
}
