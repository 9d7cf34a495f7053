"""What KeyPay is told of a bill: every field that it names, those of ours filled in, none about the payer (pure)."""

from __future__ import annotations

from typing import Any, Final

from payments.gateways.protocol import Order

_EMPTY: Final = (
    "MaDichVu TenTKThuHuong MaDonVi TenDonVi MaDVC TenDVC MaTTHC TenTTHC MaLoaiHinhThuPhat HoTenNguoiNop "
    "SoCMNDNguoiNop DiaChiNguoiNop HuyenNguoiNop TinhNguoiNop MaCoQuanQD TenCoQuanQD KhoBac NgayQD SoQD "
    "ThoiGianViPham DiaDiemViPham TenNguoiViPham TaiKhoanThuNSNN"
)


def bill_info(order: Order) -> dict[str, Any]:
    """Return the bill: where the money goes, what it is for by its code, and the one fee that it holds."""
    fee = {"LoaiPhiLePhi": "", "MaPhiLePhi": "", "TenPhiLePhi": order.code, "SoTien": str(order.amount.amount_minor)}
    return {
        **dict.fromkeys(_EMPTY.split(), ""),
        "TKThuHuong": order.bank_account,
        "MaNHThuHuong": order.bank_bin,
        "MaHoSo": order.code,
        "NoiDungThanhToan": order.code,
        "PhiLePhi": [fee],
        "DSKhoanNop": [],
    }
