"""What a practice has set, which day it is there, and who is told of troubles.

Takes nothing from other rooms. What a setting means is said by the room that obeys it;
fees for visits that do not take place are declared with visits.
"""

from . import res_company, res_company_branches, res_config_settings
