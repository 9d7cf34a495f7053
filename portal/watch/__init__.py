"""The counterfeit watch: stamps that look copied, codes that were never issued; for officers and for whose they are."""
