"""Run every benchmark and print its figures."""

from benchmarks import page

if __name__ == "__main__":
    page.main()
