"""The HTTP server: reads requests, writes answers, breaks connections on demand."""

import contextlib
import ipaddress
import socket
import struct
import threading
import time
from http import HTTPStatus
from http.server import ThreadingHTTPServer

from werkzeug.serving import WSGIRequestHandler

from .api.pages import Pages
from .control.api import ControlApi
from .protocol.faults import Dropped
from .protocol.http_messages import Request, Response, json_response

LARGEST_BODY = 2**20
CONTROL_PATH = "/_emulator"
# Seconds between the order for an outage and its begin.
ANSWER_FIRST = 0.05
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
    # What Werkzeug's handler asks its server.
    multithread, multiprocess, ssl_context = True, False, None

    def __init__(self, emulator, host="127.0.0.1", port=0):
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("The emulator listens on loopback addresses only.")
        super().__init__((host, port), Handler)
        self.emulator = emulator
        self.base_url = f"http://{host}:{self.server_port}"
        emulator.world.base_url = self.base_url
        self._control = ControlApi(emulator)
        self._pages = Pages(emulator)
        self._connections = set()
        emulator.on_outage = self._begin_outage

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

    def answer(self, request):
        """Return the answer to a request; raises `Dropped` when there is to be none."""
        faults = self.emulator.faults
        if faults.take(request.method, request.path, refusals=True):
            _reset(request.environ["werkzeug.socket"])
            raise Dropped
        response = self._dispatch(request)
        # Web pages may use the API, but not steer the emulator.
        if not request.path.startswith(CONTROL_PATH):
            response.headers.extend(_CORS)
        return response

    def _dispatch(self, request):
        if request.method == "OPTIONS":
            # A browser asks whether it may send a request.
            return Response(status=HTTPStatus.NO_CONTENT)
        if (request.content_length or 0) > LARGEST_BODY:
            # It is not read, so nothing else can come on this connection.
            error = {"error": {"message": "Too large"}}
            return json_response(413, error, {"Connection": "close"})
        # Whoever answers may have no use for the body, and the next request follows it.
        request.get_data()
        if request.path.startswith(CONTROL_PATH):
            return self._control.answer(request)
        if request.path.startswith("/v1/"):
            return self.emulator.api.answer(request)
        return self._pages.answer(request)

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


def _reset(connection):
    """Close so that the client gets a reset and no byte of an answer."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


class Handler(WSGIRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "StripeEmulator"
    # Answers are small: waiting to fill packets would cost 40 ms each.
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self):
        """Answer one request and leave the connection open, as Stripe does.

        Werkzeug's own method closes it, and reads away what has come meanwhile.
        """
        request = Request(self.make_environ())
        try:
            response = self.server.answer(request)
        except Dropped:
            self.close_connection = True
            return
        body, _, headers = response.get_wsgi_response(request.environ)
        self.send_response(response.status_code)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"".join(body))
        self.wfile.flush()

    def log(self, *args):
        """Write no line for each request; the recorder keeps them."""
