"""The HTTP server: reads requests, writes answers, breaks connections on demand."""

import contextlib
import ipaddress
import re
import socket
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .api.pages import Pages
from .control.api import ControlApi
from .protocol.http_messages import Request, Response, json_response

LARGEST_BODY = 2**20
CONTROL_PATH = "/_emulator"
# Seconds between the order for an outage and its begin.
ANSWER_FIRST = 0.05
_REQUEST_LINE = re.compile(rb"([A-Z]+) ([^ ?]+)")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, "
    "Stripe-Version, Stripe-Account",
    "Access-Control-Expose-Headers": "Request-Id, Idempotent-Replayed",
    "Access-Control-Max-Age": "300",
}


class Server(ThreadingHTTPServer):
    """Serves one emulator on a loopback address; one thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, emulator, host="127.0.0.1", port=0):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("The emulator listens on loopback addresses only.")
        super().__init__((host, port), Handler)
        self.emulator = emulator
        self.base_url = f"http://{host}:{self.server_port}"
        emulator.world.base_url = self.base_url
        self.control = ControlApi(emulator)
        self._connections = set()
        emulator.on_outage = self._begin_outage
        self.pages = Pages(emulator)

    def server_bind(self):
        """Bind without the name look-up that the standard library makes."""
        socket_address = self.server_address
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(socket_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Keep quiet about clients that went away; that is what tests do."""

    def process_request(self, request, client_address):
        """Serve a connection; remember it so that an outage can break it."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        """Forget a connection that ends."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def _begin_outage(self, seconds):
        """Refuse connections for a while, after the current answer was sent."""
        threading.Timer(ANSWER_FIRST, self._outage, (seconds,)).start()

    def _outage(self, seconds):
        self.shutdown()
        self.socket.close()
        for connection in list(self._connections):
            _break(connection)
        time.sleep(seconds)
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        self.run_in_thread()

    def run_in_thread(self):
        """Serve in the background; return the thread."""
        thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        return thread


def _break(connection):
    """Close a connection both ways; it may already be gone."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Answers are small: waiting to fill packets would cost 40 ms each.
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_one_request(self):
        """Read and answer one request, unless a fault refuses the connection."""
        if self._is_refused():
            self._reset_connection()
        else:
            super().handle_one_request()

    def _is_refused(self):
        """Look at the request line without taking it from the stream."""
        try:
            peeked = self.rfile.peek(1)
        except OSError:
            return False
        match = _REQUEST_LINE.match(peeked)
        if match is None:
            return False
        method, path = match[1].decode(), match[2].decode("latin-1")
        faults = self.server.emulator.faults
        return bool(faults.take(method, path, refusals=True))

    def _reset_connection(self):
        """Close so that the client gets a reset and no byte of an answer."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
        self.close_connection = True

    def do_GET(self):
        """Answer a GET request."""
        self._answer()

    def do_POST(self):
        """Answer a POST request."""
        self._answer()

    def do_DELETE(self):
        """Answer a DELETE request."""
        self._answer()

    def do_OPTIONS(self):
        """Answer a browser's question whether it may send a request."""
        self._send(Response(HTTPStatus.NO_CONTENT, b""))

    def _answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._send(json_response(413, {"error": {"message": "Too large"}}))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        response = self._dispatch(Request(self.command, self.path, headers, body))
        if response is None:
            self._drop_connection()
        else:
            self._send(response)

    def _dispatch(self, request):
        server = self.server
        if request.path.startswith(CONTROL_PATH):
            return server.control.answer(request)
        if request.path.startswith("/v1/"):
            return server.emulator.api.answer(request)
        return server.pages.answer(request)

    def _drop_connection(self):
        """Close in the ordinary way, without an answer."""
        self.close_connection = True
        _break(self.connection)

    def _send(self, response):
        self.send_response(response.status)
        # Web pages may use the API, but not steer the emulator.
        cors = {} if self.path.startswith(CONTROL_PATH) else _CORS
        for name, value in (*response.headers.items(), *cors.items()):
            self.send_header(name, value)
        if response.body:
            self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, *args):
        """Write no line for each request; the recorder keeps them."""
