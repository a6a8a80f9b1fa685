from odoo.tests import tagged

from .common_sequences_random import RandomSequences


@tagged("post_install", "-at_install")
class TestAskingSequences(RandomSequences):
    """Whatever happens, everybody asks for what is due and free, less what is held."""

    def test_everybody_asks_for_the_same_after_any_sequence(self):
        self._play_random()
