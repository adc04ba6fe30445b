"""The dashboard: a page on this machine where a policymaker moves a slider and sees what it does, how sure that is, and why.

``app.py`` is the page and its addresses, ``desk.py`` what one session has set (with undo, link and session file),
``ensembles.py`` the runs behind every picture, shared by all sessions, ``drawing/`` the live pictures, ``screens/`` one file a
screen, ``parts/`` the controls as the browser knows them. Texts stand in ``klaver/language/dashboard/``.
"""
