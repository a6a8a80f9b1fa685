"""What a practice has set, which day it is there, and who is told of troubles.

Takes nothing from other rooms.
"""

from . import (
    res_company,
    res_company_paying,
    res_config_settings,
    res_config_settings_insurers,
    res_config_settings_paying,
    res_config_settings_zone,
)
