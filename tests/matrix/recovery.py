"""What puts things right again: messages, jobs, and people who look once more."""

# Jobs are tried again after minutes and hours; a cell has seconds.
ROUNDS = 3


def recover(cell):
    """Let everything work again, and run what Odoo runs by itself."""
    cell.note("-- recovery")
    cell.stripe.clear_faults()
    cell.fault.recover(cell)
    settle(cell)
    if not cell.complaints:
        cell.flow.again(cell)
    settle(cell)


def settle(cell):
    """Deliver what Stripe has to tell, and run the jobs until they have done all."""
    if not cell.stripe.wait_delivered(20, retries=True):
        cell.complain("messages of Stripe cannot be delivered")
    for _ in range(ROUNDS):
        cell.stage.let_time_pass()
        cell.stage.run_jobs()
        if not is_unsettled(cell):
            break
    cell.stripe.wait_delivered(20, retries=True)


def is_unsettled(cell):
    """Whether something waits that jobs are there for."""
    return cell.stage.value(
        "select exists (select from clinic_stripe_event where id > %s"
        " and state in ('received', 'failed', 'unmatched'))"
        " or exists (select from payment_transaction where"
        " state in ('pending', 'authorized') or (state = 'done'"
        " and not is_post_processed))",
        cell.last_event,
    )
