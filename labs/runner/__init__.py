"""The lab tool: reads ``labs/<kind>/<slug>/``, gives work folders, test results and pages' data.

The data flows one way: ``model`` (types) and ``lessons`` (lab.toml) below; ``marks`` and
``patches`` turn the one solution into every stage of it; ``extension`` and ``patchtree`` build a
stage; ``testing`` runs a step's tests inside ``sandbox``; ``gate`` proves a whole lab for the
authors, ``commands`` does the same for a reader, ``pages`` hands it all to the site.
"""
