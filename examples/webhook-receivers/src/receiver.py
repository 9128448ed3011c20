"""An endpoint for the webhooks of nestjs-astra (Standard Webhooks 1.0.0), with nothing but Python."""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ.get("WEBHOOK_SECRET", "")
if not SECRET.startswith("whsec_"):
    sys.exit("Set WEBHOOK_SECRET to the secret of the webhook.")
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))

# Seconds by which the time of a request may differ from ours, so that a recorded one cannot be sent again later.
TOLERANCE = 300
# Bytes of the largest request. Events have at most a few kilobytes.
MAX_BYTES = 64 * 1024

# Ids of the events that were processed. Keep them in your database, in the transaction of what an event changes.
seen = set()
lock = threading.Lock()


def is_genuine(headers, body):
    """Return whether a request comes from the service: one of its signatures is right, and it is recent."""
    webhook_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    content = f"{webhook_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest())
    # While a secret is being replaced, there are two signatures.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(one, expected) for one in given)


class Receiver(BaseHTTPRequestHandler):
    timeout = 15

    def do_POST(self):
        size = self.headers.get("content-length", "")
        if not size.isdecimal() or int(size) > MAX_BYTES:
            return self.answer(413)
        # As it was sent: the signature is that of its bytes.
        body = self.rfile.read(int(size))
        if not is_genuine(self.headers, body):
            return self.answer(400)
        webhook_id = self.headers["webhook-id"]
        with lock:
            if webhook_id not in seen:
                seen.add(webhook_id)
                event = json.loads(body)
                print(event["type"], json.dumps(event["data"], separators=(",", ":")), flush=True)
        # The same for an event that has been processed: it arrived.
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Print events only."""


if __name__ == "__main__":
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080")))
    server = ThreadingHTTPServer(address, Receiver)
    print("Listening on http://%s:%d" % address, file=sys.stderr, flush=True)
    server.serve_forever()
