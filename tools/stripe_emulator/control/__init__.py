"""How tests steer and watch the emulator: the control API and its client.

Takes from protocol (errors, faults), delivery (what was sent) and api (what people and
banks do to payments). The client alone needs nothing but the standard library.
"""

from .client import Control, ControlError
