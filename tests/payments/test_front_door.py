"""The front door opens what it names, and nothing heavy before it is used."""

import subprocess
import sys

import payments
from payments.errors import PaymentsError


def test_every_name_opens():
    assert all(getattr(payments, name) is not None for name in dir(payments))
    assert not hasattr(payments, "settle")


def test_the_docstring_names_each_function():
    said = payments.__doc__ or ""
    values = {"Allocated", "Applied", "Began", "Checked", "CreditShown", "Found", "PublicReceipt", "Pull", "Taken"}
    values |= {"RefundAsked", "RefundChanged", "Returned", "Wanted"}
    assert [name for name in dir(payments) if name not in said and name not in values] == []


def test_neither_door_nor_sandbox_loads_the_database():
    script = "import sys, payments, payments.gateways.sandbox; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_every_error_has_a_code_of_its_own_and_stands_in_the_tree():
    import payments.errors as errors

    leaves = [
        cls
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, PaymentsError) and "code" in vars(cls) and cls is not PaymentsError
    ]
    codes = [cls.code for cls in leaves]
    assert len(set(codes)) == len(codes) > 25
    assert all(cls.__name__ in (errors.__doc__ or "") and cls.code in (errors.__doc__ or "") for cls in leaves)
