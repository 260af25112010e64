import os
import signal
import socket
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from index.errors import SettingsError
from web.serve import run_server

TESTS = Path(__file__).parent
SERVER = textwrap.dedent(
    """
    import sys
    sys.path[:0] = sys.argv[1:]
    import signal
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    from fake_archive import FakeQA
    from web.app import create_app
    from web.serve import run_server
    from web.settings import Settings
    run_server(create_app(Settings(), FakeQA()), "127.0.0.1", 0, 0, lambda address: print(address, flush=True))
    print("stopped")
    """
)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serves_on_a_free_port_and_stops_cleanly(stop):
    command = [sys.executable, "-c", SERVER, str(TESTS), str(TESTS.parents[1])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            address = server.stdout.readline().strip()
            with urllib.request.urlopen(address + "healthz", timeout=10) as response:
                assert response.read() == b'{"status":"ok"}'
            os.kill(server.pid, stop)
            out, err = server.communicate(timeout=20)
        finally:
            server.kill()
    assert (server.returncode, out, err) == (0, "stopped\n", "")


def test_port_in_use_names_the_remedy(app):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} on 127.0.0.1 is in use.*--port") as caught:
            run_server(app, "127.0.0.1", port, 1, print)
    assert caught.value.field == "port"


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_address_of_another_machine_is_refused(app, host):
    with pytest.raises(SettingsError, match="Cannot listen on") as caught:
        run_server(app, host, 0, 1, print)
    assert caught.value.field == "host"
