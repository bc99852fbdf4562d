"""Pictures as SVG text that need nothing but numbers: what every chart is drawn with, and the plots of series."""
