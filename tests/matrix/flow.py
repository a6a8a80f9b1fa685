"""What flows have in common: what Stripe and the books say when one is over."""

from practice import PRICE


class Flow:
    """Something that people do with invoices, of which nothing is given back."""

    name = ""
    invoices = 1
    # Faults that make no sense, and why.
    nonsense = {}
    # Faults under which it is played for each change, besides none.
    short_under = ()
    # What Stripe's books and Odoo's say at the end, in money and per cell.
    charged = PRICE
    given_back = 0
    still_owed = 0
    service_state = "paid"
    # What became of each dispute.
    disputes = ()
    # What becomes of every payment at Stripe, where there is only one right answer.
    status_at_stripe = ""

    def prepare(self, cell):
        """Do what was before, in peace."""
        cell.take_invoices(self.invoices)

    def act(self, cell):
        """Do what the fault strikes."""
        raise NotImplementedError

    def again(self, cell):
        """Do what people do who see, after the recovery, that it is not done."""
