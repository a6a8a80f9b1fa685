from . import clinic_remittance_import, clinic_remittance_services
