-- a copy knows nothing of the practice's account at Stripe
UPDATE payment_provider
   SET clinic_stripe_account_ref = NULL;
-- and removes nobody's card there
UPDATE clinic_stripe_detachment
   SET state = 'done',
       reason = 'This is a copy of another database.'
 WHERE state = 'waiting';
