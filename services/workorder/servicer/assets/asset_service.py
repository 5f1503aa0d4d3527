"""``AssetService``: what is installed and repaired."""

from __future__ import annotations

from services.workorder.servicer.assets.guides import GuideRpcs
from services.workorder.servicer.assets.scan_codes import ScanCodeRpcs
from services.workorder.servicer.assets.warranties import WarrantyRpcs


class AssetServicer(WarrantyRpcs, ScanCodeRpcs, GuideRpcs):
    """Keeps assets, their warranties and codes, and guides to their models."""
