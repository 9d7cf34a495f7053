"""A school's class lists: what each pupil is asked for, letters with codes, reminders, paid and unpaid by class."""
