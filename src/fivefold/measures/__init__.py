"""Figures: what synthetic data are worth, what they risk, and what they cost.

Of tables:

    fidelity     do columns and pairs of columns look real?
    detection    can boosting tell the rows from real ones?
    utility      do models trained on it work on real rows?
    diversity    does it fill the space that real rows fill?
    privacy      does it give away who was in the training data?
    speed, energy    what does making it cost?

Of sequences:

    sequences                    everything that any kind can be asked
    molecules, proteins, traces  what one kind can be asked
    memorisation, canaries       what stands in the training data letter for letter, and what a model holds of it
    execution, questions         does code run, are questions answered (these need a model, not its samples)
    sandbox                      where code is run

Of pictures:

    pictures                     all of it, in the features of a small net that is trained on the real ones

Of sounds:

    sound                        the same in the features of log-mel spectra, and of long-term spectra

Of series and tracks:

    series                       all of it, of windows
    forecasts                    CRPS beside a seasonal-naive and a boosted forecast

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fivefold.measures.canaries import exposure, plant
    from fivefold.measures.energy import Grid, Meter
    from fivefold.measures.execution import code_by_execution, human_eval
    from fivefold.measures.figure import Figure
    from fivefold.measures.forecasts import crps, forecast_figures
    from fivefold.measures.frame import Frame, frames
    from fivefold.measures.membership import membership
    from fivefold.measures.molecules import measure_molecules
    from fivefold.measures.pictures import PictureJudge, bits_per_dimension, measure_pictures
    from fivefold.measures.proteins import measure_proteins
    from fivefold.measures.questions import accuracy, read_questions
    from fivefold.measures.sandbox import Limits, run_program
    from fivefold.measures.sequences import bits_per_byte, cheap_sequences, measure_sequences
    from fivefold.measures.series import SeriesJudge, measure_series
    from fivefold.measures.sound import SoundJudge, measure_sounds
    from fivefold.measures.speed import generation_speed
    from fivefold.measures.table import measure, measure_frames
    from fivefold.measures.traces import measure_traces

_PLACES = {
    "Figure": "figure",
    "Frame": "frame",
    "Grid": "energy",
    "Limits": "sandbox",
    "Meter": "energy",
    "PictureJudge": "pictures",
    "SeriesJudge": "series",
    "SoundJudge": "sound",
    "accuracy": "questions",
    "bits_per_byte": "sequences",
    "bits_per_dimension": "pictures",
    "cheap_sequences": "sequences",
    "code_by_execution": "execution",
    "crps": "forecasts",
    "exposure": "canaries",
    "forecast_figures": "forecasts",
    "frames": "frame",
    "generation_speed": "speed",
    "human_eval": "execution",
    "measure": "table",
    "measure_frames": "table",
    "measure_molecules": "molecules",
    "measure_pictures": "pictures",
    "measure_proteins": "proteins",
    "measure_sequences": "sequences",
    "measure_series": "series",
    "measure_sounds": "sound",
    "measure_traces": "traces",
    "membership": "membership",
    "plant": "canaries",
    "read_questions": "questions",
    "run_program": "sandbox",
}

__all__ = [
    "Figure",
    "Frame",
    "Grid",
    "Limits",
    "Meter",
    "PictureJudge",
    "SeriesJudge",
    "SoundJudge",
    "accuracy",
    "bits_per_byte",
    "bits_per_dimension",
    "cheap_sequences",
    "code_by_execution",
    "crps",
    "exposure",
    "forecast_figures",
    "frames",
    "generation_speed",
    "human_eval",
    "measure",
    "measure_frames",
    "measure_molecules",
    "measure_pictures",
    "measure_proteins",
    "measure_sequences",
    "measure_series",
    "measure_sounds",
    "measure_traces",
    "membership",
    "plant",
    "read_questions",
    "run_program",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"fivefold.measures.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'fivefold.measures' has no attribute {name!r}")
