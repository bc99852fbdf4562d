"""A model is a folder: a trained family, the codec of its data and the evidence of its making.

folder.py   what is in the folder; written whole, verified before it is read
loading.py  from the folder to a model
trained.py  what a model can be asked for: samples, likelihoods, a description
chunks.py   samples chunk by chunk, under conditions and without copies
"""

from fivefold.model.chunks import CHUNK as CHUNK
from fivefold.model.chunks import Known as Known
from fivefold.model.chunks import chunk_of as chunk_of
from fivefold.model.folder import FILES as FILES
from fivefold.model.folder import verify as verify
from fivefold.model.loading import codec_from as codec_from
from fivefold.model.loading import load as load
from fivefold.model.trained import Model as Model
