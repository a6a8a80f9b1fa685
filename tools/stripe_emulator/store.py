"""The emulated data: accounts, their keys, and the objects of each side.

A side is one account in one mode (live or test); objects of one side do not exist for
another. Objects are plain dicts in the shape of the current API version. Keys that
begin with `_` are the emulator's own and never leave it.
"""

import threading
from dataclasses import asdict, dataclass, field

from .clock import Clock
from .protocol import ids
from .protocol.errors import ApiError, resource_missing
from .protocol.versions import CURRENT

DEFAULT_ACCOUNT = "acct_emulatordefault"
# What Stripe calls a kind of object in `No such …`, where that is not its name.
_LABELS = {"payment_method": "PaymentMethod"}


@dataclass
class Account:
    """A Stripe account and the settings that change how it behaves."""

    id: str
    name: str = "Emulated practice"
    country: str = "US"
    default_currency: str = "usd"
    # The version for requests without Stripe-Version and for endpoints without one.
    default_api_version: str = CURRENT.name
    # Whether secret keys may send card numbers; Stripe refuses that by default.
    raw_card_data: bool = False


@dataclass(frozen=True)
class Grant:
    """What an API key opens: one side, fully (secret) or for a browser only."""

    account: str
    livemode: bool
    publishable: bool


@dataclass
class Side:
    """The objects of one account in one mode."""

    account: Account
    livemode: bool
    salt: str = field(default_factory=lambda: ids.random_text(32))
    # Kind → id → object, each in the order of creation.
    objects: dict = field(default_factory=dict)
    # Object id → what happens to it later: [{"due": seconds, "task": name}].
    tasks: dict = field(default_factory=dict)
    # Idempotency key → stored answer, see `protocol/idempotency.py`.
    answers: dict = field(default_factory=dict)

    def add(self, obj):
        """Store a new object and return it."""
        self.objects.setdefault(obj["object"], {})[obj["id"]] = obj
        return obj

    def find(self, kind, object_id):
        """Return the object or None."""
        return self.objects.get(kind, {}).get(object_id)

    def all(self, kind):
        """Return all objects of a kind, oldest first."""
        return list(self.objects.get(kind, {}).values())

    def later(self, due, task, object_id):
        """Let `task` run for an object when the clock reaches `due`."""
        self.tasks.setdefault(object_id, []).append({"due": due, "task": task})

    def forget_tasks(self, object_id):
        """Drop what was to happen to an object later."""
        self.tasks.pop(object_id, None)

    def take_due(self, now):
        """Remove and return [(due, task, object id)] of what is due, unordered."""
        taken = []
        for object_id, waiting in list(self.tasks.items()):
            due = [each for each in waiting if each["due"] <= now]
            if not due:
                continue
            taken += [(each["due"], each["task"], object_id) for each in due]
            waiting[:] = [each for each in waiting if each["due"] > now]
            if not waiting:
                del self.tasks[object_id]
        return taken


class World:
    """Everything that the emulator knows, behind one lock.

    The lock is held while state is read or changed, never while an answer or a webhook
    is on the wire and never while a request is paused by a fault.
    """

    def __init__(self):
        self.lock = threading.RLock()
        self.clock = Clock()
        self.accounts = {}
        self.keys = {}
        self.sides = {}
        self.base_url = ""
        # Whether there is something new to save, see `persistence.py`.
        self.changed = False
        # Called with (side, event) for every new event.
        self.on_event = lambda side, event: None
        self.reset()

    def reset(self):
        """Forget everything; the default account remains, empty."""
        with self.lock:
            self.clock.reset()
            self.accounts.clear()
            self.keys.clear()
            self.sides.clear()
            self.add_account("default", DEFAULT_ACCOUNT)

    def add_account(self, name, account_id=None, **settings):
        """Create an account with a test and a live key pair; return it.

        The keys are `sk_test_emulator_<name>`, `pk_test_emulator_<name>` and the same
        with `live`.
        """
        account = Account(account_id or ids.new_id("account"), **settings)
        self.accounts[account.id] = account
        for livemode in (False, True):
            self.sides[account.id, livemode] = Side(account, livemode)
            mode = "live" if livemode else "test"
            for kind in ("sk", "pk"):
                key = f"{kind}_{mode}_emulator_{name}"
                self.keys[key] = Grant(account.id, livemode, kind == "pk")
        return account

    def keys_of(self, account_id):
        """Return the account's API keys."""
        return [key for key, grant in self.keys.items() if grant.account == account_id]

    def side(self, account_id=DEFAULT_ACCOUNT, livemode=False):
        """Return one side; KeyError when the account does not exist."""
        return self.sides[account_id, livemode]

    def holds(self, side):
        """Tell whether a side is still part of this world."""
        return self.sides.get((side.account.id, side.livemode)) is side

    def snapshot(self):
        """Return the state as plain data that JSON can hold."""
        with self.lock:
            return {
                "clock": self.clock.snapshot(),
                "accounts": [asdict(account) for account in self.accounts.values()],
                "keys": {key: asdict(grant) for key, grant in self.keys.items()},
                "sides": [_side_snapshot(side) for side in self.sides.values()],
            }

    def restore(self, snapshot):
        """Replace the state by one that `snapshot` returned."""
        with self.lock:
            accounts = [Account(**values) for values in snapshot["accounts"]]
            self.accounts = {account.id: account for account in accounts}
            keys = snapshot["keys"].items()
            self.keys = {key: Grant(**values) for key, values in keys}
            self.sides = {}
            for values in snapshot["sides"]:
                account = self.accounts[values.pop("account")]
                side = Side(account, **values)
                self.sides[account.id, side.livemode] = side
            self.clock.restore(snapshot["clock"])


def _side_snapshot(side):
    return {
        "account": side.account.id,
        "livemode": side.livemode,
        "salt": side.salt,
        "objects": side.objects,
        "tasks": side.tasks,
        "answers": side.answers,
    }


@dataclass
class Context:
    """On whose behalf something happens: a request, the clock, or the control API."""

    world: World
    side: Side
    version: object
    request_id: str | None = None
    idempotency_key: str | None = None

    @property
    def now(self):
        """The emulated time in whole seconds, as Stripe stamps objects."""
        return int(self.world.clock.now())

    def get(self, kind, object_id, *, param=None):
        """Return an object of this side or raise Stripe's `resource_missing`.

        Without `param` the id was part of the URL (404), else of a parameter (400).
        """
        obj = self.side.find(kind, object_id)
        if obj is not None:
            return obj
        other = self.world.sides[self.side.account.id, not self.side.livemode]
        hint = _other_mode_hint(self.side) if other.find(kind, object_id) else ""
        raise resource_missing(
            _LABELS.get(kind, kind),
            object_id,
            param=param or _url_param(kind),
            status=400 if param else 404,
            hint=hint,
        )


def _url_param(kind):
    """Stripe names the id of the URL after the kind for intents, `id` for the rest."""
    return "intent" if kind in ("payment_intent", "setup_intent") else "id"


def _other_mode_hint(side):
    there, here = ("test", "live") if side.livemode else ("live", "test")
    return (
        f"; a similar object exists in {there} mode, but a {here} mode key was used to "
        "make this request."
    )


def permission_error(message, code):
    """Return the answer when a key may not do what it was used for."""
    return ApiError(message, status=403, code=code, stored=False)
