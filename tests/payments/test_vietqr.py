"""VietQR: what is written is what all banks read; what does not add up is refused with its reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import encode_vietqr, read_vietqr
from payments.errors import VietQrRefused
from payments.gateways.banks import bank_name, banks, can_receive
from payments.gateways.sandbox.qr_reading import QrUnreadable, read_qr
from payments.gateways.vietqr_text import checksum
from tests.payments.scene import VECTORS

QR = VECTORS["vietqr"]
READABLE = QR["good"] | QR["good_foreign"]


def closed(text):
    """Return a text with its right checksum."""
    return f"{text}6304{checksum(text + '6304')}"


@pytest.mark.parametrize("name", READABLE)
def test_good_codes_are_read(name):
    vector = READABLE[name]
    code = read_vietqr(vector["payload"])
    assert (code.bin, code.account, code.service) == (vector["bin"], vector["account"], vector["service"])
    assert code.dynamic is vector["dynamic"]
    assert code.service_known
    assert code.amount_minor == (None if vector["amount"] is None else int(vector["amount"]))
    assert (code.bill, code.purpose) == (vector["bill"], vector["purpose"])


@pytest.mark.parametrize("name", QR["good"])
def test_the_same_codes_are_written(name):
    vector = QR["good"][name]
    assert vector["payload"] == encode_vietqr(
        bank_bin=vector["bin"],
        account=vector["account"],
        amount_minor=None if vector["amount"] is None else int(vector["amount"]),
        purpose=vector["purpose"],
        bill=vector["bill"],
    )


@pytest.mark.parametrize("name", QR["must_be_refused"])
def test_bad_codes_are_refused(name):
    vector = QR["must_be_refused"][name]
    with pytest.raises(VietQrRefused) as refusal:
        read_vietqr(vector["payload"])
    assert refusal.value.code == vector["error"]


HEAD = "000201010212"
TO = "38540010A00000072701240006970436011010319334300208QRIBFTTA"
REST = "530370454055000058" + "02VN"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (HEAD + TO + "5303704" + "5802VN" + "62110x07PURPOSE", "bad_header"),
        (HEAD + TO + "5303704" + "5802VN" + "6200", "bad_length"),
        (HEAD + TO + "5303704" + "5802VN" + "62060809AB", "bad_length"),
        (HEAD + TO + "5303704" + "5802VN" + "621008011080112", "bad_length"),
        (HEAD + TO + "5303704" + "5802VN" + "62100801108012", "duplicate_tag"),
        (HEAD + TO + "5303704", "missing_tag"),
        (HEAD + "3824" + "0010A000000727" + "0206QRCASH" + "5303704" + "5802VN", "missing_tag"),
        (HEAD + TO.replace("970436", "97043X") + "5303704" + "5802VN", "bad_account"),
        (HEAD + TO.replace("1031933430", "10319334-0") + "5303704" + "5802VN", "bad_account"),
        (HEAD + TO + "5303840" + "5802VN", "bad_currency"),
        (HEAD + TO + "5303704" + "5802US", "bad_country"),
        (HEAD + TO + "5303704" + "540750000.5" + "5802VN", "bad_amount"),
        (HEAD + TO + "5303704" + "5406-50000" + "5802VN", "bad_amount"),
        (HEAD + TO + "5303704" + "5802VN" + "5926" + "A" * 26, "text_too_long"),
        (HEAD + TO + "5303704" + "5802VN" + "6016" + "A" * 16, "text_too_long"),
        (HEAD + TO + "5303704" + "5802VN" + "6230" + "0826" + "A" * 26, "text_too_long"),
    ],
)
def test_each_rule_has_its_error(text, error):
    with pytest.raises(VietQrRefused) as refusal:
        read_vietqr(closed(text))
    assert refusal.value.code == error


def test_the_first_rule_that_fails_is_the_answer():
    both = HEAD + TO + "5303840" + "5802US" + "5926" + "A" * 26
    with pytest.raises(VietQrRefused) as refusal:
        read_vietqr(closed(both))
    assert refusal.value.code == "bad_currency"


def test_a_final_point_and_a_lower_case_checksum_are_taken():
    text = closed(HEAD + TO + "5303704" + "540650000." + "5802VN")
    assert read_vietqr(text[:-4] + text[-4:].lower()).amount_minor == 50_000


def test_an_unknown_service_is_returned_with_a_flag():
    code = read_vietqr(closed(HEAD + TO.replace("3854", "3852").replace("0208QRIBFTTA", "0206QRPUSH") + REST))
    assert (code.service, code.service_known) == ("QRPUSH", False)


@pytest.mark.parametrize(
    ("given_", "error"),
    [
        ({"purpose": "A" * 26}, "text_too_long"),
        ({"purpose": "A" * 120}, "text_too_long"),
        ({"purpose": "HP00000013; lop 1"}, "bad_text"),
        ({"amount_minor": 0}, "bad_amount"),
        ({"amount_minor": -1}, "bad_amount"),
        ({"amount_minor": 50000.5}, "bad_amount"),
        ({"account": "12 34"}, "bad_account"),
        ({"account": "1" * 20}, "bad_account"),
        ({"bank_bin": "97043"}, "bad_account"),
    ],
)
def test_what_does_not_fit_is_never_cut(given_, error):
    fields = {"bank_bin": "970436", "account": "1031933430", "amount_minor": 50_000} | given_
    with pytest.raises(VietQrRefused) as refusal:
        encode_vietqr(**fields)
    assert refusal.value.code == error


def test_diacritics_are_taken_off():
    text = encode_vietqr(bank_bin="970436", account="VA99", amount_minor=1, purpose="HP00000013 học phí Đợt")
    assert read_vietqr(text).purpose == "HP00000013 hoc phi Dot"


@given(
    st.from_regex(r"[A-Za-z0-9]{1,19}", fullmatch=True),
    st.none() | st.integers(1, 10**13 - 1),
    st.none() | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ]{0,24}", fullmatch=True),
)
def test_what_is_written_is_read_by_us_and_by_the_banks_own_reader(account, amount, purpose):
    text = encode_vietqr(bank_bin="970436", account=account, amount_minor=amount, purpose=purpose)
    ours, banks_ = read_vietqr(text), read_qr(text)
    assert (ours.account, ours.amount_minor, ours.purpose) == (account, amount, purpose)
    assert ours.dynamic is (amount is not None)
    assert (banks_.account, banks_.amount, banks_.memo) == (account, amount or 0, purpose or "")


@given(st.text(max_size=120))
def test_any_text_is_read_or_refused(text):
    for shown in (text, closed(text)):
        with pytest.raises(VietQrRefused):
            read_vietqr(shown)


def test_the_banks_reader_refuses_a_wrong_checksum():
    with pytest.raises(QrUnreadable):
        read_qr(QR["must_be_refused"]["amount_changed"]["payload"])


def test_crc_check_value():
    assert checksum("123456789") == VECTORS["crc16"]["123456789"]


def test_banks_are_data():
    assert bank_name("970436") == "Vietcombank"
    assert bank_name("999999") == "999999"
    assert can_receive("970403")
    assert not can_receive("458761")
    assert not can_receive("999999")
    assert len(banks()) == 66
