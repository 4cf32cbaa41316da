"""Many acts out of one file: taken in, judged row by row before anything is written, then done one by one (M39)."""
