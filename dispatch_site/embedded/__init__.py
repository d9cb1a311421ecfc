"""PostgreSQL and Valkey out of Python wheels, for machines that have neither.

``paths`` says where everything lies, ``lease`` shares one pair of servers among the commands of
a checkout, ``keeper`` is the process that owns them, ``postgres`` and ``valkey`` know one each.
Nothing here imports Django: manage.py needs it before the settings are read.
"""
