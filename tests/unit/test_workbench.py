"""What the set-up commands say and leave behind when something is wrong."""

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench import (
    cli,
    locks,
    paths,
    postgres,
    processes,
    server_home,
    skip_policy,
    tested,
    testing,
)
from workbench.errors import Trouble


def run_command(*words: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def assert_one_sentence(result: subprocess.CompletedProcess, *words: str) -> None:
    assert result.returncode == 1
    said = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(said) == 1, result.stderr
    for word in words:
        assert word in said[0]


# --- ports


@pytest.fixture(params=["no demo", "a demo runs"])
def with_and_without_demo(request):
    """Whether `make demo` runs in this checkout at the same time."""
    with contextlib.ExitStack() as stack:
        if request.param == "a demo runs":
            # One that runs in fact does as well.
            with contextlib.suppress(Trouble):
                stack.enter_context(locks.exclusive_or("demo", Trouble("it runs")))
        yield


@pytest.mark.usefixtures("with_and_without_demo")
def test_busy_port_is_one_sentence_that_names_the_way_out():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        result = run_command("demo", PORT=str(port))
    assert_one_sentence(result, f"port {port} is in use", "PORT=8070")


@pytest.mark.usefixtures("with_and_without_demo")
@pytest.mark.parametrize("port", ["http", "-1", "80.5", "65536", "70000"])
def test_port_that_is_no_number_is_one_sentence(port):
    assert_one_sentence(run_command("demo", PORT=port), "no port number")


def test_unknown_command_names_the_known_ones():
    assert_one_sentence(run_command("serve"), "demo", "pytest")


# --- missing tools


@pytest.mark.parametrize("python", ["python-that-is-missing", "false"])
def test_missing_or_old_python_is_named(python):
    make = ["make", "--silent", f"--directory={paths.ROOT}", "setup"]
    result = subprocess.run(
        [*make, f"PYTHON={python}"], capture_output=True, text=True, timeout=60
    )
    assert result.returncode
    assert "Python 3.10 or newer is needed" in result.stderr


def test_tests_without_chromium_are_refused_at_once_in_one_sentence(tmp_path):
    environment = {"PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    began = time.monotonic()
    result = subprocess.run(
        [python, "-m", "workbench", "test"],
        env={"PYTHONPATH": str(paths.TOOLS), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert time.monotonic() - began < 5
    assert_one_sentence(result, "chromium and wkhtmltopdf must be installed")


# --- what the user names


def test_postgresql_that_does_not_answer_names_the_variables(monkeypatch, tmp_path):
    monkeypatch.setenv("PGHOST", str(tmp_path))
    with pytest.raises(Trouble, match="PGHOST"), postgres.running():
        pass


def test_role_that_odoo_refuses_is_named_before_anything_starts(monkeypatch):
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGUSER", "postgres")
    with pytest.raises(Trouble, match="PGUSER"), postgres.running():
        pass


# --- PostgreSQL's folders


def test_folder_that_somebody_else_made_first_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(server_home.tempfile, "gettempdir", lambda: str(tmp_path))
    # The server of this run stays where it is.
    monkeypatch.setattr(server_home, "IS_OUTSIDE", False)
    too_long = Path("/", "x" * server_home.LONGEST_SOCKET_FOLDER)
    folder = server_home.socket_folder(too_long)
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    server_home.remove()
    assert not folder.exists()
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Trouble, match="somebody else's"):
        server_home.socket_folder(too_long)
    server_home.remove()
    assert folder.is_symlink()


# --- processes


def is_alive(command_line):
    """A dead process that nobody has collected yet has no command line any more."""
    try:
        return bool(command_line.read_text())
    except OSError:
        return False


def test_stop_ends_the_process_and_its_children_and_no_other(tmp_path):
    bystander = subprocess.Popen(["sleep", "60"])
    script = "sleep 60 & echo $!; wait"
    process = processes.spawn(["sh", "-c", script], tmp_path / "log")
    while not (tmp_path / "log").read_text().strip():
        time.sleep(0.01)
    child = Path("/proc", (tmp_path / "log").read_text().strip(), "cmdline")
    try:
        processes.stop(process)
        assert process.returncode == -signal.SIGTERM
        # The signal has been sent; nobody but the system knows when the child ends.
        deadline = time.monotonic() + 10
        while is_alive(child) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_alive(child)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_process_that_ends_at_once_is_explained_from_its_log(tmp_path):
    log = tmp_path / "log"
    process = processes.spawn(["sh", "-c", "echo no such option; exit 2"], log)
    with pytest.raises(Trouble, match="(?s)the server ended.*no such option"):
        processes.wait_until(lambda: False, process, log, "the server", 10)


def test_process_that_never_answers_is_given_up(tmp_path):
    log = tmp_path / "log"
    process = processes.spawn(["sleep", "60"], log)
    try:
        with pytest.raises(Trouble, match="did not answer within 0 s"):
            processes.wait_until(lambda: False, process, log, "the server", 0)
    finally:
        processes.stop(process)


def test_termination_is_handled_like_ctrl_c(monkeypatch):
    def terminate(_words):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(cli, "_run", terminate)
    try:
        assert cli.main(["demo"]) == cli.INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


def test_name_is_abandoned_when_its_process_has_ended():
    process = subprocess.Popen(["true"])
    process.wait()
    assert paths.is_abandoned(f"clinic_run_{process.pid}_1")
    assert not paths.is_abandoned(f"clinic_{paths.run_name()}")
    assert not paths.is_abandoned("clinic_core_0123abcd")


def test_lock_that_another_command_holds_is_refused():
    refusal = Trouble("it runs already")
    second = locks.exclusive_or("unit-test", refusal)
    with (
        locks.exclusive_or("unit-test", refusal),
        pytest.raises(Trouble, match="runs already"),
        second,
    ):
        pass
    with locks.exclusive_or("unit-test", refusal):
        pass


# --- chosen tests


def test_paths_are_found_from_where_the_user_stands(tmp_path):
    (tmp_path / "test_mine.py").touch()
    assert testing._absolute("test_mine.py::test_x", tmp_path) == (
        f"{tmp_path}/test_mine.py::test_x"
    )
    in_checkout = testing._absolute("tests/unit", tmp_path)
    assert in_checkout == str(paths.ROOT / "tests" / "unit")
    assert testing._absolute("-k", tmp_path) == "-k"
    assert testing._absolute("not slow", tmp_path) == "not slow"


# --- two lanes

INTERRUPTED_RUN = """
import sys
from workbench.processes import heed_interrupts, run_in_foreground
heed_interrupts()
run_in_foreground([sys.executable, "-m", "pytest", *sys.argv[1:]])
"""
FAILS_THEN_SLEEPS = """
import time
def test_fails(): assert "seen" == "earlier"
def test_sleeps():
    print("asleep", file=open("asleep", "w"))
    time.sleep(300)
"""


@pytest.fixture
def lanes(monkeypatch, tmp_path):
    """Replace both lanes; return a function that sets how each ends, and what ran."""
    monkeypatch.delenv("LANES", raising=False)
    monkeypatch.setattr(testing, "LOGS", tmp_path)
    ran = []

    def run(name, status, _arguments):
        ran.append(name)
        return status

    def end_with(front, beside, command="echo beside"):
        line = ["sh", "-c", f"{command}; exit {beside}"]
        start = processes.spawn
        monkeypatch.setattr(testing, "spawn", lambda _line, log: start(line, log))
        return testing.Lanes(
            functools.partial(run, "front", front),
            functools.partial(run, "beside", beside),
            "the-other-lane",
        )

    end_with.ran = ran
    return end_with


@pytest.mark.parametrize(("front", "beside"), [(0, 0), (1, 0), (0, 3), (1, 3)])
def test_two_lanes_succeed_only_together(lanes, capfd, tmp_path, front, beside):
    status = testing.run_lanes(lanes(front, beside), "", tmp_path)
    assert bool(status) == bool(front or beside)
    if not front:
        assert "beside" in capfd.readouterr().out


def test_lane_in_front_that_fails_stops_the_other(lanes, tmp_path):
    chosen = lanes(1, 0, command="sleep 300")
    began = time.monotonic()
    assert testing.run_lanes(chosen, "", tmp_path) == 1
    assert time.monotonic() - began < processes.PATIENCE_SECONDS


def test_one_lane_begins_with_what_is_quick_and_ends_at_a_failure(
    lanes, monkeypatch, tmp_path
):
    chosen = lanes(0, 3)
    monkeypatch.setenv("LANES", "1")
    assert testing.run_lanes(chosen, "", tmp_path) == 3
    assert lanes.ran == ["beside"]


@pytest.mark.parametrize("lanes", [testing.of_each_change(), testing.of_the_rest()])
def test_second_lane_is_a_command(lanes):
    assert lanes.command in cli.COMMANDS


@pytest.mark.parametrize(
    "paths_of_a_run",
    [
        testing.WITHOUT_DATABASE,
        testing.SERVED,
        testing.OF_INVOICING,
        testing.OF_ADDONS,
        testing.COMMITTING,
        testing.OF_SEQUENCES,
        testing.OF_LEDGER_SEQUENCES,
        testing.AS_OTHERS,
    ],
)
def test_tests_that_a_command_names_are_there(paths_of_a_run):
    assert len(testing._present(paths_of_a_run)) == len(paths_of_a_run)


def test_each_folder_of_tests_is_in_a_run():
    runs = (testing.WITHOUT_DATABASE, testing.SERVED, testing.COMMITTING)
    run = {path for one in runs for path in one}
    files = (paths.ROOT / "tests").rglob("test_*.py")
    there = {path.relative_to(paths.ROOT).parts[:2] for path in files}
    assert {"/".join(parts) for parts in there} == run


def test_run_whose_tests_are_gone_does_not_run_all_others():
    with pytest.raises(Trouble, match="tests/gone"):
        testing._run_served("What is gone", ("tests/gone",), [])


# --- what has passed


@pytest.fixture
def checkout(monkeypatch, tmp_path):
    """A checkout of one file, of which nothing is known."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "addon.py").write_text("before")
    monkeypatch.setattr(tested.state, "__defaults__", (root,))
    monkeypatch.setattr(tested, "NOTE", tmp_path / "tested")
    return root


def test_what_has_passed_is_known_until_a_file_changes(checkout):
    assert not tested.has_passed()
    tested.note(tested.state())
    assert tested.has_passed()
    (checkout / "build").mkdir()
    (checkout / "build" / "log").touch()
    assert tested.has_passed()
    (checkout / "addon.py").write_text("after")
    assert not tested.has_passed()


def test_files_that_change_during_the_tests_have_not_passed(checkout):
    began_with = tested.state()
    (checkout / "new.py").touch()
    tested.note(began_with)
    assert not tested.has_passed()


@pytest.mark.parametrize(
    ("status", "arguments", "is_shifted", "commands"),
    [
        (0, "", False, ["test-beside", "test-all-beside", "test-all-beside"]),
        (0, "-x", False, ["test-beside", "test-all-beside"] * 2),
        (0, "", True, ["test-beside", "test-all-beside"] * 2),
        (1, "", False, ["test-beside", "test-beside"]),
    ],
)
def test_all_does_not_repeat_what_has_passed(
    checkout, monkeypatch, status, arguments, is_shifted, commands
):
    ran = []

    def run(lanes, _arguments, _folder):
        ran.append(lanes.command)
        return status

    monkeypatch.setenv("ARGS", arguments)
    monkeypatch.setattr(cli.clock, "is_shifted", lambda: is_shifted)
    monkeypatch.setattr(testing, "run_lanes", run)
    assert cli.COMMANDS["test-all"]() == status
    assert cli.COMMANDS["test-all"]() == status
    assert ran == commands


# --- the end of a run


def test_run_that_is_stopped_still_reports_what_had_failed(tmp_path):
    (tmp_path / "test_x.py").write_text(FAILS_THEN_SLEEPS)
    options = ["-q", "-p", "no:odoo", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    line = [sys.executable, "-c", INTERRUPTED_RUN, *options, "test_x.py"]
    log = tmp_path / "log"
    run = processes.spawn(line, log, cwd=tmp_path)
    processes.wait_until((tmp_path / "asleep").exists, run, log, "pytest", 60)
    processes.end_in_order(run)
    assert "earlier" in log.read_text()


# --- skipped tests

DOCUMENT = """
# Testing
## Skipped tests
* `needs a live Stripe key`: run with
  `-m live`
## Limits
chromium is missing
"""


def test_reason_that_the_document_names_is_allowed():
    skipped = [("test_a", "needs a live\nStripe key")]
    assert skip_policy.unnamed(skipped, DOCUMENT) == []


@pytest.mark.parametrize("document", [DOCUMENT, ""])
def test_reason_that_the_section_does_not_name_is_not(document):
    skipped = [("test_a", "chromium is missing")]
    assert skip_policy.unnamed(skipped, document) == skipped


@pytest.mark.parametrize(
    ("test", "status"),
    [
        ("def test_x(): pass", 0),
        ("import pytest\ndef test_x(): pytest.skip('no chromium')", 1),
        ("import pytest\n@pytest.mark.xfail\ndef test_x(): assert False", 1),
        ("import pytest\npytest.importorskip('nowhere')", 1),
    ],
)
def test_run_fails_on_an_unnamed_skip(tmp_path, test, status):
    (tmp_path / "test_x.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-p", "workbench.skip_policy"]
    options = ["-p", "no:odoo", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    result = subprocess.run([*command, *options, str(tmp_path)], capture_output=True)
    assert result.returncode == status, result.stdout.decode()
