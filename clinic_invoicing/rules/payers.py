"""Who owes a share of a service."""

# The selection values are public: other addons and saved filters rely on them.
PAYER_PATIENT = "patient"
PAYER_INSURER = "insurer"
PAYER_WRITE_OFF = "write_off"
