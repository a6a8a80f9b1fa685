from . import clinic_session_patients, clinic_visit_closing
