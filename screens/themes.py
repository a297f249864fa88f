"""The colours: dark, light, high contrast, and the terminal's own sixteen.

Every text keeps a contrast of 4.5 to 1 to whatever it may stand on, in the third of them 7 to 1 (WCAG AA and AAA), also
under the cursor. ``ansi`` leaves colours to the terminal and marks the cursor and the mode by reversal, so that it also
serves where there is no colour at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.theme import Theme


@dataclass(frozen=True)
class _Palette:
    """What differs between our own themes; text colours first, then grounds, then those behind coloured text."""

    foreground: str
    muted: str
    success: str
    warning: str
    error: str
    accent: str
    background: str
    surface: str
    panel: str
    line: str
    cursor: str
    cursor_blurred: str
    success_ground: str
    warning_ground: str
    error_ground: str

    def theme(self, name: str, dark: bool) -> Theme:
        """The theme made of it."""
        return Theme(
            name=name,
            dark=dark,
            primary=self.accent,
            accent=self.accent,
            foreground=self.foreground,
            background=self.background,
            surface=self.surface,
            panel=self.panel,
            success=self.success,
            warning=self.warning,
            error=self.error,
            variables={
                "text": self.foreground,
                "text-muted": self.muted,
                "text-disabled": self.muted,
                "foreground-muted": self.muted,
                "foreground-disabled": self.muted,
                "text-primary": self.accent,
                "text-accent": self.accent,
                "text-success": self.success,
                "text-warning": self.warning,
                "text-error": self.error,
                "success-muted": self.success_ground,
                "warning-muted": self.warning_ground,
                "error-muted": self.error_ground,
                "primary-muted": self.cursor,
                "border": self.accent,
                "border-blurred": self.line,
                "block-cursor-foreground": self.foreground,
                "block-cursor-background": self.cursor,
                "block-cursor-blurred-foreground": self.foreground,
                "block-cursor-blurred-background": self.cursor_blurred,
                "block-hover-background": self.surface,
                "button-color-foreground": self.background,
                "markdown-h6-color": self.muted,
                "badge-style": "bold",
            },
        )


_DARK = _Palette(
    foreground="#dde3ea",
    muted="#9fabb8",
    success="#7ee08f",
    warning="#f0c05a",
    error="#ff8f87",
    accent="#79bfff",
    background="#14171c",
    surface="#1d222a",
    panel="#262d37",
    line="#566372",
    cursor="#1f3a5f",
    cursor_blurred="#2c333e",
    success_ground="#173a22",
    warning_ground="#463512",
    error_ground="#55201f",
)
_LIGHT = _Palette(
    foreground="#1f2328",
    muted="#545b64",
    success="#0f5f27",
    warning="#6f4200",
    error="#9f0d24",
    accent="#0b4d99",
    background="#fbfaf7",
    surface="#f1f0eb",
    panel="#e5e4dd",
    line="#8b8f96",
    cursor="#cfe0f7",
    cursor_blurred="#e0e3e8",
    success_ground="#d2f0d8",
    warning_ground="#f7e6bd",
    error_ground="#ffdad7",
)
_HIGH_CONTRAST = _Palette(
    foreground="#ffffff",
    muted="#d8d8d8",
    success="#6dff8f",
    warning="#ffe14d",
    error="#ffb3ad",
    accent="#7fe3ff",
    background="#000000",
    surface="#0c0c0c",
    panel="#1a1a1a",
    line="#ffffff",
    cursor="#00306b",
    cursor_blurred="#333333",
    success_ground="#003312",
    warning_ground="#3a2f00",
    error_ground="#4d0000",
)
_DEFAULT = "ansi_default"
_ANSI = Theme(
    name="ansi",
    ansi=True,
    primary="ansi_magenta",
    accent="ansi_magenta",
    secondary="ansi_cyan",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    foreground=_DEFAULT,
    background=_DEFAULT,
    surface=_DEFAULT,
    panel=_DEFAULT,
    boost=_DEFAULT,
    variables={
        # No colour stands on another one: which of the sixteen can be told apart, the terminal's owner alone knows.
        **{f"{name}-muted": _DEFAULT for name in ("primary", "success", "warning", "error", "accent", "foreground")},
        "text-muted": _DEFAULT,
        "text-disabled": _DEFAULT,
        "foreground-disabled": _DEFAULT,
        "border-blurred": _DEFAULT,
        "block-cursor-background": _DEFAULT,
        "block-cursor-text-style": "bold reverse",
        "block-cursor-blurred-text-style": "underline",
        "block-hover-background": _DEFAULT,
        "ansi-background": _DEFAULT,
        "ansi-foreground": _DEFAULT,
        "input-selection-foreground": "ansi_black",
        "scrollbar": "ansi_magenta",
        "scrollbar-hover": "ansi_magenta",
        "scrollbar-active": "ansi_magenta",
        "scrollbar-background": _DEFAULT,
        "scrollbar-background-hover": _DEFAULT,
        "scrollbar-background-active": _DEFAULT,
        "badge-style": "bold reverse",
    },
)
THEMES: tuple[Theme, ...] = (
    _DARK.theme("dark", dark=True),
    _LIGHT.theme("light", dark=False),
    _HIGH_CONTRAST.theme("high-contrast", dark=True),
    _ANSI,
)
COLOURLESS = _ANSI.name
"""The theme that needs no colour."""
