from odoo.tests import tagged

from .common_sequences_faults import FaultsPutBack
from .common_sequences_random import RandomSequences
from .faults import FAULTS
from .kept_sequences import KEPT


@tagged("post_install", "-at_install")
class TestAskingSequences(RandomSequences, FaultsPutBack):
    """Whatever happens, everybody asks for what is due and free, less what is held."""

    def test_everybody_asks_for_the_same_after_any_sequence(self):
        self._play_random()

    def test_what_went_wrong_once_is_right(self):
        self._check_kept(KEPT)

    def test_each_fault_that_is_put_back_is_found(self):
        self._check_faults(FAULTS)
