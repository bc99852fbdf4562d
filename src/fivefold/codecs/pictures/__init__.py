"""Pictures: their files and sets as listings, and the form and scale that they are brought to.

| module | what it does |
|---|---|
| `files` | one file as pixels, upright, in the form that is asked for |
| `sets` | any set of pictures as a listing, by `folders`, `rows`, `tars`, `stores`, `arrays`, `captions` |
| `listings` | pictures of a listing read in order; `faults` leaves the damaged ones out |
| `forms`, `scales` | the one form and the one scale that all are brought to |
| `classes` | classes as numbers |
| `masks` | the damaged part of a picture |
| `sheets` | pictures as files again |
"""
