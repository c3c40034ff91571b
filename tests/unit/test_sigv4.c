/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature v4, aws-chunked bodies and checksums. The signatures are those that AWS publishes in
 * "Authenticating Requests: Using the Authorization Header", "... Query Parameters" and "Signature
 * Calculations ... Transferring Payload in Multiple Chunks" of the S3 reference; CRC check values are
 * those of the catalogue of parametrised CRC algorithms.
 */
#include "base/error.h"
#include "lake/aws_chunked.h"
#include "lake/crc.h"
#include "lake/digest.h"
#include "lake/sigv4.h"

#include <string.h>

#define KEY "AKIAIOSFODNN7EXAMPLE"
#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define SCOPE "20130524/us-east-1/s3/aws4_request"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define NOW_MS (INT64_C(1369353600) * 1000)     /* 2013-05-24T00:00:00Z */
#define HEADERS_MAX 12

typedef struct Vector {
    const char *name, *method, *path, *query, *signed_headers, *signature;
    SigV4Header headers[HEADERS_MAX];           /* without Authorization */
} Vector;

static const Vector vectors[] = {
    {"get", "GET", "/test.txt", "", "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
     {{"Host", "examplebucket.s3.amazonaws.com"},
      {"Range", "bytes=0-9"},
      {"x-amz-content-sha256", EMPTY},
      {"x-amz-date", "20130524T000000Z"}}},
    {"put", "PUT", "/test$file.text", "",
     "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
     {{"Host", "examplebucket.s3.amazonaws.com"},
      {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"x-amz-content-sha256",
       "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}}},
    {"sub-resource", "GET", "/", "lifecycle", "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
     {{"Host", "examplebucket.s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-content-sha256", EMPTY}}},
    {"list", "GET", "/", "max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
     {{"Host", "examplebucket.s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-content-sha256", EMPTY}}},
    {"chunked", "PUT", "/examplebucket/chunkObject.txt", "",
     "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;"
     "x-amz-decoded-content-length;x-amz-storage-class",
     "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
     {{"Host", "s3.amazonaws.com"},
      {"x-amz-date", "20130524T000000Z"},
      {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
      {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
      {"Content-Encoding", "aws-chunked"},
      {"x-amz-decoded-content-length", "66560"},
      {"Content-Length", "66824"}}},
};

typedef struct Made {
    SigV4Header headers[HEADERS_MAX + 1];
    char *authorization;
    SigV4Request request;
} Made;

static void made_clear(Made *made)
{
    g_free(made->authorization);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Made, made_clear)

static void vector_make(const Vector *vector, const char *signature, Made *made)
{
    size_t count = 0;
    made->authorization =
        g_strdup_printf("AWS4-HMAC-SHA256 Credential=" KEY "/" SCOPE ",SignedHeaders=%s,"
                        "Signature=%s",
                        vector->signed_headers, signature);
    while (count < HEADERS_MAX && vector->headers[count].name != NULL) {
        made->headers[count] = vector->headers[count];
        count++;
    }
    made->headers[count++] = (SigV4Header){"Authorization", made->authorization};
    made->request = (SigV4Request){vector->method, vector->path, vector->query, made->headers,
                                   count};
}

static const char *check(const SigV4Request *request, const char *secret, int64_t now_ms)
{
    g_auto(SigV4) sigv4 = {0};
    uint8_t key[SIGV4_KEY_SIZE];
    g_autoptr(GError) error = NULL;
    if (!sigv4_parse(request, &sigv4, &error) ||
        !sigv4_check(request, &sigv4, secret, now_ms, key, &error))
        return error_reason(error);
    return "ok";
}

static void test_vectors(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++) {
        const Vector *vector = &vectors[i];
        g_auto(Made) good = {0}, bad = {0};
        vector_make(vector, vector->signature, &good);
        g_test_message("%s", vector->name);
        g_assert_cmpstr(check(&good.request, SECRET, NOW_MS), ==, "ok");
        g_assert_cmpstr(check(&good.request, "another secret", NOW_MS), ==, "lake.signature");
        g_autofree char *other = g_strdup(vector->signature);
        other[63] = other[63] == '0' ? '1' : '0';
        vector_make(vector, other, &bad);
        g_assert_cmpstr(check(&bad.request, SECRET, NOW_MS), ==, "lake.signature");
        /* A changed method, path, query or signed header does not pass. */
        SigV4Request changed = good.request;
        changed.method = "DELETE";
        g_assert_cmpstr(check(&changed, SECRET, NOW_MS), ==, "lake.signature");
        changed = good.request;
        changed.path = "/elsewhere";
        g_assert_cmpstr(check(&changed, SECRET, NOW_MS), ==, "lake.signature");
        changed = good.request;
        changed.query = "acl";
        g_assert_cmpstr(check(&changed, SECRET, NOW_MS), ==, "lake.signature");
        good.headers[0].value = "elsewhere.example.org";
        g_assert_cmpstr(check(&good.request, SECRET, NOW_MS), ==, "lake.signature");
    }
}

static void test_clock(void)
{
    g_auto(Made) made = {0};
    vector_make(&vectors[0], vectors[0].signature, &made);
    g_assert_cmpstr(check(&made.request, SECRET, NOW_MS + SIGV4_SKEW_MS), ==, "ok");
    g_assert_cmpstr(check(&made.request, SECRET, NOW_MS - SIGV4_SKEW_MS), ==, "ok");
    g_assert_cmpstr(check(&made.request, SECRET, NOW_MS + SIGV4_SKEW_MS + 1), ==,
                    "lake.clock_skew");
    g_assert_cmpstr(check(&made.request, SECRET, NOW_MS - SIGV4_SKEW_MS - 1), ==,
                    "lake.clock_skew");
}

static void test_unsigned_header(void)
{
    static const char *const names[] = {"x-amz-acl", "X-Amz-Meta-Note",
                                        "x-amz-server-side-encryption"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(Made) made = {0};
        vector_make(&vectors[0], vectors[0].signature, &made);
        SigV4Header headers[HEADERS_MAX + 2];
        memcpy(headers, made.headers, sizeof made.headers);
        headers[made.request.header_count] = (SigV4Header){names[i], "x"};
        made.request.headers = headers;
        made.request.header_count++;
        g_assert_cmpstr(check(&made.request, SECRET, NOW_MS), ==, "lake.signature");
    }
}

#define PRESIGNED                                                                                  \
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" KEY                                       \
    "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"  \
    "&X-Amz-SignedHeaders=host&X-Amz-Signature="                                                   \
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"

static void test_presigned(void)
{
    SigV4Header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}, {"x-amz-acl", "private"}};
    SigV4Request request = {"GET", "/test.txt", PRESIGNED, headers, 1};
    g_assert_cmpstr(check(&request, SECRET, NOW_MS), ==, "ok");
    g_assert_cmpstr(check(&request, SECRET, NOW_MS + 86400000), ==, "ok");
    g_assert_cmpstr(check(&request, SECRET, NOW_MS + 86400001), ==, "lake.expired");
    g_assert_cmpstr(check(&request, SECRET, NOW_MS - SIGV4_SKEW_MS - 1), ==, "lake.clock_skew");
    request.query = PRESIGNED "&response-content-type=text%2Fhtml";
    g_assert_cmpstr(check(&request, SECRET, NOW_MS), ==, "lake.signature");
    request.query = PRESIGNED;
    request.header_count = 2;
    g_assert_cmpstr(check(&request, SECRET, NOW_MS), ==, "lake.signature");
}

static void test_malformed(void)
{
    static const struct {
        const char *authorization, *date, *payload, *reason;
    } cases[] = {
        {NULL, "20130524T000000Z", EMPTY, "lake.anonymous"},
        {"AWS " KEY ":abc", "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 ", "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=zz", "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/ec2/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130525/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=x;host, "
         "Signature=" EMPTY, "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=Host, "
         "Signature=" EMPTY, "20130524T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, "20131324T000000Z", EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, NULL, EMPTY, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, "20130524T000000Z", NULL, "lake.authorization"},
        {"AWS4-HMAC-SHA256 Credential=" KEY "/20130524/r/s3/aws4_request, SignedHeaders=host, "
         "Signature=" EMPTY, "20130524T000000Z", "STREAMING-SOMETHING", "lake.authorization"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        SigV4Header headers[4] = {{"Host", "h"}};
        size_t count = 1;
        if (cases[i].date != NULL)
            headers[count++] = (SigV4Header){"x-amz-date", cases[i].date};
        if (cases[i].payload != NULL)
            headers[count++] = (SigV4Header){"x-amz-content-sha256", cases[i].payload};
        if (cases[i].authorization != NULL)
            headers[count++] = (SigV4Header){"Authorization", cases[i].authorization};
        SigV4Request request = {"GET", "/", "", headers, count};
        g_test_message("case %zu", i);
        g_assert_cmpstr(check(&request, SECRET, NOW_MS), ==, cases[i].reason);
    }
}

static void test_coding(void)
{
    static const struct {
        const char *raw, *canonical;    /* NULL: refused */
    } cases[] = {
        {"/a%20b", "/a%20b"},  {"/a+b", "/a%2Bb"},         {"/%7e~", "/~~"},  {"//a//./..", "//a//./.."},
        {"/%2F", "//"},        {"/%C3%A9", "/%C3%A9"},     {"/a%", NULL},     {"/%zz", NULL},
        {"/%00", NULL},        {"/%ff", NULL},             {"/$", "/%24"},    {"/%2", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = sigv4_decode(cases[i].raw, strlen(cases[i].raw), &error);
        if (cases[i].canonical == NULL) {
            g_assert_null(text);
            g_assert_cmpstr(error_reason(error), ==, "lake.uri");
            continue;
        }
        g_autofree char *again = sigv4_encode(text, true);
        g_assert_cmpstr(again, ==, cases[i].canonical);
    }
    /* "=" sorts after "-": names are compared before values. */
    SigV4Header headers[] = {{"Host", "h"}, {"x-amz-date", "20130524T000000Z"}};
    SigV4Request request = {"GET", "/", "a-b=1&a=2&b&a=1&%C3%A9=x+y", headers, 2};
    SigV4 sigv4 = {.signed_headers = (char *)"host;x-amz-date", .payload_hash = (char *)"P"};
    g_autofree char *canonical = sigv4_canonical_request(&request, &sigv4, NULL);
    g_assert_cmpstr(canonical, ==,
                    "GET\n/\n%C3%A9=x%2By&a=1&a=2&a-b=1&b=\nhost:h\nx-amz-date:20130524T000000Z\n\n"
                    "host;x-amz-date\nP");
}

/* ---- chunks ---- */

static bool sink(const char *bytes, size_t size, void *user, GError **error)
{
    (void)error;
    g_string_append_len(user, bytes, (gssize)size);
    return true;
}

#define CHUNK_1 "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
#define CHUNK_2 "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
#define CHUNK_3 "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
#define TRAILED_1 "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"
#define TRAILED_2 "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"
#define TRAILED_3 "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"
#define TRAILED_SUM "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"

/* 65536 and 1024 times "a", and an end, as in the published examples. */
static GString *chunked_body(const char *one, const char *two, const char *three)
{
    GString *body = g_string_new(NULL);
    g_string_append_printf(body, "10000;chunk-signature=%s\r\n", one);
    for (int i = 0; i < 65536; i++)
        g_string_append_c(body, 'a');
    g_string_append_printf(body, "\r\n400;chunk-signature=%s\r\n", two);
    for (int i = 0; i < 1024; i++)
        g_string_append_c(body, 'a');
    g_string_append_printf(body, "\r\n0;chunk-signature=%s\r\n", three);
    return body;
}

static AwsChunkedPlan signed_plan(const char *seed, bool trailer)
{
    AwsChunkedPlan plan = {.is_signed = true, .has_trailer = trailer, .decoded_length = 66560,
                           .amz_date = "20130524T000000Z", .scope = SCOPE};
    SigV4 sigv4 = {.date = "20130524", .region = (char *)"us-east-1"};
    sigv4_signing_key(SECRET, &sigv4, plan.key);
    g_strlcpy(plan.seed_signature, seed, sizeof plan.seed_signature);
    return plan;
}

static const char *decode(const AwsChunkedPlan *plan, const char *bytes, size_t size, size_t step,
                          GString *out)
{
    g_autoptr(AwsChunked) decoder = aws_chunked_new(plan, sink, out);
    g_autoptr(GError) error = NULL;
    bool ok = true;
    for (size_t at = 0; ok && at < size; at += step)
        ok = aws_chunked_feed(decoder, bytes + at, MIN(step, size - at), &error);
    ok = ok && aws_chunked_end(decoder, &error);
    return ok ? "ok" : error_reason(error);
}

static void test_chunked_signed(void)
{
    AwsChunkedPlan plan = signed_plan(vectors[4].signature, false);
    g_autoptr(GString) body = chunked_body(CHUNK_1, CHUNK_2, CHUNK_3);
    g_string_append(body, "\r\n");
    static const size_t steps[] = {1, 7, 4096, 1000000};
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_assert_cmpstr(decode(&plan, body->str, body->len, steps[i], out), ==, "ok");
        g_assert_cmpuint(out->len, ==, 66560);
    }
    g_autoptr(GString) scrap = g_string_new(NULL);
    /* A flipped byte of the data, a chunk signed for another place, a body cut short. */
    g_autofree char *flipped = g_memdup2(body->str, body->len);
    flipped[40000] = 'b';
    g_assert_cmpstr(decode(&plan, flipped, body->len, 4096, scrap), ==, "lake.signature");
    g_autoptr(GString) swapped = chunked_body(CHUNK_2, CHUNK_1, CHUNK_3);
    g_assert_cmpstr(decode(&plan, swapped->str, swapped->len, 4096, scrap), ==, "lake.signature");
    g_assert_cmpstr(decode(&plan, body->str, body->len - 10, 4096, scrap), ==, "lake.chunked");
    plan.is_trusted = true;
    g_assert_cmpstr(decode(&plan, flipped, body->len, 4096, scrap), ==, "ok");
}

static void test_chunked_signed_trailer(void)
{
    static const char seed[] = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    AwsChunkedPlan plan = signed_plan(seed, true);
    g_autoptr(GString) body = chunked_body(TRAILED_1, TRAILED_2, TRAILED_3);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GString) unsigned_end = g_string_new_len(body->str, (gssize)body->len);
    g_string_append(unsigned_end, "x-amz-checksum-crc32c:sOO8/Q==\r\n\r\n");
    g_assert_cmpstr(decode(&plan, unsigned_end->str, unsigned_end->len, 4096, out), ==,
                    "lake.chunked");
    g_autoptr(GString) changed = g_string_new_len(body->str, (gssize)body->len);
    g_string_append(changed, "x-amz-checksum-crc32c:AAAAAA==\r\nx-amz-trailer-signature:" TRAILED_SUM
                             "\r\n\r\n");
    g_assert_cmpstr(decode(&plan, changed->str, changed->len, 4096, out), ==, "lake.signature");
    g_string_append(body, "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:" TRAILED_SUM
                          "\r\n\r\n");
    g_string_truncate(out, 0);
    g_assert_cmpstr(decode(&plan, body->str, body->len, 3, out), ==, "ok");
    g_autoptr(Digest) digest = digest_new(false, CHECKSUM_CRC32C);
    digest_update(digest, out->str, out->len);
    digest_finish(digest);
    g_assert_cmpstr(digest_checksum(digest), ==, "sOO8/Q==");
}

static void test_chunked_unsigned(void)
{
    static const struct {
        const char *body;
        int64_t length;
        const char *reason, *data;
    } cases[] = {
        {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", 5, "ok", "hello"},
        {"5\r\nhello\r\n0\r\n\r\n", 5, "ok", "hello"},
        {"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", 5, "ok", "hello"},
        {"0\r\n\r\n", 0, "ok", ""},
        {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\n\r\n\r\n", 5, "ok", "hello"},
        {"", 0, "lake.chunked", ""},
        {"5\r\nhello\r\n", 5, "lake.chunked", ""},
        {"5\r\nhello0\r\n\r\n", 5, "lake.chunked", ""},
        {"6\r\nhello\r\n0\r\n\r\n", 5, "lake.chunked", ""},
        {"4\r\nhell\r\n0\r\n\r\n", 5, "lake.chunked", ""},
        {"x\r\nhello\r\n0\r\n\r\n", 5, "lake.chunked", ""},
        {"\r\nhello\r\n0\r\n\r\n", 5, "lake.chunked", ""},
        {"ffffffffffffffff\r\n", 5, "lake.chunked", ""},
        {"7fffffffffffffff\r\n", 5, "lake.chunked", ""},
        {"5;chunk-signature=ab\r\nhello\r\n0\r\n\r\n", 5, "lake.chunked", ""},
        {"5\r\nhello\r\n0\r\nno colon\r\n\r\n", 5, "lake.chunked", ""},
        {"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", 5, "lake.chunked", ""},
        {"5\r\nhello\r\n0\r\n\r\n\r\n\r\n", 5, "lake.chunked", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        AwsChunkedPlan plan = {.has_trailer = true, .decoded_length = cases[i].length};
        for (size_t step = 1; step < 40; step += 13) {
            g_autoptr(GString) out = g_string_new(NULL);
            g_test_message("case %zu", i);
            g_assert_cmpstr(decode(&plan, cases[i].body, strlen(cases[i].body), step, out), ==,
                            cases[i].reason);
            if (strcmp(cases[i].reason, "ok") == 0)
                g_assert_cmpstr(out->str, ==, cases[i].data);
        }
    }
    g_autoptr(GString) longest = g_string_new("5\r\nhello\r\n0\r\n");
    for (int i = 0; i < AWS_CHUNKED_LINE_MAX + 2; i++)
        g_string_append_c(longest, 'x');
    AwsChunkedPlan plan = {.has_trailer = true, .decoded_length = 5};
    g_autoptr(GString) out = g_string_new(NULL);
    g_assert_cmpstr(decode(&plan, longest->str, longest->len, 64, out), ==, "lake.chunked");
}

/* ---- sums ---- */

static void test_sums(void)
{
    static const struct {
        ChecksumKind kind;
        const char *base64;
    } cases[] = {
        {CHECKSUM_CRC32, "y/Q5Jg=="},
        {CHECKSUM_CRC32C, "4waSgw=="},
        {CHECKSUM_CRC64NVME, "rosUhgp5mIg="},
        {CHECKSUM_SHA1, "98O8HYCOBHMq32eZZczDTKeuNEE="},
        {CHECKSUM_SHA256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Digest) digest = digest_new(true, cases[i].kind);
        digest_update(digest, "1234", 4);
        digest_update(digest, "", 0);
        digest_update(digest, "56789", 5);
        digest_finish(digest);
        g_assert_cmpstr(digest_checksum(digest), ==, cases[i].base64);
        g_autofree char *md5 = g_base64_encode(digest_md5(digest), 16);
        g_assert_cmpstr(md5, ==, "JfnnlDI7RTiF9RgfG2JNCw==");
        const ChecksumRow *row = checksum_row(cases[i].kind);
        g_assert_cmpint(checksum_by_name(row->name), ==, row->kind);
        g_assert_cmpint(checksum_by_header(row->header), ==, row->kind);
    }
    g_assert_cmpint(checksum_by_name("XXHASH64"), ==, CHECKSUM_NONE);
    g_assert_cmphex(crc32c_update(0, "", 0), ==, 0);
    /* Of parts: "1234" and "56789". */
    const char *parts[] = {"m+PgoA==", "VuS6yg=="};
    const int64_t sizes[] = {4, 5};
    g_autoptr(Digest) first = digest_new(false, CHECKSUM_CRC32);
    g_autoptr(Digest) second = digest_new(false, CHECKSUM_CRC32);
    digest_update(first, "1234", 4);
    digest_update(second, "56789", 5);
    digest_finish(first);
    digest_finish(second);
    parts[0] = digest_checksum(first);
    parts[1] = digest_checksum(second);
    g_autofree char *whole = checksum_combine(CHECKSUM_CRC32, parts, sizes, 2);
    g_assert_cmpstr(whole, ==, "y/Q5Jg==");
    g_autofree char *composite = checksum_composite(CHECKSUM_CRC32, parts, 2);
    g_assert_true(g_str_has_suffix(composite, "-2"));
    g_assert_null(checksum_combine(CHECKSUM_SHA256, parts, sizes, 2));
    const char *wrong[] = {"short", NULL};
    g_assert_null(checksum_composite(CHECKSUM_CRC32, wrong, 2));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sigv4/malformed", test_malformed);
    g_test_add_func("/sigv4/clock", test_clock);
    g_test_add_func("/sigv4/unsigned-header", test_unsigned_header);
    g_test_add_func("/sigv4/presigned", test_presigned);
    g_test_add_func("/sigv4/coding", test_coding);
    g_test_add_func("/sigv4/vectors", test_vectors);
    g_test_add_func("/sigv4/chunked/unsigned", test_chunked_unsigned);
    g_test_add_func("/sigv4/chunked/signed", test_chunked_signed);
    g_test_add_func("/sigv4/chunked/signed-trailer", test_chunked_signed_trailer);
    g_test_add_func("/sigv4/sums", test_sums);
    return g_test_run();
}
