from . import clinic_aging_date, clinic_statement
