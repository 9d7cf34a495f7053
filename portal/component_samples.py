"""What `/docs/components` shows: every component with something in it. Never reached in production."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import (
    BooleanField,
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.qr import qr_svg


class SampleForm(FlaskForm):
    """Ask one question of each kind."""

    class Meta:
        """Go without a token: nothing is ever done with the answers."""

        csrf = False

    phone = TelField(
        "Số điện thoại của bà là gì?",
        [InputRequired("Nhập số điện thoại")],
        description="Chúng tôi gửi một mã 6 số tới máy này.",
    )
    code = StringField("Mã 6 số", render_kw={"class": "code", "inputmode": "numeric", "autocomplete": "one-time-code"})
    price = IntegerField("Giá bán một kí", render_kw={"class": "short"})
    unit = RadioField(
        "Bán theo",
        [InputRequired("Chọn cách bán")],
        choices=[SelectChoice("kg", "Kí"), SelectChoice("box", "Thùng 10 kí")],
    )
    places = SelectMultipleField(
        "Bán ở đâu?",
        choices=[SelectChoice("postmart", "Postmart"), SelectChoice("voso", "Voso")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    commune = SelectField(
        "Xã, phường", choices=[SelectChoice("a", "Tân Thạnh"), SelectChoice("b", "An Lục Long")], default="a"
    )
    story = TextAreaField("Kể về vườn của bà", render_kw={"rows": 3})
    photo = FileField("Ảnh sản phẩm", render_kw={"accept": "image/*"})
    agreed = BooleanField("Tôi đồng ý cho đăng gian hàng", [InputRequired("Đánh dấu nếu đồng ý")])


def _chart(values: tuple[int, ...]) -> Markup:
    bars = Markup("").join(
        Markup('<rect x="{}" y="{}" width="34" height="{}" rx="4"/>').format(8 + 50 * i, 160 - value, value)
        for i, value in enumerate(values)
    )
    return Markup('<svg viewBox="0 0 460 162" fill="#0B5D3B" aria-hidden="true">{}</svg>').format(bars)


def shown_components(*, with_errors: bool) -> dict[str, Any]:
    """Return the context of `components_page.html`; `with_errors` shows the form as after an empty POST."""
    form = SampleForm(formdata=None)
    if with_errors:
        form.validate()
    sample = {
        "sentence": "Mã tem này là mã thật",
        "detail": "Đây là lần quét đầu tiên.",
        "word": "còn hạn",
        "act": "Tiếp tục",
        "name": "Thanh long ruột đỏ",
        "amount": 450_000,
        "words": "bốn trăm năm mươi nghìn đồng",
        "purpose": "Học phí tháng 11 · lớp 1A · N.V.A.",
        "reference": "TT-2026-0412",
        "qr": qr_svg("https://example.org/01/08931234567895/21/ABC"),
        "caption": "Quét bằng ứng dụng ngân hàng bất kỳ",
        "copied": [("Số tài khoản", "0071000123456", True), ("Chủ tài khoản", "TRUONG TIEU HOC TAN THANH")],
        "facts": [("Nơi trồng", "HTX Tầm Vu, xã An Lục Long"), ("Thu hoạch", "12/11/2026"), ("Lô", "L2026-114")],
        "steps": [
            ("Thu hoạch", "12/11 · ruộng số 4"),
            ("Rửa, đóng thùng", "13/11 · cơ sở Tầm Vu"),
            ("Chuyển đi", "14/11"),
        ],
        "answers": [
            ("Số điện thoại", "091 234 5678", "#main"),
            ("Sản phẩm", "Thanh long ruột đỏ"),
            ("Giá", "25.000 ₫", "#main"),
        ],
        "day": date(2026, 11, 12),
        "moment": datetime(2026, 11, 12, 3, 43, tzinfo=UTC),
        "tiles": [("Người bán đang hoạt động", 482, "▲ 12 tháng này"), ("Tem QR đã cấp", 1_761_000, "14 cơ sở")],
        "chart": _chart((52, 68, 80, 96, 110, 122, 131, 144, 156)),
        "caption_of_table": "Xã cần giúp",
        "columns": ["Xã, phường", ("Hộ đã xác minh", "number"), ("Có hàng bán", "number")],
        "rows": [["Tân Thạnh", "1.204", "31"], ["An Lục Long", "988", "12"], ["Vĩnh Hưng", "764", "9"]],
        "page": SimpleNamespace(page=2, pages=9, has_prev=True, has_next=True),
    }
    return {"form": form, "sample": sample}
