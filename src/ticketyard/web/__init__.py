"""The product over HTTP; no rules of the trade here."""
