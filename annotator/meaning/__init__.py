"""Declarations to entities, types and uses: what each identifier means."""
