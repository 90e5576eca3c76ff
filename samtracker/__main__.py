"""`python -m samtracker` is `samtrack`."""

from samtracker.cli import main

main(prog_name="samtrack")
