"""Every button of both addons, pressed as those do it who see it.

`inventory` lists what can be pressed, from the database and from our own scripts'
templates. The tables (`of_*`) say by hand, for each, on which record it applies, what
its dialog needs, and which effect is read back afterwards. `hands` presses it.
"""
