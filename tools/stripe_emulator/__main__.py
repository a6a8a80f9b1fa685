"""Start the emulator: `python -m stripe_emulator --port 0 --ready-file FILE`."""

import argparse
import signal
import sys
from pathlib import Path

from .emulator import Emulator
from .server import Server

STOPPING = (signal.SIGTERM, signal.SIGINT)


def main(arguments=None):
    """Serve until a SIGTERM or SIGINT arrives."""
    parser = _parser()
    options = parser.parse_args(arguments)
    emulator = Emulator(options.state)
    try:
        server = Server(emulator, options.host, options.port)
    except (OSError, ValueError) as error:
        parser.error(f"cannot listen on {options.host}:{options.port}: {error}")
    # Before any thread begins: a handler could find the main one holding a lock.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    emulator.start()
    server.run_in_thread()
    if options.ready_file:
        _write_whole(Path(options.ready_file), server.base_url)
    print(f"Stripe emulator listens on {server.base_url}", flush=True)
    signal.sigwait(STOPPING)
    server.shutdown()
    server.server_close()
    emulator.stop()
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="stripe_emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--ready-file", help="gets the base URL once it can be used")
    parser.add_argument("--state", help="a file that keeps the data across restarts")
    return parser


def _write_whole(path, text):
    """Write a file so that nobody ever reads half of it."""
    draft = path.with_name(path.name + ".new")
    draft.write_text(text + "\n", "utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
