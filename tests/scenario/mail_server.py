# SPDX-License-Identifier: Apache-2.0
"""A real mail server (aiosmtpd) that keeps what it gets, in clear or with TLS, with or without
sign-in; and that can be told to refuse, to put off, or to say nothing."""
import email
import email.policy
import os
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

USER, PASSWORD = "darse", "lock-and-quay"


def make_certificate(folder):
    """A certificate of its own authority for 127.0.0.1 and localhost: (certificate, key)."""
    cert, key = Path(folder) / "mail.pem", Path(folder) / "mail.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost,IP:127.0.0.1"], check=True, capture_output=True)
    os.chmod(cert, 0o644)
    return cert, key


class MailServer:
    def __init__(self, certificate=None, mode="none", sign_in=False):
        self.messages = []          # email.message.EmailMessage, with .envelope_to
        self.answers = []           # said instead of taking the next messages: "451 later", None: silence
        self.seen = 0               # how often a whole message arrived
        self.released = threading.Event()
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, certificate))
        options = {"ssl_context": context} if mode == "tls" else {}
        if mode == "starttls":
            options.update(tls_context=context, require_starttls=True)
        if sign_in:
            options.update(authenticator=self.authenticate, auth_required=True,
                           auth_require_tls=mode == "starttls")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    def authenticate(self, server, session, envelope, mechanism, data):
        good = data.login == USER.encode() and data.password == PASSWORD.encode()
        return AuthResult(success=good)

    async def handle_DATA(self, server, session, envelope):
        import asyncio
        self.seen += 1
        if self.answers:
            answer = self.answers.pop(0)
            if answer is None:
                while not self.released.is_set():
                    await asyncio.sleep(0.05)
                server.transport.abort()
                return "421 gone"
            return answer
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        message.envelope_to = envelope.rcpt_tos
        message.raw = envelope.content
        message.arrived = time.monotonic()
        self.messages.append(message)
        return "250 kept"

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.controller.stop()

    def to(self, address):
        return [message for message in self.messages if address in message.envelope_to]
