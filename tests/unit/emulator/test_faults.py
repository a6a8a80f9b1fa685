"""Faults that tests switch on."""

import socket
import threading
import time

import pytest
import requests

from .kit import eventually

GIVEN = {"amount": "500", "currency": "usd"}
INTENTS = "/v1/payment_intents"


def create(http, **options):
    return http("POST", "payment_intents", GIVEN, **options)


def made(control):
    """Return how many intents exist."""
    return len(control.objects("payment_intent"))


def in_thread(function, *args):
    """Run in the background; return a function that waits for the result."""
    results = []

    def run():
        try:
            results.append(function(*args))
        except requests.RequestException as error:
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result():
        thread.join(10)
        return results[0]

    return result


def test_refused_connection_reads_nothing(http, control):
    create(http)
    control.fault("refuse", "POST", INTENTS, count=1)
    with pytest.raises(requests.ConnectionError):
        create(http)
    assert made(control) == 1
    assert len(control.requests(method="POST")) == 1
    assert create(http).status_code == 200


def test_refused_connection_is_reset_and_not_just_closed(server, control):
    control.fault("refuse", "GET", "/v1/account", count=1)
    with socket.create_connection(("127.0.0.1", server.server_port), 5) as client:
        client.sendall(b"GET /v1/account?limit=1 HTTP/1.1\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_outage_refuses_to_connect_and_ends(http, control, url):
    create(http)
    control.outage(0.6)
    time.sleep(0.3)
    with pytest.raises(requests.ConnectionError, match="refused|reset|aborted"):
        requests.get(f"{url}/_emulator/health", timeout=2)
    with pytest.raises(requests.ConnectionError):
        create(http)
    time.sleep(0.6)
    eventually(lambda: create(http).status_code == 200)
    assert made(control) == 2


def test_lost_answer_has_done_its_work(http, control):
    control.fault("lost_answer", "POST", INTENTS, count=1)
    with pytest.raises(requests.ConnectionError):
        create(http)
    assert made(control) == 1
    (record,) = control.requests()
    assert (record["fault"], record["status"]) == ("lost_answer", None)


def test_replayed_answer_can_be_lost_as_well(http, control):
    control.fault("lost_answer", "POST", INTENTS, count=2)
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            create(http, idempotency_key="same")
    assert create(http, idempotency_key="same").headers["Idempotent-Replayed"] == "true"
    assert made(control) == 1


@pytest.mark.parametrize(
    ("kind", "status", "effect"),
    [("error_before", 500, 0), ("error_after", 500, 1), ("rate_limit", 429, 0)],
)
def test_error_comes_before_or_after_the_effect(http, control, kind, status, effect):
    control.fault(kind, "POST", INTENTS, count=1)
    answer = create(http)
    assert answer.status_code == status
    assert answer.headers["Request-Id"].startswith("req_")
    assert made(control) == effect
    assert create(http).status_code == 200


def test_rate_limit_says_so(http, control):
    control.fault("rate_limit", path="/v1/customers")
    assert http("GET", "customers").json()["error"]["code"] == "rate_limit"


@pytest.mark.parametrize(
    ("effect", "soon", "later"), [("done", 1, 1), ("late", 0, 1), ("none", 0, 0)]
)
def test_slow_request_times_out_with_or_without_effect(
    http, control, url, effect, soon, later
):
    control.fault("slow", "POST", INTENTS, count=1, seconds=0.8, effect=effect)
    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        requests.post(f"{url}{INTENTS}", GIVEN, headers=http.headers, timeout=0.2)
    assert made(control) == soon
    time.sleep(0.9)
    assert made(control) == later


def test_patient_client_gets_the_slow_answer(http, control):
    control.fault("slow", "POST", INTENTS, count=1, seconds=0.3)
    started = time.monotonic()
    assert create(http).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_hanging_request_answers_nothing_until_released(http, control, url):
    fault = control.fault("hang", "POST", INTENTS, count=1, effect="none")
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{url}{INTENTS}", GIVEN, headers=http.headers, timeout=0.2)
    control.wait_held(fault["id"])
    assert control.release(fault["id"]) == 1
    assert made(control) == 0


def test_pause_before_holds_the_request_before_anything_happened(http, control):
    fault = control.fault("pause_before", "POST", INTENTS)
    result = in_thread(create, http)
    control.wait_held(fault["id"])
    assert made(control) == 0
    control.release(fault["id"])
    assert result().status_code == 200
    assert made(control) == 1


def test_pause_after_holds_the_answer_of_what_is_done(http, control, receiver):
    """Everybody else goes on meanwhile: the event arrives before the answer."""
    control.add_endpoint(receiver.url)
    fault = control.fault("pause_after", "POST", INTENTS)
    result = in_thread(create, http)
    control.wait_held(fault["id"])
    assert made(control) == 1
    receiver.wait("payment_intent.created")
    control.release(fault["id"])
    assert result().status_code == 200


@pytest.mark.parametrize(("kind", "effect"), [("pause_before", 0), ("pause_after", 1)])
def test_held_request_can_be_dropped(http, control, kind, effect):
    """As when the process that waits for the answer is killed."""
    fault = control.fault(kind, "POST", INTENTS, count=1)
    result = in_thread(create, http)
    control.wait_held(fault["id"])
    control.release(fault["id"], drop=True)
    assert isinstance(result(), requests.ConnectionError)
    assert made(control) == effect


def test_fault_hits_by_method_path_skip_and_count(http, control):
    control.fault("error_before", "POST", "/v1/*_intents", skip=1, count=2)
    assert http("POST", "customers", {}).status_code == 200
    assert http("GET", "payment_intents").status_code == 200
    assert [create(http).status_code for _ in range(4)] == [200, 500, 500, 200]
    (fault,) = control.faults()
    assert fault["hits"] == 3


def test_faults_are_switched_off_one_by_one_or_all(http, control):
    first = control.fault("error_before", path="/v1/customers")
    control.fault("error_before", path="/v1/charges")
    control.remove_fault(first["id"])
    assert http("GET", "customers").status_code == 200
    assert http("GET", "charges").status_code == 500
    control.clear_faults()
    assert http("GET", "charges").status_code == 200


def test_request_held_over_a_reset_changes_nothing(http, control):
    fault = control.fault("pause_before", "POST", INTENTS)
    result = in_thread(create, http)
    control.wait_held(fault["id"])
    control.reset()
    assert isinstance(result(), requests.ConnectionError)
    assert made(control) == 0


def test_slow_request_ends_in_nothing_after_a_reset(http, control):
    control.fault("slow", "POST", INTENTS, seconds=0.4, effect="late")
    result = in_thread(create, http)
    eventually(lambda: control.requests())
    control.reset()
    assert isinstance(result(), requests.ConnectionError)
    assert made(control) == 0


def test_unknown_fault_is_refused(control):
    with pytest.raises(Exception, match="Unknown fault 'explode'"):
        control.fault("explode")
    with pytest.raises(Exception, match="effect"):
        control.fault("slow", effect="sometimes")


def test_switching_a_pause_off_lets_go_of_what_it_holds(http, control):
    fault = control.fault("pause_before", "POST", INTENTS)
    result = in_thread(create, http)
    control.wait_held(fault["id"])
    control.remove_fault(fault["id"])
    assert result().status_code == 200
