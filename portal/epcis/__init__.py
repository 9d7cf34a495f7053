"""The journey of goods, told by who handles them: EPCIS for machines, one thing a page for people."""
