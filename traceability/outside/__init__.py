"""Following a log from outside, by HTTP alone: a reader, a witness that cosigns, a monitor that raises the alarm.

Nothing here knows a database or the portal; everything that a log says is checked before it is believed.
"""
