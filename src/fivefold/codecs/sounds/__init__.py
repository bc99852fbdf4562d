"""Sounds: their files and sets as listings, and the form that they are brought to.

| module | what it does |
|---|---|
| `files` | one file as samples, of one channel and at the rate that is asked for |
| `sets` | any set of sounds as a listing |
| `listings` | sounds of a listing read in order, cut into windows |
| `surveys` | the rate and the length that suit a set |
| `spectra` | samples as energies in bands, energies as levels, and back |
| `records` | sounds as files again |
"""
