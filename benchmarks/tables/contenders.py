"""Who is measured: our five families, the peers, and two rows for scale."""

from __future__ import annotations

from dataclasses import dataclass

FAMILIES = ("autoregressive", "diffusion", "variational", "flow", "adversarial")
LIMIT = 900


@dataclass(frozen=True)
class Contender:
    """A generator and the terms on which it runs.

    Arguments:
        name: its key: the result is `results/<name>.json`.
        title: its name for people.
        maker: the package that it comes from.
        kind: `ours`, `peers` or `scale`.
        principle: the family that it belongs to, or what it is instead.
        beside: the contender of ours that it is compared with, or nothing.
        environment: the file in `environments/` with what a peer needs, or nothing.
        epochs: passes over the data, where they are not the maker's default.
        terms: what was limited, in words.
        seconds: processor seconds that fitting may take, and sampling as well.
    """

    name: str
    title: str
    maker: str
    kind: str
    principle: str
    beside: str = ""
    environment: str = ""
    epochs: int | None = None
    terms: str = ""
    seconds: int = LIMIT


def _ours(family: str) -> Contender:
    return Contender(f"fivefold_{family}", "fivefold", "fivefold", "ours", family)


def _peer(
    name: str,
    title: str,
    maker: str,
    environment: str,
    principle: str,
    *,
    epochs: int | None = None,
    terms: str = "",
    seconds: int = LIMIT,
) -> Contender:
    beside = f"fivefold_{principle if principle in FAMILIES else 'autoregressive'}"
    kind = "peers"
    return Contender(
        name, title, maker, kind, principle, beside, environment, epochs, terms, seconds
    )


CONTENDERS = (
    _peer("gaussian_copula", "GaussianCopula", "sdv", "sdv", "Gaussian copula"),
    _peer("tabular_argn", "TabularARGN", "mostlyai-engine", "mostlyai", "autoregressive"),
    _peer(
        "ctgan",
        "CTGAN",
        "sdv",
        "sdv",
        "adversarial",
        epochs=29,
        terms="29 of its 300 default epochs, to keep it to minutes: all would take ten times as long",
    ),
    _peer(
        "ddpm",
        "ddpm (TabDDPM)",
        "synthcity",
        "synthcity",
        "diffusion",
        epochs=300,
        terms="300 of its 1,000 default epochs: all would pass the time limit",
    ),
    _peer("arf", "arfpy", "arfpy", "sdv", "adversarial random forest"),
    _peer(
        "nflow",
        "nflow",
        "synthcity",
        "synthcity",
        "flow",
        epochs=64,
        terms="64 of its 1,000 default epochs: all would take hours",
    ),
    _peer(
        "tvae",
        "TVAE",
        "sdv",
        "sdv",
        "variational",
        seconds=1_800,
        terms="its default number of epochs, for which the limit was raised to 1,800 CPU s",
    ),
    Contender("mixture", "shallow mixture", "fivefold", "scale", "latent classes"),
    Contender("real", "real against real", "", "scale", "two halves of the training rows"),
    *(_ours(family) for family in FAMILIES),
)


def chosen(only: str | None) -> list[Contender]:
    """The contenders that a comma-separated list of names and kinds asks for; all of them without one.

    Raises:
        SystemExit: where a name is unknown.
    """
    if only is None:
        return list(CONTENDERS)
    wanted = {word.strip() for word in only.split(",") if word.strip()}
    known = {c.name for c in CONTENDERS} | {c.kind for c in CONTENDERS}
    if unknown := wanted - known:
        raise SystemExit(
            f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}"
        )
    return [c for c in CONTENDERS if {c.name, c.kind} & wanted]
