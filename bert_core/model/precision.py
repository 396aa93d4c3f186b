"""Which products are worked out in bfloat16."""

from __future__ import annotations

import platform

import torch

X86 = ("x86_64", "AMD64")


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device multiplies in bfloat16 itself; another would take many times as long."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    # oneDNN says so too of x86 processors where it only imitates bfloat16
    itself = platform.machine() not in X86 or torch.cpu._is_avx512_bf16_supported()
    return bool(itself and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def products_in(precision: str, device: torch.device) -> torch.autocast:
    """Autocast to bfloat16; with 'auto' where `device` has it, with 'float32' none.

    Args:
        precision: 'auto', 'bfloat16' or 'float32'.
        device: where the products are worked out.
    """
    reduced = precision == "bfloat16" or (precision == "auto" and has_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=reduced)
