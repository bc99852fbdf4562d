"""Numbers over time: what a table of series or tracks is, and how its windows become channels.

| module | what it does |
|---|---|
| `roles`, `signs`, `variables` | which column is the time, the entity, a label, a variable |
| `clock` | times as whole steps, and back |
| `rows`, `windows`, `fit` | rows laid out in order, what lacks in them, and the windows of them |
| `design`, `channels` | what every channel of a window means |
| `scales`, `angle`, `path`, `sphere` | the mathematics of the channels: numbers, directions, ways on the Earth |
| `labels` | classes, hours, weekdays and months as labels |
| `asked`, `tables` | forecasts and gaps; windows as rows |
"""
