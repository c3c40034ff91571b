# SPDX-License-Identifier: Apache-2.0
"""The lake, spoken to by boto3 as people do: an open project's bucket from outside, and what the tiers
close. What must fail comes with each."""
import base64
import concurrent.futures
import datetime
import hashlib
import io
import json
import os
import socket
import sqlite3
import time
import uuid
import zlib

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError

from darse import wait_until

MIB = 1024 * 1024


def make_project(server, tier, slug):
    officer = server.client_for("officer")
    lead = officer.ok("GET", "/api/v1/persons/lead")
    now = datetime.datetime.now(datetime.timezone.utc)
    project = officer.ok("POST", "/api/v1/projects", {
        "title": f"Lake {slug}", "slug": slug, "summary": "For the lake's scenarios.",
        "organisation": lead["organisation"]["id"], "route": "research", "purpose": "research",
        "legal_basis": "None needed", "tier": tier, "lead": "lead",
        "starts": (now - datetime.timedelta(days=1)).isoformat(),
        "ends": (now + datetime.timedelta(days=100)).isoformat()})
    path = f"/api/v1/projects/{project['id']}"
    officer.ok("POST", path + "/members", {"login": "scientist", "roles": ["scientist"]})
    officer.ok("POST", path + "/state", {"state": "open", "reason": "For the lake's scenarios"})
    return project


def s3_client(key, **options):
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1},
                    proxies={}, **options)
    return boto3.client("s3", endpoint_url=key["endpoint"], aws_access_key_id=key["access_key"],
                        aws_secret_access_key=key["secret_key"], region_name="eu-west-3",
                        config=config)


def make_key(client, project):
    return client.ok("POST", f"/api/v1/projects/{project['id']}/lake-keys", status=201)


def code_of(call, *arguments, **named):
    """The S3 code with which a call is refused."""
    with pytest.raises(ClientError) as problem:
        call(*arguments, **named)
    return problem.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def project(server):
    return make_project(server, "open", "lake-open")


@pytest.fixture(scope="module")
def key(server, project):
    return make_key(server.client_for("lead"), project)


@pytest.fixture(scope="module")
def s3(key):
    return s3_client(key)


@pytest.fixture
def bucket(key, s3):
    """The bucket's name; emptied after the test."""
    yield key["bucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=key["bucket"]):
        for item in page.get("Contents", []):
            s3.delete_object(Bucket=key["bucket"], Key=item["Key"])


def usage(server, project):
    return server.client_for("lead").ok("GET", f"/api/v1/projects/{project['id']}/bucket")


def bucket_files(server, project):
    root = server.state / "projects" / project["id"] / "bucket"
    return [path for path in root.rglob("*") if path.is_file()]


# ---- who ----

def test_who_is_refused(server, key, s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert requests.get(f"{key['endpoint']}/{bucket}/a").status_code == 403
    wrong = s3_client({**key, "secret_key": "wrong"})
    assert code_of(wrong.get_object, Bucket=bucket, Key="a") == "SignatureDoesNotMatch"
    unknown = s3_client({**key, "access_key": "DARSEAAAAAAAAAAAAAAA"})
    assert code_of(unknown.get_object, Bucket=bucket, Key="a") == "InvalidAccessKeyId"
    assert code_of(s3.get_object, Bucket="care-use", Key="a") == "AccessDenied"
    assert code_of(s3.get_object, Bucket="no-such-bucket", Key="a") == "AccessDenied"
    assert code_of(s3.get_object, Bucket=bucket, Key="none") == "NoSuchKey"


def test_revoked_key(server, project):
    lead = server.client_for("lead")
    made = make_key(lead, project)
    client = s3_client(made)
    client.list_objects_v2(Bucket=made["bucket"])
    path = f"/api/v1/projects/{project['id']}/lake-keys"
    assert made["access_key"] in [item["access_key"] for item in lead.ok("GET", path)["items"]]
    assert "secret_key" not in lead.ok("GET", path)["items"][0]
    server.client_for("scientist").refused("DELETE", f"{path}/{made['access_key']}", status=404)
    lead.ok("DELETE", f"{path}/{made['access_key']}", status=204)
    assert code_of(client.list_objects_v2, Bucket=made["bucket"]) == "InvalidAccessKeyId"


def test_not_a_member(server, project):
    stranger = server.client_for("checker1")
    stranger.refused("POST", f"/api/v1/projects/{project['id']}/lake-keys")
    stranger.refused("GET", f"/api/v1/projects/{project['id']}/bucket")


def test_member_that_was(server):
    gone = make_project(server, "open", "lake-gone")
    made = make_key(server.client_for("scientist"), gone)
    client = s3_client(made)
    client.put_object(Bucket="lake-gone", Key="a", Body=b"x")
    officer = server.client_for("officer")
    path = f"/api/v1/projects/{gone['id']}"
    person = next(item for item in officer.ok("GET", path + "/members")["items"]
                  if item["login"] == "scientist")["person"]
    officer.ok("DELETE", f"{path}/members/{person}")
    assert code_of(client.get_object, Bucket="lake-gone", Key="a") == "AccessDenied"
    officer.ok("POST", path + "/state", {"state": "frozen", "reason": "Test"})
    lead = server.client_for("lead")
    lead.refused("POST", path + "/lake-keys", status=403, reason="policy.project_state")


def test_clock_skew(key, monkeypatch):
    """A request signed with the right key by a clock that is wrong."""
    credentials = botocore.credentials.Credentials(key["access_key"], key["secret_key"])
    now = datetime.datetime.now(datetime.timezone.utc)

    def status(clock):
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: clock)
        request = botocore.awsrequest.AWSRequest("GET", f"{key['endpoint']}/{key['bucket']}")
        botocore.auth.S3SigV4Auth(credentials, "s3", "eu-west-3").add_auth(request)
        answer = requests.get(request.url, headers=dict(request.headers))
        return answer.status_code, "RequestTimeTooSkewed" in answer.text

    assert status(now) == (200, False)
    assert status(now - datetime.timedelta(minutes=14)) == (200, False)
    assert status(now - datetime.timedelta(minutes=16)) == (403, True)
    assert status(now + datetime.timedelta(minutes=16)) == (403, True)


def test_presigned(s3, bucket):
    s3.put_object(Bucket=bucket, Key="é/a b+c", Body=b"presigned")
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "é/a b+c"}, 60)
    answer = requests.get(url)
    assert (answer.status_code, answer.content) == (200, b"presigned")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert requests.get(url[:-1] + ("1" if url[-1] == "0" else "0")).status_code == 403
    assert requests.get(url + "&response-content-type=text%2Fhtml").status_code == 403
    assert requests.delete(url).status_code == 403
    short = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "é/a b+c"}, 1)
    time.sleep(2.1)
    assert "Request has expired" in requests.get(short).text
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "by-url"}, 60)
    assert requests.put(put, data=b"sent").status_code == 200
    assert s3.get_object(Bucket=bucket, Key="by-url")["Body"].read() == b"sent"


# ---- objects ----

@pytest.mark.parametrize("name", ["a", "a/b", "a/b/", "é ü/ß.csv", "a+b=c&d?e#f%g", "..", "a//b", "~._-",
                                  "x" * 1024, "'\"<>&", "../../etc/passwd"])
def test_names(server, project, s3, bucket, name):
    s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [name]
    s3.delete_object(Bucket=bucket, Key=name)
    assert code_of(s3.get_object, Bucket=bucket, Key=name) == "NoSuchKey"
    s3.delete_object(Bucket=bucket, Key=name)
    assert not bucket_files(server, project)


@pytest.mark.parametrize("name", ["x" * 1025, "a\nb", "a\x7fb"])
def test_names_refused(s3, bucket, name):
    assert code_of(s3.put_object, Bucket=bucket, Key=name, Body=b"x") == "InvalidArgument"


@pytest.mark.parametrize("size", [0, 1, 4096, 65537, 3 * MIB])
def test_put_and_get(server, project, s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ContentType="text/x", CacheControl="no-cache",
                        Metadata={"Note": "a b", "other": "2"})
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert got["ETag"] == put["ETag"]
    assert got["ContentLength"] == size
    assert got["ContentType"] == "text/x"
    assert got["CacheControl"] == "no-cache"
    assert got["Metadata"] == {"note": "a b", "other": "2"}
    assert base64.b64decode(got["ChecksumCRC32"]) == zlib.crc32(body).to_bytes(4, "big")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["ContentLength"] == size and head["ETag"] == put["ETag"]
    now = usage(server, project)
    assert (now["objects"], now["bytes"]) == (1, size)


def test_overwrite_leaves_one_file(server, project, s3, bucket):
    for body in (b"one", b"two two", b"three"):
        s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"three"
    assert len(bucket_files(server, project)) == 1
    assert usage(server, project)["bytes"] == 5


@pytest.mark.parametrize("wanted, first, last", [("bytes=0-0", 0, 0), ("bytes=10-19", 10, 19),
                                                 ("bytes=990-2000", 990, 999), ("bytes=-5", 995, 999)])
def test_ranges(s3, bucket, wanted, first, last):
    body = bytes(index % 251 for index in range(1000))
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k", Range=wanted)
    assert got["Body"].read() == body[first:last + 1]
    assert got["ContentRange"] == f"bytes {first}-{last}/1000"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert code_of(s3.get_object, Bucket=bucket, Key="k", Range="bytes=1000-") == "InvalidRange"


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"one", IfNoneMatch="*")["ETag"]
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"two", IfNoneMatch="*") \
        == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"two", IfMatch='"00"') \
        == "PreconditionFailed"
    assert code_of(s3.put_object, Bucket=bucket, Key="none", Body=b"two", IfMatch=etag) == "NoSuchKey"
    assert s3.get_object(Bucket=bucket, Key="k", IfMatch=etag)["Body"].read() == b"one"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfMatch='"00"') == "PreconditionFailed"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag) in ("304", "NotModified")
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    assert code_of(s3.get_object, Bucket=bucket, Key="k", IfModifiedSince=later) in ("304",
                                                                                     "NotModified")
    s3.put_object(Bucket=bucket, Key="k", Body=b"two", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"two"


def test_one_winner(key, s3, bucket):
    """Of eight writers that each want to be the first, one is, every time."""
    clients = [s3_client(key) for _ in range(8)]

    def write(number, name):
        try:
            clients[number].put_object(Bucket=bucket, Key=name, Body=str(number).encode() * 2000,
                                       IfNoneMatch="*")
            return number
        except ClientError as problem:
            assert problem.response["Error"]["Code"] == "PreconditionFailed"
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for attempt in range(15):
            name = f"race-{attempt}"
            winners = [number for number in pool.map(write, range(8), [name] * 8)
                       if number is not None]
            assert len(winners) == 1
            assert s3.get_object(Bucket=bucket, Key=name)["Body"].read()[:1] == str(winners[0]).encode()


def test_copy(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from/a b", Body=b"copied", Metadata={"a": "1"})
    source = {"Bucket": bucket, "Key": "from/a b"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    got = s3.get_object(Bucket=bucket, Key="to")
    assert got["Body"].read() == b"copied" and got["Metadata"] == {"a": "1"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, MetadataDirective="REPLACE",
                   Metadata={"b": "2"})
    assert s3.head_object(Bucket=bucket, Key="to")["Metadata"] == {"b": "2"}
    assert code_of(s3.copy_object, Bucket=bucket, Key="to",
                   CopySource={"Bucket": bucket, "Key": "none"}) == "NoSuchKey"
    assert code_of(s3.copy_object, Bucket=bucket, Key="to",
                   CopySource={"Bucket": "care-use", "Key": "x"}) == "AccessDenied"


# ---- listing ----

def test_listing(s3, bucket):
    names = [f"d{folder}/f{file:02}" for folder in range(3) for file in range(12)] + ["top", "é"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    listed = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 7}) for item in page["Contents"]]
    assert listed == sorted(names, key=str.encode)
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [item["Prefix"] for item in page["CommonPrefixes"]] == ["d0/", "d1/", "d2/"]
    assert [item["Key"] for item in page["Contents"]] == ["top", "é"] and page["KeyCount"] == 5
    page = s3.list_objects_v2(Bucket=bucket, Prefix="d1/", StartAfter="d1/f05", MaxKeys=3)
    assert [item["Key"] for item in page["Contents"]] == ["d1/f06", "d1/f07", "d1/f08"]
    assert page["IsTruncated"]
    old = [item["Key"] for page in s3.get_paginator("list_objects").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 5}) for item in page["Contents"]]
    assert old == listed
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=0)["KeyCount"] == 0
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="nothing")


def test_delete_objects(server, project, s3, bucket):
    for number in range(20):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    done = s3.delete_objects(Bucket=bucket, Delete={
        "Objects": [{"Key": f"k{number}"} for number in range(20)] + [{"Key": "never there"}]})
    assert len(done["Deleted"]) == 21 and "Errors" not in done
    assert usage(server, project)["objects"] == 0 and not bucket_files(server, project)


def test_bucket_operations(s3, bucket):
    assert [item["Name"] for item in s3.list_buckets()["Buckets"]] == [bucket]
    s3.head_bucket(Bucket=bucket)
    s3.get_bucket_location(Bucket=bucket)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert code_of(s3.create_bucket, Bucket=bucket, CreateBucketConfiguration={
        "LocationConstraint": "eu-west-3"}) == "BucketAlreadyOwnedByYou"
    assert code_of(s3.delete_bucket, Bucket=bucket) == "MethodNotAllowed"


# ---- in parts ----

def test_multipart(server, project, s3, bucket):
    body = os.urandom(13 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big",
                      Config=boto3.s3.transfer.TransferConfig(multipart_threshold=5 * MIB,
                                                              multipart_chunksize=5 * MIB))
    head = s3.head_object(Bucket=bucket, Key="big")
    assert head["ContentLength"] == len(body) and head["ETag"].endswith('-3"')
    got = io.BytesIO()
    s3.download_fileobj(bucket, "big", got)
    assert got.getvalue() == body
    around = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={5 * MIB - 3}-{10 * MIB + 2}")
    assert around["Body"].read() == body[5 * MIB - 3:10 * MIB + 3]
    assert usage(server, project)["bytes"] == len(body)
    assert len(bucket_files(server, project)) == 3


def test_multipart_by_hand(server, project, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    about = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    first = s3.upload_part(**about, PartNumber=1, Body=b"a" * (5 * MIB))["ETag"]
    small = s3.upload_part(**about, PartNumber=2, Body=b"small")["ETag"]
    last = s3.upload_part(**about, PartNumber=7, Body=b"end")["ETag"]
    s3.upload_part(**about, PartNumber=9, Body=b"left out")
    parts = s3.list_parts(**about)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, 5 * MIB), (2, 5), (7, 3),
                                                                      (9, 8)]
    assert [item["UploadId"] for item in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]

    def complete(*chosen):
        return s3.complete_multipart_upload(**about, MultipartUpload={
            "Parts": [{"PartNumber": number, "ETag": etag} for number, etag in chosen]})

    assert code_of(complete, (1, first), (2, small), (7, last)) == "EntityTooSmall"
    assert code_of(complete, (7, last), (1, first)) == "InvalidPartOrder"
    assert code_of(complete, (1, first), (7, small)) == "InvalidPart"
    assert code_of(complete, (1, first), (8, last)) == "InvalidPart"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"
    done = complete((1, first), (7, last))
    assert complete((1, first), (7, last))["ETag"] == done["ETag"]      # the answer was lost
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"a" * (5 * MIB) + b"end"
    assert code_of(s3.upload_part, **about, PartNumber=1, Body=b"x") == "NoSuchUpload"
    assert len(bucket_files(server, project)) == 2
    assert usage(server, project)["bytes"] == 5 * MIB + 3


def test_abort(server, project, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    about = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    s3.upload_part(**about, PartNumber=1, Body=b"x" * 1000)
    assert usage(server, project)["bytes"] == 1000
    s3.abort_multipart_upload(**about)
    assert code_of(s3.abort_multipart_upload, **about) == "NoSuchUpload"
    assert usage(server, project)["bytes"] == 0 and not bucket_files(server, project)


# ---- sums, quota, what is not understood ----

@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"summed", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"summed"
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]


def test_wrong_sums(s3, bucket):
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                   ContentMD5=base64.b64encode(b"0" * 16).decode()) == "BadDigest"
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x",
                   ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


@pytest.mark.parametrize("options", [
    {"ServerSideEncryption": "AES256"},
    {"ServerSideEncryption": "aws:kms"},
    {"ACL": "public-read"},
    {"StorageClass": "GLACIER"},
    {"Tagging": "a=b"},
    {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": datetime.datetime(2030, 1, 1)},
    {"GrantRead": "id=x"},
    {"WebsiteRedirectLocation": "/x"},
])
def test_not_ignored(s3, bucket, options):
    assert code_of(s3.put_object, Bucket=bucket, Key="k", Body=b"x", **options) == "NotImplemented"
    assert code_of(s3.head_object, Bucket=bucket, Key="k") == "404"


def test_other_sub_resources(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert code_of(s3.get_object_acl, Bucket=bucket, Key="k") == "NotImplemented"
    assert code_of(s3.get_object_tagging, Bucket=bucket, Key="k") == "NotImplemented"
    assert code_of(s3.get_object, Bucket=bucket, Key="k", VersionId="1") == "NotImplemented"
    assert code_of(s3.put_bucket_policy, Bucket=bucket, Policy="{}") == "NotImplemented"


def test_quota(server, s3, bucket, project):
    officer = server.client_for("officer")
    path = f"/api/v1/projects/{project['id']}"
    officer.ok("PATCH", path, {"bucket_quota_bytes": 10000})
    try:
        s3.put_object(Bucket=bucket, Key="a", Body=b"x" * 6000)
        assert code_of(s3.put_object, Bucket=bucket, Key="b", Body=b"x" * 4001) == "QuotaExceeded"
        s3.put_object(Bucket=bucket, Key="a", Body=b"y" * 10000)        # in its place
        assert code_of(s3.put_object, Bucket=bucket, Key="b", Body=b"x") == "QuotaExceeded"
        assert code_of(s3.copy_object, Bucket=bucket, Key="b",
                       CopySource={"Bucket": bucket, "Key": "a"}) == "QuotaExceeded"
        s3.delete_object(Bucket=bucket, Key="a")
        s3.put_object(Bucket=bucket, Key="b", Body=b"x" * 10000)
    finally:
        officer.ok("PATCH", path, {"bucket_quota_bytes": 1 << 30})


# ---- streams: what a client does that boto3 does not over plain HTTP ----

def signed(key, method, path, headers, payload):
    """Headers of a signed request whose x-amz-content-sha256 is PAYLOAD."""
    credentials = botocore.credentials.Credentials(key["access_key"], key["secret_key"])
    request = botocore.awsrequest.AWSRequest(method, key["endpoint"] + path, headers=headers)
    request.headers["X-Amz-Content-SHA256"] = payload
    request.context["payload_signing_enabled"] = True

    class Signer(botocore.auth.S3SigV4Auth):
        def payload(self, request):
            return payload

    Signer(credentials, "s3", "eu-west-3").add_auth(request)
    return dict(request.headers)


def test_unsigned_trailer(key, s3, bucket):
    data = b"streamed " * 1000
    crc = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
    headers = {"x-amz-decoded-content-length": str(len(data)), "content-encoding": "aws-chunked,gzip",
               "x-amz-trailer": "x-amz-checksum-crc32"}

    def send(sum_given):
        body = b"1000\r\n" + data[:4096] + b"\r\n%x\r\n" % (len(data) - 4096) + data[4096:] + b"\r\n0\r\n" \
            + b"x-amz-checksum-crc32:" + sum_given.encode() + b"\r\n\r\n"
        ready = signed(key, "PUT", f"/{bucket}/streamed", headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        return requests.put(f"{key['endpoint']}/{bucket}/streamed", data=body, headers=ready)

    assert "BadDigest" in send("AAAAAA==").text
    assert code_of(s3.head_object, Bucket=bucket, Key="streamed") == "404"
    assert send(crc).status_code == 200
    got = s3.get_object(Bucket=bucket, Key="streamed", ChecksumMode="ENABLED")
    assert got["Body"].read() == data
    assert got["ContentEncoding"] == "gzip" and got["ChecksumCRC32"] == crc


def connect(server):
    return socket.create_connection(("127.0.0.1", server.lake_port), 10)


def test_early_refusal_closes(server, key, bucket):
    """What follows a refused head is never taken for another request."""
    smuggled = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(server) as peer:
        peer.sendall(b"PUT /%s/k HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 1000\r\n\r\n"
                     % (bucket.encode(), server.lake_port) + smuggled)
        answer = b""
        while block := peer.recv(65536):
            answer += block
    assert answer.startswith(b"HTTP/1.1 403") and answer.count(b"HTTP/1.1 ") == 1


def test_cut_upload_leaves_nothing(server, project, key, bucket, s3):
    headers = signed(key, "PUT", f"/{bucket}/cut", {"Content-Length": "100000"}, "UNSIGNED-PAYLOAD")
    head = f"PUT /{bucket}/cut HTTP/1.1\r\nHost: {key['endpoint'].split('//')[1]}\r\n" + \
        "".join(f"{name}: {value}\r\n" for name, value in headers.items() if name.lower() != "host")
    with connect(server) as peer:
        peer.sendall(head.encode() + b"\r\n" + b"x" * 50000)
        wait_until(lambda: bucket_files(server, project), what="the file under way")
    wait_until(lambda: not bucket_files(server, project), what="the end of the cut file")
    assert code_of(s3.head_object, Bucket=bucket, Key="cut") == "404"
    assert usage(server, project)["bytes"] == 0


# ---- the tiers ----

def test_restricted_from_outside(server, restricted):
    """Own uploads only, no download of what others or services put there."""
    lead_key = make_key(server.client_for("lead"), restricted)
    other_key = make_key(server.client_for("scientist"), restricted)
    lead, other = s3_client(lead_key), s3_client(other_key)
    bucket, name = lead_key["bucket"], f"outside/{uuid.uuid4()}"
    lead.put_object(Bucket=bucket, Key=name, Body=b"mine")
    assert lead.get_object(Bucket=bucket, Key=name)["Body"].read() == b"mine"
    assert name in [item["Key"] for item in lead.list_objects_v2(Bucket=bucket)["Contents"]]
    assert name not in [item["Key"] for item in
                        other.list_objects_v2(Bucket=bucket).get("Contents", [])]
    assert code_of(other.get_object, Bucket=bucket, Key=name) == "AccessDenied"
    assert code_of(other.get_object, Bucket=bucket, Key="nothing there") == "AccessDenied"
    assert code_of(other.put_object, Bucket=bucket, Key=name, Body=b"over") == "AccessDenied"
    assert code_of(other.delete_object, Bucket=bucket, Key=name) == "AccessDenied"
    assert code_of(other.copy_object, Bucket=bucket, Key="copy",
                   CopySource={"Bucket": bucket, "Key": name}) == "AccessDenied"
    assert lead.get_object(Bucket=bucket, Key=name)["Body"].read() == b"mine"
    lead.delete_object(Bucket=bucket, Key=name)
    # Nor is somebody else's upload in parts made one's own by completing it.
    upload = lead.create_multipart_upload(Bucket=bucket, Key=name)["UploadId"]
    about = {"Bucket": bucket, "Key": name, "UploadId": upload}
    etag = lead.upload_part(**about, PartNumber=1, Body=b"mine too")["ETag"]
    whole = {"MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": etag}]}}
    assert code_of(other.list_parts, **about) == "NoSuchUpload"
    assert code_of(other.upload_part, **about, PartNumber=2, Body=b"x") == "NoSuchUpload"
    assert code_of(other.complete_multipart_upload, **about, **whole) == "NoSuchUpload"
    assert code_of(other.abort_multipart_upload, **about) == "NoSuchUpload"
    assert "Uploads" not in other.list_multipart_uploads(Bucket=bucket)
    lead.complete_multipart_upload(**about, **whole)
    assert lead.get_object(Bucket=bucket, Key=name)["Body"].read() == b"mine too"
    lead.delete_object(Bucket=bucket, Key=name)


def test_secure_from_outside(server, secure):
    server.client_for("lead").refused("POST", f"/api/v1/projects/{secure['id']}/lake-keys", status=403,
                                      reason="policy.lake_outside")


# ---- the log, and a crash ----

def logged(server, verb, project):
    with sqlite3.connect(f"file:{server.state}/darse.db?mode=ro", uri=True) as database:
        rows = database.execute("SELECT entry FROM audit_body ORDER BY sequence").fetchall()
    entries = [json.loads(row[0]) for row in rows]
    return [entry for entry in entries if entry["verb"] == verb and entry.get("project") == project["id"]]


def test_everything_is_logged(server, project, s3, bucket):
    name = f"logged-{uuid.uuid4()}"
    s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=name)
    put = [entry for entry in logged(server, "lake.put", project) if entry["object"] == name]
    assert len(put) == 1 and put[0]["outcome"] == "done" and put[0]["details"]["size"] == 1
    assert any(name in entry["details"].get("keys", []) for entry in
               logged(server, "lake.delete", project))
    wait_until(lambda: any(name in entry.get("details", {}).get("keys", [])
                           for entry in logged(server, "lake.get", project)),
               seconds=2, what="the read in the log")


def test_killed_while_writing(new_server):
    """What was acknowledged is there after kill -9; what was not left no file behind."""
    server = new_server(load=True)
    project = make_project(server, "open", "lake-crash")
    key = make_key(server.client_for("lead"), project)
    acknowledged = []

    def write(worker):
        client = s3_client(key)
        for number in range(10000):
            name, body = f"w{worker}/{number}", os.urandom(20000)
            try:
                client.put_object(Bucket=key["bucket"], Key=name, Body=body)
            except Exception:  # the server is gone
                return
            acknowledged.append((name, hashlib.md5(body).hexdigest()))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        writers = [pool.submit(write, worker) for worker in range(6)]
        wait_until(lambda: len(acknowledged) > 60, seconds=30, what="some writes")
        os.kill(server.children()["serve"], 9)
        for writer in writers:
            writer.result()
    server.wait_ready()
    # The supervisor starts it again, perhaps on another port.
    fresh = s3_client({**key, "endpoint": server.lake_url})
    listed = {item["Key"]: item["ETag"].strip('"') for page in
              fresh.get_paginator("list_objects_v2").paginate(Bucket=key["bucket"])
              for item in page.get("Contents", [])}
    for name, md5 in acknowledged:
        assert listed.get(name) == md5
    for name in list(listed)[::7]:
        body = fresh.get_object(Bucket=key["bucket"], Key=name)["Body"].read()
        assert hashlib.md5(body).hexdigest() == listed[name]
    wait_until(lambda: len(bucket_files(server, project)) == len(listed), seconds=15,
               what="the sweeping of files without a row")
