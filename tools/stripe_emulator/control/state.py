"""Control operations on accounts, clock, faults, recorded requests and books."""

import fnmatch
from dataclasses import asdict

from ..protocol.rendering import render
from ..protocol.versions import CURRENT, Version
from .ledger import ledger
from .operations import operation, side_of


def _health(emulator):
    return {"status": "ok", "api_version": CURRENT.name, "url": emulator.world.base_url}


def _reset(emulator):
    emulator.reset()
    return {}


def _ledger(emulator, account=None, livemode=False):
    with emulator.world.lock:
        return ledger(side_of(emulator, account, livemode))


def _ledgers(emulator):
    with emulator.world.lock:
        return [ledger(side) for side in emulator.world.sides.values()]


def _accounts(emulator):
    world = emulator.world
    with world.lock:
        return [
            asdict(account) | {"keys": world.keys_of(account.id)}
            for account in world.accounts.values()
        ]


def _add_account(emulator, name, account_id=None, **settings):
    world = emulator.world
    with world.lock:
        if f"sk_test_emulator_{name}" in world.keys:
            raise ValueError(f"There is an account {name} already.")
        account = world.add_account(name, account_id, **settings)
        world.changed = True
        return asdict(account) | {"keys": world.keys_of(account.id)}


def _change_account(emulator, account, **settings):
    """Change settings of an account, such as its default API version."""
    known = emulator.world.accounts[account]
    with emulator.world.lock:
        for name, value in settings.items():
            if name not in asdict(known):
                raise ValueError(f"An account has no setting {name}.")
            setattr(known, name, value)
        emulator.world.changed = True
    return asdict(known)


def _objects(emulator, kind, account=None, livemode=False, version=CURRENT.name):
    """List all objects of a kind, oldest first, as the API would show them."""
    with emulator.world.lock:
        side = side_of(emulator, account, livemode)
        return [render(side, obj, Version(version)) for obj in side.all(kind)]


def _clock(emulator):
    clock = emulator.world.clock
    return {"now": clock.now(), **clock.snapshot()}


def _advance(emulator, seconds):
    emulator.world.clock.advance(seconds)
    emulator.catch_up()
    return _clock(emulator)


def _freeze(emulator, at=None):
    emulator.world.clock.freeze(at)
    emulator.catch_up()
    return _clock(emulator)


def _unfreeze(emulator):
    emulator.world.clock.unfreeze()
    return _clock(emulator)


def _requests(
    emulator, method=None, path=None, account=None, status=None, since=None, limit=None
):
    """Return recorded requests, oldest first; `path` may hold wildcards."""
    found = [
        record
        for record in emulator.recorder.all()
        if method in (None, record["method"])
        and (path is None or fnmatch.fnmatch(record["path"], path))
        and account in (None, record["account"])
        and status in (None, record["status"])
        and (since is None or record["at"] >= since)
    ]
    return found[-limit:] if limit else found


def _clear_requests(emulator):
    emulator.recorder.clear()
    return {}


def _faults(emulator):
    return [fault.describe() for fault in emulator.faults.all()]


def _add_fault(emulator, kind, **settings):
    return emulator.faults.add(kind, **settings).describe()


def _fault(emulator, fault):
    return emulator.faults.get(fault).describe()


def _remove_fault(emulator, fault):
    emulator.faults.remove(fault)
    return {}


def _clear_faults(emulator):
    emulator.faults.clear()
    return {}


def _release_fault(emulator, fault, drop=False):
    return {"released": emulator.faults.get(fault).release(drop=drop)}


def _outage(emulator, seconds):
    """Close the port for some seconds, so that connecting is refused."""
    emulator.on_outage(seconds)
    return {}


ROUTES = (
    operation("GET", "", _health),
    operation("GET", "/health", _health),
    operation("POST", "/reset", _reset),
    operation("GET", "/ledgers", _ledgers),
    operation("POST", "/ledger", _ledger),
    operation("GET", "/accounts", _accounts),
    operation("POST", "/accounts", _add_account),
    operation("POST", "/accounts/{account}", _change_account),
    operation("POST", "/objects/{kind}", _objects),
    operation("GET", "/clock", _clock),
    operation("POST", "/clock/advance", _advance),
    operation("POST", "/clock/freeze", _freeze),
    operation("POST", "/clock/unfreeze", _unfreeze),
    operation("POST", "/requests", _requests),
    operation("DELETE", "/requests", _clear_requests),
    operation("GET", "/faults", _faults),
    operation("POST", "/faults", _add_fault),
    operation("DELETE", "/faults", _clear_faults),
    operation("GET", "/faults/{fault}", _fault),
    operation("DELETE", "/faults/{fault}", _remove_fault),
    operation("POST", "/faults/{fault}/release", _release_fault),
    operation("POST", "/outage", _outage),
)
