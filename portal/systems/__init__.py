"""An institution's own software: the keys with which it asks for money, and the addresses that are told."""
